/** E-mail addresses and phone numbers: how they are read, how they are verified, and the RPCs that set them alone. */
import parsePhoneNumber from 'libphonenumber-js';
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import type { SetHumanEmail, SetHumanPhone } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { Failure, type Reason } from '../failure/failure.ts';
import type { NewEvent } from '../store/events.ts';
import { dropCodes, endedWith, type NewCode, newCode } from './code.ts';
import { errors } from './errors.ts';
import { checkTemplate } from './template.ts';
import { type Changed, changeUser, type Decision, isOff, kinds, type Profile, type Rule, type Target, type User } from './user.ts';

/** The oneof `verification` of an e-mail or a phone. */
export type Verification = SetHumanEmail['verification'] | SetHumanPhone['verification'];

/** What setting a contact comes to: columns, events, and a code where one is made. */
export interface Contact {
  readonly profile: Partial<Profile>;
  readonly events: readonly NewEvent[];
  readonly code: NewCode | undefined;
}

/** Verified and "tell me the code" are for those who may write the user; the rest is for himself too (reference/user-service-v2.md 4.4). */
export const byOthersOnly = (verification: Verification): boolean =>
  verification.case === 'returnCode' || verification.case === 'isVerified';

/** Checks the shape of an address: RFC 5322 without a display name. Field validation has refused most of what is wrong. */
export function checkEmail(email: string): void {
  if (email === '') throw new Failure(errors.emailEmpty);
  if (/<[^<>]*>\s*$/.test(email)) throw new Failure(errors.emailWithName);
  if (!/^[^\s@]+@[^\s@]+$|@/.test(email)) throw new Failure(errors.emailInvalid);
}

export function checkEmailTemplate(verification: Verification): void {
  if (verification.case === 'sendCode' && 'urlTemplate' in verification.value) checkTemplate(verification.value.urlTemplate);
}

const LONGEST_PHONE = 400;

/** E.164, read with the default region CH; parsed, not held against the country's plan (reference/user-service-v2.md 2.4). */
export function normalizePhone(phone: string): string {
  if (phone === '') throw new Failure(errors.phoneEmpty);
  // The library takes time by the square of the length; the API's own limit keeps this far off.
  if (phone.length > LONGEST_PHONE) throw new Failure(errors.phoneInvalid);
  const parsed = parsePhoneNumber(phone.trim(), { defaultCountry: 'CH' });
  if (!parsed) throw new Failure(errors.phoneInvalid);
  return parsed.number;
}

/** A contact of a new user, or a changed one. `is_verified: false` makes no code on a new user, and one on a changed address, as the original. */
export function setContact(kind: 'email' | 'phone', value: string, verification: Verification, isNew: boolean): Contact {
  const changed: NewEvent[] = isNew ? [] : [{ type: `user.human.${kind}.changed`, payload: { [kind]: value } }];
  const verified = verification.case === 'isVerified' && verification.value;
  const profile: Partial<Profile> =
    kind === 'email' ? { email: value, email_verified: verified } : { phone: value, phone_verified: verified };
  if (verified) return { profile, events: [...changed, { type: `user.human.${kind}.verified` }], code: undefined };
  if (verification.case === 'isVerified' && isNew) return { profile, events: changed, code: undefined };
  const template = verification.case === 'sendCode' && 'urlTemplate' in verification.value ? verification.value.urlTemplate : undefined;
  const code = newCode(kind, { returned: verification.case === 'returnCode', template });
  return { profile, events: [...changed, code.event], code };
}

const ruleFor = (verification: Verification): Rule => ({ permission: 'user.write', self: !byOthersOnly(verification), ranked: true });

export interface ContactSet {
  readonly done: Changed;
  readonly code: string | undefined;
}

/** SetEmail (reference/user-credentials-v2.md 1). */
export function setEmail(call: Call, userId: string, email: string, verification: Verification): Promise<ContactSet> {
  checkEmailTemplate(verification);
  return changeUser(call, userId, ruleFor(verification), errors.emailNotFound, (user) => {
    human(user, errors.emailNotFound);
    if (user.state === userStates.initial) throw new Failure(errors.contactNotInitialised);
    checkEmail(email);
    if (email === user.email) throw new Failure(errors.emailUnchanged);
    return contactChange('email', madeFor(user, setContact('email', email, verification, false)));
  });
}

/** SetPhone (reference/user-credentials-v2.md 2). */
export function setPhone(call: Call, userId: string, phone: string, verification: Verification): Promise<ContactSet> {
  return changeUser(call, userId, ruleFor(verification), errors.phoneUserNotFound, (user) => {
    human(user, errors.phoneUserNotFound);
    if (user.state === userStates.initial) throw new Failure(errors.contactNotInitialised);
    const number = normalizePhone(phone);
    if (number === user.phone) throw new Failure(errors.phoneUnchanged);
    return contactChange('phone', madeFor(user, setContact('phone', number, verification, false)));
  });
}

/** RemovePhone; a pending code goes with the number, and so do one-time codes by message. */
export function removePhone(call: Call, userId: string): Promise<Changed> {
  return changeUser(call, userId, { permission: 'user.write', self: true, ranked: true }, errors.phoneUserNotFound, (user) => {
    human(user, errors.phoneUserNotFound);
    if (user.phone === null) throw new Failure(errors.phoneNotFound);
    return {
      change: {
        events: [{ type: 'user.human.phone.removed' }],
        profile: { phone: null, phone_verified: false, otp_sms: false },
        access: user.otp_sms,
        also: (sql) => dropCodes(sql, ['phone']),
      },
      answer: (done) => done,
    };
  });
}

export function human(user: User, missing: Reason): void {
  if (user.kind !== kinds.human) throw new Failure(missing);
}

/**
 * A contact as it is set for this user: to one who is off nothing is sent, so no code is made; one that the caller is told is, but does not
 * count before its user is back (DESIGN.md 8, reference/user-credentials-v2.md 13).
 */
export function madeFor(user: Target, contact: Contact): Contact {
  const { code, events, profile } = contact;
  return !code || code.returned || !isOff(user)
    ? contact
    : { profile, events: events.filter((event) => event !== code.event), code: undefined };
}

function contactChange(kind: 'email' | 'phone', { profile, events, code }: Contact): Decision<ContactSet> {
  const [first, ...rest] = events;
  if (!first) throw new Error('a contact is set without an event');
  const ended = endedWith[kind].filter((purpose) => purpose !== code?.purpose);
  return {
    change: {
      events: [first, ...rest],
      profile,
      codes: code ? [code] : [],
      also: (sql) => dropCodes(sql, ended),
    },
    answer: (done) => ({ done, code: code?.returned ? code.code : undefined }),
  };
}
