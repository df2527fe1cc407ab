/** Bounds: how large a request may be, packed or not, how long it may take, and how long its sender waits. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { DeactivateUserRequestSchema } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { deactivate, deactivated, framed, http1, http2c, type Served, serve } from './fixture.ts';

const bodyBytes = 1000;
let server: Served;
before(async () => {
  server = await serve(deactivated, { limits: { bodyBytes, bodyMs: 300, headersMs: 400, headerBytes: 8192 } });
});
after(() => server.close());

const json = { 'content-type': 'application/json' };
const rest = '/v2/users/1/deactivate';
const user = (padding: number): string => JSON.stringify({ userId: '1', nothing: 'x'.repeat(padding) });
const empty = user(0).length;

test('a body of the limit is taken, one more byte is not: REST and Connect, both versions', async () => {
  for (const send of [http1, http2c]) {
    for (const path of [rest, deactivate]) {
      assert.equal((await send(server, { path, headers: json, body: user(bodyBytes - empty) })).status, 200);
      const refused = await send(server, { path, headers: json, body: user(bodyBytes - empty + 1) });
      assert.deepEqual([refused.status, refused.json.code], [429, path === rest ? 8 : 'resource_exhausted']);
      assert.match(refused.json.message, /^received message larger than max \(/);
    }
  }
});

test('a body without an announced length is cut at the limit', async () => {
  const answer = await new Promise<string>((resolve) => {
    let got = '';
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`POST ${rest} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const more = setInterval(() => socket.write(`100\r\n${'x'.repeat(256)}\r\n`), 2);
    socket.on('data', (part) => {
      got += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(more);
      resolve(got);
    });
  });
  assert.match(answer, /^HTTP\/1\.1 429 [\s\S]*connection: close[\s\S]*"code":8/i);
});

test('a frame of gRPC is bounded by what it announces', async () => {
  const grpc = { 'content-type': 'application/grpc' };
  // Field 100, unknown, as long as the limit leaves room for.
  const fits = framed(Buffer.concat([Buffer.from([0xa2, 0x06, 0xe4, 0x07]), Buffer.alloc(bodyBytes - 4)]));
  assert.equal((await http2c(server, { path: deactivate, headers: grpc, body: fits })).trailers['grpc-status'], '0');
  const large = framed(Buffer.alloc(bodyBytes + 1));
  assert.equal((await http2c(server, { path: deactivate, headers: grpc, body: large })).headers['grpc-status'], '8');
  const lying = framed('');
  lying.writeUInt32BE(0xffffffff, 1);
  assert.equal((await http2c(server, { path: deactivate, headers: grpc, body: lying })).headers['grpc-status'], '8');
});

test('a small body that unpacks to a large one is refused in every protocol', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.length > bodyBytes);
  const smaller = gzipSync(user(bodyBytes));
  assert.ok(smaller.length < bodyBytes);
  for (const body of [bomb, smaller]) {
    const connect = await http1(server, { path: deactivate, headers: { ...json, 'content-encoding': 'gzip' }, body });
    const overRest = await http1(server, { path: rest, headers: { ...json, 'content-encoding': 'gzip' }, body });
    const grpc = await http2c(server, {
      path: deactivate,
      headers: { 'content-type': 'application/grpc+json', 'grpc-encoding': 'gzip' },
      body: framed(body, 1),
    });
    const web = await http1(server, {
      path: deactivate,
      headers: { 'content-type': 'application/grpc-web+json', 'grpc-encoding': 'gzip' },
      body: framed(body, 1),
    });
    assert.deepEqual([connect.status, overRest.status, grpc.headers['grpc-status'], web.headers['grpc-status']], [429, 429, '8', '8']);
  }
  const brotli = await http1(server, {
    path: rest,
    headers: { ...json, 'content-encoding': 'br' },
    body: brotliCompressSync(Buffer.alloc(50_000_000)),
  });
  assert.equal(brotli.status, 429);
});

test('packed bodies are unpacked, and answers packed for who asks', async () => {
  const connect = await http1(server, {
    path: deactivate,
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync('{"userId":"zipped"}'),
  });
  assert.equal(connect.headers['content-encoding'], 'gzip');
  assert.deepEqual(JSON.parse(gunzipSync(connect.bytes).toString()), { details: { sequence: '7', resourceOwner: 'org' } });
  assert.deepEqual(server.seen.at(-1)?.message, create(DeactivateUserRequestSchema, { userId: 'zipped' }));
  for (const [encoding, body] of [
    ['gzip', gzipSync('{}')],
    ['br', brotliCompressSync('{}')],
  ] as const) {
    assert.equal((await http1(server, { path: rest, headers: { ...json, 'content-encoding': encoding }, body })).status, 200);
  }
  assert.equal((await http1(server, { path: rest, headers: { ...json, 'content-encoding': 'zstd' }, body: '{}' })).status, 501);
});

test('large headers are refused', async () => {
  const answer = await http1(server, { path: rest, headers: { 'x-large': 'x'.repeat(10_000) } });
  assert.equal(answer.status, 431);
});

/** Milliseconds until the server ends a connection on which this was said. */
function endsAfter(text: string | Buffer): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(text));
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => resolve(performance.now() - started));
  });
}

