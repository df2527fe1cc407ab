/** Passwords: complexity, imported hashes, setting one, asking for a new one (reference/user-credentials-v2.md 3). */
import type { Call } from '../access/call.ts';
import { binding, gate, userStates } from '../access/gate.ts';
import type { SetPassword } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { hashPassword, verifyPassword } from '../crypto/password.ts';
import { matches } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import type { NewEvent } from '../store/events.ts';
import { dropCodes, newCode, storeCodes } from './code.ts';
import { errors, passwordRules } from './errors.ts';
import { checkTemplate } from './template.ts';
import { type Changed, changeUser, isOff, kinds, type Profile, type User } from './user.ts';

/** The rules of a new instance; first failing rule wins. `prefix`: `COMMA` where a user is created, `DOMAIN` where he is changed. */
export function checkComplexity(password: string, prefix: 'COMMA' | 'DOMAIN'): void {
  const checks: [broken: boolean, rule: keyof typeof passwordRules][] = [
    [Buffer.byteLength(password) < 8, 'tooShort'],
    [!/[a-z]/.test(password), 'noLower'],
    [!/[A-Z]/.test(password), 'noUpper'],
    [!/[0-9]/.test(password), 'noNumber'],
    [!/[^A-Za-z0-9]/.test(password), 'noSymbol'],
  ];
  const broken = checks.find(([isBroken]) => isBroken);
  if (!broken) return;
  const [key, id] = passwordRules[broken[1]];
  throw new Failure({ code: 'invalid_argument', key, id: `${prefix}-${id}` });
}

/**
 * Formats of imported hashes (DESIGN.md 2 and 8): all that the original can be configured to take, md5 apart. A hash is kept as it is;
 * the cost bounds are the original's (reference/user-credentials-v2.md 3.4).
 */
const FORMATS: readonly { form: RegExp; cost?: (match: RegExpExecArray) => boolean }[] = [
  { form: /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/, cost: (m) => between(m[1], 10, 16) },
  {
    form: /^\$argon2(?:i|id)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
    cost: (m) => between(m[1], 8192, 524_288) && between(m[2], 1, 10) && between(m[3], 1, 16),
  },
  {
    form: /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$[A-Za-z0-9+/=.]+\$[A-Za-z0-9+/=.]+$/,
    cost: (m) => between(m[1], 14, 20) && between(m[2], 8, 32) && between(m[3], 1, 16),
  },
  { form: /^\$7\$[./A-Za-z0-9]{11}[./A-Za-z0-9]*\$[./A-Za-z0-9]{43}$/ },
  {
    form: /^\$pbkdf2(?:-sha(?:1|224|256|384|512))?\$(\d+)\$[A-Za-z0-9+/=.]+\$[A-Za-z0-9+/=.]+$/,
    cost: (m) => between(m[1], 1000, 10_000_000),
  },
  {
    form: /^\$[56]\$(?:rounds=(\d+)\$)?[^$:\n]{0,16}\$[./A-Za-z0-9]+$/,
    cost: (m) => m[1] === undefined || between(m[1], 1000, 999_999_999),
  },
  { form: /^\$[PH]\$[./A-Za-z0-9]{31}$/ },
  { form: /^\$S\$[./A-Za-z0-9]{52}$/ },
];

const between = (text: string | undefined, low: number, high: number) => Number(text) >= low && Number(text) <= high;

/** Fails where an imported hash is of no known format, or of a cost out of bounds. */
export function checkHash(encoded: string): void {
  for (const { form, cost } of FORMATS) {
    const match = form.exec(encoded);
    if (!match) continue;
    if (cost && !cost(match)) throw new Failure(errors.hashCost);
    return;
  }
  throw new Failure(errors.hashUnknown);
}

export interface NewPassword {
  readonly encoded: string;
  readonly changeRequired: boolean;
}

