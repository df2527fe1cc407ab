/** Badly fitting messages, bytes and headers sent to a real server: never a 5xx (but 501), never an unexpected error in its log, and it goes on. */
import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { methods } from '../../src/contract/contract.ts';
import type { Method } from '../../src/contract/method.ts';
import { services } from '../../src/server.ts';
import { Asker, adminPat, startServer } from '../faults/server.ts';
import { rounds } from '../support/batches.ts';
import { testDatabase } from '../support/postgres.ts';
import { framed } from '../transport/fixture.ts';
import { cases, nasty } from './cases.ts';
import { anyMessage, Dice } from './messages.ts';

const database = await testDatabase();
const server = await startServer({ KEYWARD_DATABASE_URL: database.url });
const token = adminPat(server);
const admin = new Asker(server, token);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
test.after(() => agent.destroy());

const served = services.flatMap((service) => [...service.keys()].flatMap((path) => methods.get(path) ?? []));
const ids = await victims();

interface Answer {
  readonly status: number;
  readonly grpcStatus: string | undefined;
  readonly text: string;
}

/** What must never come: a fault of ours, in the words of each protocol. What breaks the rules of gRPC's framing is `internal` by its own rules. */
function isFault({ status, grpcStatus, text }: Answer): boolean {
  if (status >= 500 && status !== 501) return !/protocol error/.test(text);
  return ['2', '14', '15'].includes(grpcStatus ?? '') || (grpcStatus === '13' && !/protocol%20error|protocol error/.test(text));
}

function send(method: string, path: string, headers: Readonly<Record<string, string>>, body: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      method,
      path,
      agent,
      headers: { authorization: `Bearer ${token}`, 'content-length': String(Buffer.byteLength(body)), ...headers },
    });
    request.once('error', reject);
    request.once('response', async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      const said = Buffer.concat(parts).toString('latin1');
      const grpcStatus = response.headers['grpc-status']?.toString() ?? /grpc-status: (\d+)/.exec(said)?.[1];
      resolve({ status: response.statusCode ?? 0, grpcStatus, text: `${said} ${response.headers['grpc-message'] ?? ''}` });
    });
    request.end(body);
  });
}

test('every served RPC, with values that fit badly at every field, over REST, Connect and gRPC-Web', async (t) => {
  const codes = new Map<number, number>();
  await rounds(cases(2500).numRuns, 6, async (seed) => {
    const dice = new Dice(seed);
    const method = dice.one(served);
    const json = anyMessage(method.rpc.input, dice, ids);
    const said = await sendAs(dice, method, json);
    codes.set(said.status, (codes.get(said.status) ?? 0) + 1);
    assert.ok(!isFault(said), `seed ${seed}: ${method.name} ${JSON.stringify(json)} → ${said.status} ${said.grpcStatus} ${said.text}`);
  });
  t.diagnostic([...codes].map(([status, count]) => `${status}: ${count}`).join(', '));
  await unharmed();
});

async function sendAs(dice: Dice, method: Method, json: ReturnType<typeof anyMessage>): Promise<Answer> {
  const text = JSON.stringify(json);
  const binary = asBinary(method, json);
  const [route] = method.routes;
  const way = dice.one(['rest', 'rest', 'connect', 'proto', 'grpc-web'] as const);
  if (way === 'rest' && route) {
    const path = route.path.replace(/\{[^}]*\}/g, () =>
      encodeURIComponent((dice.below(0.7) ? dice.one(ids) : dice.one(nasty)).toWellFormed()),
    );
    const query = dice.below(0.5) ? `?${flat(json)}` : '';
    return send(
      route.verb,
      path + query,
      { 'content-type': 'application/json' },
      route.verb === 'GET' || route.verb === 'DELETE' ? '' : text,
    );
  }
  if (way === 'proto' && binary) return send('POST', method.path, { 'content-type': 'application/proto' }, binary);
  if (way === 'grpc-web' && binary) return send('POST', method.path, { 'content-type': 'application/grpc-web+proto' }, framed(binary));
  return send('POST', method.path, { 'content-type': 'application/json' }, text);
}

/** Undefined where protobuf has no such message. */
function asBinary({ rpc }: Method, json: ReturnType<typeof anyMessage>): Uint8Array | undefined {
  try {
    return toBinary(rpc.input, fromJson(rpc.input, json as never, { ignoreUnknownFields: true }));
  } catch {
    return undefined;
  }
}

function flat(json: ReturnType<typeof anyMessage>, path = ''): string {
  if (Array.isArray(json)) return json.map((item) => flat(item, path)).join('&');
  if (json === null || typeof json !== 'object') return `${path}=${encodeURIComponent(String(json).toWellFormed())}`;
  return Object.entries(json)
    .map(([name, value]) =>
      flat(value, path === '' ? encodeURIComponent(name.toWellFormed()) : `${path}.${encodeURIComponent(name.toWellFormed())}`),
    )
    .join('&');
}

