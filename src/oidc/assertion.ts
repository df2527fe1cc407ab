/** Assertions: a JWT by which the holder of a key says who he is (RFC 7523 section 3; reference/authn-authz-oidc.md 3.4). */
import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';

/** Seconds since `iat` for which an assertion is good, whatever its `exp`; and by how much clocks may differ. */
const MOST_AGE = 60 * 60;
const SKEW = 1;

/** The key that it names; undefined where the text is no assertion. */
export function keyIdOf(assertion: string): string | undefined {
  try {
    const { kid } = decodeProtectedHeader(assertion);
    return kid !== undefined && /^[\w-]{1,200}$/.test(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}

export interface Claimed {
  /** Both issuer and subject. */
  readonly identity: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

/** Whether this key (PEM) signed it, for this audience, in the name of this identity, and lately. */
export async function provesIdentity(assertion: string, publicKey: string, { identity, audience, algorithms }: Claimed): Promise<boolean> {
  try {
    await jwtVerify(assertion, createPublicKey(publicKey), {
      algorithms: [...algorithms],
      issuer: identity,
      subject: identity,
      audience,
      requiredClaims: ['exp'],
      maxTokenAge: MOST_AGE,
      clockTolerance: SKEW,
    });
    return true;
  } catch {
    return false;
  }
}
