/** The application calls of zitadel.management.v1: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { OIDCConfigSchema } from '@zitadel/proto/zitadel/app_pb.js';
import type { AddOIDCAppRequest, ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation } from '../access/call.ts';
import type { ProjectChanged } from '../project/project.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { readApp } from './app.ts';
import { complianceProblems } from './compliance.ts';
import {
  type ApiConfig,
  allowedOrigins,
  type GrantType,
  grantTypes,
  kinds,
  type LoginVersion,
  type OidcConfig,
  type ResponseType,
  responseTypes,
} from './config.ts';
import { createApp } from './create.ts';
import { addAppKey } from './key.ts';
import { deactivateApp, reactivateApp, removeApp } from './state.ts';

export const managementApps: Implementation<typeof ManagementService> = {
  async addOIDCApp(request, call) {
    const config = configOf(request);
    const made = await createApp(call, request.projectId, request.name, { kind: kinds.oidc, config }, call.orgId);
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
    const made = await createApp(call, projectId, name, { kind: kinds.api, config }, call.orgId);
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

/** In v1 response types count from 0. What is not sent is the code flow. */
function configOf(request: AddOIDCAppRequest): OidcConfig {
  const given = request.responseTypes.map((type) => (type + 1) as ResponseType); // validation knows three
  return {
    redirectUris: request.redirectUris,
    responseTypes: given.length > 0 ? given : [responseTypes.code],
    grantTypes: request.grantTypes.length > 0 ? request.grantTypes.map((type): GrantType => type) : [grantTypes.authorizationCode],
    appType: request.appType,
    authMethod: request.authMethodType,
    postLogoutRedirectUris: request.postLogoutRedirectUris,
    devMode: request.devMode,
    accessTokenType: request.accessTokenType,
    accessTokenRoleAssertion: request.accessTokenRoleAssertion,
    idTokenRoleAssertion: request.idTokenRoleAssertion,
    idTokenUserinfoAssertion: request.idTokenUserinfoAssertion,
    clockSkew: Number(request.clockSkew?.seconds ?? 0n) * 1e9 + (request.clockSkew?.nanos ?? 0),
    additionalOrigins: request.additionalOrigins,
    skipNativeAppSuccessPage: request.skipNativeAppSuccessPage,
    backChannelLogoutUri: request.backChannelLogoutUri,
    loginVersion: loginVersionOf(request.loginVersion?.version),
  };
}

function loginVersionOf(given: NonNullable<AddOIDCAppRequest['loginVersion']>['version'] | undefined): LoginVersion | undefined {
  if (given?.case === 'loginV1') return { version: 1 };
  return given?.case === 'loginV2' ? { version: 2, baseUri: given.value.baseUri } : undefined;
}

function oidcMessage(clientId: string, config: OidcConfig): MessageInitShape<typeof OIDCConfigSchema> {
  const { loginVersion } = config;
  return {
    clientId,
    redirectUris: [...config.redirectUris],
    responseTypes: config.responseTypes.map((type) => type - 1),
    grantTypes: [...config.grantTypes],
    appType: config.appType,
    authMethodType: config.authMethod,
    postLogoutRedirectUris: [...config.postLogoutRedirectUris],
    devMode: config.devMode,
    accessTokenType: config.accessTokenType,
    accessTokenRoleAssertion: config.accessTokenRoleAssertion,
    idTokenRoleAssertion: config.idTokenRoleAssertion,
    idTokenUserinfoAssertion: config.idTokenUserinfoAssertion,
    clockSkew: { seconds: BigInt(Math.trunc(config.clockSkew / 1e9)), nanos: config.clockSkew % 1e9 },
    additionalOrigins: [...config.additionalOrigins],
    allowedOrigins: [...allowedOrigins(config)],
    skipNativeAppSuccessPage: config.skipNativeAppSuccessPage,
    backChannelLogoutUri: config.backChannelLogoutUri,
    ...complianceOf(config),
    ...(loginVersion && {
      loginVersion: {
        version:
          loginVersion.version === 1
            ? { case: 'loginV1', value: {} }
            : { case: 'loginV2', value: loginVersion.baseUri === undefined ? {} : { baseUri: loginVersion.baseUri } },
      },
    }),
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
