/** Health, readiness, metrics, reflection, native services, and what is told of a call. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Health } from '../../src/contract/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../../src/contract/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../src/contract/gen/grpc/reflection/v1alpha/reflection_pb.js';
import type { CallRecord } from '../../src/transport/served-call.ts';
import { deactivate, framed, http1, http2c, type Served, serve } from './fixture.ts';

let server: Served;
let isReady = true;
const calls: CallRecord[] = [];
before(async () => {
  server = await serve(
    async ({ method, seen }) => {
      seen.instance = 'i1';
      seen.caller = 'c1';
      return create(method.rpc.output);
    },
    { ready: async () => isReady, onCall: (call) => calls.push(call) },
  );
});
after(() => server.close());

test('health and readiness over HTTP', async () => {
  const get = async (path: string, method = 'GET') => {
    const { status, text } = await http1(server, { method, path });
    return `${status} ${text}`;
  };
  assert.equal(await get('/debug/healthz'), '200 ok');
  assert.equal(await get('/debug/ready'), '200 "ok"');
  isReady = false;
  assert.match(await get('/debug/ready'), /^412 ID=API-F24h2 /);
  isReady = true;
  assert.equal(await get('/debug/nothing'), '404 404 page not found\n');
  assert.equal(await get('/healthz'), '200 {"status":"SERVING"}\n');
  assert.equal(await get('/healthz?service=zitadel.user.v2.UserService'), '200 {"status":"SERVING"}\n');
  assert.equal(await get('/healthz?service=zitadel.admin.v1.AdminService'), '200 {"status":"SERVING"}\n');
  assert.equal(await get('/healthz?service=nothing'), '404 {"code":5,"message":"unknown service"}');
  assert.equal(await get('/healthz', 'POST'), '405 {"code":12,"message":"Method Not Allowed"}');
  assert.equal(await get('/robots.txt'), '200 User-agent: *\nDisallow: /\n');
});

test('health over gRPC: checked, and watched until the client has seen enough', async () => {
  const client = createClient(Health, createGrpcTransport({ baseUrl: server.base }));
  assert.equal((await client.check({})).status, 1);
  assert.equal((await client.check({ service: 'zitadel.auth.v1.AuthService' })).status, 1);
  await assert.rejects(client.check({ service: 'nothing' }), (error) => ConnectError.from(error).code === Code.NotFound);
  for (const [service, status] of [
    ['', 1],
    ['nothing', 3],
  ] as const) {
    for await (const answer of client.watch({ service })) {
      assert.equal(answer.status, status);
      break;
    }
  }
});

test('a watch of health ends with the server', async () => {
  const own = await serve();
  const client = createClient(Health, createGrpcTransport({ baseUrl: own.base }));
  const watch = client.watch({})[Symbol.asyncIterator]();
  await watch.next();
  await own.close();
  await watch.next().catch(() => undefined);
});

for (const [version, service] of [
  ['v1', ServerReflection],
  ['v1alpha', ServerReflectionAlpha],
] as const) {
  test(`reflection ${version} names every service and gives its files with all they import`, async () => {
    const client = createClient(service as typeof ServerReflection, createGrpcTransport({ baseUrl: server.base }));
    const questions = [
      { case: 'listServices', value: '' },
      { case: 'fileContainingSymbol', value: 'zitadel.user.v2.UserService' },
      { case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
      { case: 'fileContainingExtension', value: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 50901 } },
      { case: 'allExtensionNumbersOfType', value: 'google.protobuf.MethodOptions' },
      { case: 'fileContainingSymbol', value: 'zitadel.admin.v1.AdminService' },
      { case: 'fileContainingSymbol', value: 'nothing' },
    ] as const;
    const answers = [];
    const asked = (async function* () {
      for (const messageRequest of questions) yield { messageRequest };
    })();
    for await (const { messageResponse } of client.serverReflectionInfo(asked)) answers.push(messageResponse);
    const [list, file, again, extension, numbers, old, none] = answers;
    assert.ok(list?.case === 'listServicesResponse');
    const names = list.value.service.map(({ name }) => name);
    for (const name of ['zitadel.user.v2.UserService', 'zitadel.admin.v1.AdminService', 'grpc.health.v1.Health'])
      assert.ok(names.includes(name), name);
    assert.ok(file?.case === 'fileDescriptorResponse');
    const files = file.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const sent = new Set(files.map(({ name }) => name));
    assert.equal(sent.size, files.length);
    for (const { dependency } of files) for (const name of dependency) assert.ok(sent.has(name), name);
    assert.ok(again?.case === 'fileDescriptorResponse' && again.value.fileDescriptorProto.length === 1);
    assert.equal(extension?.case, 'fileDescriptorResponse');
    assert.ok(numbers?.case === 'allExtensionNumbersResponse' && numbers.value.extensionNumber.includes(50901));
    assert.equal(old?.case, 'fileDescriptorResponse');
    assert.ok(none?.case === 'errorResponse' && none.value.errorCode === 5);
  });
}

test('services of v1 speak gRPC and gRPC-Web, as text too, and nothing else', async () => {
  const path = '/zitadel.auth.v1.AuthService/GetMyUser';
  const grpc = await http2c(server, { path, headers: { 'content-type': 'application/grpc' }, body: framed('') });
  assert.deepEqual([grpc.trailers['grpc-status'], grpc.headers['cache-control'], grpc.headers.vary], ['0', 'no-store', undefined]);
  const web = await http1(server, { path, headers: { 'content-type': 'application/grpc-web+proto' }, body: framed('') });
  assert.equal(web.bytes.toString('latin1'), '\0\0\0\0\0\x80\0\0\0\x10grpc-status: 0\r\n');
  const text = await http1(server, { path, headers: { 'content-type': 'application/grpc-web-text' }, body: framed('').toString('base64') });
  assert.deepEqual([text.headers['content-type'], Buffer.from(text.text, 'base64')], ['application/grpc-web-text', web.bytes]);
  const connect = await http1(server, { path, headers: { 'content-type': 'application/json' }, body: '{}' });
  assert.equal(connect.text, '{"code":5,"message":"Not Found"}');
  assert.equal((await http1(server, { path, headers: { 'content-type': 'application/grpc' }, body: framed('') })).status, 404);
  const unknown = await http2c(server, {
    path: '/zitadel.auth.v1.AuthService/Nothing',
    headers: { 'content-type': 'application/grpc' },
    body: framed(''),
  });
  assert.equal(unknown.headers['grpc-message'], 'unknown method Nothing for service zitadel.auth.v1.AuthService');
});

test('services of v2beta speak every protocol', async () => {
  const path = '/zitadel.user.v2beta.UserService/DeactivateUser';
  const grpc = await http2c(server, { path, headers: { 'content-type': 'application/grpc' }, body: framed('') });
  const connect = await http1(server, { path, headers: { 'content-type': 'application/json' }, body: '{}' });
  assert.deepEqual([grpc.trailers['grpc-status'], connect.status], ['0', 200]);
  assert.equal((await http1(server, { path: '/zitadel.user.v2beta.UserService/Nothing' })).text, '404 page not found\n');
});

test('one record is told of a call, with who, what, how long, and the trace it belongs to', async () => {
  calls.length = 0;
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await http1(server, { path: '/v2/users/1/deactivate', headers: { traceparent } });
  const [call, ...more] = calls;
  assert.ok(call);
  const { method, ms, ...rest } = call;
  assert.deepEqual([method.path, more], [deactivate, []]);
  assert.ok(ms >= 0 && ms < 1000);
  const requestId = answer.headers['x-request-id'];
  assert.deepEqual(rest, {
    protocol: 'rest',
    code: 'ok',
    instance: 'i1',
    caller: 'c1',
    requestId,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
});

test('calls are counted by method, protocol and code', async () => {
  await http1(server, { path: deactivate, headers: { 'content-type': 'application/json' }, body: '{' });
  const { text } = await http1(server, { method: 'GET', path: '/debug/metrics' });
  assert.match(
    text,
    /keyward_calls_total\{method="\/zitadel\.user\.v2\.UserService\/DeactivateUser",protocol="connect",code="invalid_argument"\} 1/,
  );
  assert.match(text, /keyward_call_seconds_bucket\{le="0\.001",method="\/zitadel\.user\.v2\.UserService\/DeactivateUser"\}/);
  assert.match(text, /process_cpu_seconds_total/);
});

test('over REST a header may be sent as Grpc-Metadata', async () => {
  await http1(server, { path: '/v2/users/1/deactivate', headers: { 'Grpc-Metadata-Authorization': 'Bearer a', 'x-zitadel-orgid': 'o1' } });
  const incoming = server.seen.at(-1);
  assert.deepEqual(
    [incoming?.header('authorization'), incoming?.header('x-zitadel-orgid'), incoming?.header('nothing')],
    ['Bearer a', 'o1', undefined],
  );
});

const forwarded: readonly [name: string, headers: Record<string, string>, host: string][] = [
  ['none', {}, 'asked.example:1'],
  ['x-forwarded-host', { 'x-forwarded-host': 'a.example:2, b.example' }, 'a.example:2'],
  [
    'forwarded',
    { forwarded: 'for=1.2.3.4;host="f.example:8443";proto=https, host=g.example', 'x-forwarded-host': 'a.example' },
    'f.example:8443',
  ],
  ['x-zitadel-forwarded', { 'x-zitadel-forwarded': 'host=z.example' }, 'z.example'],
  ['x-zitadel-instance-host', { 'x-zitadel-instance-host': 'i.example', forwarded: 'host=f.example' }, 'i.example'],
  ['an invalid port', { 'x-forwarded-host': 'a.example:port' }, 'asked.example:1'],
  ['an empty one', { 'x-forwarded-host': '', forwarded: 'proto=https' }, 'asked.example:1'],
];

test('forwarded hosts count from configured proxies only', async () => {
  const behind = await serve(undefined, { trustedProxies: ['10.0.0.0/8', '127.0.0.0/8', '::1'] });
  const elsewhere = await serve(undefined, { trustedProxies: ['10.0.0.0/8'] });
  for (const [name, headers, host] of forwarded) {
    for (const [own, expected] of [
      [behind, host],
      [elsewhere, 'asked.example:1'],
      [server, 'asked.example:1'],
    ] as const) {
      await http1(own, { path: '/v2/users/1/deactivate', headers: { host: 'asked.example:1', ...headers } });
      assert.equal(own.seen.at(-1)?.host, expected, name);
    }
  }
  await Promise.all([behind.close(), elsewhere.close()]);
});

test('the first of two headers of one name counts, and a comma within one is part of it', async () => {
  for (const send of [http1, http2c]) {
    for (const [sent, first] of [
      [['a', 'b'], 'a'],
      ['a, b', 'a, b'],
    ] as const) {
      await send(server, { path: '/v2/users/1/deactivate', headers: { 'x-zitadel-orgid': sent, authorization: 'Bearer 1' } });
      assert.equal(server.seen.at(-1)?.header('x-zitadel-orgid'), first);
    }
  }
});
