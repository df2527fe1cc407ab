/** ListOrganizations: those on which the caller holds `org.read` (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { reach } from '../access/permission.ts';
import { OrganizationFieldName, type SearchQuery } from '../contract/gen/zitadel/org/v2/org_pb.js';
import type { ListOrganizationsRequest } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, textFilter } from '../store/filter.ts';

const MOST_ROWS = 1000;

export interface OrgRow {
  org_id: string;
  name: string;
  state: number;
  primary_domain: string;
  sequence: bigint;
  created_at: string;
  changed_at: string;
}

export interface OrgPage {
  readonly total: number;
  readonly at: string;
  readonly rows: readonly OrgRow[];
}

export async function listOrganizations(call: Call, request: ListOrganizationsRequest): Promise<OrgPage> {
  const where = reach(call.caller, 'org.read');
  const limit = Math.min(request.query?.limit || MOST_ROWS, MOST_ROWS);
  const rows = await call.db.list<(OrgRow | { org_id: null }) & { total: bigint; at: string }>((sql, caller) => {
    const direction = request.query?.asc ? sql`asc` : sql`desc`;
    const sorted = sortColumn(sql, request.sortingColumn);
    const found = sql`
      from orgs o where o.instance_id = ${call.instance.id}
        ${where.instance ? sql`` : sql`and o.org_id = any(${where.orgs}::text[])`}
        and ${every(sql, request.queries, (query) => condition(sql, call, query))}`;
    return sql`
      with caller as (${caller}),
      page as (
        select o.org_id, o.name, o.state, o.sequence, o.created_at, o.changed_at, ${sorted} as sort_key,
          coalesce((select d.domain from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id and d.is_primary limit 1), '') as primary_domain
        ${found}
        order by sort_key ${direction}, o.org_id ${direction}
        limit ${limit} offset ${request.query?.offset ?? 0n}
      ),
      counted as (select count(*) as total ${found})
      select page.*, counted.total, now() as at from caller left join counted on true left join page on true
      order by page.sort_key ${direction}, page.org_id ${direction}`;
  });
  const found = rows.flatMap((row) => (row.org_id === null ? [] : [row]));
  return { total: found.length === 0 ? 0 : Number(rows[0].total), at: rows[0].at, rows: found };
}

function sortColumn(sql: Sql, column: OrganizationFieldName): Fragment {
  return column === OrganizationFieldName.NAME ? sql`lower(o.name)` : sql`o.created_at`;
}

function condition(sql: Sql, call: Call, { query }: SearchQuery): Fragment {
  switch (query.case) {
    case 'nameQuery':
      return textFilter(sql, sql`o.name`, query.value.method, query.value.name);
    case 'domainQuery':
      return sql`exists (
        select from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id and ${textFilter(sql, sql`d.domain`, query.value.method, query.value.domain)})`;
    case 'stateQuery':
      return sql`o.state = ${query.value.state === 0 ? -1 : query.value.state}`;
    case 'idQuery':
      return sql`o.org_id = ${query.value.id}`;
    case 'defaultQuery':
      return sql`o.org_id = ${call.instance.defaultOrgId}`;
    case undefined:
      return sql`false`;
  }
}
