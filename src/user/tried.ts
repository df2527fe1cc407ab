/** A user as the checks of a login see him: what stood of him when a check began, and the lock under which it must still stand. */
import type { Call } from '../access/call.ts';
import { gate } from '../access/gate.ts';
import { drainedLevel, type Source, sourceKey } from '../access/throttle.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { type Lockout, lockoutPolicy } from './lockout.ts';

/** What can be tried, each counted for itself. */
export type CheckKind = 'password' | 'totp' | 'otp_sms' | 'otp_email' | 'recovery_code';

export interface Tries {
  readonly lockout: Lockout;
  /** Failures since the last success, and how many seconds ago the last one was. */
  readonly failed: Readonly<Partial<Record<CheckKind, { readonly times: number; readonly ago: number }>>> | null;
  /** Failures from where the try comes from, over all users. */
  readonly source: number | null;
}

export interface Tried {
  user_id: string;
  is_owner: boolean;
  epoch: bigint;
  org_epoch: bigint;
  instance_epoch: bigint;
  password_hash: string | null;
  password_changed_at: string | null;
  /** Null where nothing was to be tried. */
  tries: Tries | null;
}

/** The columns of a `Tried`, over u, p, o and i; without `tries` nothing is to be tried. */
export function triedColumns(sql: Sql, tries: { readonly source: Source | undefined } | undefined): Fragment {
  return sql`
    u.user_id, u.is_owner, u.epoch, o.epoch as org_epoch, i.epoch as instance_epoch, p.password_hash, p.password_changed_at,
    ${tries ? triesNow(sql, tries.source) : sql`null`} as tries`;
}

function triesNow(sql: Sql, source: Source | undefined): Fragment {
  const level =
    source === undefined
      ? sql`null`
      : sql`(select ${drainedLevel(sql)} from failed_sources f where f.instance_id = u.instance_id and f.source = ${sourceKey(sql, source)})`;
  return sql`
    jsonb_build_object(
      'lockout', ${lockoutPolicy(sql)},
      'failed', (
        select jsonb_object_agg(f.kind, jsonb_build_object('times', f.failed, 'ago', extract(epoch from clock_timestamp() - f.last_at)))
        from failed_checks f
        where f.instance_id = u.instance_id and f.user_id = u.user_id and f.failed > 0 and f.user_epoch = u.epoch
          and (f.kind <> 'password' or f.last_at > coalesce(p.password_changed_at, '-infinity'))
      ),
      'source', ${level}
    )`;
}

/** Reads a user for a check. */
export async function findTried(call: Call, userId: string, columns: (sql: Sql) => Fragment): Promise<Tried | undefined> {
  const [row] = await call.db.read<Tried | { user_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select ${columns(sql)}
        from users u
        join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where u.instance_id = ${call.instance.id} and u.user_id = ${userId}
      )
      select found.* from caller left join found on true`,
  );
  return row.user_id === null ? undefined : row;
}

/**
 * `proven as (…)`: the user, locked, where states and epochs are still those that a check saw; with a hash, also that. The profile is locked
 * then, too, so that its hash is read as it is behind the lock, not as it was before. `still`: a further condition on u.
 */
export function standingUser(
  sql: Sql,
  call: Call,
  user: Tried,
  { hash, still }: { hash?: string | undefined; still?: Fragment } = {},
): Fragment {
  const [profile, same, lock] =
    hash === undefined
      ? [sql``, sql``, sql`u`]
      : [sql`join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id`, sql`and p.password_hash = ${hash}`, sql`u, p`];
  return sql`
    proven as (
      select u.instance_id, u.user_id
      from users u
      ${profile}
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      cross join caller
      where u.instance_id = ${call.instance.id} and u.user_id = ${user.user_id} and ${gate(sql)}
        and u.epoch = ${user.epoch} and o.epoch = ${user.org_epoch} and i.epoch = ${user.instance_epoch} ${same} ${still ?? sql``}
      for no key update of ${lock}
    )`;
}

/** `, forgiven as (…)`: forgets the failures of the user that the CTE `changed` has changed, of one kind or of all. */
export function forgiveFailures(sql: Sql, kind?: CheckKind): Fragment {
  return sql`,
    forgiven as (
      delete from failed_checks f using changed c
      where f.instance_id = c.instance_id and f.user_id = c.aggregate_id ${kind === undefined ? sql`` : sql`and f.kind = ${kind}`}
    )`;
}
