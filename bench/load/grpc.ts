/**
 * A gRPC client on a bare socket: frames are laid out once and sent with the next stream id, answers are told apart by their frames alone
 * (RFC 9113 4). So it costs a fraction of the server that it measures. It keeps no window: what it sends is small, what it takes unlimited.
 */
import { connect, type Socket } from 'node:net';
import { type Connection, type Done, type LoadPlan, renewed, type WireCall } from './plan.ts';

export function openGrpc({ port, token }: Pick<LoadPlan, 'port' | 'token'>): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new GrpcConnection(socket, port, token)));
    socket.once('error', reject);
  });
}

const frames = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, away: 7, window: 8 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const HEAD = 9;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const LARGEST_WINDOW = 2 ** 31 - 1;
const INITIAL_WINDOW = 65_535;

interface Pending {
  readonly done: Done;
  message: Uint8Array | undefined;
}

class GrpcConnection implements Connection {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #token: string;
  readonly #pending = new Map<number, Pending>();
  readonly #layouts = new Map<WireCall, Buffer>();
  #out: Buffer[] = [];
  #scheduled = false;
  #rest: Buffer = Buffer.alloc(0);
  #stream = 1;
  #taken = 0;

  constructor(socket: Socket, port: number, token: string) {
    this.#socket = socket;
    this.#port = port;
    this.#token = token;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#lose());
    // SETTINGS_INITIAL_WINDOW_SIZE (4), then the window of the connection.
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(4, 0);
    settings.writeUInt32BE(LARGEST_WINDOW, 2);
    this.#write(Buffer.concat([Buffer.from(PREFACE), frame(frames.settings, 0, 0, settings), window(LARGEST_WINDOW - INITIAL_WINDOW)]));
  }

  send(call: WireCall, done: Done): void {
    const stream = this.#stream;
    this.#stream += 2;
    this.#pending.set(stream, { done, message: undefined });
    if (stream === 1) return this.#write(renewed(layout(call, firstBlock(call, this.#port, this.#token), stream)));
    const known = this.#layouts.get(call) ?? this.#learn(call);
    const fresh = renewed(known);
    const bytes = fresh === known ? Buffer.from(known) : fresh;
    bytes.writeUInt32BE(stream, 5);
    bytes.writeUInt32BE(stream, HEAD + bytes.readUIntBE(0, 3) + 5);
    this.#write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  get lost(): boolean {
    return this.#socket.destroyed;
  }

  #learn(call: WireCall): Buffer {
    const made = layout(call, laterBlock(call), 0);
    this.#layouts.set(call, made);
    return made;
  }

  /** What is sent while one chunk is read leaves together. */
  #write(bytes: Buffer): void {
    this.#out.push(bytes);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#socket.write(this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out));
      this.#out = [];
    });
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEAD) {
      const end = HEAD + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      this.#frame(bytes[3]!, bytes[4]!, bytes.readUInt32BE(5), bytes.subarray(HEAD, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    const pending = this.#pending.get(stream);
    switch (type) {
      case frames.data:
        this.#take(payload.length);
        if (pending) pending.message = pending.message ? Buffer.concat([pending.message, payload]) : payload;
        if ((flags & END_STREAM) !== 0) this.#end(stream, pending);
        return;
      case frames.headers:
        if ((flags & END_STREAM) !== 0) this.#end(stream, pending);
        return;
      case frames.reset:
        if (pending) pending.message = undefined;
        return this.#end(stream, pending);
      case frames.settings:
        if ((flags & ACK) === 0) this.#write(frame(frames.settings, ACK, 0, Buffer.alloc(0)));
        return;
      case frames.ping:
        if ((flags & ACK) === 0) this.#write(frame(frames.ping, ACK, 0, payload));
        return;
      case frames.away:
        return this.close();
      default:
    }
  }

  /** A unary call that succeeds has a message, one that fails has none ("Trailers-Only" of gRPC over HTTP/2). */
  #end(stream: number, pending: Pending | undefined): void {
    this.#pending.delete(stream);
    pending?.done(pending.message !== undefined, pending.message?.subarray(5) ?? Buffer.alloc(0));
  }

  #take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < 2 ** 29) return;
    this.#write(window(this.#taken));
    this.#taken = 0;
  }

  #lose(): void {
    for (const { done } of this.#pending.values()) done(false, Buffer.alloc(0));
    this.#pending.clear();
  }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function window(more: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(more);
  return frame(frames.window, 0, 0, size);
}

function layout({ body }: WireCall, block: Buffer, stream: number): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(body.length, 1);
  return Buffer.concat([
    frame(frames.headers, END_HEADERS, stream, block),
    frame(frames.data, END_STREAM, stream, Buffer.concat([length, body])),
  ]);
}

/** HPACK (RFC 7541): static entries 3 (:method POST) and 6 (:scheme http); names 1 (:authority), 4 (:path), 31 (content-type), 23 (authorization). */
const METHOD_AND_SCHEME = [0x83, 0x86];

/** The first call of a connection puts what never changes into the table, as clients do; the last entry has the number 62. */
function firstBlock({ path }: WireCall, port: number, token: string): Buffer {
  return Buffer.concat([
    Buffer.from(METHOD_AND_SCHEME),
    plainPath(path),
    indexed(1, `localhost:${port}`),
    indexed(31, 'application/grpc'),
    Buffer.concat([Buffer.from([0x40]), text('te'), text('trailers')]),
    indexed(23, `Bearer ${token}`),
  ]);
}

function laterBlock({ path }: WireCall): Buffer {
  return Buffer.concat([Buffer.from(METHOD_AND_SCHEME), plainPath(path), Buffer.from([0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62])]);
}

const indexed = (name: number, value: string): Buffer => Buffer.concat([Buffer.from([0x40 | name]), text(value)]);
const plainPath = (path: string): Buffer => Buffer.concat([Buffer.from([0x04]), text(path)]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  const length = rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}
