/** Domains that the links and issuers of an instance may name beside its own (reference/org-and-settings.md 4); no host reaches it by them. */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { TrustedDomainFieldName } from '../contract/gen/zitadel/instance/v2/instance_pb.js';
import type { ListTrustedDomainsRequest } from '../contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { Failure, type Reason } from '../failure/failure.ts';
import { append } from '../store/events.ts';
import { every, textFilter } from '../store/filter.ts';
import { pageSize } from './domains.ts';
import { errors } from './errors.ts';
import { demandInstancePermission } from './reach.ts';

const UNIQUE_VIOLATION = '23505';

/** AddTrustedDomain. Gives the time of the change. */
export async function addTrustedDomain(call: Call, given: string): Promise<string> {
  demandInstancePermission(call, 'write');
  const domain = checked(given, errors.trustedEmpty, errors.trustedInvalid);
  const [row] = await call.db
    .change<{ at: string | null }>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        added as (
          insert into instance_trusted_domains (instance_id, domain, created_at) select ${call.instance.id}, ${domain}, clock_timestamp() from caller
          on conflict (instance_id, domain) do nothing
          returning instance_id, created_at
        ),
        changed as (
          update instances i set sequence = i.sequence + 1 from added a where i.instance_id = a.instance_id
          returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, a.created_at as at
        ),
        logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'instance.trusted_domains.added', payload: { domain } }])})
        select c.at from caller left join changed c on true`,
    )
    .catch((error: unknown) => {
      const taken =
        error instanceof postgres.PostgresError &&
        error.code === UNIQUE_VIOLATION &&
        error.constraint_name === 'instance_trusted_domains_key';
      throw taken ? new Failure(errors.domainTaken, { cause: error }) : error;
    });
  if (row.at === null) throw new Failure(errors.trustedExists);
  return row.at;
}

/** RemoveTrustedDomain. Gives the time of the change; undefined where there was none, which is no error. */
export async function removeTrustedDomain(call: Call, given: string): Promise<string | undefined> {
  demandInstancePermission(call, 'write');
  const domain = checked(given, errors.removedTrustedEmpty, errors.removedTrustedInvalid);
  const [row] = await call.db.change<{ at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      removed as (
        delete from instance_trusted_domains t using caller where t.instance_id = ${call.instance.id} and t.domain = ${domain} returning t.instance_id
      ),
      changed as (
        update instances i set sequence = i.sequence + 1 from removed r where i.instance_id = r.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'instance.trusted_domains.removed', payload: { domain } }])})
      select c.at from caller left join changed c on true`,
  );
  return row.at ?? undefined;
}

const logOf = (call: Call) => ({ aggregateType: 'instance', editor: call.caller.userId, via: call.method.path }) as const;

/** Letters, digits, points and dashes (reference/instance-and-setup.md 3); the case stays. */
function checked(given: string, empty: Reason, invalid: Reason): string {
  const domain = given.trim();
  if (domain === '') throw new Failure(empty);
  if (!/^[A-Za-z0-9.-]+$/.test(domain)) throw new Failure(invalid);
  return domain;
}

export interface TrustedRow {
  domain: string;
  created_at: string;
}

export interface TrustedPage {
  readonly total: number;
  readonly rows: readonly TrustedRow[];
}

/** ListTrustedDomains of the call's instance. */
export async function listTrustedDomains(
  call: Call,
  { pagination, sortingColumn, filters }: ListTrustedDomainsRequest,
): Promise<TrustedPage> {
  demandInstancePermission(call, 'read');
  const rows = await call.db.list<(TrustedRow | { domain: null }) & { total: bigint }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const sorted = sortingColumn === TrustedDomainFieldName.DOMAIN ? sql`t.domain collate "C"` : sql`t.created_at`;
    const found = sql`
      from instance_trusted_domains t
      where t.instance_id = ${call.instance.id} and ${every(sql, filters, ({ filter }) =>
        filter.case === 'domainFilter' ? textFilter(sql, sql`t.domain`, filter.value.method, filter.value.domain) : sql`false`,
      )}`;
    return sql`
      with caller as (${caller}),
      counted as (select count(*) as total ${found}),
      page as (
        select t.domain, t.created_at, row_number() over (order by ${sorted} ${direction}, t.domain ${direction}) as place ${found}
        order by place limit ${pageSize(pagination?.limit)} offset ${pagination?.offset ?? 0n}
      )
      select page.*, counted.total from caller left join counted on true left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total), rows: rows.flatMap((row) => (row.domain === null ? [] : [row])) };
}
