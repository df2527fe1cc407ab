/**
 * What a check beyond user and password has shown, and the parts of the statement that writes it: nothing is written unless all of it
 * still holds behind the locks, and what is good once is used up in the same breath.
 */
import type { Call } from '../access/call.ts';
import { gate } from '../access/gate.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import type { Use } from '../user/use.ts';
import { type Proven, passedCheck, provenUser } from './password.ts';
import type { ChallengeKind } from './session.ts';
import type { Subject } from './subject.ts';

/** Kinds of checks whose failures are counted, each for itself. */
export type CountedCheck = 'totp' | 'otp_sms' | 'otp_email' | 'recovery_code';

export interface Proof {
  /** Of the session. */
  readonly event: NewEvent;
  readonly columns: readonly { readonly name: string; readonly value: (sql: Sql) => Fragment }[];
  /** Of the user. */
  readonly userEvents: readonly NewEvent[];
  /** Whose failures are forgotten. */
  readonly counted?: CountedCheck;
  /** What it uses up, of the user … */
  readonly use?: Use;
  /** … and of the session (`s`), which must still have it so. */
  readonly answered?: ChallengeKind;
  readonly holds?: (sql: Sql) => Fragment;
}

/** The checks of one step that rest on its user. */
export interface Proofs {
  readonly password: Proven | undefined;
  readonly proofs: readonly Proof[];
  readonly subject: Subject | undefined;
}

/** Undefined: the step rests on nobody. */
export function provenBy({ password, proofs, subject }: Proofs): Subject | undefined {
  return password?.subject ?? (proofs.length > 0 ? subject : undefined);
}

/** `, proven as (…), held_0 as (…)`: the user and all that is used up, locked and still as they were. */
export function held(sql: Sql, call: Call, all: Proofs): Fragment {
  const subject = provenBy(all);
  if (!subject) return sql``;
  const user = all.password ? provenUser(sql, call, all.password) : standingUser(sql, call, subject);
  return uses(all).reduce((parts, use, n) => sql`${parts}, ${sql(`held_${n}`)} as (${use.held(sql)})`, sql`, ${user}`);
}

/** `cross join proven …`: without all of what is held there is nothing to write. */
export function joinedHeld(sql: Sql, all: Proofs): Fragment {
  if (!provenBy(all)) return sql``;
  return uses(all).reduce((parts, _, n) => sql`${parts} cross join ${sql(`held_${n}`)}`, sql`cross join proven`);
}

const uses = ({ proofs }: Proofs): Use[] => proofs.flatMap(({ use }) => use ?? []);

/** `proven as (…)`: the user, locked, where states and epochs are still those that the checks saw. */
export function standingUser(sql: Sql, call: Call, subject: Subject): Fragment {
  return sql`
    proven as (
      select u.instance_id, u.user_id
      from users u
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      cross join caller
      where u.instance_id = ${call.instance.id} and u.user_id = ${subject.user_id} and ${gate(sql)}
        and u.epoch = ${subject.epoch} and o.epoch = ${subject.org_epoch} and i.epoch = ${subject.instance_epoch}
      for no key update of u
    )`;
}

/** `, passed as (…) …`: the events of what succeeded on its user, no failures any more, and all uses. `done` is the CTE of the session. */
export function passed(sql: Sql, call: Call, all: Proofs, done: Fragment): Fragment {
  const subject = provenBy(all);
  if (!subject) return sql``;
  const events = all.proofs.flatMap(({ userEvents }) => userEvents);
  const noted = all.password
    ? passedCheck(sql, call, all.password, done, events)
    : events.length > 0
      ? notedOn(sql, call, events, done)
      : sql``;
  const spent = uses(all).reduce((parts, use) => sql`${parts}${use.spent(sql, done)}`, sql``);
  return sql`${noted}${forgotten(sql, call, all, subject, done)}${spent}`;
}

function notedOn(sql: Sql, call: Call, events: readonly NewEvent[], done: Fragment): Fragment {
  const log = { aggregateType: 'user', editor: call.caller.userId, via: call.method.path } as const;
  return sql`,
    passed as (
      update users u set sequence = u.sequence + ${events.length} from proven v, ${done} d
      where u.instance_id = v.instance_id and u.user_id = v.user_id
      returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, d.at
    ),
    logged_passed as (${append(sql, sql`passed`, log, events)})`;
}

function forgotten(sql: Sql, call: Call, { proofs }: Proofs, { user_id, epoch }: Subject, done: Fragment): Fragment {
  const checks = proofs.flatMap(({ counted }) => counted ?? []);
  if (checks.length === 0) return sql``;
  return sql`,
    forgotten_factors as (
      insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at)
      select ${call.instance.id}, ${user_id}, n.kind, 0, ${epoch}, d.at from ${done} d, unnest(${checks}::text[]) as n(kind)
      on conflict (instance_id, user_id, kind) do update set failed = 0 where f.failed > 0
    )`;
}
