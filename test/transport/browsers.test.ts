/** CORS and the headers that tell answers apart (reference/transport.md 7.2, 10.1). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deactivate, framed, http1, http2c, type Served, serve } from './fixture.ts';

let server: Served;
before(async () => {
  server = await serve();
});
after(() => server.close());

const origin = 'https://app.example';
const paths = [deactivate, '/v2/users/1', '/v2/nothing', '/zitadel.user.v2.UserService/Nothing'];

const preflights: readonly [name: string, method: string, headers: string | undefined, allowed: boolean][] = [
  ['known headers', 'POST', 'authorization,content-type', true],
  ['known headers with blanks', 'POST', 'authorization, content-type', true],
  ['no headers', 'DELETE', undefined, true],
  ['gRPC-Web', 'POST', 'content-type,grpc-timeout,x-grpc-web,x-user-agent', true],
  ['Connect', 'POST', 'connect-protocol-version,connect-timeout-ms,content-type', true],
  ['an unknown header', 'POST', 'x-nothing', false],
  ['headers out of order', 'POST', 'content-type,authorization', false],
  ['a header in capitals', 'POST', 'Authorization', false],
  ['a header that selects the tenant', 'POST', 'x-zitadel-instance-host', false],
  ['an unknown method', 'BREW', undefined, false],
  ['a method in small letters', 'post', undefined, false],
];

for (const [name, method, asked, allowed] of preflights) {
  test(`a preflight with ${name} is ${allowed ? '' : 'not '}allowed`, async () => {
    for (const path of paths) {
      for (const send of [http1, http2c]) {
        const headers = {
          origin,
          'access-control-request-method': method,
          ...(asked === undefined ? {} : { 'access-control-request-headers': asked }),
        };
        const answer = await send(server, { method: 'OPTIONS', path, headers });
        assert.equal(answer.status, 204);
        assert.match(String(answer.headers.vary), /^Origin/);
        assert.equal(answer.headers['access-control-allow-origin'], allowed ? origin : undefined);
        assert.equal(answer.headers['access-control-allow-methods'], allowed ? method : undefined);
        assert.equal(answer.headers['access-control-allow-headers'], allowed ? asked : undefined);
        assert.equal(answer.headers['access-control-allow-credentials'], allowed ? 'true' : undefined);
      }
    }
  });
}

test('answers and errors carry the origin that asked, and none where none did', async () => {
  const grpc = { headers: { 'content-type': 'application/grpc-web' }, body: framed('') };
  for (const sent of [{ path: '/v2/users/1/deactivate' }, { path: '/v2/nothing' }, { path: deactivate, ...grpc }, { path: deactivate }]) {
    const asked = await http1(server, { ...sent, headers: { ...('headers' in sent ? sent.headers : {}), origin } });
    assert.deepEqual(
      [asked.headers['access-control-allow-origin'], asked.headers['access-control-allow-credentials'], asked.headers.vary],
      [origin, 'true', 'Origin'],
    );
    assert.match(String(asked.headers['access-control-expose-headers']), /Grpc-Status-Details-Bin/);
    const plain = await http1(server, sent);
    assert.deepEqual([plain.headers['access-control-allow-origin'], plain.headers.vary], [undefined, 'Origin']);
  }
});

test('no answer sets a cookie or shows headers of an inner hop, and every call has an id of its own', async () => {
  const answers = [
    await http1(server, { path: '/v2/users/1/deactivate' }),
    await http1(server, { path: deactivate, headers: { 'content-type': 'application/json' }, body: '{}' }),
    await http2c(server, { path: deactivate, headers: { 'content-type': 'application/grpc' }, body: framed('') }),
    await http1(server, { path: deactivate, headers: { 'content-type': 'application/grpc-web' }, body: framed('') }),
  ];
  for (const { headers } of answers)
    assert.deepEqual(
      Object.keys(headers).filter((name) => /set-cookie|^grpcgateway-/.test(name)),
      [],
    );
  const ids = answers.map(({ headers }) => headers['x-request-id']);
  for (const id of ids) assert.match(String(id), /^[0-9a-v]{20}$/);
  assert.equal(new Set(ids).size, answers.length);
  assert.deepEqual(
    server.seen.slice(-4).map(({ requestId }) => requestId),
    ids,
  );
  assert.deepEqual(
    answers.map(({ headers }) => headers['cache-control']),
    [undefined, 'no-store', 'no-store', 'no-store'],
  );
});
