/** Passwords: complexity, imported hashes, setting one, asking for a new one (reference/user-credentials-v2.md 3). */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { userStates } from '../access/gate.ts';
import { Stale } from '../access/guard.ts';
import { covers, reach } from '../access/permission.ts';
import { type ComplexityPolicy, effectivePolicy } from '../access/policy.ts';
import { callerSource } from '../access/throttle.ts';
import type { SetPassword } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { hashPassword, judgeHash, verifyPassword } from '../crypto/password.ts';
import { Failure } from '../failure/failure.ts';
import type { NewEvent } from '../store/events.ts';
import { Attempts } from './attempt.ts';
import { dropCodes, fits, newCode, refuseCode, spent, storedCode } from './code.ts';
import { errors, passwordRules } from './errors.ts';
import { checkTemplate } from './template.ts';
import { findTried } from './tried.ts';
import { type Changed, changeUser, type Decision, isOff, kinds, type Profile, type Rule, type Target, type User } from './user.ts';

/** First failing rule wins. `prefix`: `COMMA` where a user is created, `DOMAIN` where he is changed. */
export function checkComplexity(password: string, policy: ComplexityPolicy, prefix: 'COMMA' | 'DOMAIN'): void {
  const checks: [broken: boolean, rule: keyof typeof passwordRules][] = [
    [Buffer.byteLength(password) < policy.minLength, 'tooShort'],
    [policy.hasLowercase && !/[a-z]/.test(password), 'noLower'],
    [policy.hasUppercase && !/[A-Z]/.test(password), 'noUpper'],
    [policy.hasNumber && !/[0-9]/.test(password), 'noNumber'],
    [policy.hasSymbol && !/[^A-Za-z0-9]/.test(password), 'noSymbol'],
  ];
  const broken = checks.find(([isBroken]) => isBroken);
  if (!broken) return;
  const [key, id] = passwordRules[broken[1]];
  throw new Failure({ code: 'invalid_argument', key, id: `${prefix}-${id}` });
}

/** Fails where an imported hash is of no format that is accepted, or of a cost out of bounds. It is kept as it is until the next login. */
export function checkHash(encoded: string): void {
  const judged = judgeHash(encoded);
  if (judged !== 'fit') throw new Failure(judged === 'costly' ? errors.hashCost : errors.hashUnknown);
}

export interface NewPassword {
  readonly encoded: string;
  readonly changeRequired: boolean;
}

/** Checks and hashes a password for a user of an organization, or takes over a hash; undefined where none is given. */
export async function newPassword(
  call: Call,
  orgId: string,
  given: SetPassword['passwordType'],
  prefix: 'COMMA' | 'DOMAIN',
): Promise<NewPassword | undefined> {
  if (given.case === undefined) return undefined;
  const { changeRequired } = given.value;
  if (given.case === 'hashedPassword') {
    checkHash(given.value.hash);
    return { encoded: given.value.hash, changeRequired };
  }
  checkComplexity(given.value.password, await complexityIn(call, orgId), prefix);
  return { encoded: await hashPassword(given.value.password), changeRequired };
}

