/**
 * Introspection (RFC 7662; reference/authn-authz-oidc.md 5.2): an application asks whether a token still counts, and for whom. Of a token
 * that is none, has ended or was not given out for the application or its project nothing is told but that.
 */
import type { Place } from '../access/place.ts';
import { type GivenToken, givenToken } from '../access/token-door.ts';
import { rolesOnProject } from '../authorization/roles.ts';
import type { EndpointRequest } from '../contract/endpoint.ts';
import type { Store } from '../store/connect.ts';
import { roleClaims, userinfoClaims } from './claims.ts';
import { authenticatedClient, type Client } from './client.ts';
import { OAuthError } from './error.ts';
import { clientIdentity, parametersOf } from './form.ts';
import { findSubject } from './subject.ts';

const INACTIVE = { active: false };

export async function introspect(store: Store, request: EndpointRequest, place: Place): Promise<object> {
  const parameters = parametersOf(request);
  const proof = clientIdentity(request, parameters);
  const token = parameters('token') ?? '';
  if (token === '') throw new OAuthError('invalid_request', 'token missing');
  const client = await authenticatedClient(store, place, proof);
  request.seen.caller = client.client_id;
  const { instance } = place;
  const given = await givenToken(store, instance, token);
  if (!given || !isFor(client, given)) return INACTIVE;
  const subject = await findSubject(store, instance.id, { userId: given.user_id }, given.scopes);
  if (!subject) return INACTIVE;
  const roles = await rolesOnProject(store, instance.id, given.user_id, client.project_id);
  const claims = userinfoClaims(subject, given.scopes);
  const { preferred_username: username } = claims;
  return {
    ...claims,
    ...roleClaims(client.project_id, roles, given.scopes),
    ...tokenClaims(given, client),
    iss: place.issuer,
    ...(username !== undefined && { username }),
  };
}

/** A personal access token was given out for nobody in particular. */
function isFor({ client_id, project_id }: Client, { audience }: GivenToken): boolean {
  return audience === null || audience.includes(client_id) || audience.includes(project_id);
}

function tokenClaims({ scopes, client_id: clientId, created_at: iat, expires_at: exp, jti, amr, audience }: GivenToken, asking: Client) {
  return {
    active: true,
    token_type: 'Bearer',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(clientId !== null && { client_id: clientId, auth_time: iat }),
    ...(amr.length > 0 && { amr }),
    exp,
    iat,
    nbf: iat,
    ...(jti !== null && { jti }),
    aud: audience ?? [asking.client_id, asking.project_id],
  };
}
