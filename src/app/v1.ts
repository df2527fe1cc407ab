/** The application calls of zitadel.management.v1: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { OIDCConfigSchema } from '@zitadel/proto/zitadel/app_pb.js';
import type { AddOIDCAppRequest, ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation } from '../access/call.ts';
import type { ProjectChanged } from '../project/project.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { readApp } from './app.ts';
import { complianceProblems } from './compliance.ts';
import { type ApiConfig, kinds, type OidcConfig, type ResponseType } from './config.ts';
import { createApp } from './create.ts';
import { addAppKey } from './key.ts';
import { configOf, shownConfig } from './message.ts';
import { deactivateApp, reactivateApp, removeApp } from './state.ts';

export const managementApps: Implementation<typeof ManagementService> = {
  async addOIDCApp(request, call) {
    const config = givenConfig(request);
    const made = await createApp(call, { ...named(request), orgId: call.orgId }, { kind: kinds.oidc, config });
    return {
      appId: made.appId,
      clientId: made.clientId,
      clientSecret: made.secret ?? '',
      details: added(made),
      ...complianceOf(config),
    };
  },

  async addAPIApp({ projectId, name, authMethodType }, call) {
    const config: ApiConfig = { authMethod: authMethodType === 0 ? 0 : 3 }; // v1 counts the two of them
    const made = await createApp(call, { projectId, name, orgId: call.orgId }, { kind: kinds.api, config });
    return { appId: made.appId, clientId: made.clientId, clientSecret: made.secret ?? '', details: added(made) };
  },

  async getAppByID({ projectId, appId }, call) {
    const app = await readApp(call, appId, { projectId, orgId: call.orgId });
    return {
      app: {
        id: app.app_id,
        details: {
          sequence: app.sequence,
          creationDate: timestampFromPg(app.created_at),
          changeDate: timestampFromPg(app.changed_at),
          resourceOwner: app.org_id,
        },
        state: app.state, // the numbers of v1 are those that are stored
        name: app.name,
        config:
          app.kind === kinds.oidc
            ? { case: 'oidcConfig', value: oidcMessage(app.client_id, app.config) }
            : { case: 'apiConfig', value: { clientId: app.client_id, authMethodType: app.config.authMethod === 0 ? 0 : 1 } },
      },
    };
  },

  deactivateApp: async (named, call) => ({ details: changed(await deactivateApp(call, { ...named, orgId: call.orgId })) }),
  reactivateApp: async (named, call) => ({ details: changed(await reactivateApp(call, { ...named, orgId: call.orgId })) }),
  removeApp: async (named, call) => ({ details: changed(await removeApp(call, { ...named, orgId: call.orgId })) }),

  async addAppKey({ projectId, appId, expirationDate }, call) {
    const made = await addAppKey(call, { projectId, appId, orgId: call.orgId }, expirationDate);
    return { id: made.keyId, keyDetails: made.content, details: added(made) };
  },
};

const named = ({ projectId, name }: { readonly projectId: string; readonly name: string }) => ({ projectId, name });

/** In v1 response types count from 0. */
const givenConfig = (request: AddOIDCAppRequest): OidcConfig =>
  configOf({ ...request, responseTypes: request.responseTypes.map((type) => (type + 1) as ResponseType) }); // validation knows three

function oidcMessage(clientId: string, config: OidcConfig): MessageInitShape<typeof OIDCConfigSchema> {
  return {
    ...shownConfig(clientId, config),
    responseTypes: config.responseTypes.map((type) => type - 1),
    appType: config.appType,
    devMode: config.devMode,
    ...complianceOf(config),
  };
}

function complianceOf(config: OidcConfig) {
  const problems = complianceProblems(config);
  return {
    noneCompliant: problems.length > 0,
    complianceProblems: problems.map(({ key, text }) => ({ key, localizedMessage: text })),
  };
}

const added = ({ sequence, owner, at }: ProjectChanged) => ({ sequence, resourceOwner: owner, creationDate: timestampFromPg(at) });
const changed = ({ sequence, owner, at }: ProjectChanged) => ({ sequence, resourceOwner: owner, changeDate: timestampFromPg(at) });
