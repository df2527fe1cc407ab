/** zitadel.application.v2.ApplicationService: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Implementation } from '../access/call.ts';
import type { OIDCConfigurationSchema } from '../contract/gen/zitadel/application/v2/application_pb.js';
import type { ApplicationService, CreateOIDCApplicationRequest } from '../contract/gen/zitadel/application/v2/application_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { readApp } from './app.ts';
import { complianceProblems } from './compliance.ts';
import { authMethods, kinds, type OidcConfig, type ResponseType } from './config.ts';
import { createApp } from './create.ts';
import { errors } from './errors.ts';
import { configOf, shownConfig } from './message.ts';
import { renewSecret } from './secret.ts';
import { deactivateApp, reactivateApp, removeApp } from './state.ts';

export const applicationService: Implementation<typeof ApplicationService> = {
  async createApplication({ projectId, name, applicationId, applicationType: type }, call) {
    const wanted = { projectId, name, appId: applicationId || undefined };
    if (type.case === 'oidcConfiguration') {
      const config = givenConfig(type.value);
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

  async deleteApplication({ projectId, applicationId: appId }, call) {
    return { deletionDate: timestampFromPg((await removeApp(call, { projectId, appId })).at) };
  },

  async deactivateApplication({ projectId, applicationId: appId }, call) {
    return { deactivationDate: timestampFromPg((await deactivateApp(call, { projectId, appId })).at) };
  },

  async reactivateApplication({ projectId, applicationId: appId }, call) {
    return { reactivationDate: timestampFromPg((await reactivateApp(call, { projectId, appId })).at) };
  },

  async generateClientSecret({ projectId, applicationId: appId }, call) {
    const { secret, at } = await renewSecret(call, { projectId, appId });
    return { clientSecret: secret, creationDate: timestampFromPg(at) };
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

function givenConfig(request: CreateOIDCApplicationRequest): OidcConfig {
  return configOf({
    ...request,
    responseTypes: request.responseTypes.map((type) => type as ResponseType), // validation knows three, and refuses the unspecified one
    appType: request.applicationType,
    devMode: request.developmentMode,
  });
}

function oidcMessage(clientId: string, config: OidcConfig): MessageInitShape<typeof OIDCConfigurationSchema> {
  return {
    ...shownConfig(clientId, config),
    responseTypes: [...config.responseTypes],
    applicationType: config.appType,
    developmentMode: config.devMode,
    ...complianceOf(config),
  };
}

/** As on the original v2 tells the keys of the problems, not their texts. */
function complianceOf(config: OidcConfig) {
  const problems = complianceProblems(config);
  return { nonCompliant: problems.length > 0, complianceProblems: problems.map(({ key }) => ({ key })) };
}