/** Checks and hashes a password, or takes over a hash; undefined where none is given. */
export async function newPassword(given: SetPassword['passwordType'], prefix: 'COMMA' | 'DOMAIN'): Promise<NewPassword | undefined> {
  if (given.case === undefined) return undefined;
  const { changeRequired } = given.value;
  if (given.case === 'hashedPassword') {
    checkHash(given.value.hash);
    return { encoded: given.value.hash, changeRequired };
  }
  checkComplexity(given.value.password, prefix);
  return { encoded: await hashPassword(given.value.password), changeRequired };
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

/** Checks current password or code; which of the two, if any, decides on the permission (see `passwordRule`). */
export async function checkProof(call: Call, user: User, proof: Proof): Promise<void> {
  if (proof.case === 'currentPassword') return checkCurrent(user, proof.value);
  if (proof.case === 'verificationCode') return checkCode(call, user, proof.value);
}

async function checkCurrent(user: User, password: string): Promise<void> {
  if (password === '') throw new Failure(errors.passwordEmpty);
  if (user.state === userStates.locked) throw new Failure(errors.locked, { failedAttempts: 0 });
  if (isOff(user)) throw new Failure(errors.notActive);
  if (user.password_hash === null) throw new Failure(errors.passwordNotSet);
  if (!(await verifyPassword(user.password_hash, password))) throw new Failure(errors.passwordWrong, { failedAttempts: 1 });
}

async function checkCode(call: Call, user: User, code: string): Promise<void> {
  if (isOff(user)) throw new Failure(errors.notActive);
  const [row] = await call.db.read<{ hash: Buffer | null; expired: boolean | null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      code as (
        select k.hash, k.expires_at <= now() as expired
        from user_codes k
        join users u on u.instance_id = k.instance_id and u.user_id = k.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where k.instance_id = ${call.instance.id} and k.user_id = ${user.user_id} and k.purpose = 'password' and ${gate(sql)} and ${binding(sql, sql`k`)}
      )
      select code.hash, code.expired from caller left join code on true`,
  );
  if (row.hash === null) throw new Failure(errors.codeNotFound);
  if (row.expired) throw new Failure(errors.codeExpired);
  if (!matches(code, row.hash)) throw new Failure(errors.codeInvalid);
}

/** SetPassword: by an administrator, by the current password, by a code. */
export function setPassword(call: Call, userId: string, given: SetPassword['passwordType'], proof: Proof): Promise<Changed> {
  if (given.case === undefined) throw new Failure(proof.case === 'verificationCode' ? errors.passwordEmptyByCode : errors.passwordEmpty);
  const decide = async (user: User) => {
    if (user.kind !== kinds.human) throw new Failure(errors.passwordUserNotFound);
    if (user.state === userStates.initial) throw new Failure(errors.passwordNotInitialised);
    await checkProof(call, user, proof);
    if (proof.case === 'currentPassword' && given.case === 'password' && given.value.password === proof.value)
      throw new Failure(errors.passwordUnchanged);
    const password = await newPassword(given, 'DOMAIN');
    if (!password) throw new Failure(errors.passwordEmpty);
    const { profile, event } = passwordChange(password);
    return {
      change: {
        events: [event] as const,
        profile,
        stamps: ['password_changed_at'] as const,
        also: (sql: Parameters<typeof dropCodes>[0]) => dropCodes(sql, ['password']),
      },
      answer: (done: Changed) => done,
    };
  };
  return changeUser(call, userId, proof.case === undefined ? administrator : proven, errors.passwordUserNotFound, decide);
}

/** Whoever sets a credential of another needs the permission from a membership as high as the other's (DESIGN.md 8). */
const administrator = { permission: 'user.write', self: false, ranked: true };
/** The proof stands for the permission. */
const proven = { permission: undefined, self: true, ranked: false };

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
      change: { events: [code.event], quiet: true, also: (sql) => storeCodes(sql, sql`changed`, [code]) },
      answer: (done) => ({ done, code: medium.returned ? code.code : undefined }),
    };
  });
}
