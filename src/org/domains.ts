/** Domains of an organization: added (verified at once, unless the policy asks for a proof), listed, deleted (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { covers, reach } from '../access/permission.ts';
import { effectivePolicy } from '../access/policy.ts';
import { DomainFieldName } from '../contract/gen/zitadel/org/v2/org_pb.js';
import type { ListOrganizationDomainsRequest } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { posted } from '../notification/signal.ts';
import { append, appendEach } from '../store/events.ts';
import { every, textFilter } from '../store/filter.ts';
import { claim, lockDomain } from './claim.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';
import { uniquely } from './unique.ts';

const MOST_ROWS = 1000;

/** Domains that one organization can have: each is read with every login name of its users. */
const MOST_DOMAINS = 100;

interface Added {
  org_found: boolean;
  /** It has as many as it can have. */
  full: boolean;
  reserved: boolean;
  at: string | null;
}

/**
 * AddOrganizationDomain: verified at once, and so claimed, unless the domain policy asks that it be proven first. What ends in the domain of the
 * instance is how organizations are named there (domain.ts): one that is verified at once would keep its name from another, so it takes who may
 * make organizations.
 */
export async function addDomain(call: Call, orgId: string, domain: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  if (domain.trim() === '') throw new Failure(errors.domainEmpty);
  const [row] = await uniquely(() =>
    // Behind a lock of the organization, so that all of its domains are counted.
    call.db.changeBehind<Added>(
      async (sql) => {
        await sql`select from orgs where instance_id = ${call.instance.id} and org_id = ${orgId} for no key update`;
        await lockDomain(sql, call, domain);
      },
      (sql, caller) => sql`
        with caller as (${caller}),
        org as (
          select o.instance_id, o.org_id, not (${effectivePolicy(sql, 'domain', sql`o.instance_id`, sql`o.org_id`)}->>'validateOrgDomains')::boolean as at_once,
            (select count(*) from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id) >= ${MOST_DOMAINS} as is_full
          from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${orgId}
        ),
        reserved as (
          select from org join instance_domains d on d.instance_id = org.instance_id and d.is_primary
          where not ${reach(call.caller, 'org.write').instance} and org.at_once and right(lower(${domain}), length(d.domain) + 1) = '.' || d.domain
        ),
        added as (
          insert into org_domains (instance_id, org_id, domain, is_verified)
          select instance_id, org_id, ${domain}, at_once from org where not is_full and not exists (select from reserved)
          on conflict (instance_id, org_id, domain) do nothing
          returning instance_id, org_id, is_verified
        ),
        changed as (
          update orgs o set sequence = o.sequence + 1 + a.is_verified::int, access_version = nextval('epochs')
          from added a where o.instance_id = a.instance_id and o.org_id = a.org_id
          returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at, a.is_verified
        ),
        verified as (select * from changed where is_verified),
        told as (
          select c.*, 'org.domain.added' as type, jsonb_build_object('domain', ${domain}::text) as payload
          from (select instance_id, aggregate_id, owner, sequence - is_verified::int as sequence, at from changed) c
          union all
          select instance_id, aggregate_id, owner, sequence, at, 'org.domain.verified', jsonb_build_object('domain', ${domain}::text) from verified
        ),
        logged as (${appendEach(sql, sql`told`, logOf(call))})
        ${claim(sql, call, domain, sql`verified`, 'unproven')}
        select exists (select from org) as org_found, exists (select from org where is_full) as "full", exists (select from reserved) as reserved, c.at
        from caller left join changed c on true`,
    ),
  );
  if (!row.org_found) throw new Failure(errors.notFound);
  if (row.reserved) throw new Failure(errors.domainReserved);
  if (row.at === null) throw new Failure(row.full ? errors.domainsFull : errors.domainExists);
  posted(call.instance.id);
  return row.at;
}

/** DeleteOrganizationDomain; the primary one stays. */
export async function removeDomain(call: Call, orgId: string, domain: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  const [row] = await call.db.change<{ found: boolean; at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      org as (select o.instance_id, o.org_id from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} for no key update of o),
      known as (select d.is_primary from org_domains d join org using (instance_id, org_id) where d.domain = ${domain}),
      removed as (
        delete from org_domains d using org where d.instance_id = org.instance_id and d.org_id = org.org_id and d.domain = ${domain} and not d.is_primary
        returning d.instance_id, d.org_id
      ),
      changed as (
        update orgs o set sequence = o.sequence + 1, access_version = nextval('epochs') from removed r where o.instance_id = r.instance_id and o.org_id = r.org_id
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'org.domain.removed', payload: { domain } }])})
      select exists (select from known) as found, c.at from caller left join changed c on true`,
  );
  if (row.at !== null) return row.at;
  throw new Failure(row.found ? errors.primaryDomain : errors.domainUnknown);
}

export interface DomainRow {
  org_id: string;
  domain: string;
  is_verified: boolean;
  is_primary: boolean;
  /** Of the validation that was begun last: 1 by HTTP, 2 by DNS. */
  validation_type: 1 | 2 | null;
}

export interface DomainPage {
  readonly total: number;
  readonly rows: readonly DomainRow[];
}

/** ListOrganizationDomains; of an organization out of reach, or unknown, none. */
export async function listDomains(call: Call, request: ListOrganizationDomainsRequest): Promise<DomainPage> {
  const { pagination } = request;
  if ((pagination?.limit ?? 0) > MOST_ROWS) throw new Failure(errors.limitExceeded);
  if (!covers(reach(call.caller, 'org.read'), request.organizationId)) return { total: 0, rows: [] };
  const rows = await call.db.list<(DomainRow & { total: bigint }) | { domain: null; total: null }>((sql, caller) => {
    const direction = pagination?.asc ? sql`asc` : sql`desc`;
    const sorted = request.sortingColumn === DomainFieldName.NAME ? sql`d.domain collate "C"` : sql`d.created_at`;
    return sql`
      with caller as (${caller}),
      page as (
        select d.org_id, d.domain, d.is_verified, d.is_primary, d.validation_type, count(*) over () as total, row_number() over (order by ${sorted} ${direction}, d.domain ${direction}) as place
        from org_domains d
        where d.instance_id = ${call.instance.id} and d.org_id = ${request.organizationId}
          and ${every(sql, request.filters, ({ filter }) =>
            filter.case === 'domainFilter' ? textFilter(sql, sql`d.domain`, filter.value.method, filter.value.domain) : sql`true`,
          )}
        order by place limit ${pagination?.limit || MOST_ROWS} offset ${pagination?.offset ?? 0n}
      )
      select page.* from caller left join page on true order by page.place`;
  });
  return { total: Number(rows[0].total ?? 0), rows: rows.flatMap((row) => (row.domain === null ? [] : [row])) };
}
