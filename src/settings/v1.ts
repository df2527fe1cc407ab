/**
 * The policies of zitadel.admin.v1 (those of the instance) and zitadel.management.v1 (those of the organization of the call): message in,
 * message out, over the same commands as v2 reads (reference/v1-minimum.md, "Own policies").
 */
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Call, Implementation } from '../access/call.ts';
import type { DomainPolicy, LabelPolicy, LockoutPolicy, Policies, PolicyKind, PrivacyPolicy } from '../access/policy.ts';
import { attachProvider, policyProviders } from '../idp/login-policy.ts';
import { allowedLanguages, languages } from './language.ts';
import {
  added,
  ageOf,
  changed,
  complexityOfV1,
  lockoutOf,
  loginChange,
  loginOfV1,
  newComplexity,
  newLogin,
  shownDetails,
} from './message.ts';
import { changeDomainPolicy } from './names.ts';
import { activateLabel, addPolicy, changeFactors, changePolicy, type Level, readPolicy, removePolicy } from './policy.ts';
import { readRestrictions, setRestrictions } from './restrictions.ts';

/** `policy` with its details, and beside it whether it is the instance's. */
async function read<K extends PolicyKind, M extends object>(call: Call, kind: K, level: Level, message: (value: Policies[K]) => M) {
  const shown = await readPolicy(call, kind, level);
  return { policy: { ...message(shown.value), details: shownDetails(shown), isDefault: !shown.own }, isDefault: !shown.own };
}

/** As `read`, where nothing stands beside the policy. */
async function readAlone<K extends PolicyKind, M extends object>(call: Call, kind: K, level: Level, message: (value: Policies[K]) => M) {
  const { policy } = await read(call, kind, level, message);
  return { policy };
}

/** With the providers that it offers. */
async function readLogin(call: Call, level: Level) {
  const shown = await readPolicy(call, 'login', level);
  const idps = (await policyProviders(call, shown.owner)).map(({ idp_id, name }) => ({ idpId: idp_id, idpName: name }));
  return { policy: { ...loginOfV1(shown.value), idps, details: shownDetails(shown), isDefault: !shown.own }, isDefault: !shown.own };
}

const same = <V>(value: V): V => value;
const INSTANCE = 'instance';
const own = (call: Call) => ({ orgId: call.orgId });

const add = async <K extends PolicyKind>(call: Call, kind: K, value: Policies[K]) => ({
  details: added(await addPolicy(call, kind, call.orgId, value)),
});
const change = async <K extends PolicyKind>(call: Call, kind: K, level: Level, value: Partial<Policies[K]>) => ({
  details: changed(await changePolicy(call, kind, level, value)),
});
const reset = async (call: Call, kind: PolicyKind) => ({ details: changed(await removePolicy(call, kind, call.orgId)) });

// What a request holds beside its values (its type) is no part of them.
const newLockout = ({ maxPasswordAttempts, maxOtpAttempts }: LockoutPolicy): LockoutPolicy => ({ maxPasswordAttempts, maxOtpAttempts });
const newAge = ({ maxAgeDays, expireWarnDays }: Policies['age']): Policies['age'] => ({ maxAgeDays, expireWarnDays });
const newNotification = ({ passwordChange }: Policies['notification']): Policies['notification'] => ({ passwordChange });
const newPrivacy = (given: PrivacyPolicy): PrivacyPolicy => ({
  tosLink: given.tosLink,
  privacyLink: given.privacyLink,
  helpLink: given.helpLink,
  supportEmail: given.supportEmail,
  docsLink: given.docsLink,
  customLink: given.customLink,
  customLinkText: given.customLinkText,
});
const newLabel = (given: LabelPolicy): LabelPolicy => ({
  primaryColor: given.primaryColor,
  backgroundColor: given.backgroundColor,
  warnColor: given.warnColor,
  fontColor: given.fontColor,
  primaryColorDark: given.primaryColorDark,
  backgroundColorDark: given.backgroundColorDark,
  warnColorDark: given.warnColorDark,
  fontColorDark: given.fontColorDark,
  hideLoginNameSuffix: given.hideLoginNameSuffix,
  disableWatermark: given.disableWatermark,
  themeMode: given.themeMode,
});
const newDomain = (given: DomainPolicy): DomainPolicy => ({
  userLoginMustBeDomain: given.userLoginMustBeDomain,
  validateOrgDomains: given.validateOrgDomains,
  smtpSenderAddressMatchesInstanceDomain: given.smtpSenderAddressMatchesInstanceDomain,
});

const factorList = (factors: readonly number[]) => ({ details: { totalResult: BigInt(factors.length) }, result: [...factors] });

