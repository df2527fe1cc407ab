/** One HTTP request and its answer, the same for HTTP/1.1 and HTTP/2: what every codec is written against. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { constants, type IncomingHttpHeaders as Http2Headers, type ServerHttp2Stream } from 'node:http2';
import { Failure } from '../failure/failure.ts';

/** Names and values in turn, names in lower case. Content length and date are added by the exchange. */
export type HeaderList = readonly string[];

export interface Exchange {
  readonly verb: string;
  /** The request target as it was sent: path and query, not decoded. */
  readonly target: string;
  readonly version: 1 | 2;
  readonly headers: IncomingHttpHeaders;
  /** The host that was asked (`:authority` or `host`), with port. */
  readonly authority: string;
  readonly peer: string | undefined;
  /** The first value of a header, by its name in lower case. */
  header(name: string): string | undefined;
  /** The whole body; rejects with a Failure where it is larger than the limit, with `Gone` where the client left. */
  body(limit: number): Promise<Uint8Array>;
  /** Answers; does nothing where the client is gone or an answer was sent. */
  send(status: number, headers: HeaderList, body?: Uint8Array | string): void;
  /** Answers 200 with trailers behind the body. */
  sendWithTrailers(headers: HeaderList, body: Uint8Array, trailers: HeaderList): void;
  /** Whether nobody is there to read the answer. */
  readonly gone: boolean;
  /** What the sweep of the listener looks at: what the exchange is doing, since when (by performance.now). */
  readonly phase: 'reading' | 'running' | 'answering';
  readonly since: number;
  /** Ends the exchange at once. */
  cut(): void;
}

/** The client left before its request was whole. */
export class Gone extends Error {}

const tooLarge = (bytes: number | undefined, limit: number): Failure =>
  new Failure({
    code: 'resource_exhausted',
    key: `received message larger than max (${bytes === undefined ? '' : `${bytes} vs. `}${limit})`,
  });

/** Gathers the chunks of a body up to a limit. */
class Gathering {
  #chunks: Uint8Array[] = [];
  #size = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }
  /** False when the limit is passed. */
  add(chunk: Uint8Array): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#limit) return false;
    this.#chunks.push(chunk);
    return true;
  }
  whole(): Uint8Array {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#size);
  }
}

const nothing = new Uint8Array(0);

/** A count of bytes as announced, or undefined. */
function announced(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

export class Http1Exchange implements Exchange {
  readonly version = 1;
  readonly verb: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly authority: string;
  phase: Exchange['phase'] = 'running';
  since = performance.now();
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #closing = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    this.verb = request.method ?? 'GET';
    this.target = request.url ?? '/';
    this.headers = request.headers;
    this.authority = request.headers.host ?? '';
  }

  get peer(): string | undefined {
    return this.#request.socket.remoteAddress;
  }
  get gone(): boolean {
    return this.#response.destroyed || this.#response.headersSent;
  }
  get raw(): { request: IncomingMessage; response: ServerResponse } {
    return { request: this.#request, response: this.#response };
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    // Node joins what stands twice; the first one counts (reference/transport.md 13).
    return typeof value === 'string' && value.includes(', ')
      ? this.#request.headersDistinct[name]?.[0]
      : Array.isArray(value)
        ? value[0]
        : value;
  }

  body(limit: number): Promise<Uint8Array> {
    const request = this.#request;
    const length = announced(this.headers['content-length']);
    if (length === 0 || (length === undefined && this.headers['transfer-encoding'] === undefined)) return Promise.resolve(nothing);
    if (length !== undefined && length > limit) return this.#refuse(length, limit);
    this.#phase('reading');
    return new Promise((resolve, reject) => {
      const gathering = new Gathering(limit);
      request.on('data', (chunk: Buffer) => {
        if (gathering.add(chunk)) return;
        request.removeAllListeners('data');
        resolve(this.#refuse(undefined, limit));
      });
      request.on('end', () => {
        this.#phase('running');
        resolve(gathering.whole());
      });
      const leave = (): void => {
        if (this.phase === 'reading') reject(new Gone());
      };
      request.on('error', leave);
      request.on('close', leave);
    });
  }

  send(status: number, headers: HeaderList, body?: Uint8Array | string): void {
    if (this.gone) return;
    this.#phase('answering');
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.#response.writeHead(status, this.#list(status === 204 ? headers : [...headers, 'content-length', String(length)]));
    this.#response.end(body);
  }

  sendWithTrailers(headers: HeaderList, body: Uint8Array, trailers: HeaderList): void {
    if (this.gone) return;
    this.#phase('answering');
    this.#response.writeHead(200, this.#list(headers));
    this.#response.write(body);
    const pairs: [string, string][] = [];
    for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i] ?? '', trailers[i + 1] ?? '']);
    this.#response.addTrailers(pairs);
    this.#response.end();
  }

  /** The connection is closed behind the answer: what is still coming is not read. */
  closeAfterAnswer(): void {
    this.#closing = true;
  }
  cut(): void {
    this.#request.socket.destroy();
  }

  #list(headers: HeaderList): string[] {
    return this.#closing ? [...headers, 'connection', 'close'] : [...headers];
  }
  #phase(phase: Exchange['phase']): void {
    this.phase = phase;
    this.since = performance.now();
  }
  #refuse(length: number | undefined, limit: number): Promise<never> {
    this.#request.pause();
    this.closeAfterAnswer();
    const socket = this.#request.socket;
    this.#response.once('finish', () => socket.destroySoon());
    return Promise.reject(tooLarge(length, limit));
  }
}

