/** The same failure is the same everywhere: code, text, id and detail through all four protocols, as stock clients read them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { Code as ConnectCode, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { createGrpcWebTransport as createBrowserGrpcWeb, createConnectTransport as createBrowserTransport } from '@connectrpc/connect-web';
import * as grpc from '@grpc/grpc-js';
import { StatusSchema } from '../../src/contract/gen/google/rpc/status_pb.js';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '../../src/contract/gen/zitadel/message_pb.js';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { type Code, codes, Failure, type FailureOptions, type Reason } from '../../src/failure/failure.ts';
import type { Unexpected } from '../../src/transport/served-call.ts';
import { deactivate, http1, type Served, serve } from './fixture.ts';

/** What a client learns of a failure. */
interface Told {
  readonly code: Code;
  readonly message: string;
  readonly detail?: { readonly id: string; readonly message: string; readonly failedAttempts?: number };
}

let thrown: unknown;
const logged: Unexpected[] = [];
let server: Served;
let transports: Record<string, Transport>;
let client: grpc.Client;

before(async () => {
  server = await serve(() => Promise.reject(thrown), { log: (unexpected) => logged.push(unexpected) });
  const baseUrl = server.base;
  transports = {
    'gRPC (connect-node)': createGrpcTransport({ baseUrl }),
    'gRPC-Web over HTTP/1.1 (connect-node)': createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
    'gRPC-Web over HTTP/2 (connect-node)': createGrpcWebTransport({ baseUrl, httpVersion: '2' }),
    'gRPC-Web (connect-web)': createBrowserGrpcWeb({ baseUrl }),
    'Connect JSON over HTTP/1.1 (connect-node)': createConnectTransport({ baseUrl, httpVersion: '1.1' }),
    'Connect proto over HTTP/2 (connect-node)': createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: true }),
    'Connect (connect-web)': createBrowserTransport({ baseUrl }),
  };
  client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
});
after(async () => {
  client.close();
  await server.close();
});

async function throughConnect(transport: Transport): Promise<Told> {
  const error = await createClient(UserService, transport)
    .deactivateUser({ userId: '1' })
    .then(
      () => assert.fail('no failure'),
      (reason: unknown) => ConnectError.from(reason),
    );
  const [credentials] = error.findDetails(CredentialsCheckErrorSchema);
  const [plain] = error.findDetails(ErrorDetailSchema);
  const code = ConnectCode[error.code].replace(/(?!^)[A-Z]/g, '_$&').toLowerCase() as Code;
  return told(code, error.rawMessage, credentials ?? plain);
}

const told = (code: Code, message: string, detail: Told['detail']): Told => {
  if (detail === undefined) return { code, message };
  const { id, message: text, failedAttempts } = detail;
  return { code, message, detail: { id, message: text, ...(failedAttempts === undefined ? {} : { failedAttempts }) } };
};

async function throughGrpcJs(): Promise<Told> {
  const error = await new Promise<grpc.ServiceError>((resolve) => {
    client.makeUnaryRequest(
      deactivate,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from([10, 1, 49]),
      (failed) => failed && resolve(failed),
    );
  });
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const code = (Object.keys(codes) as Code[]).find((name) => codes[name].grpc === error.code) ?? assert.fail('unknown code');
  if (!(bytes instanceof Buffer)) return { code, message: error.details };
  const status = fromBinary(StatusSchema, bytes);
  assert.equal(status.code, error.code);
  assert.equal(status.message, error.details);
  const any = status.details[0] ?? assert.fail('no detail');
  const schema = any.typeUrl.endsWith('/zitadel.v1.CredentialsCheckError') ? CredentialsCheckErrorSchema : ErrorDetailSchema;
  assert.equal(any.typeUrl, `type.googleapis.com/${schema.typeName}`);
  return told(code, error.details, fromBinary(schema, any.value));
}

async function throughRest(): Promise<Told> {
  const answer = await http1(server, { path: '/v2/users/1/deactivate' });
  const { code: number, message, details, ...rest } = answer.json;
  assert.deepEqual(rest, {});
  const code = (Object.keys(codes) as Code[]).find((name) => codes[name].grpc === number) ?? assert.fail('unknown code');
  assert.equal(answer.status, codes[code].http);
  assert.equal(answer.headers['www-authenticate'], code === 'unauthenticated' ? message : undefined);
  if (details === undefined) return { code, message };
  const { '@type': type, ...detail } = details[0];
  assert.equal(type, `type.googleapis.com/zitadel.v1.${'failedAttempts' in detail ? 'CredentialsCheckError' : 'ErrorDetail'}`);
  return told(code, message, detail);
}

async function everywhere(expected: Told): Promise<void> {
  const ways: [string, () => Promise<Told>][] = Object.entries(transports).map(([name, transport]) => [
    name,
    () => throughConnect(transport),
  ]);
  ways.push(['gRPC (grpc-js)', throughGrpcJs], ['REST', throughRest]);
  for (const [name, ask] of ways) assert.deepEqual(await ask(), expected, name);
}

const table: readonly [string, Reason, FailureOptions?][] = [
  ...(Object.keys(codes) as Code[]).map((code): [string, Reason] => [`${code} with an id`, { code, key: `A ${code}`, id: 'TEST-1abcd' }]),
  ['no id, no detail', { code: 'unauthenticated', key: 'auth header missing' }],
  ['a translated key', { code: 'not_found', key: 'Errors.User.NotFound', id: 'QUERY-Dfbg2' }],
  ['a wrong password', { code: 'invalid_argument', key: 'Password is invalid', id: 'COMMAND-3M0fs' }, { failedAttempts: 3 }],
  ['text beyond ASCII', { code: 'failed_precondition', key: 'Größe 100 % „zu“ 😀', id: 'TEST-2abcd' }],
  ['a cause, never told', { code: 'internal', key: 'Errors.Internal', id: 'TEST-3abcd' }, { cause: new Error('select secret') }],
];

for (const [name, reason, options] of table) {
  test(`all protocols tell the same of a failure: ${name}`, async () => {
    const failure = new Failure(reason, options);
    thrown = failure;
    const { id, text, failedAttempts } = failure;
    const detail = id === undefined ? undefined : { id, message: text, ...(failedAttempts === undefined ? {} : { failedAttempts }) };
    await everywhere(told(failure.code, failure.message, detail));
  });
}

test('an unexpected exception is told as internal with an id, and its text to the log alone', async () => {
  thrown = new Error('column "secret" does not exist');
  for (const ask of [...Object.values(transports).map((transport) => () => throughConnect(transport)), throughGrpcJs, throughRest]) {
    logged.length = 0;
    const { code, message, detail } = await ask();
    assert.equal(code, 'internal');
    const [entry] = logged;
    assert.ok(entry);
    assert.equal(entry.error, thrown);
    assert.equal(message, `An internal error occurred (${entry.requestId})`);
    assert.deepEqual(detail, { id: entry.requestId, message: 'An internal error occurred' });
    assert.match(entry.requestId, /^[0-9a-v]{20}$/);
  }
});

test('what may be tried again later says when', async () => {
  thrown = new Failure({ code: 'resource_exhausted', key: 'Too much', id: 'TEST-4abcd' }, { retryAfter: 7 });
  const rest = await http1(server, { path: '/v2/users/1/deactivate' });
  const connect = await http1(server, { path: deactivate, headers: { 'content-type': 'application/json' }, body: '{"userId":"1"}' });
  assert.deepEqual([rest.status, rest.headers['retry-after'], connect.status, connect.headers['retry-after']], [429, '7', 429, '7']);
});
