/** zitadel.settings.v2.SettingsService: message in, message out. */
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Call, Implementation } from '../access/call.ts';
import { covers, denied, reachOrDeny } from '../access/permission.ts';
import type { Policies, PolicyKind } from '../access/policy.ts';
import type { RequestContext } from '../contract/gen/zitadel/object/v2/object_pb.js';
import { IdentityProviderType, ResourceOwnerType, SettingsType, Source } from '../contract/gen/zitadel/settings/v2/settings_pb.js';
import type { SettingsService } from '../contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { policyProviders } from '../idp/login-policy.ts';
import { offeredMessage } from '../idp/message.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { allowedLanguages, languages } from './language.ts';
import { ageOf, brandingOf, complexityOfV2, lockoutOf, loginOfV2, shownDetails } from './message.ts';
import { deleteOrganizationSettings, listOrganizationSettings, setOrganizationSettings } from './organization.ts';
import { changePolicy, type Level, put, readPolicy, unset } from './policy.ts';
import { readRestrictions } from './restrictions.ts';
import { readTexts, setTexts } from './translation.ts';

type Context = RequestContext | undefined;

/** What a request asks about: the instance, an organization, or that of the call. */
function levelOf(call: Call, ctx: Context): Level {
  if (ctx?.resourceOwner.case === 'instance') return 'instance';
  return { orgId: ctx?.resourceOwner.value || call.orgId };
}

/** As `levelOf`, where the permission counts on the organization that is asked about; on that of the call it was checked with the method. */
function readable(call: Call, ctx: Context): Level {
  const level = levelOf(call, ctx);
  if (level === 'instance' || level.orgId === call.orgId) return level;
  if (!covers(reachOrDeny(call.caller, 'policy.read'), level.orgId)) throw denied(call.caller, 'policy.read', level.orgId);
  return level;
}

/** The settings that count, whose they are, and since when. */
async function effective<K extends PolicyKind, M extends object>(call: Call, ctx: Context, kind: K, message: (value: Policies[K]) => M) {
  const shown = await readPolicy(call, kind, readable(call, ctx));
  const resourceOwnerType = shown.own ? ResourceOwnerType.ORG : ResourceOwnerType.INSTANCE;
  return { details: shownDetails(shown), settings: { ...message(shown.value), resourceOwnerType } };
}