export const managementPolicies: Implementation<typeof ManagementService> = {
  getLoginPolicy: (_, call) => readLogin(call, own(call)),
  async getDefaultLoginPolicy(_, call) {
    const { policy } = await readLogin(call, INSTANCE);
    return { policy };
  },
  addCustomLoginPolicy: (request, call) =>
    // With the providers that it offers, or not at all.
    call.db.together(async (db) => {
      const inside = { ...call, db };
      const done = await add(inside, 'login', newLogin(request));
      for (const { idpId } of request.idps) await attachProvider(inside, 'organization', idpId);
      return done;
    }),
  updateCustomLoginPolicy: (request, call) => change(call, 'login', own(call), loginChange(request)),
  resetLoginPolicyToDefault: (_, call) => reset(call, 'login'),
  listLoginPolicySecondFactors: async (_, call) => factorList((await readPolicy(call, 'login', own(call))).value.secondFactors),
  addSecondFactorToLoginPolicy: async ({ type }, call) => ({
    details: added(await changeFactors(call, own(call), 'secondFactors', 'add', type)),
  }),
  removeSecondFactorFromLoginPolicy: async ({ type }, call) => ({
    details: changed(await changeFactors(call, own(call), 'secondFactors', 'remove', type)),
  }),
  listLoginPolicyMultiFactors: async (_, call) => factorList((await readPolicy(call, 'login', own(call))).value.multiFactors),
  addMultiFactorToLoginPolicy: async ({ type }, call) => ({
    details: added(await changeFactors(call, own(call), 'multiFactors', 'add', type)),
  }),
  removeMultiFactorFromLoginPolicy: async ({ type }, call) => ({
    details: changed(await changeFactors(call, own(call), 'multiFactors', 'remove', type)),
  }),

  getPasswordComplexityPolicy: (_, call) => read(call, 'complexity', own(call), complexityOfV1),
  getDefaultPasswordComplexityPolicy: (_, call) => readAlone(call, 'complexity', INSTANCE, complexityOfV1),
  addCustomPasswordComplexityPolicy: (request, call) => add(call, 'complexity', newComplexity(request)),
  updateCustomPasswordComplexityPolicy: (request, call) => change(call, 'complexity', own(call), newComplexity(request)),
  resetPasswordComplexityPolicyToDefault: (_, call) => reset(call, 'complexity'),

  getPasswordAgePolicy: (_, call) => read(call, 'age', own(call), ageOf),
  getDefaultPasswordAgePolicy: (_, call) => readAlone(call, 'age', INSTANCE, ageOf),
  addCustomPasswordAgePolicy: (request, call) => add(call, 'age', newAge(request)),
  updateCustomPasswordAgePolicy: (request, call) => change(call, 'age', own(call), newAge(request)),
  resetPasswordAgePolicyToDefault: (_, call) => reset(call, 'age'),

  getLockoutPolicy: (_, call) => read(call, 'lockout', own(call), lockoutOf),
  getDefaultLockoutPolicy: (_, call) => readAlone(call, 'lockout', INSTANCE, lockoutOf),
  addCustomLockoutPolicy: (request, call) => add(call, 'lockout', newLockout(request)),
  updateCustomLockoutPolicy: (request, call) => change(call, 'lockout', own(call), newLockout(request)),
  resetLockoutPolicyToDefault: (_, call) => reset(call, 'lockout'),

  getPrivacyPolicy: (_, call) => readAlone(call, 'privacy', own(call), same),
  getDefaultPrivacyPolicy: (_, call) => readAlone(call, 'privacy', INSTANCE, same),
  addCustomPrivacyPolicy: (request, call) => add(call, 'privacy', newPrivacy(request)),
  updateCustomPrivacyPolicy: (request, call) => change(call, 'privacy', own(call), newPrivacy(request)),
  resetPrivacyPolicyToDefault: (_, call) => reset(call, 'privacy'),

  getNotificationPolicy: (_, call) => readAlone(call, 'notification', own(call), same),
  getDefaultNotificationPolicy: (_, call) => readAlone(call, 'notification', INSTANCE, same),
  addCustomNotificationPolicy: (request, call) => add(call, 'notification', newNotification(request)),
  updateCustomNotificationPolicy: (request, call) => change(call, 'notification', own(call), newNotification(request)),
  resetNotificationPolicyToDefault: (_, call) => reset(call, 'notification'),

  getLabelPolicy: (_, call) => read(call, 'label', own(call), same),
  getPreviewLabelPolicy: (_, call) => read(call, 'label_preview', own(call), same),
  getDefaultLabelPolicy: (_, call) => readAlone(call, 'label', INSTANCE, same),
  addCustomLabelPolicy: (request, call) => add(call, 'label_preview', newLabel(request)),
  updateCustomLabelPolicy: (request, call) => change(call, 'label_preview', own(call), newLabel(request)),
  activateCustomLabelPolicy: async (_, call) => ({ details: changed(await activateLabel(call, own(call))) }),
  resetLabelPolicyToDefault: (_, call) => reset(call, 'label_preview'),

  getDomainPolicy: (_, call) => readAlone(call, 'domain', own(call), same),
};

