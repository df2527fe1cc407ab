/**
 * The query tree of ListUsers as a condition over `u` (users) and `p` (profiles), worded so that an index serves each filter
 * (migrations/0001 and 0007). What it means is in reference/user-service-v2.md 5.2.
 */
import { userStates } from '../access/gate.ts';
import { type SearchQuery, UserState } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, joined, likeLiteral, TEXT_METHODS, textFilter } from '../store/filter.ts';
import { errors } from './errors.ts';

const MOST_NESTING = 20;

/** While no organization of an instance puts its domain behind them, login names are the user names, and searched as these. */
export type LoginNames = 'are user names' | 'may have a domain';

/** Refuses what validation leaves open: depth, and lists without a member. */
export function checkQueries(queries: readonly SearchQuery[]): void {
  for (const query of queries) checkQuery(query, 0);
}

/** Which tables a condition reads; metadata hangs on `u`. */
export function tablesOf(queries: readonly SearchQuery[], names: LoginNames): { readonly users: boolean; readonly profiles: boolean } {
  const cases = queries.flatMap(leaves);
  const byDomain = names === 'may have a domain' && cases.includes('loginNameQuery');
  return { users: byDomain || cases.some((name) => OF_USERS.has(name)), profiles: cases.some((name) => !OF_USERS.has(name)) };
}

/** Whether it may cost much to count who matches: parts of texts, which trigrams give all or not at all, and metadata, which is held against users. */
export function isDearToCount(queries: readonly SearchQuery[]): boolean {
  return queries.some(({ query }) => {
    if (query.case === 'orQuery' || query.case === 'andQuery') return isDearToCount(query.value.queries);
    if (query.case === 'notQuery') return query.value.query !== undefined && isDearToCount([query.value.query]);
    if (isMetadataFilter({ query })) return true;
    const method = query.value !== undefined && 'method' in query.value ? TEXT_METHODS[query.value.method] : undefined;
    return method !== undefined && PARTS.has(method);
  });
}

const PARTS: ReadonlySet<string> = new Set(['contains', 'contains ignoring case', 'ends with', 'ends with ignoring case']);

/** How entries of metadata are looked for: all that fit, from their index; or those of one user after another, while users are walked through. */
export type EntrySearch = 'at once' | 'user by user';

/**
 * All queries together. Those that ask for metadata are held against one entry of the user after another: key and value of one AND must stand
 * in the same entry, as on the original. A user without metadata is held against an empty entry, which no plain filter of them fits: beside
 * one, only entries that exist can do, and these an index finds.
 */
export function condition(sql: Sql, queries: readonly SearchQuery[], names: LoginNames, entries: EntrySearch): Fragment {
  const all = conjuncts(queries);
  const onEntries = all.filter(asksMetadata);
  if (onEntries.length === 0) return allOf(sql, all, names);
  const ofUser = sql`m.instance_id = u.instance_id and m.user_id = u.user_id`;
  const singly = entries === 'user by user' ? sql`offset 0` : sql``; // what the planner makes no join and no hash of
  const found = onEntries.some(isMetadataFilter)
    ? sql`exists (select from user_metadata m where ${ofUser} and ${allOf(sql, onEntries, names)} ${singly})`
    : sql`exists (select from (select) as entry left join user_metadata m on ${ofUser} where ${allOf(sql, onEntries, names)} ${singly})`;
  return sql`${allOf(
    sql,
    all.filter((query) => !asksMetadata(query)),
    names,
  )} and ${found}`;
}

/** What must hold, each for itself. */
function conjuncts(queries: readonly SearchQuery[]): readonly SearchQuery[] {
  return queries.flatMap((search) => (search.query.case === 'andQuery' ? conjuncts(search.query.value.queries) : [search]));
}

const allOf = (sql: Sql, queries: readonly SearchQuery[], names: LoginNames): Fragment =>
  every(sql, queries, (query) => one(sql, query, names));

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

function asksMetadata({ query }: SearchQuery): boolean {
  if (query.case === 'orQuery' || query.case === 'andQuery') return query.value.queries.some(asksMetadata);
  if (query.case === 'notQuery') return query.value.query !== undefined && asksMetadata(query.value.query);
  return isMetadataFilter({ query });
}

const isMetadataFilter = ({ query }: Pick<SearchQuery, 'query'>): boolean =>
  query.case === 'metadataKeyFilter' || query.case === 'metadataValueFilter';

type Case = NonNullable<SearchQuery['query']['case']>;
const OF_USERS: ReadonlySet<Case> = new Set<Case>([
  'stateQuery',
  'typeQuery',
  'inUserIdsQuery',
  'organizationIdQuery',
  'metadataKeyFilter',
  'metadataValueFilter',
]);

/** The kinds of the queries that are compared with something, however deep they stand. */
function leaves({ query }: SearchQuery): Case[] {
  if (query.case === 'orQuery' || query.case === 'andQuery') return query.value.queries.flatMap(leaves);
  if (query.case === 'notQuery') return query.value.query ? leaves(query.value.query) : [];
  return query.case === undefined ? [] : [query.case];
}

const STATES: Readonly<Record<number, number>> = {
  [UserState.ACTIVE]: userStates.active,
  [UserState.INACTIVE]: userStates.inactive,
  [UserState.LOCKED]: userStates.locked,
  [UserState.INITIAL]: userStates.initial,
};
const NONE = -1;

