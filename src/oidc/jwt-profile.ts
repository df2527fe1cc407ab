/** The grant of a machine with a key: it signs an assertion (RFC 7523 section 2.1; reference/authn-authz-oidc.md 4.5). Whatever is wrong with one is told alike. */
import type { Place } from '../access/place.ts';
import type { Store } from '../store/connect.ts';
import { keyIdOf, provesIdentity } from './assertion.ts';
import { OAuthError } from './error.ts';
import { issueTokens, type Proof, type Tokens } from './issue.ts';
import { scopesOf } from './scope.ts';
import { findSubject } from './subject.ts';
import type { Asked, Parts } from './token.ts';

/** Those that the keys which AddKey takes can make. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const invalid = () => new OAuthError('invalid_grant', 'invalid assertion');

export async function grantByAssertion(parts: Parts, { request, parameters, place }: Asked): Promise<Tokens> {
  const assertion = parameters('assertion') ?? '';
  if (assertion === '') throw new OAuthError('invalid_request', 'assertion missing');
  const scopes = scopesOf(parameters);
  const key = await signer(parts.store, place, assertion);
  const subject = key && (await findSubject(parts.store, place.instance.id, { userId: key.user_id }, scopes));
  if (!subject) throw invalid();
  request.seen.caller = subject.user_id;
  const proof: Proof = {
    authMethod: 9,
    amr: [],
    reason: 'jwt_profile',
    stands: (sql) => sql`exists (
      select from machine_keys k where k.instance_id = u.instance_id and k.key_id = ${key.key_id} and k.user_id = u.user_id and k.expires_at > now())`,
    gone: invalid,
  };
  return issueTokens(parts, place, subject, proof, scopes);
}

interface MachineKey {
  key_id: string;
  user_id: string;
  public_key: string;
}

/** The key that signed an assertion, and with it the machine; undefined where the assertion proves nothing. */
async function signer(store: Store, { instance, issuer }: Place, assertion: string): Promise<MachineKey | undefined> {
  const keyId = keyIdOf(assertion);
  if (keyId === undefined) return undefined;
  const [key] = await store.run(
    (sql) => sql<MachineKey[]>`
      select key_id, user_id, public_key from machine_keys where instance_id = ${instance.id} and key_id = ${keyId} and expires_at > now()`,
  );
  if (!key) return undefined;
  const claimed = { identity: key.user_id, audience: issuer, algorithms: assertionAlgorithms };
  return (await provesIdentity(assertion, key.public_key, claimed)) ? key : undefined;
}
