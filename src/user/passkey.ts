/** Links with which a user registers a passkey, and what registers one: with a link's code or without (reference/user-credentials-v2.md 4). */
import type { Call } from '../access/call.ts';
import { binding, gate } from '../access/gate.ts';
import { PasskeyAuthenticator } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { RegisterPasskeyRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { alphabets, digest, matches, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { defaultTemplate } from '../notification/kinds.ts';
import { newMessage } from '../notification/outbox.ts';
import type { NewEvent } from '../store/events.ts';
import { type Begun, begin, demandHuman, type Registration } from './authenticator.ts';
import { errors } from './errors.ts';
import { checkTemplate, codeFields } from './template.ts';
import { type Changed, changeUser, isOff, type Rule } from './user.ts';

/** 12 of letters and digits, for an hour and three wrong tries (reference/user-credentials-v2.md 0.2). */
const LENGTH = 12;
const LIFETIME_SECONDS = 3600;
const TRIES = 3;
const EVENT = 'user.human.passwordless.initialization.code';

/** Also where the method's own permission was held on another organization than the user's (the original looks no further). Not for oneself. */
const links: Rule = { permission: 'user.passkey.write', self: false, ranked: true };

export interface Link {
  readonly done: Changed;
  readonly linkId: string;
  /** Undefined where it is sent. */
  readonly code: string | undefined;
}

/** CreatePasskeyRegistrationLink: beside those that were made before. Not for a user who is off, nor for a machine. */
export function createLink(
  call: Call,
  userId: string,
  { returned, template }: { readonly returned: boolean; readonly template: string | undefined },
): Promise<Link> {
  checkTemplate(template, [...codeFields, 'CodeID']);
  return changeUser(call, userId, links, errors.authenticatorUserNotFound, (user) => {
    demandHuman(user);
    if (isOff(user)) throw new Failure(errors.notActive);
    const linkId = newId();
    const code = randomText(LENGTH, alphabets.secret);
    const requested: NewEvent = {
      type: `${EVENT}.requested`,
      payload: {
        id: linkId,
        expiry: LIFETIME_SECONDS * 1e9,
        url_template: template ?? defaultTemplate('passkey-link') ?? '',
        ...(returned ? { code_returned: true } : {}),
      },
    };
    const message = returned ? undefined : newMessage(call, user, { kind: 'passkey-link', code, codeId: linkId, template });
    return {
      change: {
        events: [requested],
        quiet: true,
        messages: message ? [message] : [],
        also: (sql) => sql`,
          link as (
            insert into passkey_links (instance_id, user_id, link_id, hash, expires_at, user_epoch, org_epoch, instance_epoch)
            select c.instance_id, c.aggregate_id, ${linkId}, ${digest(code)}, c.at + ${LIFETIME_SECONDS}::int * interval '1 second', c.epoch, o.epoch, i.epoch
            from changed c
            join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
            join instances i on i.instance_id = c.instance_id
          )`,
      },
      answer: (done) => ({ done, linkId, code: returned ? code : undefined }),
    };
  });
}

const ATTACHMENTS = {
  [PasskeyAuthenticator.UNSPECIFIED]: undefined,
  [PasskeyAuthenticator.PLATFORM]: 'platform',
  [PasskeyAuthenticator.CROSS_PLATFORM]: 'cross-platform',
} as const;

/** RegisterPasskey. The code of a link is asked for beside the permission, not in its place. */
export function beginPasskey(call: Call, { userId, code, authenticator, domain }: RegisterPasskeyRequest): Promise<Begun> {
  const attachment = ATTACHMENTS[authenticator];
  return begin(call, 'passkey', userId, { domain, attachment, ...(code && { proof: byLink(call, userId, code) }) });
}

/** Good once: it goes with the registration that it begins. A wrong try is written and counted. */
function byLink(
  call: Call,
  userId: string,
  { id, code }: { readonly id: string; readonly code: string },
): NonNullable<Registration['proof']> {
  return async () => {
    const stored = await storedLink(call, userId, id);
    if (stored?.alive && matches(code, stored.hash)) {
      return {
        events: [{ type: `${EVENT}.check.succeeded`, payload: { id } }],
        also: (sql) => sql`,
          used as (
            delete from passkey_links l using changed c where l.instance_id = c.instance_id and l.user_id = c.aggregate_id and l.link_id = ${id}
          )`,
      };
    }
    return {
      refused: {
        change: {
          events: [{ type: `${EVENT}.check.failed`, payload: { id } }],
          quiet: true,
          also: (sql) => sql`,
            tried as (
              update passkey_links l set failed = l.failed + 1 from changed c
              where l.instance_id = c.instance_id and l.user_id = c.aggregate_id and l.link_id = ${id} and l.failed < ${TRIES}
            )`,
        },
        answer: () => {
          throw new Failure(errors.linkCodeWrong);
        },
      },
    };
  };
}

interface StoredLink {
  hash: Buffer;
  /** In time, with tries left; its user is on, and was not switched off since. */
  alive: boolean;
}

async function storedLink(call: Call, userId: string, linkId: string): Promise<StoredLink | undefined> {
  const [row] = await call.db.read<StoredLink | Record<keyof StoredLink, null>>(
    (sql, caller) => sql`
      with caller as (${caller}),
      link as (
        select l.hash, (l.expires_at > now() and l.failed < ${TRIES} and ${gate(sql)} and ${binding(sql, sql`l`)}) as alive
        from passkey_links l
        join users u on u.instance_id = l.instance_id and u.user_id = l.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where l.instance_id = ${call.instance.id} and l.user_id = ${userId} and l.link_id = ${linkId}
      )
      select link.* from caller left join link on true`,
  );
  return row.hash === null ? undefined : row;
}
