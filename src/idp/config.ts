/** Identity providers as they are stored: a kind, by the name that the API's `config` has for it, and what that kind needs. Secrets are kept apart. */

/** What is offered to users of a provider; numbers of AutoLinkingOption as in the API. */
export interface Options {
  readonly isLinkingAllowed: boolean;
  readonly isCreationAllowed: boolean;
  readonly isAutoCreation: boolean;
  readonly isAutoUpdate: boolean;
  readonly autoLinking: number;
}

interface Client {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

interface Endpoints {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userEndpoint: string;
}

export interface OAuthConfig extends Client, Endpoints {
  readonly idAttribute: string;
  readonly usePkce: boolean;
}

export interface OidcConfig extends Client {
  readonly issuer: string;
  readonly isIdTokenMapping: boolean;
  readonly usePkce: boolean;
}

export interface JwtConfig {
  readonly jwtEndpoint: string;
  readonly issuer: string;
  readonly keysEndpoint: string;
  readonly headerName: string;
  /** For whom a JWT must be; empty: for anybody. */
  readonly audience: string;
}

/** `tenantType` by number: 0 common, 1 organisations, 2 consumers. */
export type AzureTenant = { readonly case: 'tenantType'; readonly value: number } | { readonly case: 'tenantId'; readonly value: string };

export interface AzureConfig extends Client {
  readonly tenant: AzureTenant;
  readonly emailVerified: boolean;
}

/** Names of attributes, by what they tell; empty: nothing tells it. */
export interface LdapAttributes {
  readonly idAttribute: string;
  readonly firstNameAttribute: string;
  readonly lastNameAttribute: string;
  readonly displayNameAttribute: string;
  readonly nickNameAttribute: string;
  readonly preferredUsernameAttribute: string;
  readonly emailAttribute: string;
  readonly emailVerifiedAttribute: string;
  readonly phoneAttribute: string;
  readonly phoneVerifiedAttribute: string;
  readonly preferredLanguageAttribute: string;
  readonly avatarUrlAttribute: string;
  readonly profileAttribute: string;
}

export interface LdapConfig {
  readonly servers: readonly string[];
  readonly startTls: boolean;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly userBase: string;
  readonly userObjectClasses: readonly string[];
  readonly userFilters: readonly string[];
  readonly timeoutMs: number;
  readonly attributes: Partial<LdapAttributes>;
  /** PEM; empty: the system's. */
  readonly rootCa: string;
}

export interface AppleConfig extends Client {
  readonly teamId: string;
  readonly keyId: string;
}

/** Numbers of the API's enums. */
export interface SamlConfig {
  readonly metadataXml: string;
  readonly binding: number;
  readonly withSignedRequest: boolean;
  readonly nameIdFormat: number;
  readonly transientMappingAttributeName: string;
  readonly federatedLogoutEnabled: boolean;
  readonly signatureAlgorithm: number;
  /** Of our side, PEM; its key is among the secrets. */
  readonly certificate: string;
}

/** Another server of this API, by OpenID Connect. `instanceRolesInfo` is kept for those who read it. */
export interface ZitadelConfig extends Client {
  readonly issuer: string;
  readonly instanceRolesInfo: readonly { readonly organizationId: string; readonly organizationDomain: string }[];
}

export interface Configs {
  readonly oauth: OAuthConfig;
  readonly oidc: OidcConfig;
  readonly jwt: JwtConfig;
  readonly azureAd: AzureConfig;
  readonly github: Client;
  readonly githubEs: Client & Endpoints;
  readonly gitlab: Client;
  readonly gitlabSelfHosted: Client & { readonly issuer: string };
  readonly google: Client;
  readonly ldap: LdapConfig;
  readonly apple: AppleConfig;
  readonly saml: SamlConfig;
  readonly zitadel: ZitadelConfig;
}

export type Kind = keyof Configs;

export type KindConfig = { readonly [K in Kind]: { readonly kind: K; readonly config: Configs[K] } }[Kind];

/** What is encrypted; each kind has one of them, a JWT provider none. */
export interface Secrets {
  readonly clientSecret?: string;
  readonly bindPassword?: string;
  /** PEM. */
  readonly privateKey?: string;
}

/** A kind's numbers in the API (IDPType of idp.v2, ProviderType of v1, IdentityProviderType of settings.v2 are the same), and its name in events. */
export const kinds = {
  oidc: { type: 1, event: 'oidc' },
  jwt: { type: 2, event: 'jwt' },
  ldap: { type: 3, event: 'ldap.v2' },
  oauth: { type: 4, event: 'oauth' },
  azureAd: { type: 5, event: 'azure' },
  github: { type: 6, event: 'github' },
  githubEs: { type: 7, event: 'github_enterprise' },
  gitlab: { type: 8, event: 'gitlab' },
  gitlabSelfHosted: { type: 9, event: 'gitlab_self_hosted' },
  google: { type: 10, event: 'google' },
  apple: { type: 11, event: 'apple' },
  saml: { type: 12, event: 'saml' },
  zitadel: { type: 13, event: 'zitadel' },
} as const satisfies Record<Kind, { readonly type: number; readonly event: string }>;

/** Whose a provider is. */
export type Owner = 'instance' | 'organization';
