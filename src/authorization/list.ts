/** ListAuthorizations: one's own, and those of organizations and projects in the caller's reach (reference/org-and-settings.md 10). */
import type { Call } from '../access/call.ts';
import { projectReach } from '../access/permission.ts';
import { AuthorizationFieldName, type AuthorizationsSearchFilter } from '../contract/gen/zitadel/authorization/v2/authorization_pb.js';
import type { ListAuthorizationsRequest } from '../contract/gen/zitadel/authorization/v2/authorization_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, textFilter } from '../store/filter.ts';
import { preferredLoginNameOf } from '../user/login-name.ts';
import { pageSize } from '../user/page.ts';

export interface AuthorizationRow {
  grant_id: string;
  user_id: string;
  login_name: string;
  display_name: string | null;
  user_org_id: string;
  project_id: string;
  project_name: string;
  project_org_id: string;
  org_id: string;
  org_name: string;
  state: 1 | 2;
  created_at: string;
  changed_at: string;
  roles: readonly { readonly key: string; readonly displayName: string; readonly group: string }[];
}

export interface AuthorizationPage {
  readonly total: number;
  readonly limit: number;
  readonly rows: readonly AuthorizationRow[];
}

export async function listAuthorizations(
  call: Call,
  { pagination, sortingColumn, filters }: ListAuthorizationsRequest,
): Promise<AuthorizationPage> {
  const limit = pageSize(pagination?.limit);
  const where = projectReach(call.caller, 'user.grant.read');
  const own = call.caller.standing.kind === 'system' ? '' : call.caller.userId;
  const rows = await call.db.list<(AuthorizationRow & { total: bigint }) | { grant_id: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const visible = where.instance
      ? sql`true`
      : sql`(g.user_id = ${own} or g.org_id = any(${where.orgs}::text[]) or g.project_id = any(${where.projects}::text[]))`;
    return sql`
      with caller as (${caller}),
      page as (
        select g.instance_id, g.grant_id, g.user_id, ${preferredLoginNameOf(sql)} as login_name, coalesce(p.display_name, p.machine_name) as display_name, u.org_id as user_org_id, g.project_id, t.name as project_name,
          t.org_id as project_org_id, g.org_id, o.name as org_name, g.state, g.created_at, g.changed_at, ${held(sql)} as keys, count(*) over () as total,
          row_number() over (order by ${columnOf(sql, sortingColumn)} ${direction}, g.grant_id ${direction}) as place
        from user_grants g
        join projects t on t.instance_id = g.instance_id and t.project_id = g.project_id
        join orgs o on o.instance_id = g.instance_id and o.org_id = g.org_id
        join users u on u.instance_id = g.instance_id and u.user_id = g.user_id
        join profiles p on p.instance_id = g.instance_id and p.user_id = g.user_id
        left join project_grants q on q.instance_id = g.instance_id and q.grant_id = g.project_grant_id
        where g.instance_id = ${call.instance.id} and ${visible}
          and ${every(sql, filters, (filter) => conditionOf(sql, filter))}
        order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      )
      select page.*, array(
        select jsonb_build_object('key', r.key, 'displayName', r.display_name, 'group', r.group_name) from project_roles r
        where r.instance_id = page.instance_id and r.project_id = page.project_id and r.key = any(page.keys) order by r.key collate "C"
      ) as roles
      from caller left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total ?? 0), limit, rows: rows.flatMap((row) => (row.grant_id === null ? [] : [row])) };
}

/** What was taken out of the grant of the project is not told, though it stands in that of the user. */
function held(sql: Sql): Fragment {
  return sql`case when q.grant_id is null then g.role_keys else array(select k from unnest(g.role_keys) k where k = any(q.role_keys)) end`;
}

function columnOf(sql: Sql, column: AuthorizationFieldName | undefined): Fragment {
  switch (column) {
    case AuthorizationFieldName.CHANGED_DATE:
      return sql`g.changed_at`;
    case AuthorizationFieldName.ID:
      return sql`g.grant_id collate "C"`;
    case AuthorizationFieldName.USER_ID:
      return sql`g.user_id collate "C"`;
    case AuthorizationFieldName.PROJECT_ID:
      return sql`g.project_id collate "C"`;
    case AuthorizationFieldName.ORGANIZATION_ID:
      return sql`g.org_id collate "C"`;
    case AuthorizationFieldName.USER_ORGANIZATION_ID:
      return sql`u.org_id collate "C"`;
    default:
      return sql`g.created_at`;
  }
}

function conditionOf(sql: Sql, { filter }: AuthorizationsSearchFilter): Fragment {
  switch (filter.case) {
    case 'authorizationIds':
      return sql`g.grant_id = any(${filter.value.ids}::text[])`;
    case 'organizationId':
      return sql`g.org_id = ${filter.value.id}`;
    case 'state':
      return sql`g.state = ${filter.value.state}`;
    case 'inUserIds':
      return sql`g.user_id = any(${filter.value.ids}::text[])`;
    case 'userOrganizationId':
      return sql`u.org_id = ${filter.value.id}`;
    case 'userPreferredLoginName':
      return textFilter(sql, preferredLoginNameOf(sql), filter.value.method, filter.value.loginName);
    case 'userDisplayName':
      return textFilter(sql, sql`coalesce(p.display_name, p.machine_name)`, filter.value.method, filter.value.displayName);
    case 'projectId':
      return sql`g.project_id = ${filter.value.id}`;
    case 'projectName':
      return textFilter(sql, sql`t.name`, filter.value.method, filter.value.name);
    case 'roleKey':
      return sql`exists (select from unnest(g.role_keys) as k(key) where ${textFilter(sql, sql`k.key`, filter.value.method, filter.value.key)})`;
    case 'projectGrantId':
      return sql`g.project_grant_id = ${filter.value.id}`;
    default:
      return sql`true`;
  }
}
