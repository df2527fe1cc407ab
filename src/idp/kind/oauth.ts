/**
 * The authorization code flow (RFC 6749 section 4.1) that all kinds but JWT, LDAP and SAML share: where the browser is sent, and what the
 * code it comes back with is worth. What differs between the kinds is a `Client`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type ExternalUser, type JsonObject, type Login, LoginError, textOf } from '../login.ts';
import { type Context, callbackUrl, fetched, jsonObject, refused } from './context.ts';

export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number | undefined;
}

/** One kind of provider, as it is configured. */
export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** How the secret is sent (RFC 6749 section 2.3.1). `either`: in the header, and in the form where that is refused. */
  readonly authentication: 'header' | 'form' | 'either';
  readonly scopes: readonly string[];
  /** Asks which account it shall be; a login hint takes its place. */
  readonly prompt: boolean;
  readonly usePkce: boolean;
  readonly useNonce: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where it is known who the provider is. `isTold`: it says that it names itself in every answer (RFC 9207 section 3). */
  readonly issuer?: { readonly name: string; readonly isTold: boolean };
  /** Whose the tokens are. `nonce`: what the id token must hold. `sent`: what else came back with the code. */
  readonly account: (tokens: Tokens, nonce: string | undefined, sent: (name: string) => string | undefined) => Promise<ExternalUser>;
}

/** Kept between the two steps. */
export interface Pending {
  readonly codeVerifier?: string;
  readonly nonce?: string;
  readonly issuer?: NonNullable<Client['issuer']>;
}

export interface Asked {
  readonly state: string;
  readonly loginHint: string;
}

export function authorization(
  client: Client,
  { origin }: Context,
  { state, loginHint }: Asked,
): { readonly url: string; readonly pending: Pending } {
  const pending: Pending = {
    ...(client.usePkce && { codeVerifier: secret() }),
    ...(client.useNonce && { nonce: secret() }),
    ...(client.issuer && { issuer: client.issuer }),
  };
  const parameters: Record<string, string> = {
    client_id: client.clientId,
    redirect_uri: callbackUrl(origin),
    response_type: 'code',
    ...(client.scopes.length > 0 && { scope: client.scopes.join(' ') }),
    state,
    ...(loginHint !== '' ? { login_hint: loginHint } : client.prompt ? { prompt: 'select_account' } : {}),
    // RFC 7636 section 4.3
    ...(pending.codeVerifier !== undefined && {
      code_challenge: createHash('sha256').update(pending.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    }),
    ...(pending.nonce !== undefined && { nonce: pending.nonce }),
    ...client.parameters,
  };
  const url = URL.parse(client.authorizationEndpoint);
  if (!url) throw refused('the authorization endpoint is no URL');
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, pending };
}

const secret = (): string => randomBytes(32).toString('base64url');

/** What the provider's answer is worth; its own refusal is told as it came. */
export async function answered(
  client: Client,
  context: Context,
  sent: (name: string) => string | undefined,
  { codeVerifier, nonce, issuer }: Pending,
): Promise<Login> {
  demandIssuer(issuer, sent('iss'));
  const error = sent('error');
  if (error) throw new LoginError(error, sent('error_description') ?? '');
  const code = sent('code');
  if (!code) throw refused('no code came back');
  const tokens = await exchanged(client, context, { code, ...(codeVerifier !== undefined && { code_verifier: codeVerifier }) });
  const user = await client.account(tokens, nonce, sent);
  if (user.id === '') throw refused('the provider does not say who it was');
  const { accessToken, idToken, refreshToken, expiresAt } = tokens;
  return { user, access: { case: 'oauth', accessToken, idToken, refreshToken }, expiresAt };
}

/** RFC 9207 section 2.4: an answer of another provider is none, nor a refusal of his; of one that names itself, each does. */
function demandIssuer(issuer: Pending['issuer'], told: string | undefined): void {
  if (!issuer) return;
  if (told === undefined ? issuer.isTold : told !== issuer.name) throw refused(`the answer is by ${told ?? 'nobody'}, not ${issuer.name}`);
}

async function exchanged(client: Client, { outside, origin }: Context, proof: Readonly<Record<string, string>>): Promise<Tokens> {
  const form = { grant_type: 'authorization_code', redirect_uri: callbackUrl(origin), ...proof };
  const ways =
    client.clientSecret === ''
      ? (['none'] as const)
      : client.authentication === 'either'
        ? (['header', 'form'] as const)
        : ([client.authentication] as const);
  let refusal = refused('the token endpoint was not asked');
  for (const way of ways) {
    const response = await fetched(outside, client.tokenEndpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(way === 'header' && { authorization: basic(client) }),
      },
      body: new URLSearchParams({
        ...form,
        ...(way !== 'header' && { client_id: client.clientId }),
        ...(way === 'form' && { client_secret: client.clientSecret }),
      }).toString(),
    });
    const text = await response.text();
    const body = jsonObject(text) ?? (Object.fromEntries(new URLSearchParams(text)) as JsonObject); // some answer with a form
    if (response.ok && textOf(body, 'access_token') !== '') return tokensOf(body);
    refusal = refused(`the token endpoint answered ${response.status} ${textOf(body, 'error')} ${textOf(body, 'error_description')}`);
    if (response.status !== 401 && textOf(body, 'error') !== 'invalid_client') break;
  }
  throw refusal;
}

/** RFC 6749 section 2.3.1: both parts are form-encoded first. */
function basic({ clientId, clientSecret }: Client): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ '': part }).toString().slice(1)).join(':');
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}

function tokensOf(body: JsonObject): Tokens {
  const seconds = Number(textOf(body, 'expires_in'));
  return {
    accessToken: textOf(body, 'access_token'),
    idToken: textOf(body, 'id_token'),
    refreshToken: textOf(body, 'refresh_token'),
    expiresAt: seconds > 0 ? Date.now() + seconds * 1000 : undefined,
  };
}
