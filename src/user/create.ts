/** CreateUser and AddHumanUser: checks in the order of reference/user-service-v2.md 4.2 and 4.3, then one statement. */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { covers, denied, reach } from '../access/permission.ts';
import type { SetHumanEmail, SetHumanPhone, SetHumanProfile, SetPassword } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { demandProviders, insertLinks, type Link, linkAdded, linkTaken } from '../idp/link.ts';
import { post } from '../notification/outbox.ts';
import { posted } from '../notification/signal.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { commas, hex } from '../store/filter.ts';
import { codeMessage, type NewCode, storeCodes } from './code.ts';
import { checkEmail, checkEmailTemplate, normalizePhone, setContact } from './contact.ts';
import { errors } from './errors.ts';
import { checkNewEntries, type Entry, metadataEvents } from './metadata.ts';
import { demandName, domainOfName, named, usernameTaken } from './name.ts';
import { newPassword } from './password.ts';
import { languageTag } from './profile.ts';
import { broughtAlong, insertTotp, sealTotp } from './totp.ts';
import { kinds, type Profile } from './user.ts';

/** A user to be made, of either kind. */
interface Draft {
  readonly userId: string;
  readonly orgId: string;
  readonly kind: 1 | 2;
  readonly profile: Partial<Profile> & Pick<Profile, 'username'>;
  readonly withPassword: boolean;
  readonly events: readonly NewEvent[];
  readonly codes: readonly NewCode[];
  /** The sealed seed of a TOTP that counts as proven. */
  readonly totp: Buffer | undefined;
  readonly metadata: readonly Entry[];
  readonly idpLinks: readonly Link[];
}

/** What was made; codes stand here only where the caller asked to be told them. */
export interface Created {
  readonly userId: string;
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
  readonly emailCode: string | undefined;
  readonly phoneCode: string | undefined;
}

export interface HumanDraft {
  readonly userId: string | undefined;
  readonly orgId: string;
  readonly username: string | undefined;
  readonly profile: SetHumanProfile | undefined;
  readonly email: SetHumanEmail | undefined;
  readonly phone: SetHumanPhone | undefined;
  readonly password: SetPassword['passwordType'];
  readonly idpLinks: readonly Link[];
  readonly totpSecret: string | undefined;
  readonly metadata: readonly Entry[];
}

export async function createHuman(call: Call, draft: HumanDraft): Promise<Created> {
  const insertHuman = await planHuman(call, draft);
  return insertHuman(call);
}

/**
 * As `createHuman`, in two steps: all checks and the hash of the password, which take their time, then what writes it; so that it can be
 * written together with something else (guard.ts, `together`).
 */
