/** UpdateUser and UpdateHumanUser: what differs from the stored value becomes an event and a column (reference/user-service-v2.md 4.4 and 4.5). */
import type { Call } from '../access/call.ts';
import type { SetHumanEmail, SetHumanPhone, SetPassword } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Json, NewEvent } from '../store/events.ts';
import { dropCodes, endedWith, type NewCode, type Purpose } from './code.ts';
import { byOthersOnly, checkEmail, checkEmailTemplate, madeFor, normalizePhone, setContact } from './contact.ts';
import { errors } from './errors.ts';
import { type Entry, load, mergeMetadata } from './metadata.ts';
import { claimedElsewhere, demandName, usernameTaken } from './name.ts';
import { checkProof, newPassword, passwordChange, proofRule } from './password.ts';
import { languageTag } from './profile.ts';
import { type Change, type Changed, changeUser, type Decision, kinds, type Profile, type Rule, type Target, type User } from './user.ts';

export interface HumanUpdate {
  readonly username: string | undefined;
  readonly profile: ProfileUpdate | undefined;
  readonly email: SetHumanEmail | undefined;
  readonly phone: SetHumanPhone | undefined;
  readonly password: SetPassword | undefined;
  readonly metadata: readonly Entry[];
  /** UpdateUser removes the phone by an empty number; UpdateHumanUser ignores one. */
  readonly emptyPhoneRemoves: boolean;
}

export interface ProfileUpdate {
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
  readonly nickName?: string | undefined;
  readonly displayName?: string | undefined;
  readonly preferredLanguage?: string | undefined;
  readonly gender?: number | undefined;
}

export interface MachineUpdate {
  readonly username: string | undefined;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly accessTokenType: number | undefined;
  readonly metadata: readonly Entry[];
}

/** The details of the change, or of the last one where nothing differed. */
export interface Updated {
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
  readonly created_at: string;
  readonly emailCode: string | undefined;
  readonly phoneCode: string | undefined;
}

/** The parts of an update, gathered in the order of their events. */
class Parts {
  readonly events: NewEvent[] = [];
  readonly profile: Partial<Profile> = {};
  readonly stamps: NonNullable<Change['stamps']>[number][] = [];
  readonly codes: NewCode[] = [];
  readonly dropped: Purpose[] = [];
  metadata: Change | undefined;
  emailCode: string | undefined;
  phoneCode: string | undefined;

  add(event: NewEvent, columns: Partial<Profile>): void {
    this.events.push(event);
    Object.assign(this.profile, columns);
  }

  decision(user: User): Decision<Updated> {
    const codes = { emailCode: this.emailCode, phoneCode: this.phoneCode };
    const [first, ...rest] = [...this.events, ...(this.metadata?.events ?? [])];
    if (!first) {
      return {
        unchanged: { owner: user.org_id, sequence: user.changed_sequence, at: user.changed_at, created_at: user.created_at, ...codes },
      };
    }
    return {
      change: {
        events: [first, ...rest],
        profile: this.profile,
        stamps: this.stamps,
        quiet: this.events.length === 0,
        codes: this.codes,
        also: (sql) => sql`${dropCodes(sql, this.dropped)}${this.metadata?.also?.(sql) ?? sql``}`,
      },
      answer: (done: Changed) => ({ ...done, ...codes }),
    };
  }
}

export async function updateHuman(call: Call, userId: string, update: HumanUpdate): Promise<Updated> {
  // UpdateHumanUser ignores an empty number, but "verified" beside it counts for the number on file, as on the original.
  const phone =
    update.phone && (update.phone.phone !== '' || update.emptyPhoneRemoves || update.phone.verification.case === 'isVerified')
      ? update.phone
      : undefined;
  if (update.emptyPhoneRemoves && phone?.phone === '' && phone.verification.case !== undefined) throw new Failure(errors.removalVerified);
  if (update.email) {
    checkEmailTemplate(update.email.verification);
    checkEmail(update.email.email);
  }
  const number = phone && phone.phone !== '' ? normalizePhone(phone.phone) : undefined;
  if (update.password && update.password.passwordType.case === undefined) throw new Failure(errors.passwordEmptyOnUpdate);

  return usernameTaken(() =>
    changeUser(call, userId, humanRule(call, update, phone), errors.updateNotFound, async (user) => {
      if (user.kind !== kinds.human) throw new Failure(errors.updateNotFound);
      const parts = new Parts();
      await rename(call, user, update.username, parts);
      reprofile(user, update.profile, parts);
      readdress(user, update.email, parts);
      rephone(user, phone, number ?? (update.emptyPhoneRemoves ? undefined : (user.phone ?? undefined)), parts);
      const refused = await repassword(call, user, update.password, parts);
      if (refused) return refused;
      if (update.metadata.length > 0) parts.metadata = mergeMetadata(await load(call, userId), update.metadata);
      return parts.decision(user);
    }),
  );
}

/** Who may: himself for names, profile and unproven contacts; everything else needs `user.write` (reference/user-service-v2.md 4.4). */
function humanRule(call: Call, update: HumanUpdate, phone: SetHumanPhone | undefined): Rule {
  const proof = update.password?.verification;
  const proven = proof?.case !== undefined;
  const othersOnly =
    update.metadata.length > 0 ||
    (update.email !== undefined && byOthersOnly(update.email.verification)) ||
    (phone !== undefined && byOthersOnly(phone.verification)) ||
    (update.password !== undefined && !proven);
  const onlyPassword = !update.username && !update.profile && !update.email && !phone && update.metadata.length === 0;
  if (!proven || !onlyPassword) return { permission: 'user.write', self: !othersOnly, ranked: true };
  return proofRule(call, proof);
}

