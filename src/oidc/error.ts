/** What the endpoints answer, and how they refuse: JSON of RFC 6749 section 5.2, with the status codes of the original (reference/authn-authz-oidc.md 0). */
import type { EndpointAnswer } from '../contract/endpoint.ts';
import { type Code, codes, type Failure } from '../failure/failure.ts';

export type OAuthCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'access_denied'
  | 'server_error';

/** How logs and metrics tell a refusal. */
const loggedAs: Readonly<Record<OAuthCode, Code>> = {
  invalid_request: 'invalid_argument',
  invalid_client: 'unauthenticated',
  invalid_grant: 'unauthenticated',
  unauthorized_client: 'unauthenticated',
  invalid_scope: 'invalid_argument',
  unsupported_grant_type: 'unimplemented',
  access_denied: 'unauthenticated',
  server_error: 'internal',
};

/** Thrown at the check that failed. The description is for people, and not translated; an empty one is not sent. */
export class OAuthError extends Error {
  readonly code: OAuthCode;
  readonly status: 400 | 401;

  constructor(code: OAuthCode, description: string, status: 400 | 401 = 400) {
    super(description);
    this.code = code;
    this.status = status;
  }
}

const unkept = ['content-type', 'application/json', 'cache-control', 'no-store', 'pragma', 'no-cache'];

export function json(body: object, headers: readonly string[] = unkept): EndpointAnswer {
  return { status: 200, headers, body: JSON.stringify(body), code: 'ok' };
}

export function refusal({ code, status, message }: OAuthError): EndpointAnswer {
  return {
    status,
    headers: unkept,
    body: JSON.stringify({ error: code, ...(message !== '' && { error_description: message }) }),
    code: loggedAs[code],
  };
}

/** A failure of what lies below. */
export function failed({ code, text, retryAfter }: Failure): EndpointAnswer {
  const status = codes[code].http;
  const error: OAuthCode = status < 500 ? 'invalid_request' : 'server_error';
  const headers = retryAfter === undefined ? unkept : [...unkept, 'retry-after', String(retryAfter)];
  return { status, headers, body: JSON.stringify({ error, error_description: text }), code };
}

export function notFound(): EndpointAnswer {
  const headers = ['content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store', 'pragma', 'no-cache'];
  return { status: 404, headers, body: '404 page not found\n', code: 'not_found' };
}
