/** Policies as the API shows and takes them: in v1 and v2 the same values under other names (reference/org-and-settings.md 3.2, v1-minimum.md). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import type { PasswordComplexityPolicySchema } from '@zitadel/proto/zitadel/policy_pb.js';
import type { AgePolicy, ComplexityPolicy, LabelPolicy, LockoutPolicy, LoginPolicy } from '../access/policy.ts';
import type { DetailsSchema } from '../contract/gen/zitadel/object/v2/object_pb.js';
import {
  type BrandingSettingsSchema,
  type LoginSettingsSchema,
  type PasswordComplexitySettingsSchema,
  ThemeMode,
} from '../contract/gen/zitadel/settings/v2/settings_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import type { Done } from './policy.ts';

interface Dated {
  readonly owner: string;
  readonly sequence: bigint;
  readonly created_at: string;
  readonly changed_at: string;
}

/** What reads tell; the details of v1 and v2 have the same fields. */
export const shownDetails = ({ owner, sequence, created_at, changed_at }: Dated) =>
  ({
    sequence,
    creationDate: timestampFromPg(created_at),
    changeDate: timestampFromPg(changed_at),
    resourceOwner: owner,
  }) satisfies MessageInitShape<typeof DetailsSchema>;

/** In v1 adding calls tell the date of creation, changes and removals that of the change (reference/v1-minimum.md). */
export const added = ({ sequence, owner, at }: Done) => ({ sequence, resourceOwner: owner, creationDate: timestampFromPg(at) });
export const changed = ({ sequence, owner, at }: Done) => ({ sequence, resourceOwner: owner, changeDate: timestampFromPg(at) });

/** Lifetimes are told with their nanoseconds, and kept as seconds. */
const lifetimes = (policy: LoginPolicy) => ({
  passwordCheckLifetime: duration(policy.passwordCheckLifetime),
  externalLoginCheckLifetime: duration(policy.externalLoginCheckLifetime),
  mfaInitSkipLifetime: duration(policy.mfaInitSkipLifetime),
  secondFactorCheckLifetime: duration(policy.secondFactorCheckLifetime),
  multiFactorCheckLifetime: duration(policy.multiFactorCheckLifetime),
});

const NANOSECONDS = 1_000_000_000;

function duration(seconds: number): { seconds: bigint; nanos: number } {
  const whole = Math.trunc(seconds);
  return { seconds: BigInt(whole), nanos: Math.round((seconds - whole) * NANOSECONDS) };
}

const secondsOf = (given: Duration | undefined): number => (given ? Number(given.seconds) + given.nanos / NANOSECONDS : 0);

/** What a v1 request says of a login policy; what it leaves out is false, none, nought. */
interface LoginRequest
  extends Omit<LoginPolicy, 'secondFactors' | 'multiFactors' | keyof ReturnType<typeof lifetimes>>,
    Partial<Record<keyof ReturnType<typeof lifetimes>, Duration | undefined>> {
  readonly secondFactors?: readonly number[];
  readonly multiFactors?: readonly number[];
}

/** A change says nothing of the factors, which have calls of their own. */
export function loginChange(request: LoginRequest): Omit<LoginPolicy, 'secondFactors' | 'multiFactors'> {
  return {
    allowUsernamePassword: request.allowUsernamePassword,
    allowRegister: request.allowRegister,
    allowExternalIdp: request.allowExternalIdp,
    forceMfa: request.forceMfa,
    forceMfaLocalOnly: request.forceMfaLocalOnly,
    passwordlessType: request.passwordlessType,
    hidePasswordReset: request.hidePasswordReset,
    ignoreUnknownUsernames: request.ignoreUnknownUsernames,
    defaultRedirectUri: request.defaultRedirectUri,
    passwordCheckLifetime: secondsOf(request.passwordCheckLifetime),
    externalLoginCheckLifetime: secondsOf(request.externalLoginCheckLifetime),
    mfaInitSkipLifetime: secondsOf(request.mfaInitSkipLifetime),
    secondFactorCheckLifetime: secondsOf(request.secondFactorCheckLifetime),
    multiFactorCheckLifetime: secondsOf(request.multiFactorCheckLifetime),
    allowDomainDiscovery: request.allowDomainDiscovery,
    disableLoginWithEmail: request.disableLoginWithEmail,
    disableLoginWithPhone: request.disableLoginWithPhone,
  };
}