export class Http2Exchange implements Exchange {
  readonly version = 2;
  readonly verb: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly authority: string;
  phase: Exchange['phase'] = 'running';
  since = performance.now();
  readonly #stream: ServerHttp2Stream;
  readonly #flags: number;
  readonly #raw: readonly string[];
  /** Whether the body was asked for, and whether it was refused before its end. */
  #asked = false;
  #refused = false;

  constructor(stream: ServerHttp2Stream, headers: Http2Headers, flags: number, raw: readonly string[]) {
    this.#stream = stream;
    this.#flags = flags;
    this.#raw = raw;
    this.verb = headers[':method'] ?? 'GET';
    this.target = headers[':path'] ?? '/';
    this.headers = headers;
    this.authority = headers[':authority'] ?? headers.host ?? '';
  }

  get peer(): string | undefined {
    return this.#stream.session?.socket.remoteAddress;
  }
  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed || this.#stream.headersSent;
  }
  get raw(): { stream: ServerHttp2Stream; headers: IncomingHttpHeaders; list: readonly string[] } {
    return { stream: this.#stream, headers: this.headers, list: this.#raw };
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    if (typeof value !== 'string') return Array.isArray(value) ? value[0] : undefined;
    if (!value.includes(', ')) return value;
    for (let i = 0; i < this.#raw.length; i += 2) if (this.#raw[i] === name) return this.#raw[i + 1];
    return value;
  }

  body(limit: number): Promise<Uint8Array> {
    const stream = this.#stream;
    this.#asked = true;
    if ((this.#flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return Promise.resolve(nothing);
    const length = announced(this.headers['content-length']);
    if (length !== undefined && length > limit) return this.#refuse(length, limit);
    this.#phase('reading');
    return new Promise((resolve, reject) => {
      const gathering = new Gathering(limit);
      stream.on('data', (chunk: Buffer) => {
        if (this.#refused || gathering.add(chunk)) return;
        resolve(this.#refuse(undefined, limit));
      });
      stream.on('end', () => {
        this.#phase('running');
        resolve(gathering.whole());
      });
      stream.on('close', () => {
        if (this.phase === 'reading') reject(new Gone());
      });
    });
  }

  send(status: number, headers: HeaderList, body?: Uint8Array | string): void {
    if (this.gone) return;
    this.#phase('answering');
    const empty = body === undefined || body.length === 0 || this.verb === 'HEAD';
    this.#stream.respond([':status', String(status), ...headers], empty ? { endStream: true } : undefined);
    if (!empty) this.#stream.end(body);
    // What is still coming is not wanted: the client may stop (RFC 9113 8.1).
    if (this.#refused) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    // What nobody asked for is read away, else the stream would stay open.
    else if (!this.#asked) this.#stream.resume();
  }

  sendWithTrailers(headers: HeaderList, body: Uint8Array, trailers: HeaderList): void {
    if (this.gone) return;
    this.#phase('answering');
    const stream = this.#stream;
    stream.on('wantTrailers', () => stream.sendTrailers(pairs(trailers)));
    stream.respond([':status', '200', ...headers], withTrailers);
    stream.end(body);
  }

  cut(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #phase(phase: Exchange['phase']): void {
    this.phase = phase;
    this.since = performance.now();
  }
  #refuse(length: number | undefined, limit: number): Promise<never> {
    this.#refused = true;
    return Promise.reject(tooLarge(length, limit));
  }
}

const withTrailers = { waitForTrailers: true } as const;

function pairs(list: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) record[list[i] ?? ''] = list[i + 1] ?? '';
  return record;
}
