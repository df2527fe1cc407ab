/** The kinds that speak the authorization code flow, each as a `Client`: endpoints, scopes, and how an account is read (reference/user-credentials-v2.md 8.1, 8.3). */

import { createPrivateKey } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import type { AppleConfig, AzureConfig, KindConfig, OAuthConfig, OidcConfig } from '../config.ts';
import { type ExternalUser, externalUser, type JsonObject, textOf, userOfClaims } from '../login.ts';
import { type Context, fetchJson, jsonObject, refused } from './context.ts';
import { discover, verified } from './discovery.ts';
import type { Client, Tokens } from './oauth.ts';

/** Kinds without a page of their own kind are none of these. */
export type OAuthKind = Exclude<KindConfig, { readonly kind: 'jwt' | 'ldap' | 'saml' }>;

export function clientOf(context: Context, { kind, config }: OAuthKind): Client | Promise<Client> {
  switch (kind) {
    case 'oauth':
      return generic(context, config);
    case 'oidc':
      return openId(context, config, { prompt: true });
    case 'google':
      return openId(context, { ...noOptions, ...config, issuer: 'https://accounts.google.com' }, { prompt: true, userName: 'email' });
    case 'gitlab':
      return openId(context, { ...noOptions, ...config, issuer: 'https://gitlab.com' }, { prompt: false });
    case 'gitlabSelfHosted':
      return openId(context, { ...noOptions, ...config }, { prompt: false });
    case 'zitadel':
      return openId(context, { ...noOptions, ...config }, { prompt: true });
    case 'apple':
      return apple(context, config);
    case 'azureAd':
      return azure(context, config);
    case 'github':
      return gitHub(context, config, {
        authorizationEndpoint: 'https://github.com/login/oauth/authorize',
        tokenEndpoint: 'https://github.com/login/oauth/access_token',
        userEndpoint: 'https://api.github.com/user',
      });
    case 'githubEs':
      return gitHub(context, config, config);
  }
}

const noOptions = { isIdTokenMapping: false, usePkce: false };

const bearer = ({ accessToken }: Tokens) => ({ headers: { authorization: `Bearer ${accessToken}` } });

/** Nothing is known of its answer but where the id stands. */
function generic({ outside, secrets }: Context, config: OAuthConfig): Client {
  return {
    ...config,
    clientSecret: secrets.clientSecret ?? '',
    authentication: 'either',
    prompt: true,
    useNonce: false,
    account: async (tokens) => {
      const raw = await fetchJson(outside, config.userEndpoint, bearer(tokens));
      return externalUser({ id: textOf(raw, config.idAttribute), raw: { RawInfo: raw } });
    },
  };
}

const DEFAULT_SCOPES = ['openid', 'profile', 'email', 'phone'];

interface OpenIdWays {
  readonly prompt: boolean;
  /** The claim that is the user name, where `preferred_username` is not told. */
  readonly userName?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly clientSecret?: string;
}

async function openId(
  { outside, secrets }: Context,
  config: OidcConfig,
  { prompt, userName, parameters, clientSecret }: OpenIdWays,
): Promise<Client> {
  const { authorizationEndpoint, tokenEndpoint, userinfoEndpoint, jwksUri, authMethods, prompts, tellsIssuer } = await discover(
    outside,
    config.issuer,
  );
  const scopes = config.scopes.length > 0 ? config.scopes : DEFAULT_SCOPES;
  return {
    clientId: config.clientId,
    clientSecret: clientSecret ?? secrets.clientSecret ?? '',
    authorizationEndpoint,
    tokenEndpoint,
    authentication: authMethods.includes('client_secret_basic') || !authMethods.includes('client_secret_post') ? 'header' : 'form',
    scopes: scopes.includes('openid') ? scopes : ['openid', ...scopes],
    prompt: prompt && (prompts?.includes('select_account') ?? true),
    usePkce: config.usePkce,
    useNonce: true,
    issuer: { name: config.issuer, isTold: tellsIssuer },
    ...(parameters && { parameters }),
    account: async (tokens, nonce) => {
      if (tokens.idToken === '') throw refused('no id token came back');
      const { issuer, clientId: audience } = config;
      const claims = await verified(outside, jwksUri, tokens.idToken, { issuer, audience, requiredClaims: ['exp', 'iat', 'sub'] });
      // OpenID Connect Core 3.1.3.7: the token is the answer to this request, and of several audiences this client is the one it was made for.
      if (claims.nonce !== nonce) throw refused('the id token is of another login');
      if (claims.azp !== undefined && claims.azp !== audience) throw refused('the id token is of another client');
      const raw = config.isIdTokenMapping || userinfoEndpoint === '' ? claims : await fetchJson(outside, userinfoEndpoint, bearer(tokens));
      if (textOf(raw, 'sub') !== textOf(claims, 'sub')) throw refused('userinfo is of another user'); // 5.3.2
      const user = userOfClaims(raw);
      return user.userName === '' && userName !== undefined ? { ...user, userName: textOf(raw, userName) } : user;
    },
  };
}

