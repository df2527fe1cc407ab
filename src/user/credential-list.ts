/** ListKeys and ListPersonalAccessTokens: one list over two tables (reference/user-credentials-v2.md 9.4). */
import type { Call } from '../access/call.ts';
import { binding } from '../access/gate.ts';
import { reach } from '../access/permission.ts';
import type { ListKeysRequest, ListPersonalAccessTokensRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { joined, timestampFilter } from '../store/filter.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { pageSize } from './page.ts';

interface Source {
  readonly table: string;
  readonly id: string;
  /** Rows that still open something; what has run out is shown all the same. */
  readonly alive: (sql: Sql) => Fragment;
}

const SOURCES = {
  key: { table: 'machine_keys', id: 'key_id', alive: (sql) => sql`true` },
  token: { table: 'pats', id: 'token_id', alive: (sql) => binding(sql, sql`c`) },
} as const satisfies Record<string, Source>;

/** KeyFieldName and PersonalAccessTokenFieldName, by number, which are the same in both. */
const ORDERS = ['created', 'created', 'id', 'user', 'organization', 'expiry'] as const;

function order(sql: Sql, { id }: Source, column: number): Fragment {
  const columns = {
    created: sql`c.created_at`,
    id: sql`c.${sql(id)}`,
    user: sql`c.user_id`,
    organization: sql`u.org_id`,
    expiry: sql`c.expires_at`,
  };
  return columns[ORDERS[column] ?? 'created'];
}

type Filter = (ListKeysRequest['filters'] | ListPersonalAccessTokensRequest['filters'])[number]['filter'];

function condition(sql: Sql, { id }: Source, filter: Filter): Fragment {
  switch (filter.case) {
    case 'keyIdFilter':
    case 'tokenIdFilter':
      return sql`c.${sql(id)} = ${filter.value.id}`;
    case 'userIdFilter':
      return sql`c.user_id = ${filter.value.id}`;
    case 'organizationIdFilter':
      return sql`u.org_id = ${filter.value.id}`;
    case 'createdDateFilter':
      return timestampFilter(sql, sql`c.created_at`, filter.value.method, filter.value.timestamp);
    case 'expirationDateFilter':
      return timestampFilter(sql, sql`c.expires_at`, filter.value.method, filter.value.timestamp);
    case undefined:
      return sql`true`;
  }
}

interface Row {
  id: string;
  user_id: string;
  org_id: string;
  expires_at: string;
  created_at: string;
  changed_at: string;
}

/** What the caller may see: his own, and those of users whom he may read. The total counts these. */
export async function listCredentials(
  call: Call,
  kind: keyof typeof SOURCES,
  {
    pagination,
    sortingColumn,
    filters,
  }: Pick<ListKeysRequest | ListPersonalAccessTokensRequest, 'pagination' | 'sortingColumn' | 'filters'>,
) {
  const source = SOURCES[kind];
  const limit = pageSize(pagination?.limit);
  const where = reach(call.caller, 'user.read');
  const rows = await call.db.list<(Row | { id: null }) & { total: bigint | null }>((sql, caller) => {
    const conditions = filters.map(({ filter }) => condition(sql, source, filter));
    return sql`
      with caller as (${caller}),
      found as (
        select c.${sql(source.id)} as id, c.user_id, u.org_id, c.expires_at, c.created_at, c.changed_at, count(*) over () as total,
          row_number() over (order by ${order(sql, source, sortingColumn ?? 0)} ${pagination?.asc ? sql`asc` : sql`desc`}, c.${sql(source.id)}) as place
        from ${sql(source.table)} c
        join users u on u.instance_id = c.instance_id and u.user_id = c.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where c.instance_id = ${call.instance.id} and (${where.instance} or u.org_id = any(${where.orgs}::text[]) or u.user_id = ${call.caller.userId})
          and ${source.alive(sql)} and ${joined(sql, conditions, 'and')}
        order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      )
      select f.* from caller left join found f on true order by f.place`;
  });
  return {
    pagination: { totalResult: BigInt(rows[0].total ?? 0), appliedLimit: BigInt(limit) },
    result: rows.flatMap((row) =>
      row.id === null
        ? []
        : {
            creationDate: timestampFromPg(row.created_at),
            changeDate: timestampFromPg(row.changed_at),
            id: row.id,
            userId: row.user_id,
            organizationId: row.org_id,
            expirationDate: timestampFromPg(row.expires_at),
          },
    ),
  };
}
