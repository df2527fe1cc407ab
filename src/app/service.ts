/** zitadel.application.v2.ApplicationService: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Implementation } from '../access/call.ts';
import type { OIDCConfigurationSchema } from '../contract/gen/zitadel/application/v2/application_pb.js';
import type { ApplicationService } from '../contract/gen/zitadel/application/v2/application_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { readApp } from './app.ts';
import { complianceProblems } from './compliance.ts';
import { allowedOrigins, kinds, type OidcConfig } from './config.ts';

export const applicationService: Implementation<typeof ApplicationService> = {
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

/** As on the original v2 tells the keys of the problems, not their texts. */
function oidcMessage(clientId: string, config: OidcConfig): MessageInitShape<typeof OIDCConfigurationSchema> {
  const problems = complianceProblems(config);
  const { loginVersion } = config;
  return {
    clientId,
    redirectUris: [...config.redirectUris],
    responseTypes: [...config.responseTypes],
    grantTypes: [...config.grantTypes],
    applicationType: config.appType,
    authMethodType: config.authMethod,
    postLogoutRedirectUris: [...config.postLogoutRedirectUris],
    nonCompliant: problems.length > 0,
    complianceProblems: problems.map(({ key }) => ({ key })),
    developmentMode: config.devMode,
    accessTokenType: config.accessTokenType,
    accessTokenRoleAssertion: config.accessTokenRoleAssertion,
    idTokenRoleAssertion: config.idTokenRoleAssertion,
    idTokenUserinfoAssertion: config.idTokenUserinfoAssertion,
    clockSkew: { seconds: BigInt(Math.trunc(config.clockSkew / 1e9)), nanos: config.clockSkew % 1e9 },
    additionalOrigins: [...config.additionalOrigins],
    allowedOrigins: [...allowedOrigins(config)],
    skipNativeAppSuccessPage: config.skipNativeAppSuccessPage,
    backChannelLogoutUri: config.backChannelLogoutUri,
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
