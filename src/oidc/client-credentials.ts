/**
 * The grant of a machine with a secret (RFC 6749 section 4.4; reference/authn-authz-oidc.md 4.4). An unknown client, one without a secret,
 * a person and a wrong secret are told alike, in words and in time: so nobody learns which login names exist (DESIGN.md 8).
 */
import { verifyPassword } from '../crypto/password.ts';
import { spendVerification } from '../session/comparison.ts';
import { OAuthError } from './error.ts';
import { clientProof } from './form.ts';
import { issueTokens, type Proof, type Tokens } from './issue.ts';
import { scopesOf } from './scope.ts';
import { findSubject } from './subject.ts';
import type { Asked, Parts } from './token.ts';

const unknown = () => new OAuthError('invalid_client', 'unknown client or wrong secret');

export async function grantByCredentials(parts: Parts, { request, parameters, place }: Asked): Promise<Tokens> {
  const { clientId, secret } = clientProof(request, parameters);
  const scopes = scopesOf(parameters);
  const subject = await findSubject(parts.store, place.instance.id, { loginName: clientId }, scopes);
  const stored = subject?.secret_hash ?? null;
  if (!subject || stored === null) {
    await spendVerification(secret);
    throw unknown();
  }
  if (!(await verifyPassword(stored, secret))) throw unknown();
  request.seen.caller = subject.user_id;
  const proof: Proof = {
    authMethod: 4,
    amr: ['pwd'],
    reason: 'client_credentials',
    stands: (sql) => sql`coalesce(p.secret_hash = ${stored}, false)`,
    gone: unknown,
  };
  return issueTokens(parts, place, subject, proof, scopes);
}
