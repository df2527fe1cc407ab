/** UpdateOrganization: another name, and with it another default domain (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { Stale } from '../access/guard.ts';
import { Failure } from '../failure/failure.ts';
import { posted } from '../notification/signal.ts';
import { append, type NewEvent } from '../store/events.ts';
import { claim, lockDomain } from './claim.ts';
import { domainLabel } from './domain.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';
import { uniquely } from './unique.ts';

/** How often it is tried against others who change the organization. */
const TRIES = 10;

/** Gives the time of the change. */
export async function renameOrganization(call: Call, orgId: string, given: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  const name = given.trim();
  if (name === '') throw new Failure(errors.nameInvalid);
  for (let n = 0; n < TRIES; n++) {
    const org = await load(call, orgId);
    if (org.sequence === null) throw new Failure(errors.updateNotFound);
    if (org.name === name) throw new Failure(errors.unchanged);
    const at = await rename(call, orgId, org, name);
    if (at !== null) return at;
  }
  throw new Stale();
}

interface Seen {
  name: string;
  sequence: bigint;
  /** What default domains end in. */
  suffix: string;
  domains: { domain: string; is_primary: boolean }[];
}

async function load(call: Call, orgId: string): Promise<Seen | { sequence: null }> {
  const [row] = await call.db.read<Seen | { sequence: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select o.name, o.sequence,
        (select d.domain from instance_domains d where d.instance_id = ${call.instance.id} order by d.is_primary desc, d.domain limit 1) as suffix,
        (select coalesce(jsonb_agg(jsonb_build_object('domain', d.domain, 'is_primary', d.is_primary)), '[]')
         from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id) as domains
      from caller left join orgs o on o.instance_id = ${call.instance.id} and o.org_id = ${orgId}`,
  );
  return row;
}

/**
 * Null where the organization is no more as it was seen: whoever changes it or its domains raises its sequence. Its owner chooses its name, and so
 * the domain: it is claimed as one that nobody proved.
 */
async function rename(call: Call, orgId: string, seen: Seen, name: string): Promise<string | null> {
  const label = domainLabel(name);
  if (label === '') throw new Failure(errors.noLabel);
  const domain = `${label}.${seen.suffix}`;
  const before = seen.domains.find((d) => d.domain === `${domainLabel(seen.name)}.${seen.suffix}`);
  const moves = before !== undefined && before.domain !== domain;
  const events: NewEvent[] = [{ type: 'org.changed', payload: { name } }];
  if (moves) {
    if (!seen.domains.some((d) => d.domain === domain)) events.push({ type: 'org.domain.added', payload: { domain } });
    events.push({ type: 'org.domain.verified', payload: { domain } });
    if (before.is_primary) events.push({ type: 'org.domain.primary.set', payload: { domain } });
    events.push({ type: 'org.domain.removed', payload: { domain: before.domain } });
  }
  const [row] = await uniquely(() =>
    call.db.changeBehind<{ at: string | null }>(
      (sql) => lockDomain(sql, call, domain),
      (sql, caller) => sql`
        with caller as (${caller}),
        changed as (
          update orgs o set name = ${name}, sequence = o.sequence + ${events.length}, access_version = nextval('epochs'), changed_at = clock_timestamp()
          from caller
          where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} and o.sequence = ${seen.sequence}
          returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, o.changed_at as at
        ),
        left_behind as (
          delete from org_domains d using changed c
          where ${moves} and d.instance_id = c.instance_id and d.org_id = c.aggregate_id and d.domain = ${before?.domain ?? ''}
        ),
        taken as (
          insert into org_domains (instance_id, org_id, domain, is_verified, is_primary)
          select c.instance_id, c.aggregate_id, ${domain}, true, ${before?.is_primary ?? false} from changed c where ${moves}
          on conflict (instance_id, org_id, domain) do update set is_verified = true, is_primary = excluded.is_primary
        ),
        logged as (${append(sql, sql`changed`, logOf(call), events)})
        ${claim(sql, call, domain, sql`(select instance_id, aggregate_id from changed where ${moves})`, 'unproven')}
        select c.at from caller left join changed c on true`,
    ),
  );
  if (moves && row.at !== null) posted(call.instance.id);
  return row.at;
}