const APPLE = 'https://appleid.apple.com';
/** Apple takes them for half a year; these are used at once. */
const APPLE_SECRET = '5m';

/** The secret is a JWT under the own key; the names come once, in a form, beside the code. */
async function apple(context: Context, { clientId, teamId, keyId, scopes }: AppleConfig): Promise<Client> {
  const key = createPrivateKey(context.secrets.privateKey ?? '')
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const clientSecret = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(APPLE)
    .setIssuedAt()
    .setExpirationTime(APPLE_SECRET)
    .sign(await importPKCS8(key, 'ES256'));
  const config = { clientId, scopes, issuer: APPLE, isIdTokenMapping: true, usePkce: false };
  const client = await openId(context, config, { prompt: false, parameters: { response_mode: 'form_post' }, clientSecret });
  return {
    ...client,
    authentication: 'form',
    account: async (tokens, nonce, sent) => withAppleName(await client.account(tokens, nonce, sent), sent('user')),
  };
}

function withAppleName(user: ExternalUser, sent: string | undefined): ExternalUser {
  const name = jsonObject(sent ?? '')?.name;
  if (typeof name !== 'object' || name === null || Array.isArray(name)) return user;
  const { firstName, lastName } = name as JsonObject; // neither null nor a list
  const first = typeof firstName === 'string' ? firstName : '';
  const last = typeof lastName === 'string' ? lastName : '';
  return { ...user, firstName: first, lastName: last, displayName: `${first} ${last}`.trim() };
}

const TENANT_TYPES = ['common', 'organizations', 'consumers'];
const AZURE_SCOPES = ['openid', 'profile', 'email'];

/** The user comes from Microsoft Graph, which asks for a scope of its own. */
function azure({ outside, secrets }: Context, { clientId, scopes, tenant, emailVerified }: AzureConfig): Client {
  const name = tenant.case === 'tenantId' ? tenant.value : (TENANT_TYPES[tenant.value] ?? 'common');
  const base = `https://login.microsoftonline.com/${encodeURIComponent(name)}/oauth2/v2.0`;
  return {
    clientId,
    clientSecret: secrets.clientSecret ?? '',
    authorizationEndpoint: `${base}/authorize`,
    tokenEndpoint: `${base}/token`,
    authentication: 'form',
    scopes: [...new Set([...(scopes.length > 0 ? scopes : AZURE_SCOPES), 'User.Read'])],
    prompt: true,
    usePkce: false,
    useNonce: false,
    account: async (tokens) => azureUser(await fetchJson(outside, 'https://graph.microsoft.com/v1.0/me', bearer(tokens)), emailVerified),
  };
}

export function azureUser(raw: JsonObject, isEmailVerified: boolean): ExternalUser {
  return externalUser({
    id: textOf(raw, 'id'),
    userName: textOf(raw, 'userPrincipalName'),
    firstName: textOf(raw, 'givenName'),
    lastName: textOf(raw, 'surname'),
    displayName: textOf(raw, 'displayName'),
    preferredLanguage: textOf(raw, 'preferredLanguage'),
    email: textOf(raw, 'mail') || textOf(raw, 'userPrincipalName'),
    isEmailVerified,
    phone: textOf(raw, 'mobilePhone'),
    raw,
  });
}

type GitHubEndpoints = Pick<OAuthConfig, 'authorizationEndpoint' | 'tokenEndpoint' | 'userEndpoint'>;

function gitHub(
  { outside, secrets }: Context,
  { clientId, scopes }: Pick<OAuthConfig, 'clientId' | 'scopes'>,
  at: GitHubEndpoints,
): Client {
  return {
    clientId,
    clientSecret: secrets.clientSecret ?? '',
    authorizationEndpoint: at.authorizationEndpoint,
    tokenEndpoint: at.tokenEndpoint,
    authentication: 'form',
    scopes,
    prompt: true,
    usePkce: false,
    useNonce: false,
    account: async (tokens) => {
      const raw = await fetchJson(outside, at.userEndpoint, bearer(tokens));
      const email = textOf(raw, 'email');
      return externalUser({
        id: textOf(raw, 'id'),
        userName: textOf(raw, 'login'),
        displayName: textOf(raw, 'name'),
        email,
        isEmailVerified: email !== '', // a public address there is one that was proven
        raw,
      });
    },
  };
}
