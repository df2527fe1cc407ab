/**
 * What rules a tenant and its organizations: the kinds of policies, what stands in each, what a new instance begins with
 * (reference/instance-and-setup.md 9), and which one counts, as part of a statement: that of the organization, else that of the instance, else
 * what it began with. An organization's own stands alone: nothing of the instance's remains in it.
 */
import type { Fragment, Sql } from '../store/connect.ts';

export interface Policies {
  readonly login: LoginPolicy;
  readonly complexity: ComplexityPolicy;
  readonly age: AgePolicy;
  readonly lockout: LockoutPolicy;
  readonly privacy: PrivacyPolicy;
  readonly notification: NotificationPolicy;
  readonly label: LabelPolicy;
  /** Of an organization or the instance, until it is activated. */
  readonly label_preview: LabelPolicy;
  readonly domain: DomainPolicy;
  /** Of the instance alone. */
  readonly security: SecurityPolicy;
  readonly restrictions: Restrictions;
  /** Of an organization alone. */
  readonly organization: OrganizationSettings;
  readonly links: Links;
}

export type PolicyKind = keyof Policies;

/** Lifetimes in seconds; factors by their numbers, which are those of the API. */
export interface LoginPolicy {
  readonly allowUsernamePassword: boolean;
  readonly allowRegister: boolean;
  readonly allowExternalIdp: boolean;
  readonly forceMfa: boolean;
  readonly forceMfaLocalOnly: boolean;
  /** 1: allowed. */
  readonly passwordlessType: number;
  readonly hidePasswordReset: boolean;
  readonly ignoreUnknownUsernames: boolean;
  readonly defaultRedirectUri: string;
  readonly passwordCheckLifetime: number;
  readonly externalLoginCheckLifetime: number;
  readonly mfaInitSkipLifetime: number;
  readonly secondFactorCheckLifetime: number;
  readonly multiFactorCheckLifetime: number;
  readonly allowDomainDiscovery: boolean;
  readonly disableLoginWithEmail: boolean;
  readonly disableLoginWithPhone: boolean;
  readonly secondFactors: readonly number[];
  readonly multiFactors: readonly number[];
}

/** SecondFactorType of the API, v1 and v2 alike. */
export const secondFactorTypes = { totp: 1, u2f: 2, otpEmail: 3, otpSms: 4, recoveryCodes: 5 } as const;
const U2F_WITH_VERIFICATION = 1;

export interface ComplexityPolicy {
  readonly minLength: number;
  readonly hasUppercase: boolean;
  readonly hasLowercase: boolean;
  readonly hasNumber: boolean;
  readonly hasSymbol: boolean;
}

/** In days; 0: never. */
export interface AgePolicy {
  readonly maxAgeDays: number;
  readonly expireWarnDays: number;
}

/** 0: never. */
export interface LockoutPolicy {
  readonly maxPasswordAttempts: number;
  readonly maxOtpAttempts: number;
}

export interface PrivacyPolicy {
  readonly tosLink: string;
  readonly privacyLink: string;
  readonly helpLink: string;
  readonly supportEmail: string;
  readonly docsLink: string;
  readonly customLink: string;
  readonly customLinkText: string;
}

export interface NotificationPolicy {
  /** Users are told that their password was changed. */
  readonly passwordChange: boolean;
}

export interface LabelPolicy {
  readonly primaryColor: string;
  readonly backgroundColor: string;
  readonly warnColor: string;
  readonly fontColor: string;
  readonly primaryColorDark: string;
  readonly backgroundColorDark: string;
  readonly warnColorDark: string;
  readonly fontColorDark: string;
  readonly hideLoginNameSuffix: boolean;
  readonly disableWatermark: boolean;
  /** ThemeMode of v1: 1 auto, 2 dark, 3 light. */
  readonly themeMode: number;
}

export interface DomainPolicy {
  readonly userLoginMustBeDomain: boolean;
  readonly validateOrgDomains: boolean;
  readonly smtpSenderAddressMatchesInstanceDomain: boolean;
}

export interface SecurityPolicy {
  readonly enableIframeEmbedding: boolean;
  readonly allowedOrigins: readonly string[];
  readonly enableImpersonation: boolean;
}

export interface Restrictions {
  readonly disallowPublicOrgRegistration: boolean;
  /** Empty: all. */
  readonly allowedLanguages: readonly string[];
}

export interface OrganizationSettings {
  readonly organizationScopedUsernames: boolean;
}

export interface Links {
  readonly links: readonly { readonly type: number; readonly url: string; readonly translationKey: string; readonly target: number }[];
}

const HOUR = 3600;
const DAY = 24 * HOUR;

const label: LabelPolicy = {
  primaryColor: '#5469d4',
  backgroundColor: '#fafafa',
  warnColor: '#cd3d56',
  fontColor: '#000000',
  primaryColorDark: '#2073c4',
  backgroundColorDark: '#111827',
  warnColorDark: '#ff3b5b',
  fontColorDark: '#ffffff',
  hideLoginNameSuffix: false,
  disableWatermark: false,
  themeMode: 1,
};

export const defaults: Policies = {
  login: {
    allowUsernamePassword: true,
    allowRegister: true,
    allowExternalIdp: true,
    forceMfa: false,
    forceMfaLocalOnly: false,
    passwordlessType: 1,
    hidePasswordReset: false,
    ignoreUnknownUsernames: false,
    defaultRedirectUri: '',
    passwordCheckLifetime: 10 * DAY,
    externalLoginCheckLifetime: 10 * DAY,
    mfaInitSkipLifetime: 30 * DAY,
    secondFactorCheckLifetime: 18 * HOUR,
    multiFactorCheckLifetime: 12 * HOUR,
    allowDomainDiscovery: true,
    disableLoginWithEmail: false,
    disableLoginWithPhone: false,
    secondFactors: [secondFactorTypes.totp, secondFactorTypes.u2f],
    multiFactors: [U2F_WITH_VERIFICATION],
  },
  complexity: { minLength: 8, hasUppercase: true, hasLowercase: true, hasNumber: true, hasSymbol: true },
  age: { maxAgeDays: 0, expireWarnDays: 0 },
  lockout: { maxPasswordAttempts: 0, maxOtpAttempts: 0 },
  privacy: {
    tosLink: '',
    privacyLink: '',
    helpLink: '',
    supportEmail: '',
    docsLink: 'https://zitadel.com/docs',
    customLink: '',
    customLinkText: '',
  },
  notification: { passwordChange: true },
  label,
  label_preview: label,
  domain: { userLoginMustBeDomain: false, validateOrgDomains: false, smtpSenderAddressMatchesInstanceDomain: false },
  security: { enableIframeEmbedding: false, allowedOrigins: [], enableImpersonation: false },
  restrictions: { disallowPublicOrgRegistration: false, allowedLanguages: [] },
  organization: { organizationScopedUsernames: false },
  links: { links: [] },
};

/** The value (jsonb) of the policy that counts for an organization; `instanceId` and `orgId` are columns or values of the statement. */
export function effectivePolicy(sql: Sql, kind: PolicyKind, instanceId: Fragment, orgId: Fragment): Fragment {
  return sql`coalesce(
    (select y.value from policies y where y.instance_id = ${instanceId} and y.kind = ${kind} and y.org_id in (${orgId}, '') order by y.org_id desc limit 1),
    ${JSON.stringify(defaults[kind])}::text::jsonb)`;
}
