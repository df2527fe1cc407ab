/** zitadel.application.v2.ApplicationService: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Implementation } from '../access/call.ts';
import type { OIDCConfigurationSchema } from '../contract/gen/zitadel/application/v2/application_pb.js';
import type { ApplicationService, CreateOIDCApplicationRequest } from '../contract/gen/zitadel/application/v2/application_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { readApp } from './app.ts';
import { complianceProblems } from './compliance.ts';
import {
  allowedOrigins,
  authMethods,
  type GrantType,
  grantTypes,
  kinds,
  type OidcConfig,
  type ResponseType,
  responseTypes,
} from './config.ts';
import { createApp } from './create.ts';
import { errors } from './errors.ts';
import { durationOf, loginVersionMessage, loginVersionOf, nanosOf } from './message.ts';

export const applicationService: Implementation<typeof ApplicationService> = {
  async createApplication({ projectId, name, applicationId, applicationType: type }, call) {
    const wanted = { projectId, name, appId: applicationId || undefined };
    if (type.case === 'oidcConfiguration') {
      const config = configOf(type.value);
      const { appId, clientId, secret = '', at } = await createApp(call, wanted, { kind: kinds.oidc, config });
      const value = { clientId, clientSecret: secret, ...complianceOf(config) };
      return { applicationId: appId, creationDate: timestampFromPg(at), applicationType: { case: 'oidcConfiguration', value } };
    }
    if (type.case !== 'apiConfiguration') throw new Failure(errors.samlNotServed);
    const config = { authMethod: type.value.authMethodType === 0 ? authMethods.basic : authMethods.privateKeyJwt };
    const { appId, clientId, secret = '', at } = await createApp(call, wanted, { kind: kinds.api, config });
    const value = { clientId, clientSecret: secret };
    return { applicationId: appId, creationDate: timestampFromPg(at), applicationType: { case: 'apiConfiguration', value } };
  },

  async getApplication({ applicationId }, call) {
    const app = await readApp(call, applicationId);
    return {
      application: {
        applicationId: app.app_id,
        creationDate: timestampFromPg(app.created_at),
        changeDate: timestampFromPg(app.changed_at),
        state: app.state, // the numbers of the API are those that are stored
        name: app.name,
        projectId: app.project_id,
        configuration:
          app.kind === kinds.oidc
            ? { case: 'oidcConfiguration', value: oidcMessage(app.client_id, app.config) }
            : { case: 'apiConfiguration', value: { clientId: app.client_id, authMethodType: app.config.authMethod === 0 ? 0 : 1 } },
      },
    };
  },
};

/** What is not sent is the code flow. */
function configOf(request: CreateOIDCApplicationRequest): OidcConfig {
  const given = request.responseTypes.map((type) => type as ResponseType); // validation knows three, and refuses the unspecified one
  return {
    redirectUris: request.redirectUris,
    responseTypes: given.length > 0 ? given : [responseTypes.code],
    grantTypes: request.grantTypes.length > 0 ? request.grantTypes.map((type): GrantType => type) : [grantTypes.authorizationCode],
    appType: request.applicationType,
    authMethod: request.authMethodType,
    postLogoutRedirectUris: request.postLogoutRedirectUris,
    devMode: request.developmentMode,
    accessTokenType: request.accessTokenType,
    accessTokenRoleAssertion: request.accessTokenRoleAssertion,
    idTokenRoleAssertion: request.idTokenRoleAssertion,
    idTokenUserinfoAssertion: request.idTokenUserinfoAssertion,
    clockSkew: nanosOf(request.clockSkew),
    additionalOrigins: request.additionalOrigins,
    skipNativeAppSuccessPage: request.skipNativeAppSuccessPage,
    backChannelLogoutUri: request.backChannelLogoutUri,
    loginVersion: loginVersionOf(request.loginVersion),
  };
}

function oidcMessage(clientId: string, config: OidcConfig): MessageInitShape<typeof OIDCConfigurationSchema> {
  return {
    clientId,
    redirectUris: [...config.redirectUris],
    responseTypes: [...config.responseTypes],
    grantTypes: [...config.grantTypes],
    applicationType: config.appType,
    authMethodType: config.authMethod,
    postLogoutRedirectUris: [...config.postLogoutRedirectUris],
    ...complianceOf(config),
    developmentMode: config.devMode,
    accessTokenType: config.accessTokenType,
    accessTokenRoleAssertion: config.accessTokenRoleAssertion,
    idTokenRoleAssertion: config.idTokenRoleAssertion,
    idTokenUserinfoAssertion: config.idTokenUserinfoAssertion,
    clockSkew: durationOf(config.clockSkew),
    additionalOrigins: [...config.additionalOrigins],
    allowedOrigins: [...allowedOrigins(config)],
    skipNativeAppSuccessPage: config.skipNativeAppSuccessPage,
    backChannelLogoutUri: config.backChannelLogoutUri,
    ...loginVersionMessage(config.loginVersion),
  };
}

/** As on the original v2 tells the keys of the problems, not their texts. */
function complianceOf(config: OidcConfig) {
  const problems = complianceProblems(config);
  return { nonCompliant: problems.length > 0, complianceProblems: problems.map(({ key }) => ({ key })) };
}