export async function planHuman(call: Call, draft: HumanDraft): Promise<(call: Call) => Promise<Created>> {
  const { profile, email, phone } = draft;
  if (!profile || !email) throw new Error('a human without profile or e-mail has passed validation');
  checkEmailTemplate(email.verification);
  const address = email.email;
  checkEmail(address);
  const username = (draft.username ?? address).trim();
  if (username === '') throw new Failure(errors.usernameEmpty);
  const names = { first_name: profile.givenName.trim(), last_name: profile.familyName.trim() };
  if (names.first_name === '') throw new Failure(errors.firstNameEmpty);
  if (names.last_name === '') throw new Failure(errors.lastNameEmpty);
  const number = phone && phone.phone !== '' ? normalizePhone(phone.phone) : undefined;
  const metadata = checkNewEntries(draft.metadata);
  const hashed = draft.password.case === 'hashedPassword' ? await newPassword(call, draft.orgId, draft.password, 'COMMA') : undefined;
  mayCreate(call, draft.orgId, draft.userId);
  const password = hashed ?? (await newPassword(call, draft.orgId, draft.password, 'COMMA'));

  const emailPart = setContact('email', address, email.verification, true);
  const phonePart = number === undefined || !phone ? undefined : setContact('phone', number, phone.verification, true);
  const columns = {
    username,
    ...names,
    nick_name: profile.nickName || null,
    display_name: profile.displayName || `${names.first_name} ${names.last_name}`,
    preferred_language: languageTag(profile.preferredLanguage),
    gender: profile.gender !== undefined && profile.gender >= 0 && profile.gender <= 3 ? profile.gender : 0,
    ...emailPart.profile,
    ...phonePart?.profile,
    ...(password && { password_hash: password.encoded, password_change_required: password.changeRequired }),
  };
  const added: NewEvent = {
    type: 'user.human.added',
    payload: {
      userName: username,
      firstName: columns.first_name,
      lastName: columns.last_name,
      displayName: columns.display_name,
      preferredLanguage: columns.preferred_language,
      email: address,
      ...(columns.nick_name === null ? {} : { nickName: columns.nick_name }),
      ...(columns.gender === 0 ? {} : { gender: columns.gender }),
      ...(number === undefined ? {} : { phone: number }),
      ...(password?.changeRequired ? { changeRequired: true } : {}),
    },
  };
  const userId = draft.userId ?? newId();
  const totp = draft.totpSecret === undefined ? undefined : sealTotp(call, userId, draft.totpSecret);
  const human = {
    userId,
    orgId: draft.orgId,
    kind: kinds.human,
    profile: columns,
    withPassword: password !== undefined,
    events: [
      added,
      ...emailPart.events,
      ...(phonePart?.events ?? []),
      ...(totp ? broughtAlong : []),
      ...metadataEvents(metadata),
      ...draft.idpLinks.map(linkAdded),
    ],
    totp,
    codes: [emailPart.code, phonePart?.code].filter((code) => code !== undefined),
    metadata,
    idpLinks: draft.idpLinks,
  };
  return async (call) => ({
    ...(await insert(call, human)),
    emailCode: email.verification.case === 'returnCode' ? emailPart.code?.code : undefined,
    phoneCode: phone?.verification.case === 'returnCode' ? phonePart?.code?.code : undefined,
  });
}

export interface MachineDraft {
  readonly userId: string | undefined;
  readonly orgId: string;
  readonly username: string | undefined;
  readonly name: string;
  readonly description: string | undefined;
  readonly accessTokenType: number;
  readonly metadata: readonly Entry[];
}

export async function createMachine(call: Call, draft: MachineDraft): Promise<Created> {
  mayCreate(call, draft.orgId, draft.userId);
  const metadata = checkNewEntries(draft.metadata);
  const userId = draft.userId ?? newId();
  const username = draft.username ?? userId;
  const added: NewEvent = {
    type: 'user.machine.added',
    payload: {
      userName: username,
      name: draft.name,
      ...(draft.description === undefined ? {} : { description: draft.description }),
      ...(draft.accessTokenType === 0 ? {} : { accessTokenType: draft.accessTokenType }),
    },
  };
  const created = await insert(call, {
    userId,
    orgId: draft.orgId,
    kind: kinds.machine,
    profile: { username, machine_name: draft.name, description: draft.description ?? null, access_token_type: draft.accessTokenType },
    withPassword: false,
    events: [added, ...metadataEvents(metadata)],
    codes: [],
    totp: undefined,
    metadata,
    idpLinks: [],
  });
  return { ...created, emailCode: undefined, phoneCode: undefined };
}

/**
 * Needs `user.write` on the organization. On the original one's own id passes without it, and a machine so moves itself elsewhere; an id
 * that exists is refused in any case, here after the permission.
 */
function mayCreate(call: Call, orgId: string, userId: string | undefined): void {
  if (covers(reach(call.caller, 'user.write'), orgId)) return;
  if (isSelf(call.caller, userId) && orgId === call.caller.orgId) return;
  throw denied(call.caller, 'user.write', orgId);
}

