/**
 * The two ceremonies of WebAuthn, as far as they know of no database: what a browser is asked, and whether its answer is right
 * (https://www.w3.org/TR/webauthn-3/ 7.1 and 7.2; shapes: reference/user-credentials-v2.md 4.3, session-service-v2.md 6.4).
 */
import { randomBytes } from 'node:crypto';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Call } from '../access/call.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { errors } from './errors.ts';

/** What the browser is given to finish a ceremony, in seconds; the server takes an answer somewhat longer. */
const TIMEOUT_SECONDS = 300;
const DISCOURAGED_TIMEOUT_SECONDS = 120;
export const CHALLENGE_SECONDS = 2 * TIMEOUT_SECONDS;

/** What people see as the name of the relying party. */
const RP_NAME = 'Keyward';
/** COSE numbers in the order of the reference: ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA. */
const ALGORITHMS = [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8];

// No attestation is asked for, so none is traced to its maker. With root certificates the library would fetch revocation lists from
// addresses that stand in the certificates of whoever registers.
for (const identifier of ['android-key', 'android-safetynet', 'apple', 'mds'] as const)
  SettingsService.setRootCertificates({ identifier, certificates: [] });

/** 32 random bytes in base64url, as browsers repeat them. */
export const newChallenge = (): string => randomBytes(32).toString('base64url');

/** The id of a user as authenticators keep it. */
const handleOf = (userId: string): string => Buffer.from(userId).toString('base64url');

/** The relying party of a registration; fails where the domain is none of the instance's. */
export async function relyingParty(call: Call, domain: string): Promise<string> {
  const rpId = await servesDomain(call, domain);
  if (rpId === undefined) throw new Failure(errors.relyingPartyUnknown);
  return rpId;
}

/**
 * The domain of the instance that a request names, in small letters, or the primary one where it names none; what host it came to says
 * nothing. Undefined where the instance has no such domain.
 */
