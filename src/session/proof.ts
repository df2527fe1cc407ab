/**
 * What a check beyond user and password has shown, and the parts of the statement that writes it: nothing is written unless all of it
 * still holds behind the locks, and what is good once is used up in the same breath.
 */
import type { Call } from '../access/call.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import type { Attempts } from '../user/attempt.ts';
import { type CheckKind, standingUser } from '../user/tried.ts';
import type { Use } from '../user/use.ts';
import { type Proven, passwordEvents, renewedHash } from './password.ts';
import type { ChallengeKind } from './session.ts';
import type { Subject } from './subject.ts';

export interface Proof {
  /** Of the session. */
  readonly event: NewEvent;
  readonly columns: readonly { readonly name: string; readonly value: (sql: Sql) => Fragment }[];
  /** Of the user. */
  readonly userEvents: readonly NewEvent[];
  /** Whose failures are forgotten. */
  readonly counted?: CheckKind;
  /** What it uses up, of the user … */
  readonly use?: Use;
  /** … and of the session (`s`), which must still have it so. */
  readonly answered?: ChallengeKind;
  readonly holds?: (sql: Sql) => Fragment;
}

/** The checks of one step that rest on its user. */
export interface Proofs {
  readonly attempts: Attempts;
  readonly password: Proven | undefined;
  readonly proofs: readonly Proof[];
  readonly subject: Subject | undefined;
}

/** Undefined: the step rests on nobody. */
export function provenBy({ password, proofs, subject }: Pick<Proofs, 'password' | 'proofs' | 'subject'>): Subject | undefined {
  return password?.subject ?? (proofs.length > 0 ? subject : undefined);
}

/** `, proven as (…), held_0 as (…)`: the user and all that is used up, locked and still as they were. */
export function held(sql: Sql, call: Call, all: Proofs): Fragment {
  const subject = provenBy(all);
  if (!subject) return sql``;
  const still = all.attempts.stillFree(sql, triedKinds(all), subject);
  const user = standingUser(sql, call, subject, { hash: all.password?.hash, still });
  return uses(all).reduce((parts, use, n) => sql`${parts}, ${sql(`held_${n}`)} as (${use.held(sql)})`, sql`, ${user}`);
}

/** `cross join proven …`: without all of what is held there is nothing to write. */
export function joinedHeld(sql: Sql, all: Proofs): Fragment {
  if (!provenBy(all)) return sql``;
  return uses(all).reduce((parts, _, n) => sql`${parts} cross join ${sql(`held_${n}`)}`, sql`cross join proven`);
}

const uses = ({ proofs }: Proofs): Use[] => proofs.flatMap(({ use }) => use ?? []);

const triedKinds = ({ password, proofs }: Proofs): CheckKind[] => [
  ...(password ? (['password'] as const) : []),
  ...proofs.flatMap(({ counted }) => counted ?? []),
];

/** `, passed as (…) …`: the events of what succeeded on its user, no failures any more, and all uses. `done` is the CTE of the session. */
export function passed(sql: Sql, call: Call, all: Proofs, done: Fragment): Fragment {
  const subject = provenBy(all);
  if (!subject) return sql``;
  const { password, proofs, attempts } = all;
  const events = [...(password ? passwordEvents(password) : []), ...proofs.flatMap(({ userEvents }) => userEvents)];
  const noted = events.length > 0 ? notedOn(sql, call, events, done) : sql``;
  const renewed = password ? renewedHash(sql, password) : sql``;
  const spent = uses(all).reduce((parts, use) => sql`${parts}${use.spent(sql, done)}`, sql``);
  return sql`${noted}${renewed}${attempts.forgotten(sql, triedKinds(all), subject, done)}${spent}`;
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