interface Inserted {
  org_found: boolean;
  claimed: boolean;
  owner: string | null;
  sequence: bigint | null;
  at: string | null;
}

async function insert(call: Call, draft: Draft): Promise<Pick<Created, 'userId' | 'owner' | 'sequence' | 'at'>> {
  demandName(draft.profile.username);
  await demandProviders(call, draft.orgId, draft.idpLinks);
  const { userId, orgId, kind, events } = draft;
  const { profile } = draft;
  const columns = Object.keys(profile) as (keyof typeof profile)[];
  const domain = domainOfName(draft.profile.username);
  const messages = draft.codes.map((code) => codeMessage(call, draft.profile, code)).filter((message) => message !== undefined);
  const rows = await taken(() =>
    call.db.change<Inserted>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        org as (select o.org_id, o.login_with_domain from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${orgId}),
        claimed as (
          select from org_domains d, org
          where not org.login_with_domain and d.instance_id = ${call.instance.id} and lower(d.domain) = lower(${domain}) and d.is_verified and d.org_id <> ${orgId}
        ),
        past as (
          select coalesce(max(e.sequence), 0) as sequence from events e
          where e.instance_id = ${call.instance.id} and e.aggregate_type = 'user' and e.aggregate_id = ${userId}
        ),
        inserted as (
          insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
          select ${call.instance.id}, ${userId}, org.org_id, ${kind}, past.sequence + ${events.length}, past.sequence + ${events.length}, now(), now()
          from org, past where not exists (select from claimed)
          on conflict (instance_id, user_id) do nothing
          returning *
        ),
        changed as (select instance_id, user_id as aggregate_id, org_id as owner, sequence, created_at as at, epoch from inserted),
        described as (
          insert into profiles (instance_id, user_id, password_changed_at, ${commas(
            sql,
            columns.map((c) => sql`${sql(c)}`),
          )})
          select c.instance_id, c.aggregate_id, case when ${draft.withPassword} then c.at end, ${commas(
            sql,
            columns.map((c) => sql`${profile[c] ?? null}`),
          )} from changed c
        ),
        logged as (${append(sql, sql`changed`, { aggregateType: 'user', editor: call.caller.userId, via: call.method.path }, events)})
        ${named(sql, sql`changed`, sql`${profile.username}::text`)}
        ${storeCodes(sql, sql`changed`, draft.codes)}
        ${post(sql, sql`changed`, messages)}
        ${draft.totp ? insertTotp(sql, draft.totp, 'proven') : sql``}
        ${storeMetadata(sql, draft.metadata)}
        ${insertLinks(sql, draft.idpLinks)}
        select exists (select from org) as org_found, exists (select from claimed) as claimed, c.owner, c.sequence, c.at
        from caller left join changed c on true`,
    ),
  );
  const [{ org_found, claimed, owner, sequence, at }] = rows;
  if (!org_found) throw new Failure(errors.orgNotFound);
  if (owner !== null && sequence !== null && at !== null) {
    if (messages.length > 0) posted(call.instance.id);
    return { userId, owner, sequence, at };
  }
  throw new Failure(claimed ? errors.domainReserved : kind === kinds.human ? errors.humanExists : errors.machineExists);
}

/** Runs a statement that writes a user name and links. */
const taken = <T>(write: () => Promise<T>): Promise<T> => usernameTaken(() => linkTaken(write));

function storeMetadata(sql: Sql, entries: readonly Entry[]): Fragment {
  if (entries.length === 0) return sql``;
  const last = new Map(entries.map((e) => [e.key, Buffer.from(e.value)]));
  return sql`,
    metadata as (
      insert into user_metadata (instance_id, user_id, key, value, created_at, changed_at)
      select c.instance_id, c.aggregate_id, n.key, decode(n.value, 'hex'), c.at, c.at
      from changed c, unnest(${[...last.keys()]}::text[], ${hex(last.values())}::text[]) as n(key, value)
    )`;
}