export const newLogin = (request: LoginRequest): LoginPolicy => ({
  ...loginChange(request),
  secondFactors: [...new Set(request.secondFactors)],
  multiFactors: [...new Set(request.multiFactors)],
});

export const loginOfV1 = (policy: LoginPolicy) => ({
  ...policy,
  ...lifetimes(policy),
  secondFactors: [...policy.secondFactors],
  multiFactors: [...policy.multiFactors],
});

export function loginOfV2(policy: LoginPolicy): MessageInitShape<typeof LoginSettingsSchema> {
  const { passwordlessType, secondFactors, multiFactors, ...same } = policy;
  return {
    ...same,
    ...lifetimes(policy),
    allowLocalAuthentication: policy.allowUsernamePassword,
    passkeysType: passwordlessType,
    secondFactors: [...secondFactors],
    multiFactors: [...multiFactors],
  };
}

export const complexityOfV1 = ({ minLength, ...has }: ComplexityPolicy): MessageInitShape<typeof PasswordComplexityPolicySchema> => ({
  minLength: BigInt(minLength),
  ...has,
});

export const complexityOfV2 = (policy: ComplexityPolicy): MessageInitShape<typeof PasswordComplexitySettingsSchema> => ({
  minLength: BigInt(policy.minLength),
  requiresUppercase: policy.hasUppercase,
  requiresLowercase: policy.hasLowercase,
  requiresNumber: policy.hasNumber,
  requiresSymbol: policy.hasSymbol,
});

export const newComplexity = (
  request: Omit<ComplexityPolicy, 'minLength'> & { readonly minLength: number | bigint },
): ComplexityPolicy => ({
  minLength: Number(request.minLength),
  hasUppercase: request.hasUppercase,
  hasLowercase: request.hasLowercase,
  hasNumber: request.hasNumber,
  hasSymbol: request.hasSymbol,
});

export const ageOf = ({ maxAgeDays, expireWarnDays }: AgePolicy) => ({
  maxAgeDays: BigInt(maxAgeDays),
  expireWarnDays: BigInt(expireWarnDays),
});

export const lockoutOf = ({ maxPasswordAttempts, maxOtpAttempts }: LockoutPolicy) => ({
  maxPasswordAttempts: BigInt(maxPasswordAttempts),
  maxOtpAttempts: BigInt(maxOtpAttempts),
});

/** v1 counts the modes of a theme in another order than v2. */
const THEMES = [ThemeMode.UNSPECIFIED, ThemeMode.AUTO, ThemeMode.DARK, ThemeMode.LIGHT] as const;

/** No logo, icon or font can be set yet, so none has an address. */
export const brandingOf = (policy: LabelPolicy): MessageInitShape<typeof BrandingSettingsSchema> => ({
  lightTheme: {
    primaryColor: policy.primaryColor,
    backgroundColor: policy.backgroundColor,
    warnColor: policy.warnColor,
    fontColor: policy.fontColor,
  },
  darkTheme: {
    primaryColor: policy.primaryColorDark,
    backgroundColor: policy.backgroundColorDark,
    warnColor: policy.warnColorDark,
    fontColor: policy.fontColorDark,
  },
  hideLoginNameSuffix: policy.hideLoginNameSuffix,
  disableWatermark: policy.disableWatermark,
  themeMode: THEMES[policy.themeMode] ?? ThemeMode.UNSPECIFIED,
});
