/**
 * `GET /docs` and what lies below it, for anyone who reaches an instance, without a token. The files are written once, by a process of their own
 * (library.ts), and read when they are asked for: the server keeps nothing of them. The origin of the instance is filled in on the way.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { placeOf } from '../access/place.ts';
import type { Tenants } from '../access/tenant.ts';
import type { External } from '../config/settings.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest, Endpoints } from '../contract/endpoint.ts';
import { codes, type Failure } from '../failure/failure.ts';
import type { Store } from '../store/connect.ts';
import { Library, standIn } from './library.ts';

export interface DocsParts {
  readonly store: Store;
  readonly tenants: Tenants;
  readonly external: External;
}

/** Pages, documents, descriptors, assets; `.html` is left out in addresses. */
const NAMES =
  /^\/docs(?:\/((?:[a-z_]+\.v\w+(?:\/\w+)?)|openapi\.json|keyward\.protoset|openapi\/[\w.]+\.json|assets\/docs\.(?:css|js)))?\/?$/;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  protoset: 'application/octet-stream',
};

/**
 * Nothing from elsewhere, nothing inline, no frame around it; a form leads nowhere but here. The icon is an empty `data:`.
 * Scripts speak to the origin that served the page, so a token that is pasted there reaches no other.
 */
const headers: readonly string[] = [
  'content-security-policy',
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'cross-origin-opener-policy',
  'same-origin',
  'x-frame-options',
  'DENY',
  'x-robots-tag',
  'none',
];

const pack = promisify(gzip);

export function docsEndpoints(parts: DocsParts): Endpoints {
  const library = new Library();
  const endpoint: Endpoint = {
    path: '/docs',
    door: 'none',
    protocol: 'docs',
    answer: (request) => answer(parts, library, request),
    refuse,
  };
  return (path) => (path === '/docs' || path.startsWith('/docs/') ? endpoint : undefined);
}

async function answer({ store, tenants, external }: DocsParts, library: Library, request: EndpointRequest): Promise<EndpointAnswer> {
  const { method, path, header, host, seen } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, headers: ['allow', 'GET, HEAD', ...headers], body: '', code: 'unimplemented' };
  const { instance, issuer } = await placeOf(store, tenants, external, host);
  seen.instance = instance.id;

  const [isKnown, named = 'index'] = NAMES.exec(path) ?? [];
  const name = /\.(?:json|css|js|protoset)$/.test(named) ? named : `${named}.html`;
  const file = isKnown === undefined ? undefined : await library.read(new URL(issuer).protocol, name);
  if (file === undefined) return told(404, 'not_found', 'There is no such page: /docs lists all.');

  const etag = `"${createHash('sha256').update(`${file.edition} ${issuer}`).digest('base64url').slice(0, 22)}"`;
  const caching = ['etag', etag, 'cache-control', 'no-cache', 'vary', 'accept-encoding'];
  if (header('if-none-match')?.includes(etag)) return { status: 304, headers: [...headers, ...caching], body: '', code: 'ok' };
  // Descriptors name no origin.
  const body = name.endsWith('.protoset') ? file.bytes : filled(file.bytes, issuer);
  const head = [...headers, ...caching, 'content-type', types[name.slice(name.lastIndexOf('.') + 1)] ?? ''];
  if (!/\bgzip\b(?!\s*;\s*q=0)/i.test(header('accept-encoding') ?? '')) return { status: 200, headers: head, body, code: 'ok' };
  return { status: 200, headers: [...head, 'content-encoding', 'gzip'], body: await pack(body, { level: 4 }), code: 'ok' };
}

/** The stand-in was chosen so that neither HTML, JSON nor a sample writes it otherwise than it is. */
const STAND_IN = new RegExp(`(https?://)?${RegExp.escape(standIn.host)}|${RegExp.escape(standIn.hostname)}|\\b${standIn.port}\\b`, 'g');

/** Bytes stay bytes: as Latin-1 each is one sign of a text, whatever it means. */
function filled(bytes: Buffer, issuer: string): Buffer {
  const { hostname, port, protocol } = new URL(issuer);
  const number = port || (protocol === 'https:' ? '443' : '80');
  const fill = (found: string, scheme?: string): string => {
    if (scheme !== undefined) return issuer;
    if (found === standIn.host) return `${hostname}:${number}`;
    return found === standIn.port ? number : hostname;
  };
  return Buffer.from(bytes.toString('latin1').replace(STAND_IN, fill), 'latin1');
}

const told = (status: number, code: EndpointAnswer['code'], text: string): EndpointAnswer => ({
  status,
  headers: [...headers, 'content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store'],
  body: `${text}\n`,
  code,
});

const refuse = ({ code, message }: Failure): EndpointAnswer => told(codes[code].http, code, message);
