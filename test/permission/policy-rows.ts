/** Rows of the permission table: settings, policies, features and signing keys (reference/org-and-settings.md 3, 6 and 7, v1-minimum.md). */
import type { DescMethodUnary } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { FeatureService } from '../../src/contract/gen/zitadel/feature/v2/feature_service_pb.js';
import { SettingsService } from '../../src/contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { WebKeyService } from '../../src/contract/gen/zitadel/webkey/v2/webkey_service_pb.js';
import type { Code } from '../../src/failure/failure.ts';
import type { Row, Target } from './rows.ts';

const admin = AdminService.method;
const management = ManagementService.method;
const settings = SettingsService.method;
const feature = FeatureService.method;
const key = WebKeyService.method;

const inOrg = ({ orgId }: Target) => ({ 'x-zitadel-orgid': orgId });
const nothing = () => ({});

/** Of the organization of the call. */
const here = (rpc: DescMethodUnary, needs: string, rest: Partial<Row> = {}): Row => ({
  rpc,
  on: 'context',
  needs,
  changes: false,
  headers: inOrg,
  message: nothing,
  ...rest,
});
/** Of the instance. */
const there = (rpc: DescMethodUnary, needs: string, rest: Partial<Row> = {}): Row => ({
  rpc,
  on: 'instance',
  needs,
  changes: false,
  placeless: true,
  message: nothing,
  ...rest,
});
const anyone = (rpc: DescMethodUnary, rest: Partial<Row> = {}): Row => ({
  rpc,
  on: 'anyone',
  changes: false,
  placeless: true,
  message: nothing,
  ...rest,
});

/** It is there once for all callers: the first one makes or ends it, the others are told so. */
const once = (message: object, ...codes: readonly Code[]) => ({ changes: true, once: codes, message: () => message });
const add = (message: object) => once(message, 'already_exists');
const update = (message: object) => once(message, 'failed_precondition', 'not_found');
const reset = once({}, 'not_found');

const READ = 'policy.read';
const WRITE = 'policy.write';
const DELETE = 'policy.delete';
const IAM_READ = 'iam.policy.read';
const IAM_WRITE = 'iam.policy.write';
const IAM_DELETE = 'iam.policy.delete';

/** Values that rule nobody out, since other calls are made on the same organizations. */
const values = {
  login: { allowUsernamePassword: true },
  complexity: { minLength: 1 },
  age: { maxAgeDays: 1000 },
  lockout: { maxPasswordAttempts: 10_000 },
  privacy: { helpLink: 'https://example.com/help' },
  notification: { passwordChange: true },
  label: { primaryColor: '#112233' },
};
const otherKey = { minLength: 2n };
const secondFactor = { type: 3 };
const multiFactor = { type: 1 };
const ofOrg =
  (more: object) =>
  ({ orgId }: Target) => ({ orgId, ...more });
const onInstance = { ctx: { resourceOwner: { case: 'instance', value: true } } };
const link = { type: 3, url: 'https://example.com/help' };
const level = { case: 'instance', value: true };