export const adminPolicies: Implementation<typeof AdminService> = {
  async getLoginPolicy(_, call) {
    const { policy } = await readLogin(call, INSTANCE);
    return { policy };
  },
  updateLoginPolicy: (request, call) => change(call, 'login', INSTANCE, loginChange(request)),
  listLoginPolicySecondFactors: async (_, call) => factorList((await readPolicy(call, 'login', INSTANCE)).value.secondFactors),
  addSecondFactorToLoginPolicy: async ({ type }, call) => ({
    details: added(await changeFactors(call, INSTANCE, 'secondFactors', 'add', type)),
  }),
  removeSecondFactorFromLoginPolicy: async ({ type }, call) => ({
    details: changed(await changeFactors(call, INSTANCE, 'secondFactors', 'remove', type)),
  }),
  listLoginPolicyMultiFactors: async (_, call) => factorList((await readPolicy(call, 'login', INSTANCE)).value.multiFactors),
  addMultiFactorToLoginPolicy: async ({ type }, call) => ({
    details: added(await changeFactors(call, INSTANCE, 'multiFactors', 'add', type)),
  }),
  removeMultiFactorFromLoginPolicy: async ({ type }, call) => ({
    details: changed(await changeFactors(call, INSTANCE, 'multiFactors', 'remove', type)),
  }),

  getPasswordComplexityPolicy: (_, call) => readAlone(call, 'complexity', INSTANCE, complexityOfV1),
  updatePasswordComplexityPolicy: (request, call) => change(call, 'complexity', INSTANCE, newComplexity(request)),
  getPasswordAgePolicy: (_, call) => readAlone(call, 'age', INSTANCE, ageOf),
  updatePasswordAgePolicy: (request, call) => change(call, 'age', INSTANCE, newAge(request)),
  getLockoutPolicy: (_, call) => readAlone(call, 'lockout', INSTANCE, lockoutOf),
  updateLockoutPolicy: (request, call) => change(call, 'lockout', INSTANCE, newLockout(request)),
  getPrivacyPolicy: (_, call) => readAlone(call, 'privacy', INSTANCE, same),
  updatePrivacyPolicy: (request, call) => change(call, 'privacy', INSTANCE, newPrivacy(request)),
  getNotificationPolicy: (_, call) => readAlone(call, 'notification', INSTANCE, same),
  updateNotificationPolicy: (request, call) => change(call, 'notification', INSTANCE, newNotification(request)),
  getLabelPolicy: (_, call) => readAlone(call, 'label', INSTANCE, same),
  getPreviewLabelPolicy: (_, call) => readAlone(call, 'label_preview', INSTANCE, same),
  updateLabelPolicy: (request, call) => change(call, 'label_preview', INSTANCE, newLabel(request)),
  activateLabelPolicy: async (_, call) => ({ details: changed(await activateLabel(call, INSTANCE)) }),

  getDomainPolicy: (_, call) => readAlone(call, 'domain', INSTANCE, same),
  updateDomainPolicy: async (request, call) => ({
    details: changed(await changeDomainPolicy(call, INSTANCE, { how: 'change', value: newDomain(request) })),
  }),
  getCustomDomainPolicy: ({ orgId }, call) => readAlone(call, 'domain', { orgId }, same),
  addCustomDomainPolicy: async ({ orgId, ...request }, call) => ({
    details: added(await changeDomainPolicy(call, { orgId }, { how: 'add', value: newDomain(request) })),
  }),
  updateCustomDomainPolicy: async ({ orgId, ...request }, call) => ({
    details: changed(await changeDomainPolicy(call, { orgId }, { how: 'change', value: newDomain(request) })),
  }),
  resetCustomDomainPolicyToDefault: async ({ orgId }, call) => ({
    details: changed(await changeDomainPolicy(call, { orgId }, { how: 'remove' })),
  }),

  async getSecurityPolicy(_, call) {
    const { value, ...shown } = await readPolicy(call, 'security', INSTANCE);
    return { policy: { ...value, allowedOrigins: [...value.allowedOrigins], details: shownDetails(shown) } };
  },
  setSecurityPolicy: ({ enableIframeEmbedding, allowedOrigins, enableImpersonation }, call) =>
    change(call, 'security', INSTANCE, { enableIframeEmbedding, allowedOrigins, enableImpersonation }),

  getRestrictions: async (_, call) => {
    const { value, ...shown } = await readRestrictions(call);
    return { details: shownDetails(shown), ...value, allowedLanguages: [...value.allowedLanguages] };
  },
  setRestrictions: async ({ disallowPublicOrgRegistration, allowedLanguages: wanted }, call) => ({
    details: changed(await setRestrictions(call, { disallowPublicOrgRegistration, allowedLanguages: wanted?.list })),
  }),
  async getSupportedLanguages(_, call) {
    await call.db.confirm();
    return { languages: [...languages] };
  },
  getAllowedLanguages: async (_, call) => ({ languages: [...allowedLanguages((await readRestrictions(call)).value)] }),
};
