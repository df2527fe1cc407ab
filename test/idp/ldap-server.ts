/** A server that speaks just enough LDAP (RFC 4511) to count what reaches it, or to misbehave. */
import { createServer, type Server, type Socket } from 'node:net';
import { after } from 'node:test';
import { TLSSocket } from 'node:tls';
import type { Certified } from '../../src/crypto/certificate.ts';
import { freePort } from '../support/node.ts';

export const READER = 'cn=reader';
export const PASSWORD = 'the right one';

/** `honest`: answers. `floods`: never ends its answer to a search. `is silent`, `garbles`, `resets`: what it does once TLS begins. */
export type Manner = 'honest' | 'floods' | 'is silent' | 'garbles' | 'resets';

export interface LdapServer {
  readonly url: string;
  /** How often a password of somebody was compared. */
  binds: number;
  /** Connections that are open. */
  readonly open: Set<Socket>;
  /** Bytes of a flood that were taken. */
  taken: number;
}

/** An LDAPMessage: its id, the tag of its operation, and the rest. */
interface Message {
  readonly id: number;
  readonly tag: number;
  readonly body: Buffer;
}

export async function startLdapServer(manner: Manner, certified?: Certified): Promise<LdapServer> {
  const port = await freePort();
  const made: LdapServer = { url: `ldap://localhost:${port}`, binds: 0, open: new Set(), taken: 0 };
  const server: Server = createServer((socket) => {
    made.open.add(socket);
    socket.on('error', () => undefined).once('close', () => made.open.delete(socket));
    serve(made, manner, socket, certified);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(() => {
    server.close();
    for (const socket of made.open) socket.destroy();
  });
  return made;
}

function serve(made: LdapServer, manner: Manner, socket: Socket, certified: Certified | undefined): void {
  let rest = Buffer.alloc(0);
  const take = (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let next = messageOf(rest); next; next = messageOf(rest)) {
      rest = rest.subarray(next.length);
      answer(next.message);
    }
  };
  const reply = (id: number, tag: number, content: Buffer) =>
    socket.write(element(0x30, element(0x02, Buffer.from([id])), element(tag, content)));
  const result = (code: number) => Buffer.concat([element(0x0a, Buffer.from([code])), element(0x04), element(0x04)]);
  const answer = ({ id, tag, body }: Message) => {
    if (tag === BIND) {
      if (body.includes(READER)) return reply(id, BIND + 1, result(0));
      made.binds++;
      return reply(id, BIND + 1, result(body.includes(PASSWORD) ? 0 : INVALID_CREDENTIALS));
    }
    if (tag === SEARCH) {
      if (manner === 'floods') return flood(made, socket);
      const [, name = ''] = /uid\W+(\w+)/.exec(body.toString('latin1')) ?? [];
      const uid = element(0x30, element(0x04, Buffer.from('uid')), element(0x31, element(0x04, Buffer.from(name))));
      reply(id, SEARCH + 1, Buffer.concat([element(0x04, Buffer.from(`uid=${name}`)), element(0x30, uid)]));
      return reply(id, SEARCH + 2, result(0));
    }
    if (tag !== EXTENDED) return socket.end();
    reply(id, EXTENDED + 1, result(0));
    socket.removeAllListeners('data');
    if (manner === 'garbles') socket.once('data', () => socket.write('no TLS at all'));
    if (manner === 'resets') socket.once('data', () => socket.resetAndDestroy());
    if (manner !== 'floods' || !certified) return;
    const secure = new TLSSocket(socket, { isServer: true, cert: certified.certificate, key: certified.privateKey });
    secure.on('error', () => undefined);
    serve(made, manner, secure, undefined);
  };
  socket.on('data', take);
}

const BIND = 0x60;
const SEARCH = 0x63;
const EXTENDED = 0x77;
const INVALID_CREDENTIALS = 49;

/** An entry that claims two gigabytes, as fast as they are taken. */
function flood(made: LdapServer, socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024);
  const more = () => {
    while (!socket.destroyed && made.taken < 64 * 1024 * 1024) {
      made.taken += chunk.length;
      if (!socket.write(chunk)) return void socket.once('drain', more);
    }
  };
  socket.write(Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]));
  more();
}

function messageOf(data: Buffer): { readonly message: Message; readonly length: number } | undefined {
  const whole = elementOf(data);
  if (!whole) return undefined;
  const id = elementOf(whole.content)!;
  const operation = elementOf(whole.content.subarray(id.length))!;
  return { message: { id: id.content.at(-1) ?? 0, tag: operation.tag, body: operation.content }, length: whole.length };
}

/** A BER element with a definite length, where all of it is there. */
function elementOf(data: Buffer): { readonly tag: number; readonly content: Buffer; readonly length: number } | undefined {
  const [tag, first] = data;
  if (tag === undefined || first === undefined) return undefined;
  const bytes = first < 0x80 ? 0 : first - 0x80;
  if (data.length < 2 + bytes) return undefined;
  const size = bytes === 0 ? first : data.readUIntBE(2, bytes);
  const length = 2 + bytes + size;
  return data.length < length ? undefined : { tag, content: data.subarray(2 + bytes, length), length };
}

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
}
