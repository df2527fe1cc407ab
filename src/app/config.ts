/** How an application is configured, as the column `apps.config` holds it. Enumerations are kept by the numbers of the v2 API. */
export const kinds = { oidc: 1, api: 2, saml: 3 } as const;
export const authMethods = { basic: 0, post: 1, none: 2, privateKeyJwt: 3 } as const;
export const responseTypes = { code: 1, idToken: 2, idTokenToken: 3 } as const;
export const grantTypes = { authorizationCode: 0, implicit: 1, refreshToken: 2, deviceCode: 3, tokenExchange: 4 } as const;
export const appTypes = { web: 0, userAgent: 1, native: 2 } as const;

export type ResponseType = (typeof responseTypes)[keyof typeof responseTypes];
export type GrantType = (typeof grantTypes)[keyof typeof grantTypes];

/** Which login pages: ours of old, or an application at a URI of its own; absent: what the instance says. */
export type LoginVersion = { readonly version: 1 } | { readonly version: 2; readonly baseUri?: string | undefined };

export interface OidcConfig {
  readonly redirectUris: readonly string[];
  readonly responseTypes: readonly ResponseType[];
  readonly grantTypes: readonly GrantType[];
  readonly appType: (typeof appTypes)[keyof typeof appTypes];
  readonly authMethod: (typeof authMethods)[keyof typeof authMethods];
  readonly postLogoutRedirectUris: readonly string[];
  readonly devMode: boolean;
  /** Bearer, JWT. */
  readonly accessTokenType: 0 | 1;
  readonly accessTokenRoleAssertion: boolean;
  readonly idTokenRoleAssertion: boolean;
  readonly idTokenUserinfoAssertion: boolean;
  /** In nanoseconds. */
  readonly clockSkew: number;
  readonly additionalOrigins: readonly string[];
  readonly skipNativeAppSuccessPage: boolean;
  readonly backChannelLogoutUri: string;
  readonly loginVersion?: LoginVersion | undefined;
}

/** It proves itself by a secret or by a key. */
export interface ApiConfig {
  readonly authMethod: typeof authMethods.basic | typeof authMethods.privateKeyJwt;
}

export type AppConfig =
  | { readonly kind: typeof kinds.oidc; readonly config: OidcConfig }
  | { readonly kind: typeof kinds.api; readonly config: ApiConfig };

/** Whether the client is given a secret. */
export function hasSecret({ config: { authMethod } }: AppConfig): boolean {
  return authMethod === authMethods.basic || authMethod === authMethods.post;
}

/** Each way of answering needs the grant that ends in it (OpenID Connect Core 3). */
export function isConsistent({ responseTypes: asked, grantTypes: open }: Pick<OidcConfig, 'responseTypes' | 'grantTypes'>): boolean {
  return asked.every((type) => open.includes(type === responseTypes.code ? grantTypes.authorizationCode : grantTypes.implicit));
}

/** Origins that a browser may call from: those of the redirect URIs, and what is added. */
export function allowedOrigins({ redirectUris, additionalOrigins }: OidcConfig): readonly string[] {
  return [...new Set([...redirectUris.flatMap(originOf), ...additionalOrigins])];
}

function originOf(uri: string): readonly string[] {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? [url.origin] : [];
}
