/** The token endpoint: what a client brings for a token, one grant a row (reference/authn-authz-oidc.md 4). */

import type { Place } from '../access/place.ts';
import type { EndpointRequest } from '../contract/endpoint.ts';
import type { Store } from '../store/connect.ts';
import type { WebKeys } from '../webkey/keys.ts';
import { grantByCredentials } from './client-credentials.ts';
import { OAuthError } from './error.ts';
import { type Parameters, parametersOf } from './form.ts';
import type { Tokens } from './issue.ts';
import { grantByAssertion } from './jwt-profile.ts';

/** What every grant needs of the server. */
export interface Parts {
  readonly store: Store;
  readonly webKeys: WebKeys;
}

export interface Asked {
  readonly request: EndpointRequest;
  readonly parameters: Parameters;
  readonly place: Place;
}

const grants: ReadonlyMap<string, (parts: Parts, asked: Asked) => Promise<Tokens>> = new Map([
  ['client_credentials', grantByCredentials],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', grantByAssertion],
]);

export const grantTypes: readonly string[] = [...grants.keys()];

export async function token(parts: Parts, request: EndpointRequest, place: Place): Promise<Tokens> {
  const parameters = parametersOf(request);
  const type = parameters('grant_type') ?? '';
  if (type === '') throw new OAuthError('invalid_request', 'grant_type missing');
  const grant = grants.get(type);
  if (!grant) throw new OAuthError('unsupported_grant_type', `${type} not supported`);
  return grant(parts, { request, parameters, place });
}
