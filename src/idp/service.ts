/** zitadel.idp.v2, and the provider calls of zitadel.admin.v1 and zitadel.management.v1: message in, message out. */
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Call, Implementation } from '../access/call.ts';
import type { IdentityProviderService } from '../contract/gen/zitadel/idp/v2/idp_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import type { Owner } from './config.ts';
import * as drafts from './draft.ts';
import { attachProvider, detachProvider } from './login-policy.ts';
import { providerMessage, providerMessageV1 } from './message.ts';
import { addProvider, type Done, ownProvider, readProvider, removeProvider } from './provider.ts';
import { addSamlProvider } from './saml/add.ts';

export const identityProviderService: Implementation<typeof IdentityProviderService> = {
  getIDPByID: async ({ id }, call) => ({ idp: providerMessage(await readProvider(call, id), call.instance.id) }),
};

export const adminProviders: Implementation<typeof AdminService> = {
  addGenericOAuthProvider: (asked, call) => add(call, 'instance', drafts.oauth(asked)),
  addGenericOIDCProvider: (asked, call) => add(call, 'instance', drafts.oidc(asked)),
  addJWTProvider: (asked, call) => add(call, 'instance', drafts.jwt(asked)),
  addAzureADProvider: (asked, call) => add(call, 'instance', drafts.azureAd(asked)),
  addGitHubProvider: (asked, call) => add(call, 'instance', drafts.github(asked)),
  addGitHubEnterpriseServerProvider: (asked, call) => add(call, 'instance', drafts.githubEs(asked)),
  addGitLabProvider: (asked, call) => add(call, 'instance', drafts.gitlab(asked)),
  addGitLabSelfHostedProvider: (asked, call) => add(call, 'instance', drafts.gitlabSelfHosted(asked)),
  addGoogleProvider: (asked, call) => add(call, 'instance', drafts.google(asked)),
  addLDAPProvider: (asked, call) => add(call, 'instance', drafts.ldap(asked)),
  addAppleProvider: async (asked, call) => add(call, 'instance', drafts.apple(asked, 'instance')),
  addSAMLProvider: async (asked, call) => added(await addSamlProvider(call, 'instance', asked)),
  ...newer('instance'),
  getProviderByID: ({ id }, call) => shown(call, 'instance', id),
  deleteProvider: async ({ id }, call) => ({ details: changed(await removeProvider(call, 'instance', id)) }),
  addIDPToLoginPolicy: async ({ idpId }, call) => ({ details: created(await attachProvider(call, 'instance', idpId)) }),
  removeIDPFromLoginPolicy: async ({ idpId }, call) => ({ details: changed(await detachProvider(call, 'instance', idpId)) }),
};

export const managementProviders: Implementation<typeof ManagementService> = {
  addGenericOAuthProvider: (asked, call) => add(call, 'organization', drafts.oauth(asked)),
  addGenericOIDCProvider: (asked, call) => add(call, 'organization', drafts.oidc(asked)),
  addJWTProvider: (asked, call) => add(call, 'organization', drafts.jwt(asked)),
  addAzureADProvider: (asked, call) => add(call, 'organization', drafts.azureAd(asked)),
  addGitHubProvider: (asked, call) => add(call, 'organization', drafts.github(asked)),
  addGitHubEnterpriseServerProvider: (asked, call) => add(call, 'organization', drafts.githubEs(asked)),
  addGitLabProvider: (asked, call) => add(call, 'organization', drafts.gitlab(asked)),
  addGitLabSelfHostedProvider: (asked, call) => add(call, 'organization', drafts.gitlabSelfHosted(asked)),
  addGoogleProvider: (asked, call) => add(call, 'organization', drafts.google(asked)),
  addLDAPProvider: (asked, call) => add(call, 'organization', drafts.ldap(asked)),
  addAppleProvider: async (asked, call) => add(call, 'organization', drafts.apple(asked, 'organization')),
  addSAMLProvider: async (asked, call) => added(await addSamlProvider(call, 'organization', asked)),
  ...newer('organization'),
  getProviderByID: ({ id }, call) => shown(call, 'organization', id),
  deleteProvider: async ({ id }, call) => ({ details: changed(await removeProvider(call, 'organization', id)) }),
  addIDPToLoginPolicy: async ({ idpId }, call) => ({ details: created(await attachProvider(call, 'organization', idpId)) }),
  removeIDPFromLoginPolicy: async ({ idpId }, call) => ({ details: changed(await detachProvider(call, 'organization', idpId)) }),
};

/** RPCs that the published services do not have (contract/legacy-additions.ts), so that no type of theirs says it. */
function newer(owner: Owner): object {
  return { addZitadelProvider: (asked: drafts.AddZitadelRequest, call: Call) => add(call, owner, drafts.zitadel(asked)) };
}

const add = async (call: Call, owner: Owner, draft: drafts.Draft) => added(await addProvider(call, owner, draft));

const added = (done: Done & { readonly idpId: string }) => ({ id: done.idpId, details: created(done) });

const shown = async (call: Call, owner: Owner, id: string) => ({
  idp: providerMessageV1(await ownProvider(call, owner, id), call.instance.id),
});

/** In v1 adding calls tell the date of creation, changes and removals that of the change (reference/v1-minimum.md). */
const created = ({ sequence, owner, at }: Done) => ({ sequence, resourceOwner: owner, creationDate: timestampFromPg(at) });
const changed = ({ sequence, owner, at }: Done) => ({ sequence, resourceOwner: owner, changeDate: timestampFromPg(at) });
