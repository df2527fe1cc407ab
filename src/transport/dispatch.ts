/** Which door of the server a request knocks at: the path map of reference/transport.md 2, first match wins. */
import type { Endpoints } from '../contract/endpoint.ts';
import { betaMethods, type LegacyPrefix, legacyMethods, legacyPrefixOf } from '../contract/legacy.ts';
import type { Method } from '../contract/method.ts';
import { serveConnect } from './connect/handler.ts';
import { acceptPost, type ContentType, contentType } from './content-type.ts';
import { answerPreflight, corsHeaders, isPreflight } from './cors.ts';
import { serveEndpoint } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { sendUnimplemented, serveGrpc } from './grpc/handler.ts';
import { type Framing, sendUnimplementedWeb, serveGrpcWeb } from './grpc-web/handler.ts';
import { headerText } from './header-text.ts';
import { checkHealth, healthInvoke } from './health.ts';
import { type Ready, sendRobots, sendStart, serveDebug, serveHealthz } from './operations.ts';
import { decodePath, splitTarget } from './path.ts';
import { sendMissed } from './rest/error.ts';
import { serveRest } from './rest/handler.ts';
import { Router } from './rest/router.ts';
import { type Family, ServedCall, type Surroundings } from './served-call.ts';
import type { Streams } from './streams.ts';

export interface Doors {
  readonly methods: ReadonlyMap<string, Method>;
  readonly endpoints: Endpoints;
  readonly ready: Ready;
  readonly streams: Streams;
  readonly isKnown: (service: string) => boolean;
}

/** Methods with what is derived from them for routing. */
interface Book {
  readonly methods: ReadonlyMap<string, Method>;
  readonly services: ReadonlySet<string>;
  readonly router: Router;
}

const text = 'text/plain; charset=utf-8';

export function createDispatch(around: Surroundings, { methods, endpoints, ready, streams, isKnown }: Doors): (exchange: Exchange) => void {
  const v2 = bookOf(methods);
  const forHealth: Surroundings = { ...around, invoke: healthInvoke(isKnown), onCall: () => {} };

  async function elsewhere(exchange: Exchange, raw: string, query: string): Promise<void> {
    if (raw.startsWith('/debug/')) return serveDebug(exchange, raw, ready, around.metrics);
    if (raw === '/') return sendStart(exchange);
    if (raw === '/robots.txt') return sendRobots(exchange);
    if (streams.has(raw)) return streams.serve(exchange);

    const decoded = decodePath(raw);
    if ('redirect' in decoded) return exchange.send(301, ['location', query === '' ? decoded.redirect : `${decoded.redirect}?${query}`]);
    if ('fault' in decoded) return exchange.send(400, ['content-type', text], '400 Bad Request');
    const { path } = decoded;
    const endpoint = endpoints(path);
    if (endpoint !== undefined) return serveEndpoint(around, exchange, endpoint, path, query);
    const [, service = '', name = ''] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? [];

    const book = v2.services.has(service) ? v2 : service.includes('.v2beta.') ? await beta() : undefined;
    if (book?.services.has(service)) {
      const method = book.methods.get(path);
      return method === undefined ? noSuchMethod(exchange) : rpc(around, exchange, method);
    }
    const type = nativeType(exchange);
    if (type !== undefined) return native(exchange, type, service, name);

    if (isPreflight(exchange)) return answerPreflight(exchange);
    if (path === '/healthz') return serveHealthz(exchange, query, isKnown);
    return rest(exchange, path, query);
  }

  /** gRPC and gRPC-Web that no service of v2 has taken: for a service of v1, health, or none of ours. */
  async function native(exchange: Exchange, type: NativeType, service: string, name: string): Promise<void> {
    const prefix = legacyPrefixOf.get(service);
    const isHealth = service === checkHealth.service;
    const known = isHealth ? health : prefix && (await legacy(prefix)).methods;
    const method = known?.get(`/${service}/${name}`);
    if (method !== undefined) {
      const call = new ServedCall(isHealth ? forHealth : around, exchange, method, type.protocol, 'native');
      return type.protocol === 'grpc' ? serveGrpc(call, type) : serveGrpcWeb(call, type, type.framing);
    }
    const message = headerText(known ? `unknown method ${name} for service ${service}` : `unknown service ${service}`);
    (type.protocol === 'grpc' ? sendUnimplemented : sendUnimplementedWeb)(exchange, type.echo, message);
  }

  async function rest(exchange: Exchange, path: string, query: string): Promise<void> {
    const [start, prefix] = legacyStart(path);
    if (path === start) return sendMissed(exchange, 'prefix');
    const call = (method: Method, family: Family): ServedCall => new ServedCall(around, exchange, method, 'rest', family);
    if (prefix !== undefined) {
      const match = (await legacy(prefix)).router.find(exchange.verb, path.slice(start.length));
      return typeof match === 'string' ? sendMissed(exchange, match) : serveRest(call(match.target.method, 'native'), match, query);
    }
    let match = v2.router.find(exchange.verb, path);
    if (match === 'path' && path.startsWith('/v2beta/')) match = (await beta()).router.find(exchange.verb, path);
    return typeof match === 'string' ? sendMissed(exchange, match) : serveRest(call(match.target.method, 'v2'), match, query);
  }

  return (exchange) => {
    const { path, query } = splitTarget(exchange.target);
    const method = v2.methods.get(path);
    const served = method === undefined ? elsewhere(exchange, path, query) : rpc(around, exchange, method);
    served?.catch((error: unknown) => {
      around.log({ requestId: '', method, error });
      exchange.send(500, ['content-type', text], 'Internal Server Error\n');
    });
  };
}

