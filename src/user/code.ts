/**
 * Codes that prove an address, open a new password or a first way in: made here, kept as a hash, bound to the epochs of user, organization
 * and instance, good once and for a few tries.
 */
import type { Call } from '../access/call.ts';
import { binding, gate } from '../access/gate.ts';
import { alphabets, digest, matches, randomText } from '../crypto/secret.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { type Channel, defaultTemplate, type MessageKind } from '../notification/kinds.ts';
import { type Addressee, type NewMessage, newMessage } from '../notification/outbox.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { Json, NewEvent } from '../store/events.ts';
import { hex } from '../store/filter.ts';
import type { Decision } from './user.ts';

interface Kind {
  /** Written when such a code is made. */
  readonly made: string;
  /** Written for each wrong try; that of a password is our own (the original writes none). */
  readonly failed: string;
  /** What brings it to its user. */
  readonly message: MessageKind;
  readonly lifetimeSeconds: number;
  /**
   * Wrong tries after which the right code does not count any more. The original counts only those of invites; there the right code of an
   * address or a password is still good after eight wrong ones (reference/user-credentials-v2.md 0.2), so that is not refused here.
   */
  readonly tries: number;
}

const HOUR = 3600;

const KINDS = {
  email: {
    made: 'user.human.email.code.added',
    failed: 'user.human.email.verification.failed',
    message: 'verify-email',
    lifetimeSeconds: HOUR,
    tries: 10,
  },
  phone: {
    made: 'user.human.phone.code.added',
    failed: 'user.human.phone.verification.failed',
    message: 'verify-phone',
    lifetimeSeconds: HOUR,
    tries: 10,
  },
  password: {
    made: 'user.human.password.code.added',
    failed: 'user.human.password.code.check.failed',
    message: 'password-reset',
    lifetimeSeconds: HOUR,
    tries: 10,
  },
  invite: {
    made: 'user.human.invite.code.added',
    failed: 'user.human.invite.check.failed',
    message: 'invite',
    lifetimeSeconds: 72 * HOUR,
    tries: 3,
  },
} as const satisfies Record<string, Kind>;

export type Purpose = keyof typeof KINDS;

/** What a changed or proven address ends: its own code, and an invite, which went to the address of before and proves the one of now. */
export const endedWith = { email: ['email', 'invite'], phone: ['phone'] } as const satisfies Record<string, readonly Purpose[]>;

/** 6 of upper case and digits (reference/user-credentials-v2.md 0.2). */
const LENGTH = 6;

export interface NewCode {
  readonly purpose: Purpose;
  readonly code: string;
  readonly event: NewEvent;
  readonly returned: boolean;
  readonly channel: Channel;
  readonly template: string | undefined;
  readonly applicationName: string | undefined;
}

interface Wish {
  readonly returned: boolean;
  readonly template?: string | undefined;
  /** Of a password: 1 by SMS. */
  readonly notificationType?: number;
  /** Of an invite: who invites, as the mail says it. */
  readonly applicationName?: string | undefined;
}

/** A new code and its event; the code itself does not stand in the log. */
export function newCode(purpose: Purpose, wish: Wish): NewCode {
  const { made } = KINDS[purpose];
  const { returned, template, applicationName, notificationType } = wish;
  const payload = purpose === 'invite' ? invitePayload(wish) : codePayload(KINDS[purpose], wish);
  return {
    purpose,
    code: randomText(LENGTH, alphabets.code),
    event: { type: made, payload },
    returned,
    channel: purpose === 'phone' || (purpose === 'password' && notificationType === 1) ? 'sms' : 'mail',
    template,
    applicationName,
  };
}

/** What brings a code to its user; nothing where the caller is told it, or there is no address. */
export function codeMessage(
  call: Call,
  to: Addressee,
  { purpose, code, returned, channel, template, applicationName }: NewCode,
): NewMessage | undefined {
  return returned ? undefined : newMessage(call, to, { kind: KINDS[purpose].message, channel, code, template, applicationName });
}

const nanoseconds = ({ lifetimeSeconds }: Kind) => lifetimeSeconds * 1e9;

function codePayload(kind: Kind, { returned, template, notificationType }: Wish): Json {
  const url = template ?? defaultTemplate(kind.message);
  return {
    expiry: nanoseconds(kind),
    ...(notificationType ? { notificationType } : {}),
    ...(url === undefined ? {} : { url_template: url }),
    ...(returned ? { code_returned: true } : {}),
  };
}

/** Events of invites name their fields in another case (reference/user-credentials-v2.md 10). */
function invitePayload({ returned, template, applicationName }: Wish): Json {
  return {
    expiry: nanoseconds(KINDS.invite),
    ...(template === undefined ? {} : { urlTemplate: template }),
    ...(applicationName === undefined ? {} : { applicationName }),
    ...(returned ? { codeReturned: true } : {}),
  };
}

