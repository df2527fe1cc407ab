/** Machines with a secret and a key, made through the API, and what they ask the token endpoint. */
import { createPrivateKey } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { type Client, user } from '../support/ask.ts';
import type { KeywardNode } from '../support/node.ts';
import type { People, Person, Wanted } from '../support/people.ts';

export const FOR_API = 'urn:zitadel:iam:org:project:id:zitadel:aud';
export const BY_KEY = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface Machine extends Person {
  readonly name: string;
  readonly secret: string;
  readonly key: MachineKey;
}

export interface MachineKey {
  readonly keyId: string;
  readonly userId: string;
  /** PEM. */
  readonly key: string;
}

const tokenTypes = { opaque: 0, JWT: 1 } as const;
export type TokenType = keyof typeof tokenTypes;
export const bothTypes = Object.keys(tokenTypes) as TokenType[]; // the keys of a literal object are its names

/** Makes machines by the admin's token. */
export class Machines {
  readonly #people: People;
  readonly #client: Client;
  readonly #token: string;

  constructor(people: People, client: Client, token: string) {
    this.#people = people;
    this.#client = client;
    this.#token = token;
  }

  async make(type: TokenType = 'opaque', wanted: Wanted = {}): Promise<Machine> {
    const person = await this.#people.person(wanted);
    const accessTokenType = tokenTypes[type];
    await this.#client.get(user.updateUser, { userId: person.userId, userType: { case: 'machine', value: { accessTokenType } } }, this.#by);
    return { ...person, name: wanted.name ?? person.userId, secret: await this.secret(person), key: await this.key(person) };
  }

  async secret({ userId }: Pick<Person, 'userId'>): Promise<string> {
    return (await this.#client.get(user.addSecret, { userId }, this.#by)).clientSecret;
  }

  async key({ userId }: Pick<Person, 'userId'>): Promise<MachineKey> {
    const { keyContent } = await this.#client.get(user.addKey, { userId, expirationDate: { seconds: 4_000_000_000n } }, this.#by);
    return JSON.parse(Buffer.from(keyContent).toString());
  }

  get #by(): { token: string } {
    return { token: this.#token };
  }
}

export interface TokenAnswer {
  readonly status: number;
  readonly access_token?: string;
  readonly id_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description?: string;
}

export const originOf = ({ port }: Pick<KeywardNode, 'port'>): string => `http://localhost:${port}`;

/** POST to the token endpoint. */
export async function ask(
  node: Pick<KeywardNode, 'port'>,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${originOf(node)}/oauth/v2/token`, { method: 'POST', body: new URLSearchParams(fields), headers });
  return { status: response.status, ...((await response.json()) as object) };
}

/** What the two grants have in common: how a machine asks for a token. */
export const grants = {
  secret: (node: Pick<KeywardNode, 'port'>, { name, secret }: Machine, scope = `openid ${FOR_API}`) =>
    ask(node, { grant_type: 'client_credentials', client_id: name, client_secret: secret, scope }),
  key: async (node: Pick<KeywardNode, 'port'>, { key }: Machine, scope = `openid ${FOR_API}`) =>
    ask(node, { grant_type: BY_KEY, assertion: await assertion(originOf(node), key), scope }),
} as const;
export type GrantName = keyof typeof grants;
export const bothGrants = Object.keys(grants) as GrantName[]; // the keys of a literal object are its names

/** Claims of an assertion; undefined leaves one out. */
export type SaidClaims = { readonly [K in 'iss' | 'sub' | 'aud' | 'iat' | 'exp']?: JWTPayload[K] | undefined };

/** As a machine signs it; `claims` say something else. */
export function assertion(audience: string, { keyId, userId, key }: MachineKey, claims: SaidClaims = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const said = { iss: userId, sub: userId, aud: audience, iat: now, exp: now + 600, ...claims } as JWTPayload; // undefined is left out, as JSON does
  return new SignJWT(said).setProtectedHeader({ alg: 'RS256', kid: keyId }).sign(createPrivateKey(key));
}
