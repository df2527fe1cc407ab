/** ListProjectRoles: the roles of one project, for who may read them there (reference/org-and-settings.md 8.1). Of a project out of reach: none. */
import type { Call } from '../access/call.ts';
import { projectReach } from '../access/permission.ts';
import { ProjectRoleFieldName, type ProjectRoleSearchFilter } from '../contract/gen/zitadel/project/v2/project_pb.js';
import type { ListProjectRolesRequest } from '../contract/gen/zitadel/project/v2/project_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, textFilter } from '../store/filter.ts';
import { pageSize } from '../user/page.ts';

export interface RoleRow {
  key: string;
  display_name: string;
  group_name: string;
  created_at: string;
  changed_at: string;
}

export interface RolePage {
  readonly total: number;
  readonly limit: number;
  readonly rows: readonly RoleRow[];
}

export async function listRoles(call: Call, { projectId, pagination, sortingColumn, filters }: ListProjectRolesRequest): Promise<RolePage> {
  const limit = pageSize(pagination?.limit);
  const where = projectReach(call.caller, 'project.role.read');
  const rows = await call.db.list<(RoleRow & { total: bigint }) | { key: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const visible = where.instance
      ? sql`true`
      : sql`(p.org_id = any(${where.orgs}::text[]) or p.project_id = any(${where.projects}::text[]))`;
    return sql`
      with caller as (${caller}),
      page as (
        select r.key, r.display_name, r.group_name, r.created_at, r.changed_at, count(*) over () as total,
          row_number() over (order by ${columnOf(sql, sortingColumn)} ${direction}, r.key collate "C" ${direction}) as place
        from project_roles r
        join projects p on p.instance_id = r.instance_id and p.project_id = r.project_id
        where r.instance_id = ${call.instance.id} and r.project_id = ${projectId} and ${visible}
          and ${every(sql, filters, (filter) => conditionOf(sql, filter))}
        order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      )
      select page.* from caller left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total ?? 0), limit, rows: rows.flatMap((row) => (row.key === null ? [] : [row])) };
}

function columnOf(sql: Sql, column: ProjectRoleFieldName | undefined): Fragment {
  switch (column) {
    case ProjectRoleFieldName.KEY:
      return sql`r.key collate "C"`;
    case ProjectRoleFieldName.CHANGE_DATE:
      return sql`r.changed_at`;
    default:
      return sql`r.created_at`;
  }
}

function conditionOf(sql: Sql, { filter }: ProjectRoleSearchFilter): Fragment {
  switch (filter.case) {
    case 'roleKeyFilter':
      return textFilter(sql, sql`r.key`, filter.value.method, filter.value.key);
    case 'displayNameFilter':
      return textFilter(sql, sql`r.display_name`, filter.value.method, filter.value.displayName);
    case undefined:
      return sql`false`;
  }
}
