/** The client secret of a machine: prepared by an administrator also while the machine is off, since it opens nothing before it is back. */
import type { Call } from '../access/call.ts';
import { hashPassword } from '../crypto/password.ts';
import { alphabets, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { preferredLoginName } from './login-name.ts';
import { type Changed, changeUser, kinds, type Rule } from './user.ts';

const LENGTH = 64;
const rule: Rule = { permission: 'user.write', self: true, ranked: true };

export interface NewSecret extends Changed {
  readonly secret: string;
  readonly username: string;
}

/** AddSecret: a second call replaces the secret. `orgId`: in v1 users of other organizations than that of the call do not exist. */
export function addSecret(call: Call, userId: string, orgId?: string): Promise<NewSecret> {
  const missing = orgId === undefined ? errors.secretUserNotFound : errors.notFound;
  return changeUser(call, userId, { ...rule, orgId }, missing, async (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.secretUserNotFound);
    const secret = randomText(LENGTH, alphabets.secret);
    const encoded = await hashPassword(secret);
    return {
      change: { events: [{ type: 'user.machine.secret.set' }], profile: { secret_hash: encoded }, quiet: true },
      answer: (done) => ({ ...done, secret, username: preferredLoginName(user) }),
    };
  });
}

/** RemoveSecret. */
export function removeSecret(call: Call, userId: string): Promise<Changed> {
  return changeUser(call, userId, rule, errors.secretOwnerNotFound, (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.secretOwnerNotFound);
    if (user.secret_hash === null) throw new Failure(errors.secretNone);
    return {
      change: { events: [{ type: 'user.machine.secret.removed' }], profile: { secret_hash: null }, quiet: true },
      answer: (done) => done,
    };
  });
}
