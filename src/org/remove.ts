/**
 * DeleteOrganization: the organization with its users and all that is theirs (reference/org-and-settings.md 1.1, 2.2). One statement, where it
 * holds no more users than can be removed at once. A larger one is first switched off, which ends all access at once (state.ts), then emptied
 * in steps; each is written to the log as what it is, and whoever calls again after an interruption goes on with what is left.
 */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { projectsOf } from '../project/of-org.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, appendEach } from '../store/events.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';
import { holdsLastOwner, orgStates } from './state.ts';

/** Users who are removed by one statement: some tenths of a second, with all that hangs on them. */
const AT_ONCE = 500;

interface Outcome {
  found: boolean;
  is_default: boolean;
  spared: boolean;
  /** Of the organization as the statement leaves it; null where it is none. */
  epoch: bigint | null;
  /** Of the removal; null where there was none. */
  at: string | null;
}

/** Gives the time of the removal; undefined where there is no such organization, which is no error. */
export async function deleteOrganization(call: Call, orgId: string): Promise<string | undefined> {
  demandOrg(call, 'org.delete', orgId);
  const [first] = await call.db.changeOrganizationAlone<Outcome>(orgId, (sql, caller) => remove(sql, caller, call, orgId));
  let outcome: Outcome = first;
  while (outcome.found && outcome.at === null) {
    if (outcome.is_default) throw new Failure(errors.defaultOrg);
    if (outcome.spared) throw new Failure(errors.lastOwner);
    const { epoch } = outcome;
    outcome = await call.db.goOn(async (sql) => {
      await sql`select 1 from instances where instance_id = ${call.instance.id} for no key update`;
      const [org] = await sql<{ epoch: bigint }[]>`
        select epoch from orgs where instance_id = ${call.instance.id} and org_id = ${orgId} for no key update`;
      // Another has removed it; or has switched it on again, or made one anew under its id: that is not the one that was to go.
      if (!org) return { ...outcome, found: false };
      if (org.epoch !== epoch) throw new Failure(errors.noLongerOff);
      await empty(sql, call, orgId);
      const [next] = await remove(sql, sql`select true as held`, call, orgId);
      return next!; // of a select without a condition
    });
  }
  return outcome.at ?? undefined;
}

/** Removes an organization that holds few users, switches one off that holds many. */
function remove(sql: Sql, caller: Fragment, call: Call, orgId: string) {
  return sql<Outcome[]>`
    with caller as (${caller}),
    org as (
      select o.instance_id, o.org_id, o.state, o.epoch, i.default_org_id = o.org_id as is_default,
        (select count(*) from (select from users u where u.instance_id = o.instance_id and u.org_id = o.org_id limit ${AT_ONCE + 1}) few) as users
      from orgs o join instances i on i.instance_id = o.instance_id, caller
      where o.instance_id = ${call.instance.id} and o.org_id = ${orgId}
    ),
    spared as (select from org where not ${call.allowLastOwner} and ${holdsLastOwner(sql)}),
    meant as (select * from org where not org.is_default and not exists (select from spared)),
    large as (
      update orgs o set state = ${orgStates.inactive}, epoch = nextval('epochs'), access_version = nextval('epochs'), sequence = o.sequence + 1, changed_at = clock_timestamp()
      from meant m
      where o.instance_id = m.instance_id and o.org_id = m.org_id and m.users > ${AT_ONCE} and m.state = ${orgStates.active}
      returning o.epoch, o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, o.changed_at as at
    ),
    logged_large as (${append(sql, sql`large`, logOf(call), [{ type: 'org.deactivated' }])}),
    gone as (
      select u.instance_id, u.user_id from users u join meant m on m.instance_id = u.instance_id and m.org_id = u.org_id where m.users <= ${AT_ONCE}
    ),
    ${leave(sql, call, orgId)},
    projects_left as (${projectsOf(sql, sql`meant`)}),
    -- members from elsewhere, of the organization and of its projects
    guests as (
      delete from memberships w using meant m
      where w.instance_id = m.instance_id and m.users <= ${AT_ONCE}
        and ((w.level = 2 and w.object_id = m.org_id) or (w.level = 1 and w.object_id in (select p.project_id from projects_left p)))
        and not exists (select from gone g where g.user_id = w.user_id)
      returning w.instance_id, w.user_id, w.level, w.object_id
    ),
    ranked as (
      update users u set access_version = nextval('epochs'), rank = coalesce((
        select max(w.level) from memberships w
        where w.instance_id = u.instance_id and w.user_id = u.user_id
          and not exists (select from guests g where g.user_id = w.user_id and g.level = w.level and g.object_id = w.object_id)), 0)
      from (select distinct instance_id, user_id from guests) g where u.instance_id = g.instance_id and u.user_id = g.user_id
    ),
    removed as (
      delete from orgs o using meant m where o.instance_id = m.instance_id and o.org_id = m.org_id and m.users <= ${AT_ONCE}
      returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence + 1 as sequence, clock_timestamp() as at
    ),
    logged as (${append(sql, sql`removed`, logOf(call), [{ type: 'org.removed' }])})
    select org.org_id is not null as found, coalesce(org.is_default, false) as is_default, exists (select from spared) as spared,
      coalesce((select l.epoch from large l), org.epoch) as epoch, r.at
    from caller left join org on true left join removed r on true`;
}

