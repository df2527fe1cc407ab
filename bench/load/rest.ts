/** A REST client on a bare socket that stays open: a request is one ready buffer, an answer is read by its content length. One call at a time. */
import { connect, type Socket } from 'node:net';
import { type Connection, type Done, type LoadPlan, renewed, type WireCall } from './plan.ts';

export function openRest({ port, token }: Pick<LoadPlan, 'port' | 'token'>): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new RestConnection(socket, port, token)));
    socket.once('error', reject);
  });
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

class RestConnection implements Connection {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #token: string;
  readonly #requests = new Map<WireCall, Buffer>();
  #done: Done | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, port: number, token: string) {
    this.#socket = socket;
    this.#port = port;
    this.#token = token;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#end(false, Buffer.alloc(0)));
  }

  send(call: WireCall, done: Done): void {
    this.#done = done;
    this.#socket.write(renewed(this.#requests.get(call) ?? this.#learn(call)));
  }

  close(): void {
    this.#socket.destroy();
  }

  get lost(): boolean {
    return this.#socket.destroyed;
  }

  #learn(call: WireCall): Buffer {
    const { verb, path, body } = call;
    const content = body.length === 0 ? '' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
    const head = `${verb} ${path} HTTP/1.1\r\nhost: localhost:${this.#port}\r\nauthorization: Bearer ${this.#token}\r\n${content}\r\n`;
    const request = Buffer.concat([Buffer.from(head), body]);
    this.#requests.set(call, request);
    return request;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes;
    const head = bytes.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const [, length = '0'] = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, head)) ?? [];
    const start = head + END_OF_HEAD.length;
    if (bytes.length < start + Number(length)) return;
    this.#rest = Buffer.alloc(0);
    // "HTTP/1.1 200": the first digit of the status
    this.#end(bytes[9] === 0x32, bytes.subarray(start));
  }

  #end(good: boolean, body: Uint8Array): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(good, body);
  }
}
