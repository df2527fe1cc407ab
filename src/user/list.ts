/** ListUsers: query tree, sorting column, page, and the permission filter as one statement (reference/user-service-v2.md 5.2). */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import { reach } from '../access/permission.ts';
import { type SearchQuery, UserFieldName, UserState } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { ListUsersRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { joined, textFilter } from '../store/filter.ts';
import { errors } from './errors.ts';
import { type User, userColumns } from './user.ts';

/** No list gives more rows than this at once (DESIGN.md 8). */
const MOST_ROWS = 1000;
const MOST_NESTING = 20;

export interface UserPage {
  readonly total: number;
  readonly at: string;
  readonly rows: readonly User[];
}

/** The users that the caller may see: of the instance or of organizations where he holds `user.read`, and always himself. */
export async function listUsers(call: Call, request: ListUsersRequest): Promise<UserPage> {
  for (const query of request.queries) checkQuery(query, 0);
  const where = reach(call.caller, 'user.read');
  const limit = Math.min(request.query?.limit || MOST_ROWS, MOST_ROWS);
  const offset = request.query?.offset ?? 0n;
  const rows = await call.db.list<(User | { user_id: null }) & { total: bigint | null; at: string }>((sql, caller) => {
    const direction = request.query?.asc ? sql`asc` : sql`desc`;
    const sorted = sortColumn(sql, request.sortingColumn);
    const found = sql`
      from users u join profiles p using (instance_id, user_id)
      where u.instance_id = ${call.instance.id}
        ${where.instance ? sql`` : sql`and (u.org_id = any(${where.orgs}::text[]) or u.user_id = ${call.caller.userId})`}
        and ${condition(sql, request.queries)}`;
    return sql`
      with caller as (${caller}),
      page as (
        select ${userColumns(sql)}, ${sorted} as sort_key
        ${found}
        order by sort_key ${direction}, u.user_id ${direction}
        limit ${limit} offset ${offset}
      ),
      counted as (select count(*) as total ${found})
      select page.*, counted.total, now() as at from caller left join counted on true left join page on true
      order by page.sort_key ${direction}, page.user_id ${direction}`;
  });
  const users = rows.flatMap((row) => (row.user_id === null ? [] : [row]));
  // A page beyond the end tells no total, as on the original.
  return { total: users.length === 0 ? 0 : Number(rows[0].total), at: rows[0].at, rows: users };
}

/** Names sort by their small letters, everything else by its value; ids break ties. */
function sortColumn(sql: Sql, column: UserFieldName): Fragment {
  switch (column) {
    case UserFieldName.USER_NAME:
      return sql`p.username collate "C"`;
    case UserFieldName.FIRST_NAME:
      return sql`lower(p.first_name) collate "C"`;
    case UserFieldName.LAST_NAME:
      return sql`lower(p.last_name) collate "C"`;
    case UserFieldName.NICK_NAME:
      return sql`lower(p.nick_name) collate "C"`;
    case UserFieldName.DISPLAY_NAME:
      return sql`lower(p.display_name) collate "C"`;
    case UserFieldName.EMAIL:
      return sql`lower(p.email) collate "C"`;
    case UserFieldName.STATE:
      return sql`u.state`;
    case UserFieldName.TYPE:
      return sql`u.kind`;
    case UserFieldName.CREATION_DATE:
      return sql`u.created_at`;
    default:
      return sql`u.user_id`;
  }
}

/** What validation leaves open: depth, and lists without a member. */
function checkQuery({ query }: SearchQuery, depth: number): void {
  if (depth > MOST_NESTING) throw new Failure(errors.nestedTooDeep);
  switch (query.case) {
    case 'orQuery':
    case 'andQuery':
      if (query.value.queries.length === 0) throw new Failure(errors.emptyList);
      for (const inner of query.value.queries) checkQuery(inner, depth + 1);
      return;
    case 'notQuery':
      if (!query.value.query) throw new Failure(errors.emptyList);
      checkQuery(query.value.query, depth + 1);
      return;
    case 'inUserIdsQuery':
      if (query.value.userIds.length === 0) throw new Failure(errors.emptyList);
      return;
    case 'inUserEmailsQuery':
      if (query.value.userEmails.length === 0) throw new Failure(errors.emptyList);
      return;
    default:
  }
}

/**
 * All queries together. Where one asks for metadata, the whole is held against one entry of the user after another: key and value of one
 * AND must stand in the same entry, as on the original; a user without metadata is held against an empty entry.
 */
function condition(sql: Sql, queries: readonly SearchQuery[]): Fragment {
  const all = joined(
    sql,
    queries.map((q) => one(sql, q)),
    'and',
  );
  if (!queries.some(asksMetadata)) return all;
  return sql`exists (
    select from (select) as entry left join user_metadata m on m.instance_id = u.instance_id and m.user_id = u.user_id where ${all})`;
}

function asksMetadata({ query }: SearchQuery): boolean {
  if (query.case === 'orQuery' || query.case === 'andQuery') return query.value.queries.some(asksMetadata);
  if (query.case === 'notQuery') return query.value.query !== undefined && asksMetadata(query.value.query);
  return query.case === 'metadataKeyFilter' || query.case === 'metadataValueFilter';
}

const STATES: Readonly<Record<number, number>> = {
  [UserState.ACTIVE]: userStates.active,
  [UserState.INACTIVE]: userStates.inactive,
  [UserState.LOCKED]: userStates.locked,
  [UserState.INITIAL]: userStates.initial,
};
const NONE = -1;

function one(sql: Sql, { query }: SearchQuery): Fragment {
  switch (query.case) {
    case 'userNameQuery':
      return textFilter(sql, sql`p.username`, query.value.method, query.value.userName);
    case 'firstNameQuery':
      return textFilter(sql, sql`p.first_name`, query.value.method, query.value.firstName);
    case 'lastNameQuery':
      return textFilter(sql, sql`p.last_name`, query.value.method, query.value.lastName);
    case 'nickNameQuery':
      return textFilter(sql, sql`p.nick_name`, query.value.method, query.value.nickName);
    case 'displayNameQuery':
      return textFilter(sql, sql`p.display_name`, query.value.method, query.value.displayName);
    case 'emailQuery':
      return textFilter(sql, sql`p.email`, query.value.method, query.value.emailAddress);
    case 'phoneQuery':
      return textFilter(sql, sql`p.phone`, query.value.method, query.value.number);
    case 'loginNameQuery':
      return textFilter(sql, sql`p.username`, query.value.method, query.value.loginName);
    case 'stateQuery':
      return sql`u.state = ${STATES[query.value.state] ?? NONE}`;
    case 'typeQuery':
      return sql`u.kind = ${query.value.type === 0 ? NONE : query.value.type}`;
    case 'inUserIdsQuery':
      return sql`u.user_id = any(${query.value.userIds}::text[])`;
    case 'inUserEmailsQuery':
      return sql`p.email = any(${query.value.userEmails}::text[])`;
    case 'organizationIdQuery':
      return sql`u.org_id = ${query.value.organizationId}`;
    case 'orQuery':
      return joined(
        sql,
        query.value.queries.map((q) => one(sql, q)),
        'or',
      );
    case 'andQuery':
      return joined(
        sql,
        query.value.queries.map((q) => one(sql, q)),
        'and',
      );
    case 'notQuery':
      return query.value.query ? sql`not ${one(sql, query.value.query)}` : sql`false`;
    case 'metadataKeyFilter':
      return textFilter(sql, sql`m.key`, query.value.method, query.value.key);
    case 'metadataValueFilter':
      return query.value.method === 0
        ? sql`sha256(m.value) = sha256(${Buffer.from(query.value.value)})`
        : sql`sha256(m.value) <> sha256(${Buffer.from(query.value.value)})`;
    case undefined:
      return sql`true`;
  }
}