test('a connection that does not come to the point is ended', async () => {
  const [silent, halfPreface, halfHeaders, halfBody] = await Promise.all([
    endsAfter(''),
    endsAfter('PRI * HT'),
    endsAfter(`POST ${rest} HTTP/1.1\r\nHost:`),
    endsAfter(`POST ${rest} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`),
  ]);
  for (const ms of [silent, halfPreface]) assert.ok(ms > 300 && ms < 1500, `${ms}`);
  for (const ms of [halfHeaders, halfBody]) assert.ok(ms > 300 && ms < 4000, `${ms}`);
});

test('a body that stops on the way is cut over HTTP/2 too, and the connection lives on', async () => {
  const session = http2.connect(server.base);
  const post = { ':method': 'POST', ':path': rest };
  const cut = await new Promise((resolve) => {
    const stream = session.request(post);
    stream.on('error', () => {});
    stream.on('close', () => resolve(stream.rstCode));
    stream.write('{');
  });
  const status = await new Promise((resolve) => {
    const stream = session.request(post);
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.end('{}');
  });
  session.close();
  assert.deepEqual([cut, status], [http2.constants.NGHTTP2_CANCEL, 200]);
});

test('a call whose deadline has passed is refused before the pipeline sees it', async () => {
  const before = server.seen.length;
  const grpc = await http2c(server, {
    path: deactivate,
    headers: { 'content-type': 'application/grpc', 'grpc-timeout': '1n' },
    body: framed(''),
  });
  const web = await http1(server, {
    path: deactivate,
    headers: { 'content-type': 'application/grpc-web', 'grpc-timeout': '0S' },
    body: framed(''),
  });
  const connect = await http1(server, { path: deactivate, headers: { ...json, 'connect-timeout-ms': '0' }, body: '{}' });
  const overRest = await http1(server, { path: rest, headers: { 'grpc-timeout': '-1S' } });
  assert.deepEqual([grpc.headers['grpc-status'], web.headers['grpc-status'], connect.status, overRest.status], ['4', '4', 504, 504]);
  assert.equal(connect.json.code, 'deadline_exceeded');
  assert.equal(server.seen.length, before);
});

test('a deadline that passes while the call runs is answered when it passes, and the pipeline knows of it', async () => {
  const own = await serve(() => new Promise(() => {}), { limits: { closeMs: 0 } });
  const started = Date.now();
  const [grpc, connect, overRest] = await Promise.all([
    http2c(own, { path: deactivate, headers: { 'content-type': 'application/grpc', 'grpc-timeout': '80m' }, body: framed('') }),
    http1(own, { path: deactivate, headers: { ...json, 'connect-timeout-ms': '80' }, body: '{}' }),
    http1(own, { path: rest, headers: { 'grpc-timeout': '80m' } }),
  ]);
  const passed = Date.now() - started;
  assert.deepEqual([grpc.headers['grpc-status'], connect.status, overRest.status], ['4', 504, 504]);
  assert.ok(passed >= 79 && passed < 1000, `${passed}`);
  for (const { deadline = 0 } of own.seen) assert.ok(deadline >= started + 79 && deadline < started + 1000);
  await own.close();
});

test('no deadline is no deadline, and a malformed one is refused', async () => {
  await http1(server, { path: deactivate, headers: json, body: '{}' });
  assert.equal(server.seen.at(-1)?.deadline, undefined);
  for (const value of ['1', '10s', '-1S', 'abc', '123456789S']) {
    const answer = await http2c(server, {
      path: deactivate,
      headers: { 'content-type': 'application/grpc', 'grpc-timeout': value },
      body: framed(''),
    });
    assert.equal(answer.headers['grpc-status'], '3', value);
  }
  for (const value of ['-1', 'abc', '1.5', '12345678901']) {
    const answer = await http1(server, { path: deactivate, headers: { ...json, 'connect-timeout-ms': value }, body: '{}' });
    assert.deepEqual([answer.status, answer.json.code], [400, 'invalid_argument'], value);
  }
  for (const value of ['10', '10s', 'abc']) {
    assert.equal((await http1(server, { path: rest, headers: { 'grpc-timeout': value } })).json.message, `invalid grpc-timeout: ${value}`);
  }
});
