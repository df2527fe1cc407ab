/** What an OpenID provider says of itself (OpenID Connect Discovery 1.0 section 4), and its keys; remembered for a while. */
import { createLocalJWKSet, type JWK, type JWTPayload, type JWTVerifyOptions, errors as joseErrors, jwtVerify } from 'jose';
import { type JsonObject, textOf } from '../login.ts';
import { type Context, fetchJson, refused } from './context.ts';

export interface Discovered {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userinfoEndpoint: string;
  readonly jwksUri: string;
  /** `client_secret_basic` where it does not say (the same, section 3). */
  readonly authMethods: readonly string[];
  /** Undefined where it does not say (Initiating User Registration via OpenID Connect 1.0, section 4.1). */
  readonly prompts: readonly string[] | undefined;
  /** Whether it says that it names itself in every answer (RFC 9207 section 3). */
  readonly tellsIssuer: boolean;
}

type Outside = Context['outside'];

/** What was fetched counts for ten minutes; keys are fetched again where one is missing, but not more often than every ten seconds. */
const FRESH_MS = 600_000;
const AGAIN_MS = 10_000;
/** Most addresses whose answer is remembered at once, and the most that one may say. */
const REMEMBERED = 1000;
const MOST_BYTES = 64 * 1024;

/** Oldest first. */
const remembered = new Map<string, { readonly at: number; readonly value: Promise<JsonObject> }>();

/** Asked anew where the answer is older than `maxAgeMs`; an answer that failed is not remembered, nor what nobody reads of one. */
function remember(outside: Outside, url: string, maxAgeMs: number, kept: (found: JsonObject) => JsonObject): Promise<JsonObject> {
  const known = remembered.get(url);
  if (known && Date.now() - known.at < maxAgeMs) return known.value;
  remembered.delete(url);
  for (const oldest of remembered.keys()) {
    if (remembered.size < REMEMBERED) break;
    remembered.delete(oldest);
  }
  const value = fetchJson(outside, url, { redirects: 3, maxBytes: MOST_BYTES }).then(kept);
  remembered.set(url, { at: Date.now(), value });
  value.catch(() => {
    if (remembered.get(url)?.value === value) remembered.delete(url);
  });
  return value;
}

const METADATA = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'token_endpoint_auth_methods_supported',
  'prompt_values_supported',
  'authorization_response_iss_parameter_supported',
];
/** RFC 7517 section 4, RFC 7518 section 6, RFC 8037: of public keys; certificates are not looked at. */
const KEY = ['kty', 'kid', 'use', 'key_ops', 'alg', 'crv', 'x', 'y', 'n', 'e'];

const only = (found: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(found).filter(([name]) => names.includes(name)));

function keysOf({ keys }: JsonObject): JsonObject {
  const listed = Array.isArray(keys) ? keys : [];
  return {
    keys: listed.flatMap((key) => (typeof key === 'object' && key !== null && !Array.isArray(key) ? [only(key as JsonObject, KEY)] : [])),
  }; // an object of JSON
}

export async function discover(outside: Outside, issuer: string): Promise<Discovered> {
  const found = await remember(outside, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, FRESH_MS, (all) =>
    only(all, METADATA),
  );
  // Section 4.3: the issuer must be the one that was asked for.
  if (textOf(found, 'issuer') !== issuer) throw refused(`the provider calls itself ${textOf(found, 'issuer')}, not ${issuer}`);
  const { token_endpoint_auth_methods_supported: methods, prompt_values_supported: prompts } = found;
  return {
    issuer,
    authorizationEndpoint: demanded(found, 'authorization_endpoint'),
    tokenEndpoint: demanded(found, 'token_endpoint'),
    userinfoEndpoint: textOf(found, 'userinfo_endpoint'),
    jwksUri: demanded(found, 'jwks_uri'),
    authMethods: Array.isArray(methods) ? methods.map(String) : ['client_secret_basic'],
    prompts: Array.isArray(prompts) ? prompts.map(String) : undefined,
    tellsIssuer: found.authorization_response_iss_parameter_supported === true,
  };
}

function demanded(found: JsonObject, name: string): string {
  const url = textOf(found, name);
  if (!URL.canParse(url)) throw refused(`the provider has no ${name}`);
  return url;
}

/** Those that a published key can prove; never `none`, nor a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** How far clocks may differ, in seconds. */
const SKEW = 30;

/** The claims of a token that one of the keys at this address has signed. */
export async function verified(
  outside: Outside,
  jwksUri: string,
  token: string,
  options: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'requiredClaims'>,
): Promise<JWTPayload & JsonObject> {
  for (const maxAgeMs of [FRESH_MS, AGAIN_MS]) {
    const keys = await remember(outside, jwksUri, maxAgeMs, keysOf);
    try {
      // As `keysOf` has left them; jose looks at each before it uses it.
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: keys.keys as JWK[] }), {
        ...options,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW,
      });
      return payload as JWTPayload & JsonObject; // claims are JSON
    } catch (error) {
      if (error instanceof joseErrors.JWKSNoMatchingKey && maxAgeMs !== AGAIN_MS) continue; // the provider may have a new key
      throw refused('the token does not hold', error);
    }
  }
  throw refused('no key fits');
}
