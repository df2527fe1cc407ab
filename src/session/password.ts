/**
 * The check of a password (reference/session-service-v2.md 6.2). A failure is written and counted at once; a success is written with the
 * session, by a statement that finds the user as he was before the hash was compared, or writes nothing.
 */
import type { Call } from '../access/call.ts';
import { gate } from '../access/gate.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { type Comparison, spendVerification } from './comparison.ts';
import { errors } from './errors.ts';
import type { Subject } from './subject.ts';

/** A password that fits. */
export interface Proven {
  readonly subject: Subject;
  readonly hash: string;
  /** Takes its place, where it is not as strong as a new one would be. */
  readonly renewed?: string | undefined;
}

/** Undefined where the user was changed while the hash was compared: look at him again. */
export async function checkPassword(
  call: Call,
  subject: Subject | undefined,
  password: string,
  compare: Comparison,
): Promise<Proven | undefined> {
  if (!subject) throw new Failure(errors.noUser);
  const { kind, password_hash: hash } = subject;
  if (kind !== HUMAN || hash === null) {
    await spendVerification(password);
    throw new Failure(kind === HUMAN ? errors.noPassword : errors.noHuman);
  }
  const { fits, renewed } = await compare(hash);
  if (fits) return { subject, hash, renewed };
  const failedAttempts = await countFailure(call, { subject, hash });
  if (failedAttempts === undefined) return undefined;
  throw new Failure(errors.wrongPassword, { failedAttempts });
}

const HUMAN = 1;

/**
 * `proven as (…)`: the user, locked, if nothing that the check rests on has changed: states, epochs, the password itself. The profile is
 * locked too, so that its hash is read as it is behind the lock, not as it was before.
 */
export function provenUser(sql: Sql, call: Call, { subject, hash }: Proven): Fragment {
  return sql`
    proven as (
      select u.instance_id, u.user_id
      from users u
      join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      cross join caller
      where u.instance_id = ${call.instance.id} and u.user_id = ${subject.user_id} and ${gate(sql)}
        and u.epoch = ${subject.epoch} and o.epoch = ${subject.org_epoch} and i.epoch = ${subject.instance_epoch} and p.password_hash = ${hash}
      for no key update of u, p
    )`;
}

/**
 * `, passed as (…) …`: the event of a success, the password's new hash where there is one, and no failures any more. `done` is the CTE with
 * what the success led to; `others` are the events of the checks that passed with it.
 */
export function passedCheck(
  sql: Sql,
  call: Call,
  { subject, renewed }: Proven,
  done: Fragment,
  others: readonly NewEvent[] = [],
): Fragment {
  const events: NewEvent[] = [{ type: 'user.human.password.check.succeeded', payload: {} }];
  if (renewed !== undefined) events.push({ type: 'user.human.password.hash.updated', payload: {} });
  events.push(...others);
  return sql`,
    passed as (
      update users u set sequence = u.sequence + ${events.length} from proven v, ${done} d
      where u.instance_id = v.instance_id and u.user_id = v.user_id
      returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, d.at
    ),
    logged_passed as (${append(sql, sql`passed`, logOf(call), events)}),
    forgotten as (
      insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at)
      select passed.instance_id, passed.aggregate_id, 'password', 0, ${subject.epoch}, passed.at from passed
      on conflict (instance_id, user_id, kind) do update set failed = 0 where f.failed > 0
    )${renewed === undefined ? sql`` : renewedHash(sql, renewed)}`;
}

/** It is the same password: nothing that rests on it ends. */
function renewedHash(sql: Sql, encoded: string): Fragment {
  return sql`,
    renewed as (
      update profiles p set password_hash = ${encoded} from passed
      where p.instance_id = passed.instance_id and p.user_id = passed.aggregate_id
    )`;
}

/** The failures since the last success, this one included; undefined where the user is no more as he was. */
async function countFailure(call: Call, proven: Proven): Promise<number | undefined> {
  const { subject } = proven;
  const [{ failed }] = await call.db.change<{ failed: number | null }>(
    subject.user_id,
    (sql, caller) => sql`
      with caller as (${caller}),
      ${provenUser(sql, call, proven)},
      changed as (
        update users u set sequence = u.sequence + 1 from proven v
        where u.instance_id = v.instance_id and u.user_id = v.user_id
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'user.human.password.check.failed', payload: {} }])}),
      counted as (
        insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at)
        select c.instance_id, c.aggregate_id, 'password', 1, ${subject.epoch}, c.at from changed c
        on conflict (instance_id, user_id, kind) do update set
          failed = case when f.user_epoch = excluded.user_epoch and f.last_at > coalesce(${subject.password_changed_at}::timestamptz, '-infinity') then f.failed else 0 end + 1,
          user_epoch = excluded.user_epoch, last_at = excluded.last_at
        returning failed
      )
      select counted.failed from caller left join counted on true`,
  );
  return failed ?? undefined;
}

const logOf = (call: Call) => ({ aggregateType: 'user', editor: call.caller.userId, via: call.method.path }) as const;
