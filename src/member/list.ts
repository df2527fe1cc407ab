/**
 * ListAdministrators: one's own memberships, and those of the instance, of organizations and of projects whose members the caller may read
 * (reference/org-and-settings.md 11). The total counts what he may see; on the original it counts all, and pages have gaps where he may not.
 */
import type { Call } from '../access/call.ts';
import { projectReach, reach } from '../access/permission.ts';
import {
  AdministratorFieldName,
  type AdministratorSearchFilter,
  type ResourceFilter,
} from '../contract/gen/zitadel/internal_permission/v2/internal_permission_pb.js';
import type { ListAdministratorsRequest } from '../contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, joined, textFilter, timestampFilter } from '../store/filter.ts';
import { preferredLoginNameOf } from '../user/login-name.ts';
import { pageSize } from '../user/page.ts';
import { emptyList, nestedTooDeep } from './errors.ts';
import { type MemberLevel, STORED } from './member.ts';

export interface MemberRow {
  level: (typeof STORED)[MemberLevel];
  object_id: string;
  /** Of the organization or the project; null where it is the instance. */
  object_name: string | null;
  project_org_id: string | null;
  user_id: string;
  user_org_id: string;
  login_name: string;
  display_name: string | null;
  roles: string[];
  created_at: string;
  changed_at: string;
}

export interface MemberPage {
  readonly total: number;
  readonly limit: number;
  readonly rows: readonly MemberRow[];
}

const MOST_NESTING = 20;

export async function listMembers(call: Call, { pagination, sortingColumn, filters }: ListAdministratorsRequest): Promise<MemberPage> {
  const limit = pageSize(pagination?.limit);
  for (const filter of filters) check(filter, 0);
  const rows = await call.db.list<(MemberRow & { total: bigint }) | { user_id: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    return sql`
      with caller as (${caller}),
      page as (
        select m.*, coalesce(o.name, t.name) as object_name, t.org_id as project_org_id, count(*) over () as total,
          row_number() over (order by ${columnOf(sql, sortingColumn)} ${direction}, m.user_id collate "C" ${direction}, m.level, m.object_id) as place
        from memberships m
        join users u on u.instance_id = m.instance_id and u.user_id = m.user_id
        join profiles p on p.instance_id = m.instance_id and p.user_id = m.user_id
        left join orgs o on m.level = ${STORED.organization} and o.instance_id = m.instance_id and o.org_id = m.object_id
        left join projects t on m.level = ${STORED.project} and t.instance_id = m.instance_id and t.project_id = m.object_id
        where m.instance_id = ${call.instance.id} and ${visible(sql, call)} and ${every(sql, filters, (filter) => conditionOf(sql, filter))}
        order by place limit ${limit} offset ${pagination?.offset ?? 0n}
      ),
      shown as (
        select page.*, u.org_id as user_org_id, ${preferredLoginNameOf(sql)} as login_name, coalesce(p.display_name, p.machine_name) as display_name
        from page
        join users u on u.instance_id = page.instance_id and u.user_id = page.user_id
        join profiles p on p.instance_id = page.instance_id and p.user_id = page.user_id
      )
      select shown.* from caller left join shown on true order by shown.place`;
  });
  return { total: Number(rows[0].total ?? 0), limit, rows: rows.flatMap((row) => (row.user_id === null ? [] : [row])) };
}

/** By the level of each row, the permission on its members there. */
function visible(sql: Sql, { caller }: Call): Fragment {
  const own = caller.standing.kind === 'system' ? '' : caller.userId;
  const ofInstance = reach(caller, 'iam.member.read').instance;
  const ofOrgs = reach(caller, 'org.member.read');
  const ofProjects = projectReach(caller, 'project.member.read');
  return sql`(m.user_id = ${own}
    or (m.level = ${STORED.instance} and ${ofInstance})
    or (m.level = ${STORED.organization} and (${ofOrgs.instance} or m.object_id = any(${ofOrgs.orgs}::text[])))
    or (m.level = ${STORED.project} and (${ofProjects.instance} or t.org_id = any(${ofProjects.orgs}::text[]) or m.object_id = any(${ofProjects.projects}::text[]))))`;
}

/** Refuses what validation leaves open: depth, and lists without a member. */
function check({ filter }: AdministratorSearchFilter, depth: number): void {
  if (depth > MOST_NESTING) throw new Failure(nestedTooDeep);
  const inner = innerOf(filter);
  if (inner === undefined) return;
  if (inner.length === 0) throw new Failure(emptyList);
  for (const one of inner) check(one, depth + 1);
}

/** What a filter is made of; undefined where it is compared with something itself. */
function innerOf(filter: AdministratorSearchFilter['filter']): readonly AdministratorSearchFilter[] | undefined {
  switch (filter.case) {
    case 'and':
    case 'or':
      return filter.value.queries;
    case 'not':
      return filter.value.query ? [filter.value.query] : [];
    default:
      return undefined;
  }
}

function columnOf(sql: Sql, column: AdministratorFieldName): Fragment {
  switch (column) {
    case AdministratorFieldName.USER_ID:
      return sql`m.user_id collate "C"`;
    case AdministratorFieldName.CHANGE_DATE:
      return sql`m.changed_at`;
    default:
      return sql`m.created_at`;
  }
}

function conditionOf(sql: Sql, { filter }: AdministratorSearchFilter): Fragment {
  switch (filter.case) {
    case 'creationDate':
      return timestampFilter(sql, sql`m.created_at`, filter.value.method, filter.value.timestamp);
    case 'changeDate':
      return timestampFilter(sql, sql`m.changed_at`, filter.value.method, filter.value.timestamp);
    case 'inUserIdsFilter':
      return sql`m.user_id = any(${filter.value.ids}::text[])`;
    case 'userOrganizationId':
      return sql`u.org_id = ${filter.value.id}`;
    case 'userPreferredLoginName':
      return textFilter(sql, preferredLoginNameOf(sql), filter.value.method, filter.value.preferredLoginName);
    case 'userDisplayName':
      return textFilter(sql, sql`coalesce(p.display_name, p.machine_name, '')`, filter.value.method, filter.value.displayName);
    case 'resource':
      return ofResource(sql, filter.value);
    case 'role':
      return sql`${filter.value.roleKey} = any(m.roles)`;
    case 'not':
      return filter.value.query ? sql`not ${conditionOf(sql, filter.value.query)}` : sql`false`;
    case 'and':
    case 'or': {
      const conditions = filter.value.queries.map((one) => conditionOf(sql, one));
      return joined(sql, conditions, filter.case);
    }
    case undefined:
      return sql`false`;
  }
}

function ofResource(sql: Sql, { resource }: ResourceFilter): Fragment {
  switch (resource.case) {
    case 'instance':
      return sql`m.level = ${STORED.instance}`;
    case 'organizationId':
      return sql`(m.level = ${STORED.organization} and m.object_id = ${resource.value})`;
    case 'projectId':
      return sql`(m.level = ${STORED.project} and m.object_id = ${resource.value})`;
    default:
      return sql`false`; // nobody can be given roles on a grant of a project yet
  }
}
