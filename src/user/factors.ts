/** What a user can prove himself with: ListAuthenticationMethodTypes and ListAuthenticationFactors (reference/user-credentials-v2.md 6.1). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../access/call.ts';
import { AuthenticationMethodType, type AuthFactorSchema, AuthFactorState, AuthFactors } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { ListAuthenticationMethodTypesRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { hasLink } from '../idp/link.ts';
import { type Authenticator, authenticators } from './authenticator.ts';
import { allow, loadUser, type Rule, type User, within } from './user.ts';

export const reads: Rule = { permission: 'user.read', self: true, ranked: false };

/** A user whom the caller may read; undefined where there is none: lists of what is his are empty then. */
export async function readUser(call: Call, userId: string): Promise<User | undefined> {
  const where = allow(call, userId, reads);
  const user = await loadUser(call, userId);
  if (user) within(call, where, user, reads);
  return user;
}

/** Of the methods of an unknown user there are none. With a domain, only the passkeys and security keys that are good for it count. */
export async function methodTypes(
  call: Call,
  userId: string,
  domain: ListAuthenticationMethodTypesRequest['domainQuery'],
): Promise<{ user: User | undefined; types: AuthenticationMethodType[] }> {
  const user = await readUser(call, userId);
  if (!user) return { user, types: [] };
  const { totp, recoveryCodes, linked } = await stored(call, userId);
  const keys = (await authenticators(call, userId)).filter((key) => key.ready && (!domain?.domain || key.rp_id === domain.domain));
  const has: readonly [boolean, AuthenticationMethodType][] = [
    [user.password_hash !== null, AuthenticationMethodType.PASSWORD],
    [totp === AuthFactorState.READY, AuthenticationMethodType.TOTP],
    [keys.some(({ kind }) => kind === 'passkey'), AuthenticationMethodType.PASSKEY],
    [keys.some(({ kind }) => kind === 'u2f'), AuthenticationMethodType.U2F],
    [user.otp_sms, AuthenticationMethodType.OTP_SMS],
    [user.otp_email, AuthenticationMethodType.OTP_EMAIL],
    [recoveryCodes, AuthenticationMethodType.RECOVERY_CODE],
    [linked, AuthenticationMethodType.IDP],
  ];
  return { user, types: has.flatMap(([there, type]) => (there ? [type] : [])) };
}

/** ListPasskeys: those that are proven. */
export async function listPasskeys(call: Call, userId: string): Promise<{ user: User | undefined; passkeys: Authenticator[] }> {
  const user = await readUser(call, userId);
  const all = user ? await authenticators(call, userId) : [];
  return { user, passkeys: all.filter(({ kind, ready }) => kind === 'passkey' && ready) };
}

interface Wanted {
  /** Empty: all kinds. */
  readonly authFactors: readonly AuthFactors[];
  /** Empty: ready ones. */
  readonly states: readonly AuthFactorState[];
}

export async function authenticationFactors(
  call: Call,
  userId: string,
  { authFactors, states }: Wanted,
): Promise<MessageInitShape<typeof AuthFactorSchema>[]> {
  const user = await readUser(call, userId);
  if (!user) return [];
  const { totp } = await stored(call, userId);
  const keys = (await authenticators(call, userId)).filter(({ kind }) => kind === 'u2f');
  const ready = (on: boolean) => (on ? AuthFactorState.READY : undefined);
  const all = [
    { kind: AuthFactors.OTP, state: totp, type: { case: 'otp', value: {} } },
    { kind: AuthFactors.OTP_SMS, state: ready(user.otp_sms), type: { case: 'otpSms', value: {} } },
    { kind: AuthFactors.OTP_EMAIL, state: ready(user.otp_email), type: { case: 'otpEmail', value: {} } },
    ...keys.map((key) => ({
      kind: AuthFactors.U2F,
      state: key.ready ? AuthFactorState.READY : AuthFactorState.NOT_READY,
      type: { case: 'u2f' as const, value: { id: key.token_id, name: key.name } },
    })),
  ] as const;
  return all.flatMap(({ kind, state, type }) => {
    const asked = (authFactors.length === 0 || authFactors.includes(kind)) && state !== undefined;
    return asked && (states.length === 0 ? [AuthFactorState.READY] : states).includes(state) ? [{ state, type }] : [];
  });
}

interface Stored {
  /** Begun, or proven. */
  readonly totp: AuthFactorState.NOT_READY | AuthFactorState.READY | undefined;
  /** There are some, used up or not: as on the original, which goes on to name them. */
  readonly recoveryCodes: boolean;
  readonly linked: boolean;
}

async function stored(call: Call, userId: string): Promise<Stored> {
  const [{ proven, recovery_codes, linked }] = await call.db.read<{ proven: boolean | null; recovery_codes: boolean; linked: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select
        (select t.verified_at is not null from totps t where t.instance_id = ${call.instance.id} and t.user_id = ${userId}) as proven,
        exists (select from recovery_codes r where r.instance_id = ${call.instance.id} and r.user_id = ${userId}) as recovery_codes,
        ${hasLink(sql, call.instance.id, userId)} as linked
      from caller`,
  );
  return {
    totp: proven === null ? undefined : proven ? AuthFactorState.READY : AuthFactorState.NOT_READY,
    recoveryCodes: recovery_codes,
    linked,
  };
}
