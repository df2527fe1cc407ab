/** Where providers send browsers back to, and what they are told of us (reference/user-credentials-v2.md 8.4). */
import { type Place, placeOf } from '../access/place.ts';
import type { Tenants } from '../access/tenant.ts';
import type { External } from '../config/settings.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest, Endpoints } from '../contract/endpoint.ts';
import type { Door } from '../contract/method.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import { codes, Failure, type Reason } from '../failure/failure.ts';
import type { Outside } from '../outbound/outside.ts';
import type { Store } from '../store/connect.ts';
import { openActor } from './actor.ts';
import { type Answer, answerCallback, answerJwt, answerSaml } from './callback.ts';
import { certificateOf, metadataOf } from './saml/document.ts';

export interface IdpParts {
  readonly store: Store;
  readonly tenants: Tenants;
  readonly external: External;
  readonly masterkey: Masterkey;
  readonly outside: Outside;
}

interface Served {
  /** By which logs know it; the pattern has the id of the provider, where there is one, as its first group. */
  readonly path: string;
  readonly pattern: RegExp;
  readonly door: Door;
  readonly methods: readonly string[];
  readonly answer: (parts: IdpParts, request: EndpointRequest, place: Place, idpId: string) => Promise<EndpointAnswer>;
}

const served: readonly Served[] = [
  { path: '/idps/callback', pattern: /^\/idps\/callback$/, door: 'intent', methods: ['GET', 'POST'], answer: answering(answerCallback) },
  { path: '/idps/jwt', pattern: /^\/idps\/jwt$/, door: 'intent', methods: ['GET', 'POST'], answer: answering(answerJwt) },
  {
    path: '/idps/{id}/saml/acs',
    pattern: /^\/idps\/([^/]{1,200})\/saml\/acs$/,
    door: 'intent',
    methods: ['POST'],
    answer: answering(answerSaml),
  },
  {
    path: '/idps/{id}/saml/metadata',
    pattern: /^\/idps\/([^/]{1,200})\/saml\/metadata$/,
    door: 'none',
    methods: ['GET', 'HEAD'],
    answer: async (parts, _, place, idpId) =>
      document(await metadataOf(parts, place, idpId), ['content-type', 'application/samlmetadata+xml']),
  },
  {
    path: '/idps/{id}/saml/certificate',
    pattern: /^\/idps\/([^/]{1,200})\/saml\/certificate$/,
    door: 'none',
    methods: ['GET', 'HEAD'],
    answer: async (parts, _, place, idpId) =>
      document(await certificateOf(parts, place, idpId), [
        'content-type',
        'application/x-x509-user-cert',
        'content-disposition',
        'attachment; filename="idp.crt"',
      ]),
  },
];

export function idpEndpoints(parts: IdpParts): Endpoints {
  return (path) => {
    if (!path.startsWith('/idps/')) return undefined;
    for (const one of served) {
      const match = one.pattern.exec(path);
      if (match) return endpoint(parts, one, match[1] ?? '');
    }
    return endpoint(parts, nothing, '');
  };
}

const nothing: Served = {
  path: '/idps/',
  pattern: /^\/idps\//,
  door: 'none',
  methods: [],
  answer: async () => text(404, '404 page not found\n', 'not_found'),
};

function endpoint(parts: IdpParts, { path, door, methods, answer }: Served, idpId: string): Endpoint {
  return {
    path,
    door,
    refuse: (failure) =>
      text(codes[failure.code].http, failure.id === undefined ? failure.text : textFor(failure.id, failure.text), failure.code),
    answer: async (request) => {
      if (methods.length > 0 && !methods.includes(request.method)) {
        return { ...text(405, 'Method Not Allowed\n', 'unimplemented'), headers: [...plain, 'allow', methods.join(', ')] };
      }
      const place = await placeOf(parts.store, parts.tenants, parts.external, request.host);
      request.seen.instance = place.instance.id;
      return answer(parts, request, place, idpId);
    },
  };
}

/** An answer of a provider that reaches an intent leads the browser on; another is refused in words, with the key of the original's text. */
function answering(answerOf: Answer): Served['answer'] {
  return async (parts, request, place, idpId) => {
    const via = idpId === '' ? pathOf(answerOf) : '/idps/{id}/saml/acs';
    const actor = openActor(parts, place.instance.id, { editor: 'idp', via });
    const outcome = await answerOf({
      actor,
      outside: parts.outside,
      origin: place.issuer,
      request,
      parameters: parametersOf(request),
      idpId,
    });
    if ('refused' in outcome) return refusal(outcome.refused);
    return {
      status: 302,
      // What the address says of the login is for the one that it leads to.
      headers: ['location', outcome.location, 'cache-control', 'no-store', 'referrer-policy', 'no-referrer'],
      body: '',
      code: 'ok',
    };
  };
}

const pathOf = (answer: Answer): string => (answer === answerJwt ? '/idps/jwt' : '/idps/callback');

function refusal({ code, key, id = '' }: Reason): EndpointAnswer {
  return text(400, textFor(id, key), code);
}

const textFor = (id: string, message: string): string => `ID=${id} Message=${message}\n`;

const plain = ['content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store', 'x-content-type-options', 'nosniff'];

const text = (status: number, body: string, code: EndpointAnswer['code']): EndpointAnswer => ({ status, headers: plain, body, code });

function document(body: string | undefined, headers: readonly string[]): EndpointAnswer {
  if (body === undefined) throw new Failure({ code: 'not_found', key: 'Errors.IDPConfig.NotExisting', id: 'QUERY-SAFrt' });
  return { status: 200, headers: [...headers, 'x-content-type-options', 'nosniff'], body, code: 'ok' };
}

/** A parameter by its name, the first of several: those of a form before those of the query. */
export type Parameters = (name: string) => string | undefined;

function parametersOf({ method, query, header, body }: EndpointRequest): Parameters {
  const isForm = (header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  const sources = [...(method === 'POST' && isForm ? [Buffer.from(body).toString()] : []), query].map(
    (source) => new URLSearchParams(source),
  );
  return (name) => sources.find((source) => source.has(name))?.get(name) ?? undefined;
}
