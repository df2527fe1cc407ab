/**
 * The texts of access tokens: opaque `at_<OIDC session id>_<secret>`, or a JWT whose `jti` names the OIDC session. The id finds the row,
 * the hash of the whole text proves it: so a JWT that we did not make, or that was changed, is as unknown as an opaque one.
 */
import { randomText } from '../crypto/secret.ts';

/** 43 characters of 62: 256 bits. */
const SECRET_LENGTH = 43;
const OPAQUE = /^at_([0-9]{1,20})_[A-Za-z0-9]{43}$/;
const JWT = /^eyJ[\w-]+\.([\w-]+)\.[\w-]+$/;
const JTI = /^V2_([0-9]{1,20})-at_[0-9]{1,20}$/;

export const newOpaqueToken = (oidcSessionId: string): string => `at_${oidcSessionId}_${randomText(SECRET_LENGTH)}`;

/** The `jti` of a JWT, and the name of the token in events, as the original forms them (reference/authn-authz-oidc.md 1.1 and 8.1). */
export const jtiOf = (oidcSessionId: string, tokenId: string): string => `V2_${oidcSessionId}-at_${tokenId}`;

/** The id in a token, or undefined where the text is none of ours. */
export function parseAccessToken(text: string): { oidcSessionId: string } | undefined {
  const opaque = OPAQUE.exec(text)?.[1];
  if (opaque !== undefined) return { oidcSessionId: opaque };
  const jti = JTI.exec(jtiIn(JWT.exec(text)?.[1]))?.[1];
  return jti === undefined ? undefined : { oidcSessionId: jti };
}

function jtiIn(claims: string | undefined): string {
  if (claims === undefined) return '';
  try {
    const { jti }: { jti?: unknown } = JSON.parse(Buffer.from(claims, 'base64url').toString()) ?? {};
    return typeof jti === 'string' ? jti : '';
  } catch {
    return '';
  }
}