test('any bytes with any headers at any path', async () => {
  const types = [
    'application/json',
    'application/proto',
    'application/grpc-web',
    'application/grpc-web+json',
    'application/grpc-web-text',
    'application/grpc',
    'text/plain',
    '',
  ];
  const paths = [
    ...served.map(({ path }) => path),
    ...served.flatMap(({ routes }) => routes.map(({ path }) => path)),
    '/',
    '/v2',
    '/v2/users/',
    '/management/v1/x',
    '/debug/',
    '//',
    '/%2e%2e/',
    '/%00',
  ];
  await rounds(cases(1500).numRuns, 6, async (seed) => {
    const dice = new Dice(seed + 1_000_000);
    const bytes = Buffer.from(Array.from({ length: dice.one([0, 1, 5, 6, 40, 400]) }, () => Math.floor(dice.next() * 256)));
    const body = dice.below(0.3) ? framed(bytes, dice.one([0, 0, 1, 128, 255])) : bytes;
    const odd = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
    const headers: Record<string, string> = { 'content-type': dice.one(types) };
    for (const name of [
      'authorization',
      'host',
      'content-encoding',
      'grpc-encoding',
      'grpc-timeout',
      'connect-timeout-ms',
      'x-zitadel-orgid',
      'accept-language',
      'origin',
      'traceparent',
      'connect-protocol-version',
      'forwarded',
    ]) {
      if (dice.below(0.12))
        headers[name] = odd(dice.one([...nasty, 'Bearer ', `Bearer ${token}x`, 'gzip', 'br', '1S', '100m', '1000', 'http://localhost']));
    }
    const said = await send(dice.one(['POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD']), dice.one(paths), headers, body);
    assert.ok(!isFault(said), `seed ${seed + 1_000_000}: ${JSON.stringify(headers)} → ${said.status} ${said.grpcStatus} ${said.text}`);
  });
  await unharmed();
});

test('what is no HTTP is answered or cut', async () => {
  const starts = ['', 'GET ', 'POST / HTTP/1.1\r\nHost: a\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PRI * HTTP/2.0', '\x16\x03\x01'];
  await rounds(cases(400).numRuns, 20, async (seed) => {
    const dice = new Dice(seed + 2_000_000);
    const bytes = Buffer.from(Array.from({ length: dice.one([1, 9, 18, 200]) }, () => Math.floor(dice.next() * 256)));
    await new Promise<void>((resolve) => {
      const socket = net.connect(server.port, '127.0.0.1', () => socket.end(Buffer.concat([Buffer.from(dice.one(starts)), bytes])));
      socket.setTimeout(200, () => socket.destroy()); // a start of something is waited for; the rest need not be seen
      socket.on('error', () => {});
      socket.resume();
      socket.on('close', () => resolve());
    });
  });
  await unharmed();
});

test('a token is refused when it is cut, extended, or any of its characters is changed in one bit', async () => {
  const bits = cases(1).numRuns > 1 ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 5];
  const made = await admin.ask('POST', '/v2/users/new', { organizationId: ids[2], machine: { name: 'machine' } });
  const own = await admin.ask('POST', `/v2/users/${made.json.id}/pats`, { expirationDate: '2099-01-01T00:00:00Z' });
  const text: string = own.json.token;
  const as = (bearer: string) => send('GET', `/v2/users/${made.json.id}`, { authorization: `Bearer ${bearer}` }, '');
  assert.equal((await as(text)).status, 200);
  await rounds(text.length, 6, async (n) => {
    const forms = [text.slice(0, n), text.slice(n + 1), text.slice(0, n) + text.slice(n + 1), `${text.slice(0, n)}A${text.slice(n)}`];
    for (const bit of bits) forms.push(text.slice(0, n) + String.fromCharCode(text.charCodeAt(n) ^ (1 << bit)) + text.slice(n + 1));
    for (const form of forms) {
      if (form.trim() === text || /[^\x20-\x7e\x80-\xff]/.test(form)) continue; // what no header can hold
      assert.equal((await as(form)).status, 401, form);
    }
  });
  assert.equal((await as(text)).status, 200);
});

async function unharmed(): Promise<void> {
  assert.equal(server.ended(), false);
  assert.doesNotMatch(server.log(), /unexpected error/, server.log().slice(0, 3000));
  assert.equal((await admin.ask('POST', '/v2/users', { query: { limit: 1 } })).status, 200);
}

/** Ids of what calls may hit. */
async function victims(): Promise<string[]> {
  const [first] = (await admin.ask('POST', '/v2/users', { query: { limit: 1 } })).json.result;
  const organizationId: string = first.details.resourceOwner;
  const machine = await admin.ask('POST', '/v2/users/new', { organizationId, machine: { name: 'victim' } });
  const human = await admin.ask('POST', '/v2/users/new', {
    organizationId,
    human: {
      profile: { givenName: 'Vic', familyName: 'Tim' },
      email: { email: 'victim@example.com', isVerified: true },
      password: { password: 'Secret-pass-1' },
    },
  });
  return [machine.json.id, human.json.id, organizationId, 'nobody'];
}
