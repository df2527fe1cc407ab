/** One port: HTTP/1.1 and HTTP/2 side by side, whatever pieces the first bytes arrive in; TLS with ALPN; a graceful end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deactivate, deactivated, framed, http1, http2c, type Served, serve } from './fixture.ts';

let server: Served;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** Sends the pieces one by one and gives all that comes back until the server ends the connection, or `enough` is met. */
function talk(port: number, pieces: readonly (string | Buffer)[], enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = net.connect(port, '127.0.0.1', async () => {
      socket.setNoDelay(true);
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((next) => setTimeout(next, 3));
      }
    });
    const done = (): void => {
      resolve(got);
      socket.destroy();
    };
    socket.on('data', (part) => {
      got += part.toString('latin1');
      if (enough(got)) done();
    });
    socket.on('close', done);
    socket.on('error', reject);
  });
}

const get = 'GET /debug/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings]);

test('both versions of HTTP are served on the same port', async () => {
  const one = await http1(server, { path: '/v2/users/1/deactivate' });
  const two = await http2c(server, { path: '/v2/users/1/deactivate' });
  assert.deepEqual([one.status, two.status], [200, 200]);
  assert.deepEqual(one.json, { details: { sequence: '7', resourceOwner: 'org' } });
  assert.deepEqual(two.json, one.json);
});

test('HTTP/1.1 is understood byte by byte', async () => {
  assert.match(await talk(server.port, get.split(''), () => false), /^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok$/);
});

test('a method that begins like the preface of HTTP/2 is HTTP/1.1', async () => {
  for (const verb of ['P', 'PR', 'PROPFIND', 'PRI']) {
    assert.match(
      await talk(server.port, [`${verb}`, ` /v2/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`], () => false),
      /^HTTP\/1\.1 4\d\d /,
    );
  }
});

test('HTTP/2 is understood byte by byte', async () => {
  const pieces = [...preface].map((byte) => Buffer.from([byte]));
  // Its own SETTINGS frame, and the acknowledgement of ours.
  const answer = await talk(
    server.port,
    pieces,
    (text) => text.includes(settings.subarray(0, 3).toString('latin1')) && text.includes('\x00\x00\x00\x04\x01'),
  );
  assert.equal(answer.charCodeAt(3), 4);
});

test('what says nothing understandable is shown out', async () => {
  assert.match(await talk(server.port, ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], () => false), /^HTTP\/1\.1 400 |^$/);
  assert.equal((await http1(server, { path: '/debug/healthz', method: 'GET' })).status, 200);
});

test('several calls run at once on one connection', async () => {
  const session = http2.connect(server.base);
  const statuses = await Promise.all(
    Array.from(
      { length: 50 },
      (_, i) =>
        new Promise((resolve) => {
          const stream = session.request({ ':method': 'POST', ':path': deactivate, 'content-type': 'application/grpc' });
          stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
          stream.resume();
          stream.end(framed(Buffer.from([10, 1, 48 + (i % 10)])));
        }),
    ),
  );
  session.close();
  assert.deepEqual(new Set(statuses), new Set(['0']));
});

test('calls in flight are answered before the server ends, and new connections are refused', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const own = await serve(async (incoming) => {
    await held;
    return deactivated(incoming);
  });
  const calls = [http1(own, { path: '/v2/users/1/deactivate' }), http2c(own, { path: '/v2/users/1/deactivate' })];
  while (own.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const closing = own.close();
  await assert.rejects(http1(own, { path: '/v2/users/1/deactivate' }), { code: 'ECONNREFUSED' });
  release();
  assert.deepEqual(
    (await Promise.all(calls)).map(({ status }) => status),
    [200, 200],
  );
  await closing;
});

test('a call that does not end is cut when the time for closing is over', async () => {
  const own = await serve(() => new Promise(() => {}), { limits: { closeMs: 100 } });
  const call = http1(own, { path: '/v2/users/1/deactivate' });
  while (own.seen.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const refused = assert.rejects(call);
  await own.close();
  await refused;
});

test('a port in use is refused', async () => {
  const { createServer } = await import('../../src/transport/server.ts');
  await assert.rejects(createServer({ methods: new Map(), invoke: deactivated }).listen(server.port, ['127.0.0.1']), {
    code: 'EADDRINUSE',
  });
});

const openssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
})();

test('under TLS the version is agreed by ALPN', { skip: !openssl && 'there is no openssl to make a certificate with' }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const own = await serve(deactivated, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  rmSync(folder, { recursive: true });
  const session = http2.connect(own.base, { rejectUnauthorized: false });
  const status = await new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': '/v2/users/1/deactivate' });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.end();
  });
  session.close();
  const older = await new Promise((resolve, reject) => {
    https
      .request(
        { host: '127.0.0.1', port: own.port, method: 'POST', path: '/v2/users/1/deactivate', rejectUnauthorized: false, agent: false },
        (answer) => {
          answer.resume();
          resolve(`${answer.httpVersion} ${answer.statusCode}`);
        },
      )
      .on('error', reject)
      .end();
  });
  assert.deepEqual([status, older], [200, '1.1 200']);
  await own.close();
});
