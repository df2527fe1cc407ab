/** ListInstances: those of the whole system, for system users (reference/org-and-settings.md 4). */
import type { SystemCall } from '../access/call.ts';
import { FieldName, type Filter } from '../contract/gen/zitadel/instance/v2/instance_pb.js';
import type { ListInstancesRequest } from '../contract/gen/zitadel/instance/v2/instance_service_pb.js';
import type { Fragment, Sql } from '../store/connect.ts';
import { every } from '../store/filter.ts';
import type { CurrentInstance } from './current.ts';
import { pageSize } from './domains.ts';
import { instanceStates } from './states.ts';

export interface InstancePage {
  readonly total: number;
  readonly rows: readonly CurrentInstance[];
}

export async function listAllInstances(
  call: SystemCall,
  { pagination, sortingColumn, filters }: ListInstancesRequest,
): Promise<InstancePage> {
  const rows = await call.store.list((sql) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const found = sql`
      from instances i
      where i.state <> ${instanceStates.removed} and ${every(sql, filters, (filter) => condition(sql, filter))}`;
    return sql<((CurrentInstance & { place: bigint }) | { id: null; total: bigint })[]>`
      with counted as (select count(*) as total ${found}),
      page as (
        select i.instance_id as id, i.name, i.sequence, i.created_at as "createdAt", i.changed_at as "changedAt",
          row_number() over (order by ${sorted(sql, sortingColumn)} ${direction}, i.instance_id ${direction}) as place
        ${found}
        order by place limit ${pageSize(pagination?.limit)} offset ${pagination?.offset ?? 0n}
      )
      select page.*, counted.total, (
        select coalesce(jsonb_agg(jsonb_build_object(
          'domain', d.domain, 'isPrimary', d.is_primary, 'isGenerated', d.is_generated, 'createdAt', to_jsonb(d.created_at) #>> '{}'
        ) order by d.is_generated desc, d.created_at, d.domain), '[]')
        from instance_domains d where d.instance_id = page.id) as domains
      from counted left join page on true order by page.place`;
  }, call.deadline);
  const [first] = rows;
  const total = first !== undefined && 'total' in first ? Number(first.total) : 0;
  return { total, rows: rows.flatMap((row) => (row.id === null ? [] : [row])) };
}

function sorted(sql: Sql, column: FieldName): Fragment {
  if (column === FieldName.ID) return sql`i.instance_id collate "C"`;
  return column === FieldName.NAME ? sql`i.name collate "C"` : sql`i.created_at`;
}

function condition(sql: Sql, { filter }: Filter): Fragment {
  switch (filter.case) {
    case 'inIdsFilter':
      return sql`i.instance_id = any(${filter.value.ids}::text[])`;
    case 'customDomainsFilter':
      return sql`exists (
        select from instance_domains d where d.instance_id = i.instance_id and d.domain = any(${filter.value.domains.map((domain) => domain.toLowerCase())}::text[]))`;
    case undefined:
      return sql`false`;
  }
}
