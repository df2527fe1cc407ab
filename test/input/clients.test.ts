/** Clients that dawdle, leave, flood or only sit there: others are served, and memory stays flat. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Asker, adminPat, startServer } from '../faults/server.ts';
import { full } from '../support/batches.ts';
import { testDatabase } from '../support/postgres.ts';
import { deactivate, framed, http1, serve } from '../transport/fixture.ts';

const database = await testDatabase();
const real = await startServer({ KEYWARD_DATABASE_URL: database.url });
const asker = new Asker(real, adminPat(real));
const isServed = async () => assert.equal((await asker.ask('POST', '/v2/users', { query: { limit: 1 } })).status, 200);

/** Resident memory of the server, in MB. */
function memory(): number {
  const status = readFileSync(`/proc/${real.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

test('clients of one byte at a time are ended, and others are served meanwhile', async () => {
  const limits = { headersMs: 500, bodyMs: 500, idleMs: 60_000 };
  const server = await serve(undefined, { limits });
  try {
    const rest = '/v2/users/1/deactivate';
    const slow = [
      `POST ${rest} HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(2000)}\r\n\r\n`,
      `POST ${rest} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2000)}`,
      `POST ${rest} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(2000)}`,
    ];
    const ended = slow.flatMap((text) => Array.from({ length: 20 }, () => drip(server.port, text)));
    let open = ended.length;
    for (const end of ended) void end.then(() => open--);
    for (let n = 0; open > 0; n++) {
      assert.equal((await http1(server, { path: rest, headers: { 'content-type': 'application/json' }, body: '{}' })).status, 200);
      assert.ok(n < 3000, `${open} slow clients are still there`);
      await pause(10);
    }
  } finally {
    await server.close();
  }
});

/** Sends the head of a text at once, the rest byte by byte; resolves when the server ends it. */
function drip(port: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const head = Math.max(text.indexOf('\r\n\r\n') + 4 < text.length ? text.indexOf('\r\n\r\n') + 4 : 10, 10);
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text.slice(0, head)));
    let at = head;
    const timer = setInterval(() => socket.write(text[at++] ?? 'x'), 20);
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

test('a client that closes its half behind the request gets its answer', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = net.connect({ port: real.port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.end('GET /debug/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    socket.on('data', (part) => {
      got += part;
    });
    socket.on('error', reject);
    socket.on('end', () => resolve(got));
  });
  assert.match(answer, /^HTTP\/1\.1 200 OK[\s\S]*ok$/);
});

test('a client that never closes its half is let go', async () => {
  const server = await serve(undefined, { limits: { idleMs: 300, headersMs: 300 } });
  try {
    await Promise.all(
      ['', 'GET /debug/healthz HTTP/1.1\r\nHost: a\r\n\r\n'].map(
        (text) =>
          new Promise<void>((resolve) => {
            const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(text));
            socket.on('error', () => {});
            socket.resume();
            socket.on('end', () => setTimeout(() => socket.destroy(), 10));
            socket.on('close', () => resolve());
          }),
      ),
    );
  } finally {
    await server.close();
  }
});

test('connections that are cut in the middle of everything, by the hundred', async () => {
  const texts = [
    '',
    'POST',
    'POST /v2/users HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0',
  ];
  await Promise.all(
    Array.from(
      { length: 400 },
      (_, n) =>
        new Promise<void>((resolve) => {
          const socket = net.connect(real.port, '127.0.0.1', () => {
            socket.write(texts[n % texts.length] ?? '');
            setTimeout(() => socket.resetAndDestroy(), n % 7);
          });
          socket.on('error', () => {});
          socket.on('close', () => resolve());
        }),
    ),
  );
  await isServed();
  assert.doesNotMatch(real.log(), /unexpected/);
});

test('streams that are begun and reset at once (rapid reset): others are served, memory is flat', async () => {
  await isServed();
  const before = memory();
  const rounds = full ? 20 : 4;
  for (let round = 0; round < rounds; round++) {
    const session = http2.connect(`http://127.0.0.1:${real.port}`);
    session.on('error', () => {});
    const over = new Promise<void>((resolve) => session.once('close', () => resolve()));
    for (let n = 0; n < 2000 && !session.closed && !session.destroyed; n++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': deactivate,
        'content-type': 'application/grpc',
        authorization: 'Bearer x',
      });
      stream.on('error', () => {});
      stream.write(framed('x'.repeat(100)).subarray(0, 50));
      stream.close(http2.constants.NGHTTP2_CANCEL);
      if (n % 200 === 0) await isServed();
    }
    session.close();
    await Promise.race([over, pause(2000)]);
    session.destroy();
  }
  await isServed();
  assert.ok(memory() - before < 150, `memory grew from ${before} to ${memory()} MB`);
});

test('bodies, headers and lists beyond their limits: refused, and memory is flat', async (t) => {
  const big = JSON.stringify({ userId: 'x'.repeat(60 * 1024 * 1024) });
  const before = memory();
  let most = 0;
  for (let n = 0; n < (full ? 30 : 6); n++) {
    await Promise.all(Array.from({ length: 4 }, () => poured(real.port, big)));
    most = Math.max(most, memory());
  }
  // A body is refused at 4 MiB; four at once, some copies, and what the collector has not taken yet.
  assert.ok(most - before < 250, `memory grew from ${before} to ${most} MB`);
  t.diagnostic(`memory: ${Math.round(before)} MB before, ${Math.round(most)} MB at most`);
  await isServed();
});

/** Pours a body of unknown length into the server until it hangs up; resolves then. */
function poured(port: number, body: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write('POST /v2/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(`${body.length.toString(16)}\r\n`);
      socket.write(body);
    });
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => resolve());
  });
}

test('thousands of idle connections: others are served', async (t) => {
  const wanted = full ? 10_000 : 2000;
  const sockets: net.Socket[] = [];
  try {
    for (let n = 0; n < wanted; n += 100) {
      const opened = await Promise.allSettled(Array.from({ length: 100 }, () => idle(real.port)));
      sockets.push(...opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      if (opened.some((one) => one.status === 'rejected')) break; // as many as this machine permits
    }
    for (let n = 0; n < 20; n++) await isServed();
    t.diagnostic(`${sockets.length} connections, ${Math.round(memory())} MB`);
    assert.ok(sockets.length >= Math.min(wanted, 1000));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await isServed();
});

/** A connection that has had one answer and now says nothing. */
function idle(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /debug/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
  });
}
