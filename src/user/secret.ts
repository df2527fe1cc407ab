/** The client secret of a machine: prepared by an administrator also while the machine is off, since it opens nothing before it is back. */
import type { Call } from '../access/call.ts';
import { hashPassword } from '../crypto/password.ts';
import { alphabets, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { changeUser, kinds } from './user.ts';

const LENGTH = 64;

/** AddSecret: a second call replaces the secret. */
export function addSecret(call: Call, userId: string): Promise<{ secret: string; at: string }> {
  return changeUser(call, userId, { permission: 'user.write', self: true, ranked: true }, errors.secretUserNotFound, async (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.secretUserNotFound);
    const secret = randomText(LENGTH, alphabets.secret);
    const encoded = await hashPassword(secret);
    return {
      change: { events: [{ type: 'user.machine.secret.set' }], profile: { secret_hash: encoded }, quiet: true },
      answer: ({ at }) => ({ secret, at }),
    };
  });
}
