/**
 * What decides how the users of an organization are named: its domain policy (else the instance's), which puts its domain behind their login
 * names, and its settings, which let other organizations use the same names. Either makes user names unique within the organization alone.
 *
 * Who writes a user name reads both from the organization's row behind a lock (user/name.ts). A change here takes that lock in a statement of
 * its own, so that the next one sees every user, and names them all anew: none is missed, none is named by what no longer holds. That takes
 * its time for each of them; what does not end in the time of a statement (docs/limits.md) changes nothing.
 */
import type { Call } from '../access/call.ts';
import type { defaults } from '../access/policy.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { renamed, usernameTaken } from '../user/name.ts';
import { errors } from './errors.ts';
import { kinds } from './kinds.ts';
import { changedType, type Done, json, type Level, logOf, orgOf, owner, set } from './policy.ts';

/**
 * Whose users are named anew: those of one organization, or of all that have no domain policy of their own. The instance's row goes first, since
 * what it says holds where an organization's own policy ends: of two such changes at once one sees the other.
 */
async function lockNamed(sql: Sql, call: Call, level: Level): Promise<void> {
  await sql`select from instances where instance_id = ${call.instance.id} for no key update`;
  if (level !== 'instance') return lockOrg(sql, call, level.orgId);
  await sql`
    select from orgs o where o.instance_id = ${call.instance.id}
      and not exists (select from policies y where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'domain')
    for no key update`;
}

async function lockOrg(sql: Sql, call: Call, orgId: string): Promise<void> {
  await sql`select from orgs where instance_id = ${call.instance.id} and org_id = ${orgId} for no key update`;
}

/** How a domain policy is written: `made as (…)` gives a row where something was, and says what holds from then on. */
export type DomainChange =
  | { readonly how: 'add'; readonly value: typeof defaults.domain }
  | { readonly how: 'change'; readonly value: Partial<typeof defaults.domain> }
  | { readonly how: 'remove' };

/** Adds, changes or removes a domain policy. */
export async function changeDomainPolicy(call: Call, level: Level, change: DomainChange): Promise<Done> {
  const kind = kinds.domain;
  const [row] = await usernameTaken(() =>
    call.db.changeBehind<Outcome>(
      (sql) => lockNamed(sql, call, level),
      (sql, caller) => sql`
        with caller as (${caller}),
        owner as (${owner(sql, call, level, 1)}),
        ${written(sql, level, change)},
        holds as (select ${holding(sql, call, level, change)} as login_with_domain from made limit 1),
        ${level === 'instance' ? instanceNamed(sql, call) : orgNamed(sql, call, level.orgId, sql`h.login_with_domain`, sql`o.scoped_names`)},
        ${renamed(sql, sql`named`)},
        ${moved(sql, call, level)},
        logged as (${append(sql, sql`changed`, logOf(call, level), [eventOf(level, change)])})
        select exists (select from owner) as org_found,
          exists (select from policies y join owner o on y.instance_id = o.instance_id and y.org_id = o.org_id where y.kind = 'domain') as found,
          c.owner, c.sequence, c.at
        from caller left join changed c on true`,
    ),
  );
  if (row.sequence !== null) return row;
  if (level === 'instance') throw new Failure(kind.unchanged.instance);
  if (change.how === 'add') throw new Failure(row.org_found ? kind.exists : errors.orgNotFound);
  if (change.how === 'remove') throw new Failure(kind.notThere);
  throw new Failure(row.found ? kind.unchanged.org : kind.missing);
}

type Outcome = { org_found: boolean; found: boolean } & (Done | { sequence: null });

function eventOf(level: Level, change: DomainChange): NewEvent {
  if (change.how === 'change') return { type: changedType(kinds.domain, level), payload: change.value as never }; // flags alone
  return change.how === 'add' ? { type: 'org.policy.domain.added', payload: { ...change.value } } : { type: 'org.policy.domain.removed' };
}

/** `made as (…)`: the policy's row; value is what holds of it from now on, null where nothing of its own does. */
function written(sql: Sql, level: Level, change: DomainChange): Fragment {
  if (change.how === 'change') return set(sql, 'domain', level, change.value, sql`owner`);
  if (change.how === 'remove') {
    return sql`
      made as (
        delete from policies y using owner o where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'domain'
        returning y.instance_id, null::jsonb as value
      )`;
  }
  return sql`
    made as (
      insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
      select instance_id, org_id, 'domain', ${json(sql, change.value)}, sequence, at, at from owner
      on conflict (instance_id, kind, org_id) do nothing
      returning instance_id, value
    )`;
}

/** Over `made`: whether login names carry the domain from now on. */
function holding(sql: Sql, call: Call, level: Level, { how }: DomainChange): Fragment {
  if (level === 'instance' || how !== 'remove') return sql`(made.value->>'userLoginMustBeDomain')::boolean`;
  return sql`(select i.login_with_domain from instances i where i.instance_id = ${call.instance.id})`;
}

