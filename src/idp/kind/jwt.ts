/** A provider that signs a JWT for whoever is logged in there, and sends it along in a header (reference/user-credentials-v2.md 8.1, 8.4). */
import type { JwtConfig } from '../config.ts';
import { type Login, userOfClaims } from '../login.ts';
import { type Context, refused } from './context.ts';
import { verified } from './discovery.ts';

/** Both parameters come back: the id of the intent, and the secret that nobody else knows. */
export function jwtUrl({ jwtEndpoint }: JwtConfig, intentId: string, secret: string): string {
  const url = URL.parse(jwtEndpoint);
  if (!url) throw refused('the JWT endpoint is no URL');
  url.searchParams.set('authRequestID', intentId);
  url.searchParams.set('userAgentID', secret);
  return url.href;
}

/** The audience is compared where one is configured. */
export async function jwtLogin(
  { outside }: Context,
  { issuer, keysEndpoint, audience }: JwtConfig,
  header: string | undefined,
): Promise<Login> {
  const idToken = (header ?? '').replace(/^bearer /i, '').trim();
  if (idToken === '') throw refused('the header with the JWT is missing');
  const claims = await verified(outside, keysEndpoint, idToken, {
    issuer,
    ...(audience !== '' && { audience }),
    requiredClaims: ['exp', 'sub'],
  });
  return {
    user: userOfClaims(claims),
    access: { case: 'oauth', accessToken: '', idToken, refreshToken: '' },
    expiresAt: (claims.exp ?? 0) * 1000,
  };
}