export const policyRows: readonly Row[] = [
  // settings.v2
  ...[
    settings.getGeneralSettings,
    settings.getLoginSettings,
    settings.getPasswordComplexitySettings,
    settings.getPasswordExpirySettings,
    settings.getBrandingSettings,
    settings.getDomainSettings,
    settings.getLegalAndSupportSettings,
    settings.getLockoutSettings,
    settings.getActiveIdentityProviders,
  ].map((rpc) => here(rpc, READ, { byProject: true })),
  there(settings.getSecuritySettings, IAM_READ),
  there(settings.setSecuritySettings, IAM_WRITE, update({ embeddedIframe: { enabled: true } })),
  // As they are already; a change would touch each user of the organization.
  {
    rpc: settings.setOrganizationSettings,
    on: 'organization',
    needs: IAM_WRITE,
    changes: false,
    message: ({ orgId }) => ({ organizationId: orgId, organizationScopedUsernames: false }),
  },
  // Of an organization that has none, or is not there, they are deleted already.
  there(settings.deleteOrganizationSettings, IAM_DELETE, { message: ({ userId }) => ({ organizationId: `none of ${userId}` }) }),
  {
    rpc: settings.listOrganizationSettings,
    on: 'list',
    needs: READ,
    changes: false,
    message: ({ orgId }) => ({ filters: [{ filter: { case: 'inOrganizationIdsFilter', value: { ids: [orgId] } } }] }),
  },
  there(settings.getHostedLoginTranslation, IAM_READ, { message: () => ({ level, locale: 'en' }) }),
  there(settings.setHostedLoginTranslation, IAM_WRITE, once({ level, locale: 'en', translations: { common: { back: 'Back' } } })),
  {
    rpc: settings.getHostedLoginTranslation,
    how: 'an organization',
    on: 'organization',
    needs: IAM_READ,
    changes: false,
    unknown: ['ok'],
    message: ({ orgId }) => ({ level: { case: 'organizationId', value: orgId }, locale: 'en' }),
  },
  {
    rpc: settings.setHostedLoginTranslation,
    how: 'an organization',
    on: 'organization',
    needs: IAM_WRITE,
    changes: true,
    once: [],
    message: ({ orgId }) => ({ level: { case: 'organizationId', value: orgId }, locale: 'en', translations: { own: 'text' } }),
  },
  there(settings.getLinkSettings, IAM_READ, { message: () => onInstance }),
  there(settings.setLinkSettings, IAM_WRITE, once({ ...onInstance, links: [link] })),
  there(settings.resetLinkSettings, IAM_WRITE, once(onInstance)),
  there(settings.getEffectiveSettings, IAM_READ),

  // v1: an organization's own policies
  ...[
    management.getLoginPolicy,
    management.getDefaultLoginPolicy,
    management.listLoginPolicySecondFactors,
    management.listLoginPolicyMultiFactors,
    management.getPasswordComplexityPolicy,
    management.getDefaultPasswordComplexityPolicy,
    management.getPasswordAgePolicy,
    management.getDefaultPasswordAgePolicy,
    management.getLockoutPolicy,
    management.getDefaultLockoutPolicy,
    management.getPrivacyPolicy,
    management.getDefaultPrivacyPolicy,
    management.getNotificationPolicy,
    management.getDefaultNotificationPolicy,
    management.getLabelPolicy,
    management.getPreviewLabelPolicy,
    management.getDefaultLabelPolicy,
  ].map((rpc) => here(rpc, READ, { byProject: true })),
  here(management.addCustomLoginPolicy, WRITE, add(values.login)),
  here(management.updateCustomLoginPolicy, WRITE, update({ ...values.login, hidePasswordReset: true })),
  here(management.resetLoginPolicyToDefault, DELETE, reset),
  here(management.addSecondFactorToLoginPolicy, WRITE, once(secondFactor, 'already_exists', 'not_found')),
  here(management.removeSecondFactorFromLoginPolicy, WRITE, once(secondFactor, 'not_found')),
  here(management.addMultiFactorToLoginPolicy, WRITE, once(multiFactor, 'already_exists', 'not_found')),
  here(management.removeMultiFactorFromLoginPolicy, WRITE, once(multiFactor, 'not_found')),
  here(management.addCustomPasswordComplexityPolicy, WRITE, add({ minLength: 1n })),
  here(management.updateCustomPasswordComplexityPolicy, WRITE, update(otherKey)),
  here(management.resetPasswordComplexityPolicyToDefault, DELETE, reset),
  here(management.addCustomPasswordAgePolicy, WRITE, add(values.age)),
  here(management.updateCustomPasswordAgePolicy, WRITE, update({ maxAgeDays: 999 })),
  here(management.resetPasswordAgePolicyToDefault, DELETE, reset),
  here(management.addCustomLockoutPolicy, WRITE, add(values.lockout)),
  here(management.updateCustomLockoutPolicy, WRITE, update({ maxPasswordAttempts: 9999 })),
  here(management.resetLockoutPolicyToDefault, DELETE, reset),
  here(management.addCustomPrivacyPolicy, WRITE, add(values.privacy)),
  here(management.updateCustomPrivacyPolicy, WRITE, update({ tosLink: 'https://example.com/tos' })),
  here(management.resetPrivacyPolicyToDefault, DELETE, reset),
  here(management.addCustomNotificationPolicy, WRITE, add(values.notification)),
  here(management.updateCustomNotificationPolicy, WRITE, update({ passwordChange: false })),
  here(management.resetNotificationPolicyToDefault, DELETE, reset),
  here(management.addCustomLabelPolicy, WRITE, add(values.label)),
  here(management.updateCustomLabelPolicy, WRITE, update({ primaryColor: '#332211' })),
  here(management.activateCustomLabelPolicy, WRITE, once({}, 'not_found')),
  here(management.resetLabelPolicyToDefault, DELETE, reset),
  anyone(management.getDomainPolicy),

  // v1: those of the instance
  ...[
    admin.getLoginPolicy,
    admin.listLoginPolicySecondFactors,
    admin.listLoginPolicyMultiFactors,
    admin.getPasswordComplexityPolicy,
    admin.getPasswordAgePolicy,
    admin.getLockoutPolicy,
    admin.getPrivacyPolicy,
    admin.getNotificationPolicy,
    admin.getLabelPolicy,
    admin.getPreviewLabelPolicy,
    admin.getDomainPolicy,
    admin.getSecurityPolicy,
  ].map((rpc) => there(rpc, IAM_READ)),
  there(admin.updateLoginPolicy, IAM_WRITE, update(values.login)),
  there(admin.addSecondFactorToLoginPolicy, IAM_WRITE, once(secondFactor, 'already_exists')),
  there(admin.removeSecondFactorFromLoginPolicy, IAM_WRITE, once(secondFactor, 'not_found')),
  there(admin.addMultiFactorToLoginPolicy, IAM_WRITE, once(multiFactor, 'already_exists')),
  there(admin.removeMultiFactorFromLoginPolicy, IAM_WRITE, once(multiFactor, 'not_found')),
  there(admin.updatePasswordComplexityPolicy, IAM_WRITE, update(values.complexity)),
  there(admin.updatePasswordAgePolicy, IAM_WRITE, update(values.age)),
  there(admin.updateLockoutPolicy, IAM_WRITE, update(values.lockout)),
  there(admin.updatePrivacyPolicy, IAM_WRITE, update(values.privacy)),
  there(admin.updateNotificationPolicy, IAM_WRITE, update({ passwordChange: false })),
  there(admin.updateLabelPolicy, IAM_WRITE, update(values.label)),
  there(admin.activateLabelPolicy, IAM_WRITE, once({}, 'not_found')),
  there(admin.updateDomainPolicy, IAM_WRITE, update({ smtpSenderAddressMatchesInstanceDomain: true })),
  there(admin.setSecurityPolicy, IAM_WRITE, update({ enableImpersonation: true })),
  { ...there(admin.getCustomDomainPolicy, IAM_READ), on: 'organization', placeless: undefined, unknown: ['ok'], message: ofOrg({}) },
  { ...there(admin.addCustomDomainPolicy, IAM_WRITE, add({})), on: 'organization', placeless: undefined, message: ofOrg({}) },
  {
    ...there(admin.updateCustomDomainPolicy, IAM_WRITE, update({})),
    on: 'organization',
    placeless: undefined,
    message: ofOrg({ smtpSenderAddressMatchesInstanceDomain: true }),
  },
  { ...there(admin.resetCustomDomainPolicyToDefault, IAM_DELETE, reset), on: 'organization', placeless: undefined, message: ofOrg({}) },
  there(admin.getRestrictions, 'iam.restrictions.read'),
  there(admin.setRestrictions, 'iam.restrictions.write', update({ disallowPublicOrgRegistration: true })),
  anyone(admin.getSupportedLanguages),
  anyone(admin.getAllowedLanguages),

  // feature.v2
  there(feature.setSystemFeatures, 'system.feature.write', once({ userSchema: true })),
  there(feature.resetSystemFeatures, 'system.feature.delete', once({})),
  anyone(feature.getSystemFeatures),
  there(feature.setInstanceFeatures, 'iam.feature.write', once({ userSchema: true })),
  there(feature.resetInstanceFeatures, 'iam.feature.delete', once({})),
  anyone(feature.getInstanceFeatures),
  ...(
    [
      ['set', 'write'],
      ['reset', 'delete'],
    ] as const
  ).flatMap(([verb, permission]) => [
    here(feature[`${verb}OrganizationFeatures`], `org.feature.${permission}`, {
      answer: 'unimplemented',
      message: ({ orgId }) => ({ organizationId: orgId }),
    }),
    here(feature[`${verb}UserFeatures`], `user.feature.${permission}`, {
      answer: 'unimplemented',
      message: ({ userId }) => ({ userId }),
    }),
  ]),
  anyone(feature.getOrganizationFeatures, { headers: inOrg, answer: 'unimplemented', message: ({ orgId }) => ({ organizationId: orgId }) }),
  anyone(feature.getUserFeatures, { headers: inOrg, answer: 'unimplemented', message: ({ userId }) => ({ userId }) }),

  // webkey.v2
  there(key.createWebKey, 'iam.web_key.write', { changes: true, message: () => ({ key: { case: 'ed25519', value: {} } }) }),
  there(key.activateWebKey, 'iam.web_key.write', { answer: 'not_found', message: () => ({ id: 'none' }) }),
  there(key.deleteWebKey, 'iam.web_key.delete', { message: () => ({ id: 'none' }) }),
  there(key.listWebKeys, 'iam.web_key.read'),
];
