/** New providers as zitadel.admin.v1 and zitadel.management.v1 ask for them; the requests of both have the same fields. */
import { createPrivateKey } from 'node:crypto';
import type * as v1 from '@zitadel/proto/zitadel/admin_pb.js';
import { Failure } from '../failure/failure.ts';
import type { KindConfig, LdapAttributes, Options, Owner, Secrets, ZitadelConfig } from './config.ts';
import { ownerErrors } from './errors.ts';

export interface Draft {
  readonly name: string;
  readonly options: Options;
  readonly of: KindConfig;
  readonly secrets: Secrets;
}

/** A request of either service. */
type Asked<M> = Omit<M, '$typeName' | '$unknown'>;

export const oauth = (asked: Asked<v1.AddGenericOAuthProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'oauth', config: { ...client(asked), ...endpoints(asked), idAttribute: asked.idAttribute, usePkce: asked.usePkce } },
});

export const oidc = (asked: Asked<v1.AddGenericOIDCProviderRequest>): Draft => ({
  ...common(asked),
  of: {
    kind: 'oidc',
    config: { ...client(asked), issuer: asked.issuer, isIdTokenMapping: asked.isIdTokenMapping, usePkce: asked.usePkce },
  },
});

/** Newer than the published messages (contract/legacy-additions.ts). */
type WithAudience = Asked<v1.AddJWTProviderRequest> & { readonly audience?: string };

export const jwt = ({ name, providerOptions, jwtEndpoint, issuer, keysEndpoint, headerName, audience = '' }: WithAudience): Draft => ({
  name,
  options: optionsOf(providerOptions),
  of: { kind: 'jwt', config: { jwtEndpoint, issuer, keysEndpoint, headerName, audience } },
  secrets: {},
});

export const azureAd = (asked: Asked<v1.AddAzureADProviderRequest>): Draft => {
  const tenant = asked.tenant?.type;
  return {
    ...common(asked),
    of: {
      kind: 'azureAd',
      config: {
        ...client(asked),
        tenant: tenant?.case === undefined ? { case: 'tenantType', value: 0 } : tenant,
        emailVerified: asked.emailVerified,
      },
    },
  };
};

export const github = (asked: Asked<v1.AddGitHubProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'github', config: client(asked) },
});

export const githubEs = (asked: Asked<v1.AddGitHubEnterpriseServerProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'githubEs', config: { ...client(asked), ...endpoints(asked) } },
});

export const gitlab = (asked: Asked<v1.AddGitLabProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'gitlab', config: client(asked) },
});

export const gitlabSelfHosted = (asked: Asked<v1.AddGitLabSelfHostedProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'gitlabSelfHosted', config: { ...client(asked), issuer: asked.issuer } },
});

export const google = (asked: Asked<v1.AddGoogleProviderRequest>): Draft => ({
  ...common(asked),
  of: { kind: 'google', config: client(asked) },
});

export const ldap = (asked: Asked<v1.AddLDAPProviderRequest>): Draft => {
  const { servers, startTls, baseDn, bindDn, userBase, userObjectClasses, userFilters, timeout, attributes, rootCa } = asked;
  return {
    name: asked.name,
    options: optionsOf(asked.providerOptions),
    of: {
      kind: 'ldap',
      config: {
        servers,
        startTls,
        baseDn,
        bindDn,
        userBase,
        userObjectClasses,
        userFilters,
        timeoutMs: timeout ? Number(timeout.seconds) * 1000 + timeout.nanos / 1e6 : 0,
        attributes: attributes ? attributesOf(attributes) : {},
        rootCa: Buffer.from(rootCa).toString(),
      },
    },
    secrets: { bindPassword: asked.bindPassword },
  };
};

/** Newer than the published messages, as a whole. */
export type AddZitadelRequest = Asked<v1.AddGitLabSelfHostedProviderRequest> & Pick<ZitadelConfig, 'instanceRolesInfo'>;

export const zitadel = (asked: AddZitadelRequest): Draft => ({
  ...common(asked),
  of: {
    kind: 'zitadel',
    config: {
      ...client(asked),
      issuer: asked.issuer,
      instanceRolesInfo: asked.instanceRolesInfo.map(({ organizationId, organizationDomain }) => ({ organizationId, organizationDomain })),
    },
  },
});

/** Fails where the key is none that can sign for Apple (ES256). */
export const apple = (asked: Asked<v1.AddAppleProviderRequest>, owner: Owner): Draft => {
  const privateKey = Buffer.from(asked.privateKey).toString();
  if (!isEcKey(privateKey)) throw new Failure(ownerErrors[owner].appleKey);
  const { name, clientId, teamId, keyId, scopes } = asked;
  return {
    name,
    options: optionsOf(asked.providerOptions),
    of: { kind: 'apple', config: { clientId, teamId, keyId, scopes } },
    secrets: { privateKey },
  };
};

interface Common {
  readonly name: string;
  readonly clientSecret: string;
  readonly providerOptions?: Asked<Options> | undefined;
}

function common({ name, clientSecret, providerOptions }: Common): Pick<Draft, 'name' | 'options' | 'secrets'> {
  return { name, options: optionsOf(providerOptions), secrets: { clientSecret } };
}

const client = ({ clientId, scopes }: { readonly clientId: string; readonly scopes: readonly string[] }) => ({ clientId, scopes });

const endpoints = ({
  authorizationEndpoint,
  tokenEndpoint,
  userEndpoint,
}: Record<'authorizationEndpoint' | 'tokenEndpoint' | 'userEndpoint', string>) => ({ authorizationEndpoint, tokenEndpoint, userEndpoint });

export function optionsOf(given: Asked<Options> | undefined): Options {
  const {
    isLinkingAllowed = false,
    isCreationAllowed = false,
    isAutoCreation = false,
    isAutoUpdate = false,
    autoLinking = 0,
  } = given ?? {};
  return { isLinkingAllowed, isCreationAllowed, isAutoCreation, isAutoUpdate, autoLinking };
}

function attributesOf({ ...given }: Asked<LdapAttributes>): Partial<LdapAttributes> {
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => name.endsWith('Attribute') && value !== ''));
}

function isEcKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}
