/** CORS: every origin is echoed, with credentials (reference/transport.md 10.1). A browser sends the bearer token by hand, so that an origin alone opens nothing. */
import type { Exchange, HeaderList } from './exchange.ts';

/** What pages of other origins may send and read. */
export interface CorsRules {
  readonly methods: ReadonlySet<string>;
  /** Sorted, as browsers send them. */
  readonly headers: readonly string[];
  readonly exposed: string;
}

const requestHeaders = [
  'accept',
  'accept-language',
  'authorization',
  'connect-protocol-version',
  'connect-timeout-ms',
  'content-type',
  'grpc-timeout',
  'origin',
  'x-grpc-web',
  'x-keyward-allow-last-owner',
  'x-requested-with',
  'x-user-agent',
  'x-zitadel-orgid',
];

const forCalls: CorsRules = {
  methods: new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  headers: requestHeaders,
  exposed: 'Location, Content-Length, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin',
};

/** The endpoints of OAuth and OpenID Connect (reference/authn-authz-oidc.md 3.1). */
export const forEndpoints: CorsRules = {
  methods: new Set(['GET', 'HEAD', 'POST']),
  headers: ['accept', 'accept-language', 'authorization', 'content-type', 'origin', 'x-requested-with'],
  exposed: 'Location, Content-Length',
};

const varyOnly: HeaderList = ['vary', 'Origin'];

/** The headers that an answer carries for the origin that asked. */
export function corsHeaders(exchange: Exchange, { exposed }: CorsRules = forCalls): HeaderList {
  const { origin } = exchange.headers;
  if (origin === undefined) return varyOnly;
  return [
    'vary',
    'Origin',
    'access-control-allow-origin',
    origin,
    'access-control-allow-credentials',
    'true',
    'access-control-expose-headers',
    exposed,
  ];
}

/** Whether the request is a preflight, which is answered before any routing. */
export const isPreflight = (exchange: Exchange): boolean =>
  exchange.verb === 'OPTIONS' && exchange.headers.origin !== undefined && exchange.headers['access-control-request-method'] !== undefined;

/** 204, with the permission where method and headers are known, without it where not. */
export function answerPreflight(exchange: Exchange, rules: CorsRules = forCalls): void {
  const { origin = '', 'access-control-request-method': method = '' } = exchange.headers;
  const asked = exchange.header('access-control-request-headers');
  const headers = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'];
  if (rules.methods.has(method) && isAllowed(asked, rules)) {
    headers.push('access-control-allow-origin', origin, 'access-control-allow-methods', method, 'access-control-allow-credentials', 'true');
    if (asked) headers.push('access-control-allow-headers', asked);
  }
  exchange.send(204, headers);
}

/** A list in lower case and in order, all of it known. */
function isAllowed(asked: string | undefined, { headers }: CorsRules): boolean {
  if (!asked) return true;
  const places = asked.split(',').map((name) => headers.indexOf(name.trim()));
  return places.every((place, i) => place >= 0 && place > (places[i - 1] ?? -1));
}
