/**
 * User names: unique whatever their case, in the instance, or in the organization where its domain stands behind them or its settings say so;
 * a name that is taken is AlreadyExists.
 */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { errors } from './errors.ts';

/** Stands between a name and its organization in what is unique: no name holds it (`demandName`), so none passes for another organization's. */
const SEPARATOR = 31;

/**
 * `, named as (…)`: what is unique of the user names of the CTE `source` (instance_id, aggregate_id, owner), by how the organization names its
 * users: read behind a lock of its row, which a change of that takes first (settings/names.ts). For every statement that writes a user name.
 */
export function named(sql: Sql, source: Fragment, username: Fragment): Fragment {
  return sql`,
    named as (
      insert into usernames as k (instance_id, user_id, key)
      select s.instance_id, s.aggregate_id, lower(${username}) || (
        select case when o.login_with_domain or o.scoped_names then chr(${SEPARATOR}::int) || o.org_id else '' end
        from orgs o where o.instance_id = s.instance_id and o.org_id = s.owner for share
      )
      from ${source} s
      on conflict (instance_id, user_id) do update set key = excluded.key
    )`;
}

/**
 * `renamed as (…)`: the users of the organizations in the CTE `source` (instance_id, org_id, was_own, own) are named as these are from now on.
 * Fails as `usernameTaken` says where two would bear the same name.
 */
export function renamed(sql: Sql, source: Fragment): Fragment {
  return sql`
    renamed as (
      update usernames k
      set key = case when n.own then k.key || chr(${SEPARATOR}::int) || n.org_id else left(k.key, -1 - length(n.org_id)) end
      from ${source} n
      join users u on u.instance_id = n.instance_id and u.org_id = n.org_id
      where n.own <> n.was_own and k.instance_id = u.instance_id and k.user_id = u.user_id
    )`;
}

/** Refuses what stands for nothing that is seen, the separator above among it. */
export function demandName(username: string): void {
  if (/\p{Cc}/u.test(username)) throw new Failure(errors.usernameControl);
}

/** The text behind the last `@` of a user name; empty where there is none. */
export function domainOfName(username: string): string {
  return username.includes('@') ? username.slice(username.lastIndexOf('@') + 1) : '';
}

/** Whether the domain of a user name is verified by another organization than this one. */
export async function claimedElsewhere(call: Call, username: string, orgId: string): Promise<boolean> {
  const domain = domainOfName(username);
  if (domain === '') return false;
  const [{ claimed }] = await call.db.read<{ claimed: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (
        select from org_domains d where d.instance_id = ${call.instance.id} and lower(d.domain) = lower(${domain}) and d.is_verified and d.org_id <> ${orgId}
          -- With its own domain behind it, a name is nobody else's.
          and not exists (select from orgs o where o.instance_id = d.instance_id and o.org_id = ${orgId} and o.login_with_domain)
      ) as claimed from caller`,
  );
  return claimed;
}

const UNIQUE_VIOLATION = '23505';
/** Raised by the database where another organization got the domain of the name at the same moment (migrations/0013). */
const DOMAIN_CLAIMED = 'KW001';

/** Runs a statement that writes a user name. */
export async function usernameTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === 'profiles_username') {
      throw new Failure(errors.usernameTaken, { cause: error });
    }
    if (error instanceof postgres.PostgresError && error.code === DOMAIN_CLAIMED)
      throw new Failure(errors.domainReserved, { cause: error });
    throw error;
  }
}
