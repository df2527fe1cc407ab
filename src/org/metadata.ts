/** Metadata of an organization: named values that applications keep with it (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { covers, reach } from '../access/permission.ts';
import type { ListOrganizationMetadataRequest } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { appendEach } from '../store/events.ts';
import { every, hex, textFilter } from '../store/filter.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
}

const DEFAULT_ROWS = 100;
const MOST_ROWS = 1000;

/**
 * SetOrganizationMetadata: an empty value removes the key; of a key that is named twice the later one counts; what is equal already is left
 * alone. Gives the time of the change, or of the last one.
 */
export async function setMetadata(call: Call, orgId: string, entries: readonly Entry[]): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  if (entries.length === 0) throw new Failure(errors.metadataEmpty);
  const last = new Map(entries.map(({ key, value }) => [key, value]));
  const [row] = await call.db.change<{ at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      org as (
        select o.instance_id, o.org_id, o.sequence, o.created_at from orgs o, caller
        where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} for no key update of o
      ),
      given as (
        select n.key, decode(n.value, 'hex') as value, n.place
        from unnest(${[...last.keys()]}::text[], ${hex(last.values())}::text[]) with ordinality as n(key, value, place)
      ),
      happens as (
        select g.key, g.value, row_number() over (order by g.place) as n
        from org join given g on true
        left join org_metadata m on m.instance_id = org.instance_id and m.org_id = org.org_id and m.key = g.key
        where case when length(g.value) = 0 then m.key is not null else m.value is distinct from g.value end
      ),
      changed as (
        update orgs o set sequence = o.sequence + (select count(*) from happens)
        from org where o.instance_id = org.instance_id and o.org_id = org.org_id and exists (select from happens)
        returning o.instance_id, o.org_id, o.sequence, clock_timestamp() as at
      ),
      set as (
        insert into org_metadata (instance_id, org_id, key, value, created_at, changed_at)
        select c.instance_id, c.org_id, h.key, h.value, c.at, c.at from changed c, happens h where length(h.value) > 0
        on conflict (instance_id, org_id, key) do update set value = excluded.value, changed_at = excluded.changed_at
      ),
      unset as (
        delete from org_metadata m using changed c, happens h
        where m.instance_id = c.instance_id and m.org_id = c.org_id and m.key = h.key and length(h.value) = 0
      ),
      told as (
        select c.instance_id, c.org_id as aggregate_id, c.org_id as owner, org.sequence + h.n as sequence, c.at,
          case when length(h.value) > 0 then 'org.metadata.set' else 'org.metadata.removed' end as type,
          case when length(h.value) > 0 then jsonb_build_object('key', h.key, 'value', translate(encode(h.value, 'base64'), E'\\n', ''))
            else jsonb_build_object('key', h.key) end as payload
        from changed c, org, happens h
      ),
      logged as (${appendEach(sql, sql`told`, logOf(call))})
      select coalesce((select c.at from changed c), (
        select coalesce((
          select max(e.created_at) from events e
          where e.instance_id = org.instance_id and e.aggregate_type = 'org' and e.aggregate_id = org.org_id and e.type like 'org.metadata.%'
        ), org.created_at) from org)) as at
      from caller`,
  );
  if (row.at === null) throw new Failure(errors.notFound);
  return row.at;
}

/** DeleteOrganizationMetadata: all keys or none. Gives the time of the change. */
export async function removeMetadata(call: Call, orgId: string, given: readonly string[]): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  if (given.length === 0) throw new Failure(errors.metadataKeysEmpty);
  const keys = [...new Set(given)];
  const [row] = await call.db.change<{ found: boolean; at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      org as (
        select o.instance_id, o.org_id, o.sequence from orgs o, caller
        where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} for no key update of o
      ),
      -- locked: what another call removes meanwhile is not removed twice
      stored as (
        select m.key from org join org_metadata m on m.instance_id = org.instance_id and m.org_id = org.org_id and m.key = any(${keys}::text[])
        for update of m
      ),
      named as (select key, row_number() over (order by array_position(${keys}::text[], key)) as n from stored),
      changed as (
        update orgs o set sequence = o.sequence + ${keys.length}
        from org where o.instance_id = org.instance_id and o.org_id = org.org_id and (select count(*) from named) = ${keys.length}
        returning o.instance_id, o.org_id, o.sequence, clock_timestamp() as at
      ),
      removed as (
        delete from org_metadata m using changed c where m.instance_id = c.instance_id and m.org_id = c.org_id and m.key = any(${keys}::text[])
      ),
      told as (
        select c.instance_id, c.org_id as aggregate_id, c.org_id as owner, org.sequence + k.n as sequence, c.at,
          'org.metadata.removed' as type, jsonb_build_object('key', k.key) as payload
        from changed c, org, named k
      ),
      logged as (${appendEach(sql, sql`told`, logOf(call))})
      select exists (select from org) as found, c.at from caller left join changed c on true`,
  );
  if (row.at !== null) return row.at;
  throw new Failure(row.found ? errors.metadataKeysUnknown : errors.notFound);
}

export interface MetadataRow {
  key: string;
  value: Buffer;
  created_at: string;
  changed_at: string;
}

export interface MetadataPage {
  readonly total: number;
  readonly rows: readonly MetadataRow[];
}

/** ListOrganizationMetadata; of an organization out of reach, or unknown, none. */
export async function listMetadata(call: Call, request: ListOrganizationMetadataRequest): Promise<MetadataPage> {
  const { pagination, organizationId: orgId, filters } = request;
  if ((pagination?.limit ?? 0) > MOST_ROWS) throw new Failure(errors.limitExceeded);
  if (!covers(reach(call.caller, 'org.read'), orgId)) return { total: 0, rows: [] };
  const rows = await call.db.list<(MetadataRow & { total: bigint }) | { key: null; total: bigint }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const found = sql`
      from org_metadata m
      where m.instance_id = ${call.instance.id} and m.org_id = ${orgId}
        and ${every(sql, filters, ({ filter }) =>
          filter.case === 'keyFilter' ? textFilter(sql, sql`m.key`, filter.value.method, filter.value.key) : sql`true`,
        )}`;
    return sql`
      with caller as (${caller}),
      counted as (select count(*) as total ${found}),
      page as (
        select m.key, m.value, m.created_at, m.changed_at ${found}
        order by m.created_at ${direction}, m.key ${direction} limit ${pagination?.limit || DEFAULT_ROWS} offset ${pagination?.offset ?? 0n}
      )
      select page.*, counted.total from caller left join counted on true left join page on true order by page.created_at ${direction}, page.key ${direction}`;
  });
  const found = rows.flatMap((row) => (row.key === null ? [] : [row]));
  // As on the original, nothing is counted beyond the end.
  return { total: found.length === 0 ? 0 : Number(rows[0].total), rows: found };
}