function one(sql: Sql, { query }: SearchQuery, names: LoginNames): Fragment {
  switch (query.case) {
    case 'userNameQuery':
      return text(sql, sql`p.username`, 'bytes', query.value.method, query.value.userName);
    case 'firstNameQuery':
      return text(sql, sql`p.first_name`, 'small letters', query.value.method, query.value.firstName);
    case 'lastNameQuery':
      return text(sql, sql`p.last_name`, 'small letters', query.value.method, query.value.lastName);
    case 'nickNameQuery':
      return text(sql, sql`p.nick_name`, 'small letters', query.value.method, query.value.nickName);
    case 'displayNameQuery':
      return text(sql, sql`p.display_name`, 'small letters', query.value.method, query.value.displayName);
    case 'emailQuery':
      return text(sql, sql`p.email`, 'both', query.value.method, query.value.emailAddress);
    case 'phoneQuery':
      return text(sql, sql`p.phone`, 'bytes', query.value.method, query.value.number);
    case 'loginNameQuery':
      return names === 'are user names'
        ? text(sql, sql`p.username`, 'bytes', query.value.method, query.value.loginName)
        : anyLoginName(sql, query.value.method, query.value.loginName);
    case 'stateQuery':
      return sql`u.state = ${STATES[query.value.state] ?? NONE}`;
    case 'typeQuery':
      return sql`u.kind = ${query.value.type === 0 ? NONE : query.value.type}`;
    case 'inUserIdsQuery':
      return sql`u.user_id = any(${query.value.userIds}::text[])`;
    case 'inUserEmailsQuery':
      return sql`p.email collate "C" = any(${query.value.userEmails}::text[])`;
    case 'organizationIdQuery':
      return sql`u.org_id = ${query.value.organizationId}`;
    case 'orQuery':
      return joined(
        sql,
        query.value.queries.map((q) => one(sql, q, names)),
        'or',
      );
    case 'andQuery':
      return joined(
        sql,
        query.value.queries.map((q) => one(sql, q, names)),
        'and',
      );
    case 'notQuery':
      return query.value.query ? sql`not ${one(sql, query.value.query, names)}` : sql`false`;
    case 'metadataKeyFilter':
      return text(sql, sql`m.key`, 'bytes', query.value.method, query.value.key);
    case 'metadataValueFilter':
      return query.value.method === 0
        ? sql`sha256(m.value) = sha256(${Buffer.from(query.value.value)})`
        : sql`sha256(m.value) <> sha256(${Buffer.from(query.value.value)})`;
    case undefined:
      return sql`true`;
  }
}

/** Over `u` and `p`: whether one of the login names fits (login-name.ts). An equal one is looked for by the user names that it can come from. */
function anyLoginName(sql: Sql, method: number, value: string): Fragment {
  const names = [value, value.slice(0, Math.max(0, value.lastIndexOf('@')))];
  const candidate = TEXT_METHODS[method] === 'equals' ? sql`p.username collate "C" = any(${names}::text[]) and` : sql``;
  return sql`(${candidate} exists (
    select from orgs o
    left join org_domains d on o.login_with_domain and d.instance_id = o.instance_id and d.org_id = o.org_id and d.is_verified
    where o.instance_id = u.instance_id and o.org_id = u.org_id and (d.domain is not null or not o.login_with_domain)
      and ${textFilter(sql, sql`(p.username || coalesce('@' || d.domain, ''))`, method, value)}))`;
}

/** Over which form of a column a B-tree goes. What these cannot serve (contains, ends with) is served by trigrams of the column itself. */
type Indexed = 'bytes' | 'small letters' | 'both';

/** As `textFilter`, in the words of the indexes. What holds for a text as it is holds for its small letters too, so that both may be asked. */
function text(sql: Sql, column: Fragment, indexed: Indexed, method: number, value: string): Fragment {
  const bytes = sql`${column} collate "C"`;
  const small = sql`lower(${column}) collate "C"`;
  const literal = likeLiteral(value);
  switch (TEXT_METHODS[method]) {
    case 'equals':
      return indexed === 'small letters' ? sql`(${small} = lower(${value}) and ${column} = ${value})` : sql`${bytes} = ${value}`;
    case 'equals ignoring case':
      return indexed === 'bytes' ? sql`${column} ilike ${literal}` : sql`${small} = lower(${value})`;
    case 'starts with': {
      const start = `${literal}%`;
      if (indexed !== 'small letters') return sql`${bytes} like ${start}`;
      // The small form of other letters may depend on what follows (the Greek sigma), where the database's locale has such rules.
      return isAscii(value) ? sql`(${small} like lower(${start}) and ${column} like ${start})` : sql`${column} like ${start}`;
    }
    case 'starts with ignoring case': {
      const start = `${literal}%`;
      return indexed === 'bytes' ? sql`${column} ilike ${start}` : sql`${small} like lower(${start})`;
    }
    case 'contains':
      return sql`${column} like ${`%${literal}%`}`;
    case 'contains ignoring case':
      return sql`${column} ilike ${`%${literal}%`}`;
    case 'ends with':
      return sql`${column} like ${`%${literal}`}`;
    case 'ends with ignoring case':
      return sql`${column} ilike ${`%${literal}`}`;
    default:
      return sql`false`;
  }
}

const isAscii = (value: string): boolean => Buffer.byteLength(value) === value.length;
