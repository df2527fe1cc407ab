/** ListProjects: those in the caller's reach, and once more for each grant to an organization in it (reference/org-and-settings.md 8.2). */
import type { Call } from '../access/call.ts';
import { projectReach } from '../access/permission.ts';
import {
  ProjectFieldName,
  ProjectOrganizationIDFilter_Type,
  type ProjectSearchFilter,
} from '../contract/gen/zitadel/project/v2/project_pb.js';
import type { ListProjectsRequest } from '../contract/gen/zitadel/project/v2/project_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, textFilter } from '../store/filter.ts';
import { pageSize } from '../user/page.ts';
import { type Project, projectColumns } from './project.ts';

export interface ProjectRow extends Project {
  /** Of a grant: null where the row is the project itself. */
  granted_org_id: string | null;
  granted_org_name: string | null;
  granted_state: 1 | 2 | null;
}

export interface ProjectPage {
  readonly total: number;
  readonly limit: number;
  readonly rows: readonly ProjectRow[];
}

export async function listProjects(call: Call, { pagination, sortingColumn, filters }: ListProjectsRequest): Promise<ProjectPage> {
  const limit = pageSize(pagination?.limit);
  const where = projectReach(call.caller, 'project.read');
  const rows = await call.db.list<(ProjectRow & { total: bigint }) | { project_id: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const [own, granted] = where.instance
      ? [sql`true`, sql`true`]
      : [
          sql`(p.org_id = any(${where.orgs}::text[]) or p.project_id = any(${where.projects}::text[]))`,
          sql`g.granted_org_id = any(${where.orgs}::text[])`,
        ];
    const conditions = (of: 'own' | 'granted'): Fragment => every(sql, filters, (filter) => conditionOf(sql, filter, of));
    return sql`
      with caller as (${caller}),
      seen as (
        select ${projectColumns(sql)}, null::text as granted_org_id, null::text as granted_org_name, null::smallint as granted_state
        from projects p where p.instance_id = ${call.instance.id} and ${own} and ${conditions('own')}
        union all
        select ${projectColumns(sql)}, g.granted_org_id, o.name, g.state
        from project_grants g
        join projects p on p.instance_id = g.instance_id and p.project_id = g.project_id
        join orgs o on o.instance_id = g.instance_id and o.org_id = g.granted_org_id
        where g.instance_id = ${call.instance.id} and ${granted} and ${conditions('granted')}
      ),
      page as (
        select p.*, count(*) over () as total,
          row_number() over (order by ${columnOf(sql, sortingColumn)} ${direction}, p.project_id ${direction}, p.granted_org_id nulls first) as place
        from seen p order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      )
      select page.* from caller left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total ?? 0), limit, rows: rows.flatMap((row) => (row.project_id === null ? [] : [row])) };
}

function columnOf(sql: Sql, column: ProjectFieldName | undefined): Fragment {
  switch (column) {
    case ProjectFieldName.ID:
      return sql`p.project_id collate "C"`;
    case ProjectFieldName.NAME:
      return sql`p.name collate "C"`;
    case ProjectFieldName.CHANGE_DATE:
      return sql`p.changed_at`;
    default:
      return sql`p.created_at`;
  }
}

function conditionOf(sql: Sql, { filter }: ProjectSearchFilter, of: 'own' | 'granted'): Fragment {
  switch (filter.case) {
    case 'projectNameFilter':
      return textFilter(sql, sql`p.name`, filter.value.method, filter.value.projectName);
    case 'inProjectIdsFilter':
      return sql`p.project_id = any(${filter.value.ids}::text[])`;
    case 'organizationIdFilter': {
      const { organizationId, type } = filter.value;
      const left = of === 'own' ? ProjectOrganizationIDFilter_Type.GRANTED : ProjectOrganizationIDFilter_Type.OWNED;
      if (type === left) return sql`false`;
      return of === 'own' ? sql`p.org_id = ${organizationId}` : sql`g.granted_org_id = ${organizationId}`;
    }
    default:
      return sql`true`;
  }
}