/** `named as (…)`: an organization's row, with what held and what holds now of its names. */
export function orgNamed(sql: Sql, call: Call, orgId: string, withDomain: Fragment, scoped: Fragment): Fragment {
  return sql`
    before as (
      select o.instance_id, o.org_id, o.login_with_domain or o.scoped_names as was_own from orgs o
      where o.instance_id = ${call.instance.id} and o.org_id = ${orgId}
    ),
    named as (
      update orgs o set login_with_domain = ${withDomain}, scoped_names = ${scoped}, sequence = w.sequence
      from holds h, before b, owner w
      where o.instance_id = b.instance_id and o.org_id = b.org_id
      returning o.instance_id, o.org_id, o.sequence, o.login_with_domain, o.login_with_domain or o.scoped_names as own, b.was_own
    )`;
}

function instanceNamed(sql: Sql, call: Call): Fragment {
  return sql`
    before as (
      select o.instance_id, o.org_id, o.login_with_domain or o.scoped_names as was_own from orgs o, holds h
      where o.instance_id = ${call.instance.id} and o.login_with_domain <> h.login_with_domain
        and not exists (select from policies y where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'domain')
    ),
    named as (
      update orgs o set login_with_domain = h.login_with_domain
      from holds h, before b
      where o.instance_id = b.instance_id and o.org_id = b.org_id
      returning o.instance_id, o.org_id, o.login_with_domain, o.login_with_domain or o.scoped_names as own, b.was_own
    )`;
}

/** `changed as (…)`: whose events they are. The nodes are told, with the host, when the first organization puts its domain behind names. */
function moved(sql: Sql, call: Call, level: Level): Fragment {
  const flag = sql`
    domain_logins = i.domain_logins or h.login_with_domain,
    access_version = case when h.login_with_domain and not i.domain_logins then nextval('epochs') else i.access_version end`;
  if (level === 'instance') {
    return sql`
      changed as (
        update instances i set sequence = w.sequence, login_with_domain = h.login_with_domain, ${flag}
        from holds h, owner w where i.instance_id = w.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at
      )`;
  }
  return sql`
    told as (
      update instances i set ${flag} from holds h where i.instance_id = ${call.instance.id} and h.login_with_domain and not i.domain_logins
    ),
    changed as (
      select n.instance_id, n.org_id as aggregate_id, n.org_id as owner, n.sequence, clock_timestamp() as at from named n
    )`;
}

/** Settings of an organization: set to a value, or deleted (undefined). Gives the date of the last change where nothing differs. */
export async function scopeNames(call: Call, orgId: string, scoped: boolean | undefined): Promise<{ found: boolean; at: string | null }> {
  const level = { orgId };
  const value = { organizationScopedUsernames: scoped ?? false };
  const event: NewEvent =
    scoped === undefined ? { type: 'settings.organization.removed' } : { type: 'settings.organization.set', payload: value };
  // Where nothing was set, `false` sets nothing either (reference/org-and-settings.md 3.3).
  const made =
    scoped === undefined
      ? sqlOf(
          (sql) =>
            sql`delete from policies y using owner o where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'organization' returning y.instance_id`,
        )
      : sqlOf(
          (sql) => sql`
          insert into policies as y (instance_id, org_id, kind, value, sequence, created_at, changed_at)
          select o.instance_id, o.org_id, 'organization', ${json(sql, value)}, o.sequence, o.at, o.at from owner o
          where ${scoped} or exists (select from policies y where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'organization')
          on conflict (instance_id, kind, org_id) do update set value = excluded.value, sequence = excluded.sequence, changed_at = excluded.changed_at
          where y.value <> excluded.value
          returning y.instance_id`,
        );
  const [row] = await usernameTaken(() =>
    call.db.changeBehind<{ found: boolean; at: string | null }>(
      (sql) => lockOrg(sql, call, orgId),
      (sql, caller) => sql`
        with caller as (${caller}),
        owner as (${owner(sql, call, level, 1)}),
        made as (${made(sql)}),
        holds as (select true from made limit 1),
        ${orgNamed(sql, call, orgOf(level), sql`o.login_with_domain`, sql`${scoped ?? false}`)},
        ${renamed(sql, sql`named`)},
        changed as (select n.instance_id, n.org_id as aggregate_id, n.org_id as owner, n.sequence, w.at from named n, owner w),
        logged as (${append(sql, sql`changed`, logOf(call, level), [event])})
        select exists (select from owner) as found, coalesce(
          c.at,
          (select y.changed_at from policies y join owner w on y.instance_id = w.instance_id and y.org_id = w.org_id where y.kind = 'organization'),
          (select max(e.created_at) from events e where e.instance_id = ${call.instance.id} and e.aggregate_type = 'org' and e.aggregate_id = ${orgId}
            and e.type = 'settings.organization.removed')
        ) as at
        from caller left join changed c on true`,
    ),
  );
  return row;
}

const sqlOf = (build: (sql: Sql) => Fragment): ((sql: Sql) => Fragment) => build;
