/**
 * Gives out tokens: a door (docs/architecture.md, "Doors"), so one statement looks at the user's state and the credential once more, and
 * binds what is given to the epochs that it reads. The tokens are made before, and worth nothing without that statement.
 */
import { hash } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { jtiOf, newOpaqueToken } from '../access/access-token.ts';
import { gate } from '../access/gate.ts';
import type { Place } from '../access/place.ts';
import { digest } from '../crypto/secret.ts';
import { newId } from '../id/id.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import type { SigningKey, WebKeys } from '../webkey/keys.ts';
import { assertedClaims } from './claims.ts';
import { OAuthError } from './error.ts';
import { audienceOf, scopeNames, scopesFor } from './scope.ts';
import type { Subject } from './subject.ts';

/** How a machine proved itself. */
export interface Proof {
  /** Of the reference's list (8.1): 4 password, 9 private key. */
  readonly authMethod: 4 | 9;
  readonly amr: readonly string[];
  readonly reason: 'client_credentials' | 'jwt_profile';
  /** Over `u` and `p`: whether what it proved itself with is still there. */
  readonly stands: (sql: Sql) => Fragment;
  /** Thrown where it is not. */
  readonly gone: () => OAuthError;
}

export interface Tokens {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly id_token?: string;
}

/** Seconds that access and id tokens live (reference/authn-authz-oidc.md 4.1). */
const LIFETIME = 12 * 60 * 60;
const NANOSECONDS = 1_000_000_000;
const JWT_TYPE = 1;
const VIA = '/oauth/v2/token';

export async function issueTokens(
  { store, webKeys }: { readonly store: Store; readonly webKeys: WebKeys },
  place: Place,
  subject: Subject,
  proof: Proof,
  asked: readonly string[],
): Promise<Tokens> {
  const scopes = scopesFor(subject, asked);
  const audience = audienceOf(subject, scopes);
  const oidcSessionId = newId();
  const tokenId = newId();
  const now = Math.floor(Date.now() / 1000);
  const isJwt = subject.access_token_type === JWT_TYPE;
  const hasIdToken = scopes.includes(scopeNames.openid);
  const key = isJwt || hasIdToken ? await webKeys.signing(place.instance.id) : undefined;
  const common: JWTPayload = {
    iss: place.issuer,
    sub: subject.user_id,
    iat: now,
    exp: now + LIFETIME,
    client_id: subject.username,
    ...assertedClaims(subject, scopes),
  };

  const accessToken =
    isJwt && key
      ? await signed(key, {
          ...common,
          aud: audience.length > 0 ? [...audience] : [subject.username],
          nbf: now,
          jti: jtiOf(oidcSessionId, tokenId),
        })
      : newOpaqueToken(oidcSessionId);
  const idToken =
    hasIdToken && key
      ? await signed(key, {
          ...common,
          aud: [...audience, subject.username],
          azp: subject.username,
          auth_time: now,
          at_hash: leftHalf(key.algorithm, accessToken),
          ...(proof.amr.length > 0 ? { amr: proof.amr } : {}),
        })
      : undefined;

  const keyId = isJwt && key ? key.keyId : null;
  await keep(store, place.instance.id, subject, proof, { oidcSessionId, tokenId, scopes, audience, accessToken, keyId, now });
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: LIFETIME,
    ...(idToken === undefined ? {} : { id_token: idToken }),
  };
}

const signed = ({ keyId, algorithm, privateKey }: SigningKey, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' }).sign(privateKey);

/** By the hash of the algorithm that signs; Ed25519 is of SHA-512 (RFC 8032 5.1). */
const HASHES = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  EdDSA: 'sha512',
} as const satisfies Record<SigningKey['algorithm'], string>;

/** OpenID Connect Core 3.1.3.6. */
function leftHalf(algorithm: SigningKey['algorithm'], accessToken: string): string {
  const whole = hash(HASHES[algorithm], accessToken, 'buffer');
  return whole.subarray(0, whole.length / 2).toString('base64url');
}

interface Made {
  readonly oidcSessionId: string;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  readonly audience: readonly string[];
  readonly accessToken: string;
  readonly keyId: string | null;
  /** In seconds since the epoch. */
  readonly now: number;
}

async function keep(store: Store, instanceId: string, subject: Subject, proof: Proof, made: Made): Promise<void> {
  const { oidcSessionId, tokenId, scopes, audience, accessToken, keyId, now } = made;
  const events = eventsOf(subject, proof, made);
  const [row] = await store.run(
    (sql) => sql<{ enabled: boolean; stands: boolean }[]>`
      with subject as (
        select u.instance_id, u.user_id, u.org_id, u.epoch, o.epoch as org_epoch, i.epoch as instance_epoch,
          ${gate(sql)} as enabled, ${proof.stands(sql)} as stands
        from users u
        join profiles p using (instance_id, user_id)
        join orgs o using (instance_id, org_id)
        join instances i using (instance_id)
        where u.instance_id = ${instanceId} and u.user_id = ${subject.user_id}
      ),
      kept as (
        insert into oidc_sessions (instance_id, oidc_session_id, user_id, client_id, audience, scopes, access_token_hash, access_token_id, access_token_key_id,
          amr, access_token_expires_at, user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
        select s.instance_id, ${oidcSessionId}, s.user_id, ${subject.username}, ${audience}::text[], ${scopes}::text[], ${digest(accessToken)}, ${tokenId}, ${keyId},
          ${[...proof.amr]}::text[], to_timestamp(${now + LIFETIME}::float8), s.epoch, s.org_epoch, s.instance_epoch, ${events.length}, clock_timestamp(), clock_timestamp()
        from subject s where s.enabled and s.stands
        returning instance_id, 'V2_' || oidc_session_id as aggregate_id, ${subject.org_id} as owner, sequence, created_at as at
      ),
      logged as (${append(sql, sql`kept`, { aggregateType: 'oidc_session', editor: subject.user_id, via: VIA }, events)})
      select s.enabled, s.stands from subject s`,
  );
  if (!row?.stands) throw proof.gone();
  if (!row.enabled) throw new OAuthError('invalid_request', 'Errors.User.NotActive');
}

/** As reference/authn-authz-oidc.md 8.1 lists them. */
function eventsOf(subject: Subject, { authMethod, reason }: Proof, { tokenId, scopes, audience, now }: Made): readonly NewEvent[] {
  return [
    {
      type: 'oidc_session.added',
      payload: {
        userID: subject.user_id,
        userResourceOwner: subject.org_id,
        sessionID: '',
        clientID: subject.username,
        audience,
        scope: scopes,
        authMethods: [authMethod],
        authTime: new Date(now * 1000).toISOString(),
        ...(subject.preferred_language === null ? {} : { preferredLanguage: subject.preferred_language }),
      },
    },
    { type: 'oidc_session.access_token.added', payload: { id: `at_${tokenId}`, scope: scopes, lifetime: LIFETIME * NANOSECONDS, reason } },
  ];
}
