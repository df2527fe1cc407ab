/**
 * The calls that every outside test client makes first (reference/v1-minimum.md, "Order of the start sequence"), from an empty server, each
 * with a deadline of 5 s and no second try: with stock clients, over gRPC, gRPC-Web and REST, on IPv4 and on IPv6.
 */
import assert from 'node:assert/strict';
import { promises as dns, type LookupAddress } from 'node:dns';
import { request } from 'node:http';
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { before, describe, it } from 'node:test';
import { type DescMethodUnary, type DescService, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { createServerTransport, newSystemToken } from '@zitadel/client/node';
import { createUserServiceClient } from '@zitadel/client/v2';
import {
  createAccessTokenInterceptor,
  createAdminClient,
  createAuthClient,
  createManagementClient,
  createSystemClient,
} from '@zitadel/node/dist/api/index.js';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import { UserService } from '@zitadel/proto/zitadel/user/v2/user_service_pb.js';
import { freePort, startNode } from '../support/node.ts';
import { testDatabase } from '../support/postgres.ts';
import { AUDIENCE, knowing, privatePem, TESTER } from './system-user.ts';

type Name =
  | 'CreateInstance'
  | 'Healthz'
  | 'AddHumanUser'
  | 'GetMyInstance'
  | 'GetMyOrg'
  | 'GetMyUser'
  | 'AddMachineUser'
  | 'AddPersonalAccessToken'
  | 'AddOrgMember'
  | 'AddIAMMember';

/** Members as in JSON; only those that the sequence reads are told of an answer. */
interface Message {
  readonly [member: string]: JsonValue | undefined;
}

/** One call at a host with a token; anything but a success is thrown. */
type Play = (host: string, token: string, name: Name, message?: Message) => Promise<Message>;

const SECONDS = 5;
const port = await freePort();
const database = await testDatabase();
await startNode(database, { ...knowing({ tester: TESTER }), KEYWARD_PORT: String(port), KEYWARD_HOST: 'localhost' });
const systemToken = await newSystemToken({ audience: AUDIENCE, subject: 'tester', key: privatePem });

const families = { IPv4: { address: '127.0.0.1', family: 4 }, IPv6: { address: '::1', family: 6 } } as const;

for (const [family, at] of Object.entries(families)) {
  describe(`from an empty server, over ${family}`, () => {
    // Not every machine resolves *.localhost; @zitadel/node has no option for that, so that its resolver's function is replaced.
    before(() => {
      Object.assign(dns, { lookup: async () => [at] });
    });
    for (const [client, play] of Object.entries(clients(at))) it(`${client} plays the start sequence`, () => sequence(play));
  });
}

async function sequence(play: Play): Promise<void> {
  const host = `${Array.from({ length: 5 }, () => String.fromCharCode(97 + Math.random() * 26)).join('')}.integration.localhost`;
  const { pat, instanceId } = await play('localhost', systemToken, 'CreateInstance', {
    instanceName: 'testinstance',
    customDomain: host,
    machine: { userName: 'owner', name: 'owner', personalAccessToken: {} },
  });
  assert.ok(typeof pat === 'string' && pat !== '');
  const owner: (name: Name, message?: Message) => Promise<Message> = (name, message) => play(host, pat, name, message);

  await play(host, systemToken, 'Healthz');
  const { userId } = await owner('AddHumanUser', {
    username: 'zitadel-admin@zitadel.localhost',
    profile: { givenName: 'ZITADEL', familyName: 'Admin', nickName: 'ZITADEL' },
    email: { email: 'zitadel-admin@zitadel.localhost', isVerified: true },
    password: { password: 'Password1!', changeRequired: false },
  });
  assert.ok(userId);
  assert.equal(object((await owner('GetMyInstance')).instance).id, instanceId);
  const org = object((await owner('GetMyOrg')).org);
  assert.deepEqual([org.name, org.primaryDomain], ['testinstance', 'testinstance.localhost']);
  assert.equal(object((await owner('GetMyUser')).user).userName, 'owner');

  for (const member of [
    { name: 'AddOrgMember', roles: ['ORG_OWNER'] },
    { name: 'AddIAMMember', roles: ['IAM_LOGIN_CLIENT'] },
    undefined,
  ] as const) {
    const userName = `machine-${member?.name ?? 'without a role'}`;
    const machine = await owner('AddMachineUser', { userName, name: userName, description: 'plays', accessTokenType: 1 });
    const { token } = await owner('AddPersonalAccessToken', { userId: machine.userId });
    if (member) await owner(member.name, { userId: machine.userId, roles: [...member.roles] });
    assert.equal(object((await play(host, String(token), 'GetMyUser')).user).id, machine.userId);
  }
}

const object = (value: JsonValue | undefined): Message => {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
  return value;
};

function clients(at: LookupAddress): Readonly<Record<string, Play>> {
  const lookup: LookupFunction = (_, options, found) => (options.all ? found(null, [at]) : found(null, at.address, at.family));
  const url = (host: string): string => `http://${host}:${port}`;
  const options = (host: string, token: string) => ({ baseUrl: url(host), nodeOptions: { lookup }, interceptors: [bearer(token)] });
  return {
    '@zitadel/node with @zitadel/client': stock(url, lookup),
    'gRPC of Connect': connect((host, token) => createGrpcTransport(options(host, token))),
    'gRPC-Web of Connect over HTTP/2': connect((host, token) => createGrpcWebTransport({ ...options(host, token), httpVersion: '2' })),
    'gRPC-Web of Connect over HTTP/1.1': connect((host, token) => createGrpcWebTransport({ ...options(host, token), httpVersion: '1.1' })),
    REST: rest(lookup),
  };
}

const bearer =
  (token: string): Interceptor =>
  (next) =>
  (call) => {
    call.header.set('authorization', `Bearer ${token}`);
    return next(call);
  };

function stock(url: (host: string) => string, lookup: LookupFunction): Play {
  return async (host, token, name, message = {}) => {
    const by = createAccessTokenInterceptor(token);
    if (name === 'AddHumanUser') {
      const client = createUserServiceClient(createServerTransport(token, { baseUrl: url(host), nodeOptions: { lookup } }));
      return {
        ...(await client.addHumanUser(read(UserService.method.addHumanUser, message), { timeoutMs: SECONDS * 1000 })),
      } as unknown as Message;
    }
    const client = {
      CreateInstance: createSystemClient,
      Healthz: createAdminClient,
      GetMyInstance: createAdminClient,
      AddIAMMember: createAdminClient,
      GetMyUser: createAuthClient,
      GetMyOrg: createManagementClient,
      AddMachineUser: createManagementClient,
      AddPersonalAccessToken: createManagementClient,
      AddOrgMember: createManagementClient,
    }[name](url(host), by) as unknown as Record<string, (message: Message, options: { signal: AbortSignal }) => Promise<Message>>; // has a function for each RPC
    return client[name.charAt(0).toLowerCase() + name.slice(1)]!(message, { signal: AbortSignal.timeout(SECONDS * 1000) });
  };
}

const rpcs: Readonly<Record<Name, DescMethodUnary>> = {
  CreateInstance: SystemService.method.createInstance,
  Healthz: AdminService.method.healthz,
  AddHumanUser: UserService.method.addHumanUser,
  GetMyInstance: AdminService.method.getMyInstance,
  GetMyOrg: ManagementService.method.getMyOrg,
  GetMyUser: AuthService.method.getMyUser,
  AddMachineUser: ManagementService.method.addMachineUser,
  AddPersonalAccessToken: ManagementService.method.addPersonalAccessToken,
  AddOrgMember: ManagementService.method.addOrgMember,
  AddIAMMember: AdminService.method.addIAMMember,
};

const read = (rpc: DescMethodUnary, message: Message) => fromJson(rpc.input, message as JsonValue) as object; // no member of these messages is undefined

function connect(transportOf: (host: string, token: string) => Transport): Play {
  return async (host, token, name, message = {}) => {
    const rpc = rpcs[name];
    const client = createClient(rpc.parent as DescService, transportOf(host, token)) as unknown as Record<
      string,
      (message: object, options: { timeoutMs: number }) => Promise<never>
    >; // has a function for each RPC
    return toJson(rpc.output, await client[rpc.localName]!(read(rpc, message), { timeoutMs: SECONDS * 1000 })) as Message;
  };
}

const routes: Readonly<Record<Name, readonly ['GET' | 'POST', string]>> = {
  CreateInstance: ['POST', '/system/v1/instances/_create'],
  Healthz: ['GET', '/admin/v1/healthz'],
  AddHumanUser: ['POST', '/v2/users/human'],
  GetMyInstance: ['GET', '/admin/v1/instances/me'],
  GetMyOrg: ['GET', '/management/v1/orgs/me'],
  GetMyUser: ['GET', '/auth/v1/users/me'],
  AddMachineUser: ['POST', '/management/v1/users/machine'],
  AddPersonalAccessToken: ['POST', '/management/v1/users/{userId}/pats'],
  AddOrgMember: ['POST', '/management/v1/orgs/me/members'],
  AddIAMMember: ['POST', '/admin/v1/members'],
};

function rest(lookup: LookupFunction): Play {
  return async (host, token, name, message) => {
    const [method, template] = routes[name];
    const path = template.replace('{userId}', String(message?.userId));
    const body = method === 'GET' ? undefined : JSON.stringify(message);
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const sent = request({ host, port, method, path, headers, lookup, signal: AbortSignal.timeout(SECONDS * 1000) }, async (response) => {
        const said = await text(response);
        if (response.statusCode === 200 || response.statusCode === 201) resolve(JSON.parse(said));
        else reject(new Error(`${name}: ${response.statusCode} ${said}`));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  };
}