export function updateMachine(call: Call, userId: string, update: MachineUpdate): Promise<Updated> {
  return usernameTaken(() =>
    changeUser(call, userId, { permission: 'user.write', self: true, ranked: true }, errors.updateNotFound, async (user) => {
      if (user.kind !== kinds.machine) throw new Failure(errors.updateNotFound);
      const parts = new Parts();
      await rename(call, user, update.username, parts);
      const columns = differing(user, {
        machine_name: update.name,
        description: update.description,
        access_token_type: update.accessTokenType,
      });
      if (Object.keys(columns).length > 0) parts.add({ type: 'user.machine.changed', payload: payloadOf(columns) }, columns);
      if (update.metadata.length > 0) parts.metadata = mergeMetadata(await load(call, userId), update.metadata);
      return parts.decision(user);
    }),
  );
}

async function rename(call: Call, user: User, username: string | undefined, parts: Parts): Promise<void> {
  if (username === undefined || username === user.username) return;
  demandName(username);
  if (await claimedElsewhere(call, username, user.org_id)) throw new Failure(errors.domainReserved);
  parts.add({ type: 'user.username.changed', payload: { userName: username } }, { username });
}

function reprofile(user: User, profile: ProfileUpdate | undefined, parts: Parts): void {
  if (!profile) return;
  const columns = differing(user, {
    first_name: profile.givenName,
    last_name: profile.familyName,
    nick_name: profile.nickName,
    display_name: profile.displayName,
    preferred_language: profile.preferredLanguage === undefined ? undefined : languageTag(profile.preferredLanguage),
    gender: profile.gender === undefined ? undefined : profile.gender >= 0 && profile.gender <= 3 ? profile.gender : 0,
  });
  if (Object.keys(columns).length > 0) parts.add({ type: 'user.human.profile.changed', payload: payloadOf(columns) }, columns);
}

/** The same address: only "verified" has an effect. A changed one is set as SetEmail sets it. */
function readdress(user: Target, email: SetHumanEmail | undefined, parts: Parts): void {
  if (!email) return;
  const verified = email.verification.case === 'isVerified' && email.verification.value;
  if (email.email === user.email) {
    if (!verified || user.email_verified) return;
    parts.add({ type: 'user.human.email.verified' }, { email_verified: true });
    parts.dropped.push(...endedWith.email);
    return;
  }
  parts.emailCode = recontact(user, 'email', email.email, email.verification, parts);
}

function rephone(user: Target, phone: SetHumanPhone | undefined, number: string | undefined, parts: Parts): void {
  if (!phone) return;
  if (number === undefined) {
    if (user.phone !== null && phone.verification.case === undefined)
      parts.add({ type: 'user.human.phone.removed' }, { phone: null, phone_verified: false, otp_sms: false });
    parts.dropped.push('phone');
    return;
  }
  if (number === user.phone) {
    if (phone.verification.case !== 'isVerified' || user.phone_verified) return;
    parts.add({ type: 'user.human.phone.verified' }, { phone_verified: true });
    parts.dropped.push('phone');
    return;
  }
  parts.phoneCode = recontact(user, 'phone', number, phone.verification, parts);
}

/** Gives the code where the caller asked to be told it. */
function recontact(
  user: Target,
  kind: 'email' | 'phone',
  value: string,
  verification: Parameters<typeof setContact>[2],
  parts: Parts,
): string | undefined {
  const { profile, events, code } = madeFor(user, setContact(kind, value, verification, false));
  for (const event of events) parts.add(event, profile);
  if (code) parts.codes.push(code);
  parts.dropped.push(...endedWith[kind].filter((purpose) => purpose !== code?.purpose));
  return code?.returned ? code.code : undefined;
}

/** Gives what the update comes to instead, where the proof was a wrong code. */
async function repassword(call: Call, user: Target, password: SetPassword | undefined, parts: Parts): Promise<Decision<never> | undefined> {
  if (!password) return undefined;
  const refused = await checkProof(call, user, password.verification);
  if (refused) return refused;
  const made = await newPassword(call, user.org_id, password.passwordType, 'DOMAIN');
  if (!made) return undefined;
  const { profile, event } = passwordChange(made);
  parts.add(event, profile);
  parts.stamps.push('password_changed_at');
  parts.dropped.push('password');
  return undefined;
}

/** Of the columns given, those that differ from the user's. */
function differing<C extends Partial<Profile>>(user: User, given: { [K in keyof C]: C[K] | undefined }): Partial<Profile> {
  return Object.fromEntries(
    Object.entries(given).filter(([column, value]) => value !== undefined && value !== (user[column as keyof Profile] ?? '')),
  ) as Partial<Profile>;
}

/** Column → name in the payload of events (reference/user-service-v2.md 6). */
const PAYLOAD_NAMES: Readonly<Record<string, string>> = {
  first_name: 'firstName',
  last_name: 'lastName',
  nick_name: 'nickName',
  display_name: 'displayName',
  preferred_language: 'preferredLanguage',
  gender: 'gender',
  machine_name: 'name',
  description: 'description',
  access_token_type: 'accessTokenType',
};

function payloadOf(columns: Partial<Profile>): Json {
  return Object.fromEntries(Object.entries(columns).map(([column, value]) => [PAYLOAD_NAMES[column] ?? column, value]));
}
