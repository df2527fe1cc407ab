/** What a client sends: parameters of query and form, the form's first, and the proof of who it is (reference/authn-authz-oidc.md 3.1 and 3.4). */
import type { EndpointRequest } from '../contract/endpoint.ts';
import { OAuthError } from './error.ts';

/** A parameter by its name: the first of several; undefined where it was not sent. */
export type Parameters = (name: string) => string | undefined;

export function parametersOf({ method, query, header, body }: EndpointRequest): Parameters {
  const [mediaType = ''] = (header('content-type') ?? '').split(';', 1);
  const isForm = mediaType.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  const isRead = isForm && (method === 'POST' || method === 'PUT' || method === 'PATCH');
  const sources = [...(isRead ? [Buffer.from(body).toString()] : []), query].map(parse);
  return (name) => sources.find((source) => source.has(name))?.get(name) ?? undefined;
}

function parse(text: string): URLSearchParams {
  if (BROKEN_ESCAPE.test(text)) throw new OAuthError('invalid_request', 'error parsing form');
  return new URLSearchParams(text);
}

const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;

export interface ClientProof {
  readonly clientId: string;
  readonly secret: string;
}

export interface ClientAssertion {
  readonly assertion: string;
}

const BY_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** By an assertion (RFC 7523 section 2.2), else by a secret, without which nobody asks. */
export function clientIdentity(request: EndpointRequest, parameters: Parameters): ClientProof | ClientAssertion {
  const assertion = parameters('client_assertion') ?? '';
  if (assertion === '') {
    const proof = clientProof(request, parameters);
    if (proof.secret === '') throw new OAuthError('invalid_client', 'client must be authenticated');
    return proof;
  }
  const type = parameters('client_assertion_type') ?? '';
  if (type !== BY_ASSERTION) throw new OAuthError('invalid_request', `invalid client_assertion_type ${type}`);
  return { assertion };
}

/** Id and secret, by header (which counts more) or by form. */
export function clientProof({ header }: EndpointRequest, parameters: Parameters): ClientProof {
  const proof = basicProof(header('authorization'));
  const clientId = proof?.clientId ?? parameters('client_id') ?? '';
  if (clientId === '') throw new OAuthError('invalid_request', 'client_id or client_assertion must be provided');
  return { clientId, secret: proof?.secret ?? parameters('client_secret') ?? '' };
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are put together. What is no such header counts as none. */
function basicProof(authorization: string | undefined): ClientProof | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { clientId: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  if (BROKEN_ESCAPE.test(text)) throw new OAuthError('invalid_client', 'invalid basic auth header');
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthError('invalid_client', 'invalid basic auth header'); // no UTF-8
  }
}
