/** Settings that an organization has of its own: whether its user names are its own, too (reference/org-and-settings.md 3.3). */
import type { Call } from '../access/call.ts';
import { demand, reach } from '../access/permission.ts';
import { OrganizationSettingsFieldName, type OrganizationSettingsSearchFilter } from '../contract/gen/zitadel/settings/v2/settings_pb.js';
import type { ListOrganizationSettingsRequest } from '../contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { every } from '../store/filter.ts';
import { errors } from './errors.ts';
import { scopeNames } from './names.ts';

const MOST_ROWS = 1000;
const USUAL_ROWS = 100;

/** Gives the date of the change, or of the last one where nothing differs; where nothing was ever set that of the organization. */
export async function setOrganizationSettings(call: Call, orgId: string, scoped: boolean | undefined): Promise<string> {
  demand(call.caller, 'iam.policy.write', orgId);
  if (orgId === '') throw new Failure(errors.settingsIdMissing);
  const { found, at } = scoped === undefined ? { found: true, at: null } : await scopeNames(call, orgId, scoped);
  const date = found ? (at ?? (await settingDate(call, orgId))) : null;
  if (date === null) throw new Failure(errors.settingsOrgUnknown);
  return date;
}

/** Null where there was nothing to delete, ever. */
export async function deleteOrganizationSettings(call: Call, orgId: string): Promise<string | null> {
  demand(call.caller, 'iam.policy.delete', orgId);
  if (orgId === '') throw new Failure(errors.deletionIdMissing);
  return (await scopeNames(call, orgId, undefined)).at;
}

async function settingDate(call: Call, orgId: string): Promise<string | null> {
  const [{ at }] = await call.db.read<{ at: string | null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select coalesce(y.changed_at, o.created_at) as at
      from caller
      left join orgs o on o.instance_id = ${call.instance.id} and o.org_id = ${orgId}
      left join policies y on y.instance_id = o.instance_id and y.kind = 'organization' and y.org_id = o.org_id`,
  );
  return at;
}

export interface SettingsRow {
  org_id: string;
  scoped: boolean;
  created_at: string;
  changed_at: string;
}

/** Of the organizations on which the caller holds `policy.read`. */
export async function listOrganizationSettings(
  call: Call,
  request: ListOrganizationSettingsRequest,
): Promise<{ total: bigint; limit: number; rows: readonly SettingsRow[] }> {
  const { limit: wanted = 0, offset = 0n, asc = false } = request.pagination ?? {};
  if (wanted > MOST_ROWS) throw new Failure(errors.limitExceeded);
  const limit = wanted || USUAL_ROWS;
  const where = reach(call.caller, 'policy.read');
  const rows = await call.db.list<(SettingsRow & { total: bigint }) | { org_id: null; total: bigint | null }>((sql, caller) => {
    const direction = asc ? sql`asc` : sql`desc`;
    return sql`
      with caller as (${caller}),
      found as (
        select y.org_id, (y.value->>'organizationScopedUsernames')::boolean as scoped, y.created_at, y.changed_at from policies y
        where y.instance_id = ${call.instance.id} and y.kind = 'organization'
          ${where.instance ? sql`` : sql`and y.org_id = any(${where.orgs}::text[])`}
          and ${every(sql, request.filters, (filter) => condition(sql, filter))}
      ),
      page as (
        select * from found order by ${sortColumn(sql, request.sortingColumn)} ${direction}, org_id ${direction} limit ${limit} offset ${offset}
      )
      select page.*, (select count(*) from found) as total from caller left join page on true
      order by ${sortColumn(sql, request.sortingColumn)} ${direction}, org_id ${direction}`;
  });
  return { total: rows[0].total ?? 0n, limit, rows: rows.flatMap((row) => (row.org_id === null ? [] : [row])) };
}

function condition(sql: Sql, { filter }: OrganizationSettingsSearchFilter): Fragment {
  switch (filter.case) {
    case 'inOrganizationIdsFilter':
      return sql`y.org_id = any(${filter.value.ids}::text[])`;
    case 'organizationScopedUsernamesFilter':
      return sql`(y.value->>'organizationScopedUsernames')::boolean = ${filter.value.organizationScopedUsernames}`;
    case undefined:
      return sql`true`;
  }
}

function sortColumn(sql: Sql, column: OrganizationSettingsFieldName | undefined): Fragment {
  switch (column) {
    case OrganizationSettingsFieldName.CREATION_DATE:
      return sql`created_at`;
    case OrganizationSettingsFieldName.CHANGE_DATE:
      return sql`changed_at`;
    default:
      return sql`org_id`;
  }
}