export async function servesDomain(call: Call, domain: string): Promise<string | undefined> {
  const [{ rp_id }] = await call.db.read<{ rp_id: string | null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select (
        select d.domain from instance_domains d
        where d.instance_id = ${call.instance.id} and ${domain === '' ? sql`true` : sql`d.domain = lower(${domain})`}
        order by d.is_primary desc, d.domain limit 1
      ) as rp_id
      from caller`,
  );
  return rp_id ?? undefined;
}

export interface CreationWish {
  readonly rpId: string;
  readonly challenge: string;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  /** Credentials that are registered already, in base64url. */
  readonly exclude: readonly string[];
  readonly attachment: 'platform' | 'cross-platform' | undefined;
}

/** `public_key_credential_creation_options`, for `navigator.credentials.create`. */
export function creationOptions({ rpId, challenge, user, exclude, attachment }: CreationWish): JsonObject {
  return {
    publicKey: {
      rp: { id: rpId, name: RP_NAME },
      user: { ...user, id: handleOf(user.id) },
      challenge,
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT_SECONDS * 1000,
      ...(exclude.length > 0 && { excludeCredentials: descriptors(exclude) }),
      authenticatorSelection: { userVerification: 'required', ...(attachment && { authenticatorAttachment: attachment }) },
      attestation: 'none',
    },
  };
}

export type UserVerification = 'required' | 'preferred' | 'discouraged';

/** `public_key_credential_request_options`, for `navigator.credentials.get`. */
export function requestOptions(rpId: string, challenge: string, allow: readonly string[], userVerification: UserVerification): JsonObject {
  const seconds = userVerification === 'discouraged' ? DISCOURAGED_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
  return { publicKey: { challenge, timeout: seconds * 1000, rpId, allowCredentials: descriptors(allow), userVerification } };
}

const descriptors = (ids: readonly string[]) => ids.map((id) => ({ type: 'public-key', id }));

/** A credential that has proven itself. */
export interface NewCredential {
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly signCount: number;
  readonly attestationType: string;
  readonly aaguid: string;
}

/**
 * Checks what `navigator.credentials.create` gave. Whether it verified its user is not asked here, though the options say so, as on the
 * original: a key that cannot does not serve as a passkey later, since there it is asked.
 */
export async function verifyCreation(
  credential: JsonObject | undefined,
  { rpId, challenge }: { readonly rpId: string; readonly challenge: string },
): Promise<NewCredential> {
  const response = read<RegistrationResponseJSON>(credential, ['attestationObject'], errors.credentialUnreadable);
  const { registrationInfo } = await tried(errors.credentialWrong, () =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: demandOrigin(response, rpId),
      expectedRPID: rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!registrationInfo) throw new Failure(errors.credentialWrong);
  const { credential: made, fmt, aaguid } = registrationInfo;
  return {
    credentialId: made.id,
    publicKey: Buffer.from(made.publicKey),
    signCount: made.counter,
    attestationType: fmt,
    aaguid,
  };
}

/** What an assertion is held against. */
export interface Expected {
  readonly rpId: string;
  readonly challenge: string;
  readonly userVerification: UserVerification;
  readonly userId: string;
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly signCount: bigint;
}

export interface Asserted {
  readonly signCount: number;
  readonly userVerified: boolean;
}

/** The answer of `navigator.credentials.get`, as far as it can be read. */
export function readAssertion(credential: JsonObject | undefined, unreadable: Reason): AuthenticationResponseJSON {
  return read<AuthenticationResponseJSON>(credential, ['authenticatorData', 'signature'], unreadable);
}

/** Checks an assertion: type, challenge, origin, domain, presence, verification where it is required, counter, signature, whose key it is. */
export async function verifyAssertion(response: AuthenticationResponseJSON, expected: Expected, wrong: Reason): Promise<Asserted> {
  const { userHandle } = response.response;
  // An authenticator that does not keep users gives none, or an empty one.
  if (userHandle && userHandle !== handleOf(expected.userId)) throw new Failure(wrong);
  const { verified, authenticationInfo } = await tried(wrong, () =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: expected.challenge,
      expectedOrigin: demandOrigin(response, expected.rpId),
      expectedRPID: expected.rpId,
      requireUserVerification: expected.userVerification === 'required',
      credential: { id: expected.credentialId, publicKey: new Uint8Array(expected.publicKey), counter: Number(expected.signCount) },
    }),
  );
  if (!verified) throw new Failure(wrong);
  return { signCount: authenticationInfo.newCounter, userVerified: authenticationInfo.userVerified };
}

/** The library throws for whatever is wrong with what a client sent. */
async function tried<T>(wrong: Reason, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (cause) {
    throw new Failure(wrong, { cause });
  }
}

/** The origin that a browser wrote down, where it belongs to the relying party; throws what `tried` catches. */
function demandOrigin({ response }: { readonly response: { readonly clientDataJSON: string } }, rpId: string): string {
  const data: unknown = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString());
  const origin = typeof data === 'object' && data !== null && 'origin' in data ? data.origin : undefined;
  if (typeof origin !== 'string' || !belongs(origin, rpId)) throw new Error(`the origin ${String(origin)} does not belong to ${rpId}`);
  return origin;
}

/** A secure origin (https, or this machine itself) on the domain or below it: where browsers let a page use its keys. */
function belongs(origin: string, rpId: string): boolean {
  const url = URL.parse(origin);
  if (!url || url.origin !== origin) return false;
  const isLocal = url.hostname === 'localhost' || url.hostname.endsWith('.localhost');
  return (
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`))
  );
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** A PublicKeyCredential as JSON; what of it must be there is. Padding of base64url is forgiven. */
function read<R extends RegistrationResponseJSON | AuthenticationResponseJSON>(
  given: JsonObject | undefined,
  members: readonly (keyof R['response'] & string)[],
  unreadable: Reason,
): R {
  const response = given?.response;
  if (!given || !isObject(response)) throw new Failure(unreadable);
  const bytes = (value: JsonValue | undefined): string => {
    const text = typeof value === 'string' ? value.replace(/=+$/, '') : '';
    if (!BASE64URL.test(text)) throw new Failure(unreadable);
    return text;
  };
  const id = bytes(given.rawId);
  if (bytes(given.id) !== id || given.type !== 'public-key') throw new Failure(unreadable);
  const { userHandle } = response;
  const read = Object.fromEntries(['clientDataJSON', ...members].map((name) => [name, bytes(response[name])]));
  const whose = typeof userHandle === 'string' ? { userHandle: userHandle.replace(/=+$/, '') } : {};
  // What else a browser tells (transports, extensions) is not looked at.
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response: { ...read, ...whose } } as unknown as R; // its members are those that were read
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
