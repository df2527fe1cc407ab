/**
 * The domains by which an instance is reached (reference/org-and-settings.md 4): added and removed by system users, listed by whoever may read it.
 * What nodes remember of hosts holds no more after either; an unknown host they never answer from memory (access/tenant.ts).
 */
import postgres from 'postgres';
import type { Call, SystemCall } from '../access/call.ts';
import { type CustomDomainFilter, DomainFieldName } from '../contract/gen/zitadel/instance/v2/instance_pb.js';
import type { ListCustomDomainsRequest } from '../contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type Log } from '../store/events.ts';
import { every, textFilter } from '../store/filter.ts';
import { chosenDomain } from './create.ts';
import type { CurrentDomain } from './current.ts';
import { errors } from './errors.ts';
import { demandInstancePermission } from './reach.ts';
import { instanceStates } from './states.ts';

const UNIQUE_VIOLATION = '23505';
export const MOST_ROWS = 1000;

export const systemLog = (call: SystemCall): Log => ({ aggregateType: 'instance', editor: call.caller.userId, via: call.method.path });

/** AddCustomDomain: routes on every node as soon as this resolves. Gives the time of the change. */
export async function addCustomDomain(call: SystemCall, instanceId: string, given: string): Promise<string> {
  if (given.trim() === '') throw new Failure(errors.customDomainEmpty);
  const { domain } = chosenDomain(given);
  const [row] = await call.store
    .run(
      (sql) => sql<{ known: boolean; at: string | null }[]>`
        with instance as (
          select i.instance_id from instances i where i.instance_id = ${instanceId} and i.state <> ${instanceStates.removed} for no key update
        ),
        added as (
          insert into instance_domains (instance_id, domain) select instance_id, ${domain} from instance
          on conflict (instance_id, domain) do nothing
          returning instance_id
        ),
        changed as (
          update instances i set sequence = i.sequence + 1, access_version = nextval('epochs') from added a where i.instance_id = a.instance_id
          returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at
        ),
        logged as (${append(sql, sql`changed`, systemLog(call), [{ type: 'instance.domain.added', payload: { domain, generated: false } }])})
        select exists (select from instance) as known, (select at from changed) as at`,
      call.deadline,
    )
    .catch((error: unknown) => {
      const taken =
        error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === 'instance_domains_domain';
      throw taken ? new Failure(errors.domainTaken, { cause: error }) : error;
    });
  if (!row?.known) throw new Failure(errors.notFound);
  if (row.at === null) throw new Failure(errors.domainExists);
  return row.at;
}

/**
 * RemoveCustomDomain: leads nowhere, on any node, as soon as this resolves. Where it was the primary one, another takes its place. Gives the time of
 * the change; undefined where there was none, which is no error.
 */
export async function removeCustomDomain(call: SystemCall, instanceId: string, given: string): Promise<string | undefined> {
  if (given.trim() === '') throw new Failure(errors.removedDomainEmpty);
  const domain = given.toLowerCase();
  const [row] = await call.store.run(
    (sql) => sql<{ generated: boolean; at: string | null }[]>`
      with instance as (select i.instance_id from instances i where i.instance_id = ${instanceId} for no key update),
      known as (select d.is_generated, d.is_primary from instance_domains d join instance using (instance_id) where d.domain = ${domain}),
      removed as (
        delete from instance_domains d using instance i where d.instance_id = i.instance_id and d.domain = ${domain} and not d.is_generated
        returning d.instance_id, d.is_primary
      ),
      heir as (
        select d.instance_id, d.domain from instance_domains d join removed r using (instance_id)
        where r.is_primary and d.domain <> ${domain} order by d.is_generated, d.created_at, d.domain limit 1
      ),
      promoted as (
        update instance_domains d set is_primary = true from heir h where d.instance_id = h.instance_id and d.domain = h.domain
      ),
      changed as (
        update instances i set sequence = i.sequence + 1 + (select count(*) from heir), access_version = nextval('epochs')
        from removed r where i.instance_id = r.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence - (select count(*) from heir) as sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, systemLog(call), [{ type: 'instance.domain.removed', payload: { domain } }])}),
      inherited as (
        select c.instance_id, c.aggregate_id, c.owner, c.sequence + 1 as sequence, c.at, h.domain from changed c join heir h using (instance_id)
      ),
      logged_heir as (
        insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
        select h.instance_id, 'instance', h.aggregate_id, h.sequence, 'instance.domain.primary.set', jsonb_build_object('domain', h.domain),
          ${call.caller.userId}, h.owner, ${call.method.path}, h.at
        from inherited h
      )
      select coalesce((select is_generated from known), false) as generated, (select at from changed) as at`,
    call.deadline,
  );
  if (row?.generated) throw new Failure(errors.generatedStays);
  return row?.at ?? undefined;
}

export interface DomainPage {
  readonly total: number;
  readonly rows: readonly CurrentDomain[];
}

/** ListCustomDomains of the call's instance. */
export async function listCustomDomains(call: Call, { pagination, sortingColumn, filters }: ListCustomDomainsRequest): Promise<DomainPage> {
  demandInstancePermission(call, 'read');
  const rows = await call.db.list<(CurrentDomain | { domain: null }) & { total: bigint }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const found = sql`
      from instance_domains d
      where d.instance_id = ${call.instance.id} and ${every(sql, filters, (filter) => condition(sql, filter))}`;
    return sql`
      with caller as (${caller}),
      counted as (select count(*) as total ${found}),
      page as (
        select d.domain, d.is_primary as "isPrimary", d.is_generated as "isGenerated", d.created_at as "createdAt",
          row_number() over (order by ${sorted(sql, sortingColumn)} ${direction}, d.domain ${direction}) as place
        ${found}
        order by place limit ${pageSize(pagination?.limit)} offset ${pagination?.offset ?? 0n}
      )
      select page.*, counted.total from caller left join counted on true left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total), rows: rows.flatMap((row) => (row.domain === null ? [] : [row])) };
}

/** Without a limit, or with a larger one: 1,000 rows at most (docs/differences.md). */
export const pageSize = (limit: number | undefined): number => Math.min(limit || MOST_ROWS, MOST_ROWS);

function sorted(sql: Sql, column: DomainFieldName): Fragment {
  switch (column) {
    case DomainFieldName.DOMAIN:
      return sql`d.domain collate "C"`;
    case DomainFieldName.PRIMARY:
      return sql`d.is_primary`;
    case DomainFieldName.GENERATED:
      return sql`d.is_generated`;
    default:
      return sql`d.created_at`;
  }
}

function condition(sql: Sql, { filter }: CustomDomainFilter): Fragment {
  switch (filter.case) {
    case 'domainFilter':
      return textFilter(sql, sql`d.domain`, filter.value.method, filter.value.domain);
    case 'generatedFilter':
      return sql`d.is_generated = ${filter.value}`;
    case 'primaryFilter':
      return sql`d.is_primary = ${filter.value}`;
    case undefined:
      return sql`false`;
  }
}
