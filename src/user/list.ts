/** ListUsers: query tree, sorting column, page, and the permission filter as one statement (reference/user-service-v2.md 5.2). */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { reach } from '../access/permission.ts';
import { UserFieldName } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { ListUsersRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { checkQueries, condition, type EntrySearch, isDearToCount, type LoginNames, tablesOf } from './search.ts';
import { type User, userColumns } from './user.ts';

/** No list gives more rows than this at once (DESIGN.md 8). */
const MOST_ROWS = 1000;
/** Up to here the total is counted; beyond, it is what PostgreSQL's planner estimates, and at least one more than this. */
const COUNTED = 10_000;
/** Where the planner expects more than this, what is dear to count is not counted. */
const NOT_COUNTED = 50_000;
/** How far the index of the sorting column is followed in search of those that match. */
const FOLLOWED = 20_000;

export interface UserPage {
  readonly total: number;
  readonly at: string;
  readonly rows: readonly User[];
}

/**
 * The users that the caller may see: of the instance or of organizations where he holds `user.read`, and always himself.
 *
 * A page should cost the same however many users there are, and that must not hang on the planner's estimates: a wrong one walks through
 * millions of users to find ten. So those that match are first taken by the index of the filter, 10,001 at most, which also counts them. Are
 * they many, the index of the sorting column is followed a while (were all of them taken, each user is looked up among these), which fills the
 * page unless filter and order are at odds (those who sort last). Else they are sorted: those that were taken, or all, where that was not all.
 */
export async function listUsers(call: Call, request: ListUsersRequest): Promise<UserPage> {
  checkQueries(request.queries);
  const limit = Math.min(request.query?.limit || MOST_ROWS, MOST_ROWS);
  const offset = request.query?.offset ?? 0n;
  const expected = isDearToCount(request.queries) ? await estimate(call, request) : 0;
  const uncounted = expected > NOT_COUNTED;
  const rows = await call.db.list<(User | { user_id: null }) & { total: bigint; at: string }>((sql, caller) => {
    const direction = request.query?.asc ? sql`asc` : sql`desc`;
    const { table, key, tie } = sortingOf(sql, call, request);
    const order = sql`order by sort_key ${direction}, tie ${direction}, user_id ${direction}`;
    const page = sql`${order} limit ${limit} offset ${offset}`;
    const found = matching(sql, call, request);
    const sorted = matching(sql, call, request, table);
    const walked = matching(sql, call, request, table, 'user by user');
    const alone = table === 'users' ? sql`users u` : sql`profiles p`;
    const columns = sql`${sorted.id} as user_id, ${key} as sort_key, ${tie} as tie`;
    const here = sql`instance_id = ${call.instance.id}`;
    return sql`
      with caller as (${caller}),
      matched as materialized (
        select ${found.id} as user_id from ${found.tables} where ${here} and ${found.condition} limit ${uncounted ? 0 : COUNTED + 1}
      ),
      counted as (select ${uncounted ? sql`${BigInt(COUNTED + 1)}::bigint as total` : sql`count(*) as total from matched`}),
      course as (
        select total > ${COUNTED} as beyond, total * total > ${BigInt(limit) + offset} * (
          select greatest(reltuples, 1) from pg_class where oid = to_regclass('users')
        ) as dense from counted
      ),
      followed as materialized (
        (
          select user_id, sort_key, tie
          from (select ${columns}, ${walked.condition} as matches from ${sorted.tables} where ${here} ${order} limit ${FOLLOWED}) as walk
          where matches and (select beyond from course)
          ${page}
        )
        union all
        (
          select user_id, sort_key, tie
          from (select user_id, ${key} as sort_key, ${tie} as tie from ${alone} where ${here} ${order} limit ${FOLLOWED}) as walk
          where user_id in (select user_id from matched) and (select dense and not beyond from course)
          ${page}
        )
      ),
      filled as (select count(*) = ${limit} as is_so from followed),
      page as (
        (select user_id, sort_key, tie from followed where (select is_so from filled))
        union all
        (
          select matched.user_id, row.sort_key, row.tie
          from matched, lateral (
            select ${key} as sort_key, ${tie} as tie from ${alone}
            where ${here} and user_id = matched.user_id limit 1
          ) as row
          where not (select is_so from filled) and not (select beyond from course)
          ${page}
        )
        union all
        (
          select user_id, sort_key, tie
          from (select ${columns} from ${sorted.tables} where ${here} and ${sorted.condition} offset 0) as everyone
          where not (select is_so from filled) and (select beyond from course)
          ${page}
        )
      )
      select ${userColumns(sql, call.instance)}, counted.total, now() as at
      from caller left join counted on true
      left join (page join users u using (user_id) join profiles p using (instance_id, user_id)) on ${here}
      order by page.sort_key ${direction}, page.tie ${direction}, page.user_id ${direction}`;
  });
  const users = rows.flatMap((row) => (row.user_id === null ? [] : [row]));
  const [{ at, total }] = rows;
  // A page beyond the end tells no total, as on the original.
  if (users.length === 0) return { total: 0, at, rows: users };
  if (users.length < limit) return { total: Number(offset) + users.length, at, rows: users };
  return { total: total > COUNTED ? expected || (await estimate(call, request)) : Number(total), at, rows: users };
}

/** More than are counted. The planner knows it from samples that autovacuum takes: some per cent off, more where filters depend on each other. */
async function estimate(call: Call, request: ListUsersRequest): Promise<number> {
  const [row] = await call.db.list<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>((sql, caller) => {
    const { tables, condition } = matching(sql, call, request);
    return sql`
      explain (format json)
      with caller as (${caller})
      select from caller, (select from ${tables} where instance_id = ${call.instance.id} and ${condition}) as found`;
  });
  return Math.max(COUNTED + 1, row['QUERY PLAN'][0].Plan['Plan Rows']);
}

type Table = 'users' | 'profiles';

interface Matching {
  readonly id: Fragment;
  readonly tables: Fragment;
  readonly condition: Fragment;
}

/** Who matches, over the tables that are needed for it and for sorting. */
function matching(sql: Sql, call: Call, { queries }: ListUsersRequest, sorting?: Table, entries: EntrySearch = 'at once'): Matching {
  const permitted = visible(sql, call);
  const names = namesOf(call);
  const profiles = tablesOf(queries, names).profiles || sorting === 'profiles';
  const users = readsUsers(sql, call, queries) || sorting === 'users' || !profiles;
  const filter = condition(sql, queries, names, entries);
  return {
    id: sorting === 'profiles' || !users ? sql`p.user_id` : sql`u.user_id`,
    tables: !profiles ? sql`users u` : !users ? sql`profiles p` : sql`users u join profiles p using (instance_id, user_id)`,
    condition: permitted === undefined ? filter : sql`${permitted} and ${filter}`,
  };
}

/** Whether the filter, the caller's rights among it, cannot be decided by profiles alone. */
function readsUsers(sql: Sql, call: Call, queries: ListUsersRequest['queries']): boolean {
  const asked = tablesOf(queries, namesOf(call));
  return asked.users || !asked.profiles || visible(sql, call) !== undefined;
}

const namesOf = ({ instance }: Call): LoginNames => (instance.domainLogins ? 'may have a domain' : 'are user names');

/** What the caller may see; undefined: all of the instance. */
function visible(sql: Sql, { caller }: Call): Fragment | undefined {
  const { instance, orgs } = reach(caller, 'user.read');
  if (instance) return undefined;
  const there = orgs.length === 1 ? sql`u.org_id = ${orgs[0]!}` : sql`u.org_id = any(${orgs}::text[])`;
  // Nobody leaves his organization: where he sees all of it, he sees himself.
  if (orgs.includes(caller.orgId) || !isSelf(caller, caller.userId)) return there;
  return orgs.length === 0 ? sql`u.user_id = ${caller.userId}` : sql`(${there} or u.user_id = ${caller.userId})`;
}

interface Sorting {
  readonly table: Table;
  readonly key: Fragment;
  /** What decides between equal keys, before the id does. */
  readonly tie: Fragment;
}

/** Names sort by their small letters, everything else by its value; an index serves each. */
function sortingOf(sql: Sql, call: Call, { sortingColumn, queries }: ListUsersRequest): Sorting {
  const by = (table: Table, key: Fragment, tie: Fragment = sql`null::timestamptz`): Sorting => ({ table, key, tie });
  switch (sortingColumn) {
    case UserFieldName.USER_NAME:
      return by('profiles', sql`p.username collate "C"`);
    case UserFieldName.FIRST_NAME:
      return by('profiles', sql`lower(p.first_name) collate "C"`);
    case UserFieldName.LAST_NAME:
      return by('profiles', sql`lower(p.last_name) collate "C"`);
    case UserFieldName.NICK_NAME:
      return by('profiles', sql`lower(p.nick_name) collate "C"`);
    case UserFieldName.DISPLAY_NAME:
      return by('profiles', sql`lower(p.display_name) collate "C"`);
    case UserFieldName.EMAIL:
      return by('profiles', sql`lower(p.email) collate "C"`);
    case UserFieldName.STATE:
      return by('users', sql`u.state`, sql`u.created_at`);
    case UserFieldName.TYPE:
      return by('users', sql`u.kind`, sql`u.created_at`);
    case UserFieldName.CREATION_DATE:
      return readsUsers(sql, call, queries) ? by('users', sql`u.created_at`) : by('profiles', sql`p.user_created_at`);
    default:
      return by('users', sql`u.user_id`);
  }
}