/** Removes some users of an organization that is off, the oldest first, each as DeleteUser does. */
async function empty(sql: Sql, call: Call, orgId: string): Promise<void> {
  await sql`
    with gone as (
      select u.instance_id, u.user_id from users u where u.instance_id = ${call.instance.id} and u.org_id = ${orgId}
      order by u.created_at, u.user_id limit ${AT_ONCE} for update of u
    ),
    ${leave(sql, call, orgId)},
    removed as (
      delete from users u using gone g where u.instance_id = g.instance_id and u.user_id = g.user_id
      returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence + 1 as sequence, clock_timestamp() as at
    ),
    logged as (${append(sql, sql`removed`, logOf(call, 'user'), [{ type: 'user.removed' }])})
    select`;
}

/** CTEs: each user of `gone` ceases to be a member of whatever stays, which is written to the log of that. */
function leave(sql: Sql, call: Call, orgId: string): Fragment {
  return sql`
    left_behind as (
      select m.instance_id, m.level, m.object_id, m.user_id, row_number() over (partition by m.level, m.object_id order by m.user_id) as n
      from gone g join memberships m on m.instance_id = g.instance_id and m.user_id = g.user_id
      where m.level in (2, 3) and not (m.level = 2 and m.object_id = ${orgId})
    ),
    left_orgs as (
      update orgs o set sequence = o.sequence + l.count
      from (select instance_id, object_id, count(*) from left_behind where level = 2 group by 1, 2) l
      where o.instance_id = l.instance_id and o.org_id = l.object_id
      returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence - l.count as before
    ),
    told_orgs as (
      select o.instance_id, o.aggregate_id, o.owner, o.before + l.n as sequence, clock_timestamp() as at,
        'org.member.cascade.removed' as type, jsonb_build_object('userId', l.user_id) as payload
      from left_orgs o join left_behind l on l.level = 2 and l.object_id = o.aggregate_id
    ),
    logged_orgs as (${appendEach(sql, sql`told_orgs`, logOf(call))}),
    left_instance as (
      update instances i set sequence = i.sequence + l.count
      from (select instance_id, count(*) from left_behind where level = 3 group by 1) l
      where i.instance_id = l.instance_id
      returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence - l.count as before
    ),
    told_instance as (
      select i.instance_id, i.aggregate_id, i.owner, i.before + l.n as sequence, clock_timestamp() as at,
        'instance.member.cascade.removed' as type, jsonb_build_object('userId', l.user_id) as payload
      from left_instance i join left_behind l on l.level = 3
    ),
    logged_instance as (${appendEach(sql, sql`told_instance`, logOf(call, 'instance'))})`;
}
