/** Personal access tokens of machines: a door (DESIGN.md 6), so what is made is bound to the epochs read in the same statement. */
import type { Call } from '../access/call.ts';
import { newToken } from '../access/token.ts';
import { digest } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import type { Moment } from '../time/timestamp.ts';
import { errors } from './errors.ts';
import { type Changed, changeUser, isOff, kinds, type Rule } from './user.ts';

/** What a token is good for, as the original writes it; the API does not look at it (reference/user-credentials-v2.md 9.3). */
export const SCOPES = ['openid', 'profile', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner'];
/** "Never": the zero time stands for the last second of the year 9999. */
const NEVER: Moment = { seconds: 253_402_300_799n, nanos: 0 };
const ZERO_SECONDS = -62_135_596_800n;

const rule: Rule = { permission: 'user.write', self: true, ranked: true };

export interface NewPat {
  readonly tokenId: string;
  /** Shown once; only its hash is kept. */
  readonly token: string;
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
}

/**
 * AddPersonalAccessToken: for a machine that is on, by itself or by who may write it. `orgId`: in v1 users of other organizations than that
 * of the call do not exist.
 */
export function addPat(call: Call, userId: string, expiration: Moment | undefined, orgId?: string): Promise<NewPat> {
  const expiresAt = expiryOf(expiration);
  return changeUser(call, userId, { ...rule, orgId }, errors.patUserNotFound, (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.patWrongType);
    if (isOff(user)) throw new Failure(errors.notActive);
    const tokenId = newId();
    const token = newToken(tokenId);
    return {
      change: {
        events: [patAdded({ tokenId, expiresAt })],
        quiet: true,
        also: (sql) => insertPat(sql, { tokenId, token, expiresAt }),
      },
      answer: ({ owner, sequence, at }) => ({ tokenId, token, owner, sequence, at }),
    };
  });
}

export function patAdded({ tokenId, expiresAt }: { tokenId: string; expiresAt: Moment }): NewEvent {
  return { type: 'user.pat.added', payload: { tokenId, expiration: isoText(expiresAt), scopes: SCOPES } };
}

/** The end of a new credential: not in the past; the zero time means never. */
export function expiryOf(expiration: Moment | undefined): Moment {
  if (!expiration || (expiration.seconds === ZERO_SECONDS && expiration.nanos === 0)) return NEVER;
  if (Number(expiration.seconds) * 1000 + expiration.nanos / 1e6 <= Date.now()) throw new Failure(errors.expiryPast);
  return expiration;
}

/** `, pat as (…)`: a token of the user that the CTE `changed` has just changed, bound to the epochs that stand now. */
export function insertPat(sql: Sql, { tokenId, token, expiresAt }: { tokenId: string; token: string; expiresAt: Moment }): Fragment {
  return sql`,
    pat as (
      insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
      select c.instance_id, ${tokenId}, c.aggregate_id, ${digest(token)}, ${SCOPES}::text[], ${sql.typed.timestamp(expiresAt)}, c.epoch, o.epoch, i.epoch, c.at, c.at
      from changed c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
    )`;
}

/** RemovePersonalAccessToken. */
export function removePat(call: Call, userId: string, tokenId: string): Promise<Changed> {
  return changeUser(call, userId, rule, errors.ownerNotFound, async () => {
    const [{ found }] = await call.db.read<{ found: boolean }>(
      (sql, caller) => sql`
        with caller as (${caller})
        select exists (select from pats p where p.instance_id = ${call.instance.id} and p.token_id = ${tokenId} and p.user_id = ${userId}) as found from caller`,
    );
    if (!found) throw new Failure(errors.patNotFound);
    return {
      change: {
        events: [{ type: 'user.pat.removed', payload: { tokenId } }],
        quiet: true,
        access: true,
        also: (sql) => sql`,
          removed as (
            delete from pats p using changed c where p.instance_id = c.instance_id and p.token_id = ${tokenId} and p.user_id = c.aggregate_id
          )`,
      },
      answer: (done) => done,
    };
  });
}

export const isoText = ({ seconds, nanos }: Moment) => new Date(Number(seconds) * 1000 + Math.trunc(nanos / 1e6)).toISOString();
