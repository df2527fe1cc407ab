/** The life cycle: deactivate, reactivate, lock, unlock, delete. One statement each; the matrix of reference/user-service-v2.md 3.3 as data. */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { type UserState, userStates } from '../access/gate.ts';
import { Stale, type Statement } from '../access/guard.ts';
import { covers, denied, type Reach, reach, reachOrDeny } from '../access/permission.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type Log } from '../store/events.ts';
import { errors } from './errors.ts';
import { forgiveFailures } from './tried.ts';

/** How often a step is tried against others on the same user. */
const TRIES = 10;

interface Transition {
  readonly event: string;
  readonly to: UserState;
  /** Whether the step ends what the user holds, for good: sessions, tokens, codes, pending steps. */
  readonly cuts: boolean;
  readonly missing: Reason;
  /** Whether the failures that may have led to the state are forgotten. */
  readonly forgives?: true;
  /** What forbids the step, by the user's state. */
  readonly refusals: Partial<Record<UserState, Reason>>;
}

/** State × step. A state without a refusal is one that the step may start from. */
export const transitions = {
  deactivate: {
    event: 'user.deactivated',
    to: 'inactive',
    cuts: true,
    missing: errors.deactivateNotFound,
    refusals: { initial: errors.deactivateInitial, inactive: errors.alreadyInactive },
  },
  reactivate: {
    event: 'user.reactivated',
    to: 'active',
    cuts: false,
    missing: errors.reactivateNotFound,
    refusals: { initial: errors.notInactive, active: errors.notInactive, locked: errors.notInactive },
  },
  lock: {
    event: 'user.locked',
    to: 'locked',
    cuts: true,
    missing: errors.lockNotFound,
    refusals: { inactive: errors.notActiveOrInitial, locked: errors.notActiveOrInitial },
  },
  unlock: {
    event: 'user.unlocked',
    to: 'active',
    cuts: false,
    forgives: true,
    missing: errors.unlockNotFound,
    refusals: { initial: errors.notLocked, active: errors.notLocked, inactive: errors.notLocked },
  },
} as const satisfies Record<string, Transition>;

export interface Details {
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
  readonly created_at: string;
}

/** What the statement tells: the target (as it was under the lock, if it was taken), and what was done to it, if anything was. */
type Outcome = { locked: boolean } & Target & Done;
type Target = { org_id: string; state: number; is_owner: boolean } | { org_id: null };
type Done = Details | { owner: null };

/** Takes a user through one step of the life cycle; needs `user.write` on his organization, also on oneself. */
export function changeState(call: Call, userId: string, step: keyof typeof transitions): Promise<Details> {
  const { event, to, cuts, forgives, missing, refusals }: Transition = transitions[step];
  const from = Object.entries(userStates).flatMap(([name, stored]) => (refusals[name as UserState] ? [] : [stored]));
  return onTarget(call, userId, reachOrDeny(call.caller, 'user.write'), {
    permission: 'user.write',
    missing,
    ends: cuts,
    refusal: (state) => refusals[state],
    statement: (sql) => sql`
      changed as (
        update users u set
          state = ${userStates[to]},
          epoch = case when ${cuts} then nextval('epochs') else u.epoch end,
          access_version = nextval('epochs'),
          sequence = u.sequence + 1, changed_sequence = u.sequence + 1, changed_at = clock_timestamp()
        from target t
        where u.instance_id = t.instance_id and u.user_id = t.user_id and t.state = any(${from}::smallint[])
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, u.changed_at as at, u.created_at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: event }])})${forgives ? forgiveFailures(sql) : sql``}`,
  });
}

/**
 * Removes a user with all that hangs on him; his events stay. Needs `user.delete` on his organization, or on oneself `user.self.delete`.
 * His memberships end with him: each writes an event on the aggregate that he was a member of.
 */
export function deleteUser(call: Call, userId: string): Promise<Details> {
  const self = isSelf(call.caller, userId);
  const own = reach(call.caller, 'user.self.delete');
  const where = self && covers(own, call.caller.orgId) ? own : reachOrDeny(call.caller, 'user.delete');
  return onTarget(call, userId, where, {
    permission: 'user.delete',
    missing: errors.deleteNotFound,
    ends: true,
    refusal: () => undefined,
    statement: (sql) => sql`
      changed as (
        delete from users u using target t where u.instance_id = t.instance_id and u.user_id = t.user_id
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence + 1 as sequence, clock_timestamp() as at, u.created_at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'user.removed' }])}),
      left_orgs as (
        update orgs o set sequence = o.sequence + 1 from memberships m, changed c
        where m.instance_id = c.instance_id and m.user_id = c.aggregate_id and m.level = 2 and o.instance_id = m.instance_id and o.org_id = m.object_id
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, c.at
      ),
      logged_orgs as (${append(sql, sql`left_orgs`, { ...logOf(call), aggregateType: 'org' }, [{ type: 'org.member.cascade.removed', payload: { userId } }])}),
      left_instance as (
        update instances i set sequence = i.sequence + 1 from memberships m, changed c
        where m.instance_id = c.instance_id and m.user_id = c.aggregate_id and m.level = 3 and i.instance_id = m.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, c.at
      ),
      logged_instance as (${append(sql, sql`left_instance`, { ...logOf(call), aggregateType: 'instance' }, [{ type: 'instance.member.cascade.removed', payload: { userId } }])})`,
  });
}

