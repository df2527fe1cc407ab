/**
 * The check of a password (reference/session-service-v2.md 6.2). A failure is written and counted at once; a success is written with the
 * session, by a statement that finds the user as he was before the hash was compared, or writes nothing.
 */

import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import type { Attempts } from '../user/attempt.ts';
import { PASSWORD_FAILED } from '../user/password.ts';
import type { Comparison } from './comparison.ts';
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
  attempts: Attempts,
  subject: Subject | undefined,
  password: string,
  compare: Comparison,
): Promise<Proven | undefined> {
  if (!subject) throw new Failure(errors.noUser);
  const { kind, password_hash: hash } = subject;
  if (kind !== HUMAN || hash === null) {
    await attempts.spend(password);
    throw new Failure(kind === HUMAN ? errors.noPassword : errors.noHuman);
  }
  if (!(await attempts.begin('password', subject))) return undefined;
  const { fits, renewed } = await compare(hash);
  if (fits) return { subject, hash, renewed };
  const failedAttempts = await attempts.failed('password', subject, { event: PASSWORD_FAILED, hash });
  if (failedAttempts === undefined) return undefined;
  throw new Failure(errors.wrongPassword, { failedAttempts });
}

const HUMAN = 1;

/** What a password that fitted leaves on its user. */
export function passwordEvents({ renewed }: Proven): NewEvent[] {
  const succeeded = { type: 'user.human.password.check.succeeded', payload: {} };
  return renewed === undefined ? [succeeded] : [succeeded, { type: 'user.human.password.hash.updated', payload: {} }];
}

/** `, renewed as (…)`: the password's new hash, where there is one. It is the same password: nothing that rests on it ends. Reads the CTE `passed`. */
export function renewedHash(sql: Sql, { renewed }: Proven): Fragment {
  if (renewed === undefined) return sql``;
  return sql`,
    renewed as (
      update profiles p set password_hash = ${renewed} from passed
      where p.instance_id = passed.instance_id and p.user_id = passed.aggregate_id
    )`;
}
