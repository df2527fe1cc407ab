/** What messages of v1 and v2 have in common about applications: how a client of OpenID Connect is configured. */
import { allowedOrigins, grantTypes, type LoginVersion, type OidcConfig, responseTypes } from './config.ts';

/** What both versions name alike; v1 has other names for the rest, and counts its response types from 0. */
interface GivenConfig
  extends Pick<
    OidcConfig,
    | 'redirectUris'
    | 'responseTypes'
    | 'grantTypes'
    | 'appType'
    | 'postLogoutRedirectUris'
    | 'devMode'
    | 'accessTokenType'
    | 'accessTokenRoleAssertion'
    | 'idTokenRoleAssertion'
    | 'idTokenUserinfoAssertion'
    | 'additionalOrigins'
    | 'skipNativeAppSuccessPage'
    | 'backChannelLogoutUri'
  > {
  readonly authMethodType: OidcConfig['authMethod'];
  readonly clockSkew?: Duration | undefined;
  readonly loginVersion?: GivenVersion | undefined;
}

/** What is not sent is the code flow. */
export function configOf(given: GivenConfig): OidcConfig {
  return {
    redirectUris: given.redirectUris,
    responseTypes: given.responseTypes.length > 0 ? given.responseTypes : [responseTypes.code],
    grantTypes: given.grantTypes.length > 0 ? given.grantTypes : [grantTypes.authorizationCode],
    appType: given.appType,
    authMethod: given.authMethodType,
    postLogoutRedirectUris: given.postLogoutRedirectUris,
    devMode: given.devMode,
    accessTokenType: given.accessTokenType,
    accessTokenRoleAssertion: given.accessTokenRoleAssertion,
    idTokenRoleAssertion: given.idTokenRoleAssertion,
    idTokenUserinfoAssertion: given.idTokenUserinfoAssertion,
    clockSkew: nanosOf(given.clockSkew),
    additionalOrigins: given.additionalOrigins,
    skipNativeAppSuccessPage: given.skipNativeAppSuccessPage,
    backChannelLogoutUri: given.backChannelLogoutUri,
    loginVersion: loginVersionOf(given.loginVersion),
  };
}

/** The members that both versions show alike. */
export function shownConfig(clientId: string, config: OidcConfig) {
  return {
    clientId,
    redirectUris: [...config.redirectUris],
    grantTypes: [...config.grantTypes],
    authMethodType: config.authMethod,
    postLogoutRedirectUris: [...config.postLogoutRedirectUris],
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

/** Of either version. */
interface GivenVersion {
  readonly version:
    | { readonly case: 'loginV1'; readonly value: object }
    | { readonly case: 'loginV2'; readonly value: { readonly baseUri?: string | undefined } }
    | { readonly case: undefined };
}

function loginVersionOf(given: GivenVersion | undefined): LoginVersion | undefined {
  if (given?.version.case === 'loginV1') return { version: 1 };
  return given?.version.case === 'loginV2' ? { version: 2, baseUri: given.version.value.baseUri } : undefined;
}

/** A member `loginVersion`, or none. */
function loginVersionMessage(version: LoginVersion | undefined) {
  if (version === undefined) return {};
  if (version.version === 1) return { loginVersion: { version: { case: 'loginV1' as const, value: {} } } };
  const value = version.baseUri === undefined ? {} : { baseUri: version.baseUri };
  return { loginVersion: { version: { case: 'loginV2' as const, value } } };
}

interface Duration {
  readonly seconds: bigint;
  readonly nanos: number;
}

const nanosOf = (duration: Duration | undefined): number => Number(duration?.seconds ?? 0n) * 1e9 + (duration?.nanos ?? 0);
const durationOf = (nanos: number): Duration => ({ seconds: BigInt(Math.trunc(nanos / 1e9)), nanos: nanos % 1e9 });
