/** AddOrganization: a new organization with its domain, verified and primary (reference/org-and-settings.md 2.2). */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { demandInstance } from '../access/permission.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { append } from '../store/events.ts';
import { domainLabel } from './domain.ts';
import { errors } from './errors.ts';

export interface NewOrg {
  readonly orgId: string;
  readonly sequence: bigint;
  readonly at: string;
}

/** Needs `org.write` on the instance, since nobody can hold anything on an organization that does not exist. */
export async function addOrganization(
  call: Call,
  { name: given, orgId: chosen }: { name: string; orgId: string | undefined },
): Promise<NewOrg> {
  demandInstance(call.caller, 'org.write');
  const name = given.trim();
  if (name === '') throw new Failure(errors.nameEmpty);
  if (chosen !== undefined && chosen.trim() === '') throw new Failure(errors.idEmpty);
  const label = domainLabel(name);
  if (label === '') throw new Failure(errors.noLabel);
  const orgId = chosen ?? newId();
  const [{ domain }] = await call.db.read<{ domain: string }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${label}::text || '.' || (
        select d.domain from instance_domains d where d.instance_id = ${call.instance.id} order by d.is_primary desc, d.domain limit 1
      ) as domain from caller`,
  );
  const [row] = await uniquely(() =>
    call.db.change<{ sequence: bigint; at: string } | { sequence: null; at: null }>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        past as (
          select coalesce(max(e.sequence), 0) as sequence from events e
          where e.instance_id = ${call.instance.id} and e.aggregate_type = 'org' and e.aggregate_id = ${orgId}
        ),
        made as (
          insert into orgs (instance_id, org_id, name, sequence)
          select ${call.instance.id}, ${orgId}, ${name}, past.sequence + 4 from caller, past
          on conflict (instance_id, org_id) do nothing
          returning instance_id, org_id as aggregate_id, org_id as owner, sequence, created_at as at
        ),
        domain as (
          insert into org_domains (instance_id, org_id, domain, is_verified, is_primary) select instance_id, aggregate_id, ${domain}, true, true from made
        ),
        logged as (${append(sql, sql`made`, { aggregateType: 'org', editor: call.caller.userId, via: call.method.path }, [
          { type: 'org.added', payload: { name } },
          { type: 'org.domain.added', payload: { domain } },
          { type: 'org.domain.verified', payload: { domain } },
          { type: 'org.domain.primary.set', payload: { domain } },
        ])})
        select made.sequence, made.at from caller left join made on true`,
    ),
  );
  if (row.sequence === null) throw new Failure(errors.exists);
  return { orgId, sequence: row.sequence, at: row.at };
}

const UNIQUE_VIOLATION = '23505';
const TAKEN: Readonly<Record<string, Reason>> = {
  orgs_name: errors.nameTaken,
  org_domains_verified: errors.domainTaken,
};

/** Runs a statement that writes a name or a domain; one that is taken is AlreadyExists. */
export async function uniquely<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const taken =
      error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION ? TAKEN[error.constraint_name ?? ''] : undefined;
    throw taken ? new Failure(taken, { cause: error }) : error;
  }
}