interface Step {
  readonly permission: string;
  readonly missing: Reason;
  /** Whether the step takes access away, so that the last owner is spared. */
  readonly ends: boolean;
  readonly refusal: (state: UserState) => Reason | undefined;
  /** The CTE `changed`, from `target` (the row, locked), and what hangs on it. */
  readonly statement: (sql: Sql) => Fragment;
}

/** Whom the statement may touch: an active owner is ended only where another one stays. */
type Spared = 'nobody' | 'active owners' | 'the last active owner';

/**
 * One step on one user. An active owner of the instance is not locked at first, only seen: to end him, owners are counted behind a lock of
 * the instance (DESIGN.md 8). So two owners who end each other at once cannot both succeed, nor do they wait for each other.
 */
async function onTarget(call: Call, userId: string, where: Reach, step: Step): Promise<Details> {
  const careful = step.ends && !call.allowLastOwner;
  for (let n = 0; n < TRIES; n++) {
    let row = await attempt(call, userId, where, step, careful ? 'active owners' : 'nobody');
    if (row.org_id === null) throw new Failure(step.missing);
    if (!covers(where, row.org_id)) throw denied(call.caller, step.permission, row.org_id);
    if (careful && !row.locked && row.is_owner) {
      row = await attempt(call, userId, where, step, 'the last active owner');
      if (row.org_id !== null && !row.locked && row.is_owner) throw new Failure(errors.lastOwner);
    }
    if (row.owner !== null) return row;
    const refusal = row.org_id === null || !row.locked ? undefined : step.refusal(stateOf(row.state));
    if (refusal) throw new Failure(refusal);
    // The user was seen, but somebody removed or promoted him before the lock was taken: look again.
  }
  throw new Stale();
}

async function attempt(call: Call, userId: string, where: Reach, step: Step, spared: Spared): Promise<Outcome> {
  const statement: Statement<Outcome> = (sql, caller) => sql<Outcome[]>`
    with caller as (${caller}),
    seen as (
      select u.org_id, u.state, u.is_owner from users u, caller where u.instance_id = ${call.instance.id} and u.user_id = ${userId}
    ),
    target as (
      select u.instance_id, u.user_id, u.org_id, u.state, u.is_owner from users u, caller
      where u.instance_id = ${call.instance.id} and u.user_id = ${userId}
        and (${where.instance} or u.org_id = any(${where.orgs}::text[])) and ${sparing(sql, call, userId, spared)}
      for no key update of u
    ),
    ${step.statement(sql)}
    select t.org_id is not null as locked, coalesce(t.org_id, s.org_id) as org_id, coalesce(t.state, s.state) as state,
      coalesce(t.is_owner, s.is_owner) as is_owner, c.owner, c.sequence, c.at, c.created_at
    from caller left join seen s on true left join target t on true left join changed c on true`;
  const [row] = spared === 'the last active owner' ? await call.db.changeAlone(userId, statement) : await call.db.change(userId, statement);
  return row;
}

function sparing(sql: Sql, call: Call, userId: string, spared: Spared): Fragment {
  if (spared === 'nobody') return sql`true`;
  return spared === 'active owners' ? sql`(${ordinary(sql)})` : spares(sql, call.instance.id, userId);
}

const ordinary = (sql: Sql): Fragment => sql`not u.is_owner or u.state <> ${userStates.active}`;

/** Whether a user (u) may be ended: he is not the last active owner of the instance. To be asked behind a lock of the instance (guard.ts, `changeAlone`). */
export function spares(sql: Sql, instanceId: string, userId: string): Fragment {
  return sql`(${ordinary(sql)} or exists (
    select from users w join orgs o on o.instance_id = w.instance_id and o.org_id = w.org_id
    where w.instance_id = ${instanceId} and w.is_owner and w.user_id <> ${userId} and w.state = ${userStates.active} and o.state = 1))`;
}

const NAMES = new Map<number, UserState>(Object.entries(userStates).map(([name, stored]) => [stored, name as UserState]));

function stateOf(stored: number): UserState {
  const name = NAMES.get(stored);
  if (name === undefined) throw new Error(`unknown user state ${stored}`);
  return name;
}

function logOf(call: Call): Log {
  return { aggregateType: 'user', editor: call.caller.userId, via: call.method.path };
}
