/**
 * DeactivateOrganization, ActivateOrganization (reference/org-and-settings.md 1.1, 2.2). The organization's epoch is part of every session,
 * token and code of its users: raised here, it ends them all for good, however many there are, without a look at one of them.
 */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import type { Statement } from '../access/guard.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';

/** Stored states of an organization, by number as on the wire. */
export const orgStates = { active: 1, inactive: 2 } as const;

interface Outcome {
  /** Null where there is no such organization. */
  state: number | null;
  is_default: boolean;
  at: string | null;
}

/** Gives the time of the change. */
export async function deactivateOrganization(call: Call, orgId: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  // Owners are counted behind the lock: two organizations that hold one owner each cannot both be switched off.
  const [{ state, is_default, at }] = await call.db.changeOrganizationAlone(orgId, step(call, orgId, 'deactivate'));
  if (at !== null) return at;
  if (state === null) throw new Failure(errors.deactivateNotFound);
  if (state !== orgStates.active) throw new Failure(errors.alreadyDeactivated);
  throw new Failure(is_default ? errors.defaultOrgStays : errors.lastOwner);
}

/**
 * Gives the time of the change. Revives nothing: what was cut stays bound to the epoch of before; and what was made meanwhile, by calls that had
 * begun before, is bound to one that ends here.
 */
export async function activateOrganization(call: Call, orgId: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  const [{ state, at }] = await call.db.change(undefined, step(call, orgId, 'activate'));
  if (at !== null) return at;
  throw new Failure(state === null ? errors.activateNotFound : errors.alreadyActive);
}

function step(call: Call, orgId: string, what: 'activate' | 'deactivate'): Statement<Outcome> {
  const off = what === 'deactivate';
  const allowed = !off || call.allowLastOwner;
  return (sql, caller) => sql<Outcome[]>`
    with caller as (${caller}),
    org as (
      select o.instance_id, o.org_id, o.state, i.default_org_id = o.org_id as is_default
      from orgs o join instances i on i.instance_id = o.instance_id, caller
      where o.instance_id = ${call.instance.id} and o.org_id = ${orgId}
      for no key update of o
    ),
    spared as (select from org where not ${allowed} and (org.is_default or ${holdsLastOwner(sql)})),
    changed as (
      update orgs o set
        state = ${off ? orgStates.inactive : orgStates.active},
        epoch = nextval('epochs'), access_version = nextval('epochs'), sequence = o.sequence + 1, changed_at = clock_timestamp()
      from org
      where o.instance_id = org.instance_id and o.org_id = org.org_id and org.state = ${off ? orgStates.active : orgStates.inactive}
        and not exists (select from spared)
      returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, o.changed_at as at
    ),
    logged as (${append(sql, sql`changed`, logOf(call), [{ type: off ? 'org.deactivated' : 'org.reactivated' }])})
    select org.state, org.is_default, c.at from caller left join org on true left join changed c on true`;
}

/**
 * Over the alias `org`: whether an active IAM_OWNER lives in it, and none elsewhere (DESIGN.md 8). To be asked behind a lock of the instance.
 */
export function holdsLastOwner(sql: Sql): Fragment {
  return sql`(
    exists (
      select from users w join orgs h on h.instance_id = w.instance_id and h.org_id = w.org_id
      where w.instance_id = org.instance_id and w.is_owner and w.org_id = org.org_id and w.state = ${userStates.active} and h.state = ${orgStates.active})
    and not exists (
      select from users w join orgs h on h.instance_id = w.instance_id and h.org_id = w.org_id
      where w.instance_id = org.instance_id and w.is_owner and w.org_id <> org.org_id and w.state = ${userStates.active} and h.state = ${orgStates.active}))`;
}
