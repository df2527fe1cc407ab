/** Recovery codes: made by the handful, shown once, each good once (reference/user-credentials-v2.md 7). */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import { digest, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { hex } from '../store/filter.ts';
import { errors } from './errors.ts';
import { setsFactors } from './totp.ts';
import type { NoUse, Use } from './use.ts';
import { type Changed, changeUser, isOff, kinds } from './user.ts';

/** Unused ones that a user may have. */
const MOST = 10;
/** No i, l and o, which are read as others. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HALF = 5;

/** GenerateRecoveryCodes: beside those that are left. Not for a user who is off, nor for a machine. */
export function generateRecoveryCodes(call: Call, userId: string, count: number): Promise<{ done: Changed; codes: readonly string[] }> {
  return changeUser(call, userId, setsFactors, errors.recoveryUserNotFound, async (user) => {
    if (user.kind !== kinds.human) throw new Failure(errors.recoveryUserNotFound);
    if (isOff(user)) throw new Failure(errors.notActive);
    if ((await stored(call, userId)).left + count > MOST) throw new Failure(errors.recoveryTooMany);
    const codes = Array.from({ length: count }, () => `${randomText(HALF, ALPHABET)}-${randomText(HALF, ALPHABET)}`);
    return {
      change: {
        events: [{ type: 'user.human.mfa.recoverycode.added', payload: { count } }],
        quiet: true,
        access: true,
        also: (sql) => sql`,
          made as (
            insert into recovery_codes (instance_id, user_id, hash, created_at)
            select c.instance_id, c.aggregate_id, decode(n.hash, 'hex'), c.at from changed c, unnest(${hex(codes.map(digest))}::text[]) as n(hash)
          )`,
      },
      answer: (done) => ({ done, codes }),
    };
  });
}

/** RemoveRecoveryCodes: all that are left; where there never were any, nothing happens. */
export function removeRecoveryCodes(call: Call, userId: string): Promise<Changed> {
  return changeUser(call, userId, setsFactors, errors.ownerNotFound, async (user) => {
    if (user.state === userStates.locked) throw new Failure(errors.recoveryLocked);
    if ((await stored(call, userId)).made === 0) {
      const { user_id, org_id, sequence, changed_at, created_at } = user;
      return { unchanged: { aggregate_id: user_id, owner: org_id, sequence, at: changed_at, created_at } };
    }
    return {
      change: {
        events: [{ type: 'user.human.mfa.recoverycode.removed' }],
        quiet: true,
        access: true,
        also: (sql) => sql`,
          removed as (delete from recovery_codes r using changed c where r.instance_id = c.instance_id and r.user_id = c.aggregate_id)`,
      },
      answer: (done) => done,
    };
  });
}

/** A code at login. The original compares it with each that is left, for a second each; here it is found by its hash. */
export async function useRecoveryCode(call: Call, userId: string, code: string): Promise<Use | NoUse> {
  const { made, fits } = await stored(call, userId, code);
  if (made === 0) return 'none';
  if (!fits) return 'wrong';
  const hash = digest(code);
  return {
    held: (sql) => sql`
      select from recovery_codes r, caller
      where r.instance_id = ${call.instance.id} and r.user_id = ${userId} and r.hash = ${hash} and r.used_at is null
      for no key update of r`,
    spent: (sql, done) => sql`,
      used_recovery_code as (
        update recovery_codes r set used_at = d.at from ${done} d where r.instance_id = d.instance_id and r.user_id = ${userId} and r.hash = ${hash}
      )`,
  };
}

interface Stored {
  readonly made: number;
  readonly left: number;
  /** Whether a code is one of those that are left. */
  readonly fits: boolean;
}

async function stored(call: Call, userId: string, code = ''): Promise<Stored> {
  const [row] = await call.db.read<Stored>(
    (sql, caller) => sql`
      with caller as (${caller})
      select count(r.hash)::int as made, (count(r.hash) filter (where r.used_at is null))::int as left,
        coalesce(bool_or(r.hash = ${digest(code)} and r.used_at is null), false) as fits
      from caller left join recovery_codes r on r.instance_id = ${call.instance.id} and r.user_id = ${userId}
      group by caller.held`,
  );
  return row;
}
