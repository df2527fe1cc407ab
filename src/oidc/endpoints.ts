/** The endpoints of OAuth and OpenID Connect: paths and doors (reference/authn-authz-oidc.md 3.1). Every one takes every method, as the original. */

import { type Place, placeOf } from '../access/place.ts';
import type { Tenants } from '../access/tenant.ts';
import type { External } from '../config/settings.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest, Endpoints } from '../contract/endpoint.ts';
import type { Door } from '../contract/method.ts';
import { discovery, paths } from './discovery.ts';
import { failed, json, notFound, OAuthError, refusal } from './error.ts';
import { introspect } from './introspect.ts';
import { keySet } from './key-set.ts';
import { type Parts, token } from './token.ts';
import { userinfo } from './userinfo.ts';

export interface OidcParts extends Parts {
  readonly tenants: Tenants;
  readonly external: External;
}

type Answer = (parts: OidcParts, request: EndpointRequest, place: Place) => Promise<EndpointAnswer>;

const served: readonly { readonly path: string; readonly door: Door; readonly answer: Answer }[] = [
  { path: paths.discovery, door: 'none', answer: async (_, __, { issuer }) => json(discovery(issuer)) },
  { path: paths.token, door: 'credential', answer: async (parts, request, place) => json(await token(parts, request, place)) },
  { path: paths.introspection, door: 'bearer', answer: async ({ store }, request, place) => json(await introspect(store, request, place)) },
  { path: paths.keys, door: 'none', answer: ({ webKeys }, _, { instance }) => keySet(webKeys, instance.id) },
  { path: paths.userinfo, door: 'bearer', answer: async ({ store }, request, place) => json(await userinfo(store, request, place)) },
];

/** What lies under these belongs to nobody else. */
const OURS = /^\/(?:oauth\/v2|oidc\/v1)(?:\/|$)|^\/\.well-known\/openid-configuration\/$/;

export function oidcEndpoints(parts: OidcParts): Endpoints {
  const byPath = new Map(served.map(({ path, door, answer }) => [path, endpoint(path, door, (request) => placed(parts, answer, request))]));
  const nothing = endpoint('/oauth/v2/', 'none', async () => notFound());
  return (path) => byPath.get(path) ?? (OURS.test(path) ? nothing : undefined);
}

async function placed(parts: OidcParts, answer: Answer, request: EndpointRequest): Promise<EndpointAnswer> {
  const place = await placeOf(parts.store, parts.tenants, parts.external, request.host);
  request.seen.instance = place.instance.id;
  return answer(parts, request, place);
}

function endpoint(path: string, door: Door, answer: Endpoint['answer']): Endpoint {
  return {
    path,
    door,
    refuse: failed,
    answer: async (request) => {
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof OAuthError) return refusal(error);
        throw error;
      }
    },
  };
}