export const settingsService: Implementation<typeof SettingsService> = {
  async getGeneralSettings(_, call) {
    const { value } = await readRestrictions(call);
    return {
      defaultOrgId: call.instance.defaultOrgId,
      defaultLanguage: call.instance.defaultLanguage,
      supportedLanguages: [...languages],
      allowedLanguages: [...allowedLanguages(value)],
    };
  },
  getLoginSettings: ({ ctx }, call) => effective(call, ctx, 'login', loginOfV2),
  getPasswordComplexitySettings: ({ ctx }, call) => effective(call, ctx, 'complexity', complexityOfV2),
  getPasswordExpirySettings: ({ ctx }, call) => effective(call, ctx, 'age', ageOf),
  getBrandingSettings: ({ ctx }, call) => effective(call, ctx, 'label', brandingOf),
  getDomainSettings: ({ ctx }, call) =>
    effective(call, ctx, 'domain', (policy) => ({
      loginNameIncludesDomain: policy.userLoginMustBeDomain,
      requireOrgDomainVerification: policy.validateOrgDomains,
      smtpSenderAddressMatchesInstanceDomain: policy.smtpSenderAddressMatchesInstanceDomain,
    })),
  getLegalAndSupportSettings: ({ ctx }, call) =>
    effective(call, ctx, 'privacy', ({ privacyLink, ...same }) => ({ ...same, privacyPolicyLink: privacyLink })),
  getLockoutSettings: ({ ctx }, call) => effective(call, ctx, 'lockout', lockoutOf),

  /** Those of the login policy that counts, whoever's it is. */
  async getActiveIdentityProviders({ ctx, ...filter }, call) {
    const { owner } = await readPolicy(call, 'login', readable(call, ctx));
    const providers = await policyProviders(call, owner, filter);
    const timestamp = timestampFromDate(new Date());
    return { details: { totalResult: BigInt(providers.length), timestamp }, identityProviders: providers.map(offered) };
  },

  async getSecuritySettings(_, call) {
    const { value } = await readPolicy(call, 'security', 'instance');
    const embeddedIframe = { enabled: value.enableIframeEmbedding, allowedOrigins: [...value.allowedOrigins] };
    return { settings: { embeddedIframe, enableImpersonation: value.enableImpersonation } };
  },
  async setSecuritySettings({ embeddedIframe, enableImpersonation }, call) {
    const done = await changePolicy(call, 'security', 'instance', {
      enableIframeEmbedding: embeddedIframe?.enabled ?? false,
      allowedOrigins: embeddedIframe?.allowedOrigins ?? [],
      enableImpersonation,
    });
    return { details: { sequence: done.sequence, changeDate: timestampFromPg(done.at), resourceOwner: done.owner } };
  },

  setOrganizationSettings: async ({ organizationId, organizationScopedUsernames }, call) => ({
    setDate: timestampFromPg(await setOrganizationSettings(call, organizationId, organizationScopedUsernames)),
  }),
  async deleteOrganizationSettings({ organizationId }, call) {
    const at = await deleteOrganizationSettings(call, organizationId);
    return at === null ? {} : { deletionDate: timestampFromPg(at) };
  },
  async listOrganizationSettings(request, call) {
    const { total, limit, rows } = await listOrganizationSettings(call, request);
    return {
      pagination: { totalResult: total, appliedLimit: BigInt(limit) },
      organizationSettings: rows.map((row) => ({
        organizationId: row.org_id,
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        organizationScopedUsernames: row.scoped,
      })),
    };
  },

  async getHostedLoginTranslation({ level, locale, ignoreInheritance }, call) {
    const { translations, etag } = await readTexts(call, level, locale, !ignoreInheritance);
    return { translations, ...(etag === undefined ? {} : { etag }) };
  },
  setHostedLoginTranslation: async ({ level, locale, translations }, call) => ({
    etag: await setTexts(call, level, locale, translations ?? {}),
  }),

  // The original panics on each of these four; what they answer here follows from their messages.
  async getLinkSettings({ ctx }, call) {
    const { links, source } = await linksAt(call, levelOf(call, ctx));
    return { settings: { links }, source };
  },
  async setLinkSettings({ ctx, links: given }, call) {
    const links = given.map(({ type, url, translationKey, target }) => ({ type, url, translationKey, target }));
    const level = levelOf(call, ctx);
    const { at } = await put(call, 'links', level, { links }, { type: `${prefixOf(level)}.settings.links.set`, payload: { links } });
    return { changeDate: timestampFromPg(at), settings: { links } };
  },
  async resetLinkSettings({ ctx }, call) {
    const level = levelOf(call, ctx);
    const at = await unset(call, 'links', level, { type: `${prefixOf(level)}.settings.links.reset` });
    const { links } = await linksAt(call, level);
    return { ...(at === null ? {} : { changeDate: timestampFromPg(at) }), settings: { links } };
  },
  /** Links are set at organizations and the instance; projects and applications have none of their own. */
  async getEffectiveSettings({ organizationId, types }, call) {
    if (types.length > 0 && !types.includes(SettingsType.LINK_SETTINGS)) return {};
    const { links } = await linksAt(call, { orgId: organizationId || call.orgId });
    return { links: { links } };
  },
};

/** Settings have no number for a provider that is a ZITADEL (reference/org-and-settings.md 3.2). */
function offered(row: Parameters<typeof offeredMessage>[0]) {
  const { type, ...shown } = offeredMessage(row);
  return { ...shown, type: type === ZITADEL ? IdentityProviderType.UNSPECIFIED : type };
}

const ZITADEL = 13;

const prefixOf = (level: Level) => (level === 'instance' ? 'instance' : 'org');

async function linksAt(call: Call, level: Level) {
  const { value, own, is_set: isSet } = await readPolicy(call, 'links', level);
  const source = own ? Source.ORGANIZATION : isSet ? Source.INSTANCE : Source.SYSTEM;
  return { links: value.links.map((link) => ({ ...link })), source };
}
