/**
 * The one way by which the server calls an address that a client named (domain validation, identity providers): by http or https, never to a
 * private address unless the configuration allows it, within limits of time and size, without cookies, and not compressed.
 */
import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Reachable } from './networks.ts';

export interface OutsideOptions {
  /** Which addresses may be called. */
  readonly reachable: Reachable;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From the look-up of the name to the last byte; 10 s. */
  readonly timeoutMs?: number;
  /** Of the answer's body; 1 MiB. */
  readonly maxBytes?: number;
  /** How many redirects of a GET are followed, each judged as the first address is; none: the redirect itself is the answer. */
  readonly redirects?: number;
  readonly signal?: AbortSignal;
}

/** Why there is no answer. `refused`: the address is none that may be called; it was not. */
export type Trouble = 'refused' | 'timeout' | 'size' | 'failed';

export class OutsideError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, text: string, cause?: unknown) {
    super(text, { cause });
    this.trouble = trouble;
  }
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1024 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Answers that have no body, and for which a Response takes none (Fetch, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer as `fetch` would give it, its body read already; whatever its status. Fails with OutsideError, or with the reason of `signal`. */
export async function fetchOutside(given: string | URL, options: OutsideOptions): Promise<Response> {
  const { timeoutMs = TIMEOUT_MS, redirects = 0, method = 'GET', signal } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const ended = signal ? AbortSignal.any([signal, late]) : late;
  try {
    let url = parsed(given);
    let headers = options.headers ?? {};
    for (let left = redirects; ; left--) {
      const response = await exchange(url, { ...options, method, headers }, ended);
      const next = left > 0 && method === 'GET' && REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (next === null) return response;
      const to = redirected(url, next);
      // What the first server was told is not for another one: an authorization, say.
      if (to.origin !== url.origin) headers = {};
      url = to;
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (late.aborted) throw new OutsideError('timeout', `no answer within ${timeoutMs} ms`, error);
    throw error instanceof OutsideError ? error : new OutsideError('failed', error instanceof Error ? error.message : String(error), error);
  }
}

function parsed(given: string | URL): URL {
  const url = URL.parse(String(given));
  if (!url || !/^https?:$/.test(url.protocol)) throw new OutsideError('refused', 'not an address of http or https');
  return url;
}

/** What was asked for under TLS is not asked for without. */
function redirected(from: URL, location: string): URL {
  const to = parsed(URL.parse(location, from) ?? '');
  if (from.protocol === 'https:' && to.protocol !== 'https:') throw new OutsideError('refused', 'a redirect from https to http');
  return to;
}

async function exchange(url: URL, options: OutsideOptions, signal: AbortSignal): Promise<Response> {
  const { reachable, method, headers, body, maxBytes = MOST_BYTES } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A name is judged by what it leads to, at the moment of the connection (below); an address leads to itself.
  if (isIP(host) !== 0 && !reachable.has(host)) throw refused(host);
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method,
    headers: { 'user-agent': 'keyward', ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    lookup: lookupWithin(reachable),
    agent: false, // a connection of its own: none is kept that was made to an address under another judgement
    signal,
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    // 101: nobody asked for another protocol.
    request.once('upgrade', () => reject(new OutsideError('failed', 'the server changed the protocol')));
    request.end(body);
  }).catch((error: unknown) => {
    request.destroy();
    throw error;
  });
  try {
    const content = await bodyOf(answer, maxBytes);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 599) throw new OutsideError('failed', `the server answered ${status}`);
    return new Response(BODILESS.has(status) ? null : content, { status, headers: headersOf(answer) });
  } finally {
    request.destroy();
  }
}

async function bodyOf(answer: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new OutsideError('size', `the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (!answer.complete) throw new OutsideError('failed', 'the answer broke off');
  return Buffer.concat(chunks);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  return headers;
}

/** The system's look-up, without the addresses that may not be called: the connection is made to what was judged, so no second answer of a name server counts. */
export function lookupWithin(reachable: Reachable): LookupFunction {
  return (host, options, found) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return found(error, []);
      const within = addresses.filter(({ address }) => reachable.has(address));
      const [first] = within;
      if (!first) return found(refused(host), []);
      if (options.all) found(null, within);
      else found(null, first.address, first.family);
    });
  };
}

export const refused = (host: string) => new OutsideError('refused', `${host} is no address that may be called`);
