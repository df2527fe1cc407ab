/** Codes for the address or number on file: sent, sent again, and redeemed (reference/user-credentials-v2.md 1 and 2). */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import type { SendEmailCodeRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure, type Reason } from '../failure/failure.ts';
import { dropCodes, endedWith, fits, newCode, refuseCode, storedCode } from './code.ts';
import { type ContactSet, human } from './contact.ts';
import { errors } from './errors.ts';
import { checkTemplate } from './template.ts';
import { type Changed, changeUser, type Decision, isOff, type Rule, type User } from './user.ts';

const CONTACTS = {
  email: { missing: errors.emailNotFound, none: errors.emailCodeNone, proven: 'user.human.email.verified', column: 'email_verified' },
  phone: { missing: errors.phoneUserNotFound, none: errors.phoneCodeNone, proven: 'user.human.phone.verified', column: 'phone_verified' },
} as const;

type Contact = keyof typeof CONTACTS;
/** Sent (by default), or told to the caller. */
type Medium = SendEmailCodeRequest['verification'] | { readonly case: 'sendCode' | 'returnCode' | undefined };

/** ResendEmailCode, ResendPhoneCode: only where there is one already, good or not. */
export function resendCode(call: Call, contact: Contact, userId: string, medium: Medium): Promise<ContactSet> {
  return makeCode(call, contact, userId, medium, async (user) => {
    if (!(await storedCode(call, user.user_id, contact))) throw new Failure(CONTACTS[contact].none);
  });
}

/** SendEmailCode: also for an address that is proven. */
export function sendEmailCode(call: Call, userId: string, medium: Medium): Promise<ContactSet> {
  return makeCode(call, 'email', userId, medium, async () => undefined);
}

/** A returned code goes to those who may write the user, never to himself; to one who is off none goes at all (DESIGN.md 8). */
function makeCode(call: Call, contact: Contact, userId: string, medium: Medium, check: (user: User) => Promise<void>): Promise<ContactSet> {
  const template = medium.case === 'sendCode' && 'value' in medium ? medium.value.urlTemplate : undefined;
  checkTemplate(template);
  const returned = medium.case === 'returnCode';
  const rule = { permission: 'user.write', self: !returned, ranked: true };
  return changeUser(call, userId, rule, CONTACTS[contact].missing, async (user) => {
    demandInitialised(user, contact);
    if (isOff(user)) throw new Failure(errors.notActive);
    await check(user);
    const code = newCode(contact, { returned, template });
    return {
      change: { events: [code.event], quiet: true, codes: [code] },
      answer: (done) => ({ done, code: returned ? code.code : undefined }),
    };
  });
}

/** VerifyEmail, VerifyPhone: the code is the proof, whoever brings it. One of a user who is off, or was since, is as a wrong one. */
export function verifyContact(call: Call, contact: Contact, userId: string, given: string): Promise<Changed> {
  const { missing, proven, column } = CONTACTS[contact];
  return changeUser(call, userId, byCode(errors.contactCodeWrong), missing, async (user): Promise<Decision<Changed>> => {
    demandInitialised(user, contact);
    if (!fits(await storedCode(call, userId, contact), given)) return refuseCode(contact, errors.contactCodeWrong);
    return {
      change: { events: [{ type: proven }], profile: { [column]: true }, also: (sql) => dropCodes(sql, endedWith[contact]) },
      answer: (done) => done,
    };
  });
}

/** Where a code stands for the permission; `wrong` is all that a stranger is told. */
export const byCode = (wrong: Reason): Rule => ({ permission: undefined, self: true, ranked: false, wrong });

function demandInitialised(user: User, contact: Contact): void {
  human(user, CONTACTS[contact].missing);
  if (user.state === userStates.initial) throw new Failure(errors.contactNotInitialised);
}