/** `, codes as (…)`: writes the codes beside the user that the CTE `source` has just made or changed; a new code replaces the old one. */
export function storeCodes(sql: Sql, source: Fragment, codes: readonly NewCode[]): Fragment {
  if (codes.length === 0) return sql``;
  const rows = JSON.stringify(
    codes.map(({ purpose, returned, template, applicationName }) => ({
      purpose,
      seconds: KINDS[purpose].lifetimeSeconds,
      returned,
      url_template: template,
      application_name: applicationName,
    })),
  );
  return sql`,
    codes as (
      insert into user_codes
        (instance_id, user_id, purpose, hash, expires_at, user_epoch, org_epoch, instance_epoch, failed, returned, url_template, application_name)
      select c.instance_id, c.aggregate_id, n.row->>'purpose', decode(n.hash, 'hex'), c.at + (n.row->>'seconds')::int * interval '1 second',
        c.epoch, o.epoch, i.epoch, 0, (n.row->>'returned')::boolean, n.row->>'url_template', n.row->>'application_name'
      from ${source} c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      cross join rows from (jsonb_array_elements(${rows}::text::jsonb), unnest(${hex(codes.map((c) => digest(c.code)))}::text[])) as n(row, hash)
      on conflict (instance_id, user_id, purpose) do update
        set hash = excluded.hash, expires_at = excluded.expires_at,
          user_epoch = excluded.user_epoch, org_epoch = excluded.org_epoch, instance_epoch = excluded.instance_epoch,
          failed = 0, returned = excluded.returned, url_template = excluded.url_template, application_name = excluded.application_name
    )`;
}

/** `, dropped as (…)`: forgets the codes of these purposes. */
export function dropCodes(sql: Sql, purposes: readonly Purpose[]): Fragment {
  if (purposes.length === 0) return sql``;
  return sql`,
    dropped as (
      delete from user_codes k using changed c where k.instance_id = c.instance_id and k.user_id = c.aggregate_id and k.purpose = any(${purposes}::text[])
    )`;
}

/** The newest code of a user for one purpose. */
export interface StoredCode {
  readonly purpose: Purpose;
  readonly hash: Buffer;
  readonly expired: boolean;
  /** Its user is on and was not switched off since (nor his organization or instance). */
  readonly alive: boolean;
  readonly failed: number;
  readonly returned: boolean;
  readonly template: string | undefined;
  readonly applicationName: string | undefined;
}

interface Row {
  hash: Buffer;
  expired: boolean;
  alive: boolean;
  failed: number;
  returned: boolean;
  url_template: string | null;
  application_name: string | null;
}

/** What is stored, dead or alive; what is decided on it holds, since whoever changes a code changes its user's sequence. */
export async function storedCode(call: Call, userId: string, purpose: Purpose): Promise<StoredCode | undefined> {
  const [row] = await call.db.read<Row | Record<keyof Row, null>>(
    (sql, caller) => sql`
      with caller as (${caller}),
      code as (
        select k.hash, k.expires_at <= now() as expired, (${gate(sql)} and ${binding(sql, sql`k`)}) as alive, k.failed, k.returned, k.url_template, k.application_name
        from user_codes k
        join users u on u.instance_id = k.instance_id and u.user_id = k.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where k.instance_id = ${call.instance.id} and k.user_id = ${userId} and k.purpose = ${purpose}
      )
      select code.* from caller left join code on true`,
  );
  if (row.hash === null) return undefined;
  const { url_template, application_name, ...code } = row;
  return { ...code, purpose, template: url_template ?? undefined, applicationName: application_name ?? undefined };
}

/** Tries are used up: the right code does not count any more either. */
export function spent({ purpose, failed }: StoredCode): boolean {
  return failed >= KINDS[purpose].tries;
}

/** Whether a code that somebody brings is the stored one, and that one still good. */
export function fits(code: StoredCode | undefined, given: string): boolean {
  return code?.alive === true && !code.expired && !spent(code) && matches(given, code.hash);
}

/** A wrong try: noted and counted, then refused. */
export function refuseCode(purpose: Purpose, reason: Reason): Decision<never> {
  return {
    change: {
      events: [{ type: KINDS[purpose].failed }],
      quiet: true,
      also: (sql) => sql`,
        tried as (
          update user_codes k set failed = k.failed + 1 from changed c
          where k.instance_id = c.instance_id and k.user_id = c.aggregate_id and k.purpose = ${purpose} and k.failed < ${KINDS[purpose].tries}
        )`,
    },
    answer: () => {
      throw new Failure(reason);
    },
  };
}

/** Which code a message brings, and after how many wrong tries that counts no more. */
export const messageCodes = Object.entries(KINDS).map(([purpose, { message, tries }]) => ({ kind: message, purpose, tries }));
