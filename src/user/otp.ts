/** One-time codes by message and by mail as second factors, switched on and off (reference/user-credentials-v2.md 6). */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { removesFactors, setsFactors } from './totp.ts';
import { type Changed, changeUser } from './user.ts';

const OTPS = {
  sms: {
    column: 'otp_sms',
    contact: 'phone_verified',
    event: 'user.human.mfa.otp.sms',
    exists: errors.otpSmsExists,
    unproven: errors.otpSmsUnproven,
    none: errors.otpSmsNone,
  },
  email: {
    column: 'otp_email',
    contact: 'email_verified',
    event: 'user.human.mfa.otp.email',
    exists: errors.otpEmailExists,
    unproven: errors.otpEmailUnproven,
    none: errors.otpEmailNone,
  },
} as const;

/** AddOTPSMS, AddOTPEmail: where the number or address on file is proven (the original remembers any earlier proof). Also for a user who is off. */
export function addOtp(call: Call, kind: keyof typeof OTPS, userId: string): Promise<Changed> {
  const { column, contact, event, exists, unproven } = OTPS[kind];
  return changeUser(call, userId, setsFactors, errors.ownerNotFound, (user) => {
    if (user[column]) throw new Failure(exists);
    if (!user[contact]) throw new Failure(unproven);
    return {
      change: { events: [{ type: `${event}.added` }], profile: { [column]: true }, quiet: true, access: true },
      answer: (done) => done,
    };
  });
}

/** RemoveOTPSMS, RemoveOTPEmail. */
export function removeOtp(call: Call, kind: keyof typeof OTPS, userId: string): Promise<Changed> {
  const { column, event, none } = OTPS[kind];
  return changeUser(call, userId, removesFactors, errors.ownerNotFound, (user) => {
    if (!user[column]) throw new Failure(none);
    return {
      change: { events: [{ type: `${event}.removed` }], profile: { [column]: false }, quiet: true, access: true },
      answer: (done) => done,
    };
  });
}