/** What the organization's policy asks of passwords; of one that is not there, what the instance's does. */
async function complexityIn(call: Call, orgId: string): Promise<ComplexityPolicy> {
  const [{ policy }] = await call.db.read<{ policy: ComplexityPolicy }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${effectivePolicy(sql, 'complexity', sql`${call.instance.id}`, sql`${orgId}`)} as policy from caller`,
  );
  return policy;
}

/** Columns and event of a new password; the hash stands in the event, as on the original, but no reader of events is shown it. */
export function passwordChange({ encoded, changeRequired }: NewPassword): { profile: Partial<Profile>; event: NewEvent } {
  return {
    profile: { password_hash: encoded, password_change_required: changeRequired },
    event: { type: 'user.human.password.changed', payload: { changeRequired } },
  };
}

/** The proof that lets somebody set a password without the permission. */
export type Proof = SetPassword['verification'];

/**
 * Checks current password or code; which of the two, if any, decides on the permission. A wrong one is counted before it is refused: a
 * password here, a code by what is given.
 */
export async function checkProof(call: Call, user: Target, proof: Proof): Promise<Decision<never> | undefined> {
  if (proof.case === 'verificationCode') return checkCode(call, user, proof.value);
  return proof.case === 'currentPassword' ? checkCurrent(call, user, proof.value) : undefined;
}

/** A wrong current password is counted with those at login: whoever has a token may try here, too. */
async function checkCurrent(call: Call, user: Target, password: string): Promise<undefined> {
  if (password === '') throw new Failure(errors.passwordEmpty);
  const attempts = new Attempts(call, mayWrite(call, user) ? undefined : callerSource(call.caller.userId));
  const tried = await findTried(call, user.user_id, (sql) => attempts.columns(sql));
  if (user.state === userStates.locked) throw new Failure(errors.locked, { failedAttempts: tried?.tries?.failed?.password?.times ?? 0 });
  if (isOff(user)) throw new Failure(errors.notActive);
  if (user.password_hash === null) throw new Failure(errors.passwordNotSet);
  if (tried?.password_hash !== user.password_hash) throw new Stale();
  try {
    if (!(await attempts.begin('password', tried))) throw new Stale();
    if (await verifyPassword(user.password_hash, password)) {
      const now = await findTried(call, user.user_id, (sql) => attempts.columns(sql));
      if (now?.password_hash !== user.password_hash || !(await attempts.begin('password', now))) throw new Stale();
      return;
    }
    const failedAttempts = await attempts.failed('password', tried, { event: PASSWORD_FAILED, hash: user.password_hash });
    if (failedAttempts === undefined) throw new Stale();
    throw new Failure(errors.passwordWrong, { failedAttempts });
  } finally {
    await attempts.end();
  }
}

/** He himself, and whoever may write him: a login page, for one, which tries for many. Others are counted themselves, however many users they try. */
function mayWrite({ caller }: Call, user: User): boolean {
  return isSelf(caller, user.user_id) || covers(reach(caller, 'user.write'), user.org_id);
}

export const PASSWORD_FAILED: NewEvent = { type: 'user.human.password.check.failed', payload: {} };

async function checkCode(call: Call, user: Target, given: string): Promise<Decision<never> | undefined> {
  if (isOff(user)) throw new Failure(errors.notActive);
  const code = await storedCode(call, user.user_id, 'password');
  if (!code?.alive || spent(code)) throw new Failure(errors.codeNotFound);
  if (code.expired) throw new Failure(errors.codeExpired);
  return fits(code, given) ? undefined : refuseCode('password', errors.codeInvalid);
}

/** SetPassword: by an administrator, by the current password, by a code. */
export function setPassword(call: Call, userId: string, given: SetPassword['passwordType'], proof: Proof): Promise<Changed> {
  if (given.case === undefined) throw new Failure(proof.case === 'currentPassword' ? errors.passwordEmpty : errors.passwordEmptyByCode);
  const decide = async (user: Target): Promise<Decision<Changed>> => {
    if (user.kind !== kinds.human) throw new Failure(errors.passwordUserNotFound);
    if (user.state === userStates.initial) throw new Failure(errors.passwordNotInitialised);
    const refused = await checkProof(call, user, proof);
    if (refused) return refused;
    if (proof.case === 'currentPassword' && given.case === 'password' && given.value.password === proof.value)
      throw new Failure(errors.passwordUnchanged);
    const password = await newPassword(call, user.org_id, given, 'DOMAIN');
    if (!password) throw new Failure(errors.passwordEmpty);
    const { profile, event } = passwordChange(password);
    return {
      change: {
        events: [event] as const,
        profile,
        stamps: ['password_changed_at'] as const,
        also: (sql) => dropCodes(sql, ['password']),
      },
      answer: (done: Changed) => done,
    };
  };
  return changeUser(call, userId, ruleFor(call, proof), errors.passwordUserNotFound, decide);
}

/** A proof stands for the permission; without one, who sets the password of another needs it wherever the other has a role (DESIGN.md 8). */
function ruleFor(call: Call, proof: Proof): Rule {
  return proof.case === undefined ? { permission: 'user.write', self: false, ranked: true } : proofRule(call, proof);
}

/** Where a proof stands for the permission. To a stranger whatever is wrong reads, and takes, as a wrong one. */
export function proofRule(call: Call, proof: Proof): Rule {
  const rule = { permission: undefined, self: true, ranked: false };
  if (proof.case !== 'currentPassword') return { ...rule, wrong: errors.codeInvalid };
  return { ...rule, wrong: errors.passwordWrong, spend: () => new Attempts(call, callerSource(call.caller.userId)).spend(proof.value) };
}

export interface ResetMedium {
  readonly returned: boolean;
  readonly template: string | undefined;
  /** 0 e-mail, 1 SMS. */
  readonly notificationType: number;
}

/** PasswordReset: a code for a new password. A returned code goes to those with the permission, never to the user himself. */
export function requestReset(call: Call, userId: string, medium: ResetMedium): Promise<{ done: Changed; code: string | undefined }> {
  checkTemplate(medium.template);
  const rule = { permission: 'user.write', self: !medium.returned, ranked: true };
  return changeUser(call, userId, rule, errors.resetNotFound, (user) => {
    if (user.kind !== kinds.human) throw new Failure(errors.resetNotFound);
    if (user.state === userStates.initial) throw new Failure(errors.resetNotInitialised);
    if (isOff(user)) throw new Failure(errors.notActive);
    const code = newCode('password', medium);
    return {
      change: { events: [code.event], quiet: true, codes: [code] },
      answer: (done) => ({ done, code: medium.returned ? code.code : undefined }),
    };
  });
}
