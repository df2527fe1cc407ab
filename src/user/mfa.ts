/** Second factors. So far: that a user declined to set one up. */
import type { Call } from '../access/call.ts';
import { errors } from './errors.ts';
import { type Changed, changeUser } from './user.ts';

/** HumanMFAInitSkipped: noted anew each time. */
export function skipMfaInit(call: Call, userId: string): Promise<Changed> {
  return changeUser(call, userId, { permission: 'user.write', self: true, ranked: false }, errors.mfaSkipNotFound, () => ({
    change: { events: [{ type: 'user.human.mfa.init.skipped', payload: {} }], stamps: ['mfa_init_skipped_at'], quiet: true },
    answer: (done) => done,
  }));
}