const health = new Map([[checkHealth.path, checkHealth]]);

function bookOf(methods: ReadonlyMap<string, Method>): Book {
  const router = new Router();
  for (const method of methods.values()) for (const route of method.routes) router.add(method, route);
  return { methods, services: new Set([...methods.values()].map((method) => method.service)), router };
}

const books = new Map<string, Promise<Book>>();

const legacy = (prefix: LegacyPrefix): Promise<Book> => bookOnce(prefix, () => legacyMethods(prefix));
const beta = (): Promise<Book> => bookOnce('v2beta', betaMethods);

function bookOnce(name: string, load: () => Promise<ReadonlyMap<string, Method>>): Promise<Book> {
  const book = books.get(name) ?? load().then(bookOf);
  books.set(name, book);
  return book;
}

/** `/management/v1` and `management` for a path of the v1 REST gateways. */
function legacyStart(path: string): readonly [start: string, prefix: LegacyPrefix | undefined] {
  for (const prefix of legacyPrefixOf.values()) {
    const start = `/${prefix}/v1`;
    if (path === start || path.startsWith(`${start}/`)) return [start, prefix];
  }
  return ['', undefined];
}

/** A path of a v2 service: Connect, gRPC and gRPC-Web, told apart by content type. */
function rpc(around: Surroundings, exchange: Exchange, method: Method): Promise<void> | undefined {
  const type = contentType(exchange.headers['content-type']);
  if (exchange.verb !== 'POST' || type === undefined) {
    refuse(exchange);
    return undefined;
  }
  const call = new ServedCall(around, exchange, method, type.protocol, 'v2');
  switch (type.protocol) {
    case 'grpc':
      return serveGrpc(call, type);
    case 'grpc-web':
      return serveGrpcWeb(call, type);
    case 'connect':
      return serveConnect(call, type);
  }
}

function refuse(exchange: Exchange): void {
  if (isPreflight(exchange)) answerPreflight(exchange);
  else if (exchange.verb !== 'POST') exchange.send(405, ['allow', 'POST', ...corsHeaders(exchange)]);
  else exchange.send(415, ['accept-post', acceptPost, ...corsHeaders(exchange)]);
}

function noSuchMethod(exchange: Exchange): void {
  if (isPreflight(exchange)) answerPreflight(exchange);
  else exchange.send(404, ['content-type', text, 'x-content-type-options', 'nosniff', ...corsHeaders(exchange)], '404 page not found\n');
}

type NativeType = ContentType & { readonly framing: Framing };

/** As native services see it: gRPC over HTTP/2 alone, no codec but protobuf, whatever the type says (reference/transport.md 3.2). */
function nativeType(exchange: Exchange): NativeType | undefined {
  if (exchange.verb !== 'POST') return undefined;
  const echo = exchange.headers['content-type'] ?? '';
  if (/^application\/grpc(\+proto|\+json)?$/.test(echo)) {
    return exchange.version === 2 ? { protocol: 'grpc', codec: 'proto', echo, framing: 'binary' } : undefined;
  }
  if (!/^application\/grpc-web(-text)?(\+[a-z]+)?$/.test(echo)) return undefined;
  return { protocol: 'grpc-web', codec: 'proto', echo, framing: echo.startsWith('application/grpc-web-text') ? 'text' : 'binary' };
}
