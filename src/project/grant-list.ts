/** ListProjectGrants: those of projects in the caller's reach, and those to organizations in it. */
import type { Call } from '../access/call.ts';
import { projectReach } from '../access/permission.ts';
import { ProjectGrantFieldName, type ProjectGrantSearchFilter } from '../contract/gen/zitadel/project/v2/project_pb.js';
import type { ListProjectGrantsRequest } from '../contract/gen/zitadel/project/v2/project_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, textFilter } from '../store/filter.ts';
import { pageSize } from '../user/page.ts';

export interface GrantRow {
  grant_id: string;
  org_id: string;
  project_id: string;
  project_name: string;
  granted_org_id: string;
  granted_org_name: string;
  role_keys: string[];
  state: 1 | 2;
  created_at: string;
  changed_at: string;
}

export interface GrantPage {
  readonly total: number;
  readonly limit: number;
  readonly rows: readonly GrantRow[];
}

export async function listGrants(call: Call, { pagination, sortingColumn, filters }: ListProjectGrantsRequest): Promise<GrantPage> {
  const limit = pageSize(pagination?.limit);
  const where = projectReach(call.caller, 'project.grant.read');
  const rows = await call.db.list<(GrantRow & { total: bigint }) | { grant_id: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const visible = where.instance
      ? sql`true`
      : sql`(p.org_id = any(${where.orgs}::text[]) or g.granted_org_id = any(${where.orgs}::text[]) or p.project_id = any(${where.projects}::text[]))`;
    return sql`
      with caller as (${caller}),
      page as (
        select g.grant_id, p.org_id, g.project_id, p.name as project_name, g.granted_org_id, o.name as granted_org_name, g.role_keys, g.state,
          g.created_at, g.changed_at, count(*) over () as total,
          row_number() over (order by ${columnOf(sql, sortingColumn)} ${direction}, g.grant_id ${direction}) as place
        from project_grants g
        join projects p on p.instance_id = g.instance_id and p.project_id = g.project_id
        join orgs o on o.instance_id = g.instance_id and o.org_id = g.granted_org_id
        where g.instance_id = ${call.instance.id} and ${visible}
          and ${every(sql, filters, (filter) => conditionOf(sql, filter))}
        order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      )
      select page.* from caller left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total ?? 0), limit, rows: rows.flatMap((row) => (row.grant_id === null ? [] : [row])) };
}

function columnOf(sql: Sql, column: ProjectGrantFieldName | undefined): Fragment {
  switch (column) {
    case ProjectGrantFieldName.PROJECT_ID:
      return sql`g.project_id collate "C"`;
    case ProjectGrantFieldName.CHANGE_DATE:
      return sql`g.changed_at`;
    default:
      return sql`g.created_at`;
  }
}

function conditionOf(sql: Sql, { filter }: ProjectGrantSearchFilter): Fragment {
  switch (filter.case) {
    case 'projectNameFilter':
      return textFilter(sql, sql`p.name`, filter.value.method, filter.value.projectName);
    case 'roleKeyFilter':
      return sql`exists (select from unnest(g.role_keys) as r(key) where ${textFilter(sql, sql`r.key`, filter.value.method, filter.value.key)})`;
    case 'inProjectIdsFilter':
      return sql`g.project_id = any(${filter.value.ids}::text[])`;
    case 'organizationIdFilter':
      return sql`p.org_id = ${filter.value.id}`;
    case 'grantedOrganizationIdFilter':
      return sql`g.granted_org_id = ${filter.value.id}`;
    default:
      return sql`true`;
  }
}
