/** Userinfo: what a token's scopes let its holder know of the machine that it is for (reference/authn-authz-oidc.md 5.1). */

import type { Place } from '../access/place.ts';
import { givenToken } from '../access/token-door.ts';
import type { EndpointRequest } from '../contract/endpoint.ts';
import type { Store } from '../store/connect.ts';
import { type Claims, userinfoClaims } from './claims.ts';
import { OAuthError } from './error.ts';
import { parametersOf } from './form.ts';
import { findSubject } from './subject.ts';

export async function userinfo(store: Store, request: EndpointRequest, { instance }: Place): Promise<Claims> {
  const token = tokenOf(request);
  if (token === undefined) throw new OAuthError('invalid_request', 'access token missing', 401);
  const given = await givenToken(store, instance, token);
  const subject = given && (await findSubject(store, instance.id, { userId: given.user_id }, given.scopes));
  if (!subject) throw new OAuthError('access_denied', 'access token invalid', 401);
  request.seen.caller = subject.user_id;
  return userinfoClaims(subject, given.scopes);
}

/** By header, its scheme as it is written; else by parameter. A bad header is not saved by a good parameter. */
function tokenOf(request: EndpointRequest): string | undefined {
  const header = /^Bearer +(.+)$/.exec(request.header('authorization') ?? '')?.[1]?.trimEnd();
  return header ?? (parametersOf(request)('access_token') || undefined);
}
