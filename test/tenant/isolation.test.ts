/**
 * Two tenants on one server, the second made by the command line (PROMISES.md 19): calls with the ids of the other one show and change nothing
 * there, be these ids unknown at home or known in both; and a token of one opens nothing at the other. All served calls are tried so in
 * test/permission (table.test.ts, tenants.test.ts); these here are the ones that a newcomer would try first.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { InstanceService } from '../../src/contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { commas } from '../../src/store/filter.ts';
import { Client, user } from '../support/ask.ts';
import { runKeyward, startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { ends, type UserCall, userRequests } from '../support/requests.ts';

const cluster = await startCluster(1);
const { sql } = cluster;
const added = await runKeyward(cluster.database, ['instance', 'add', '--name', 'Two', '--domain', 'two.example']);
const patOfTwo = /^pat\s+(\S+)$/m.exec(added)?.[1] ?? assert.fail(added);
const [second] = await sql<{ instance_id: string; default_org_id: string }[]>`
  select instance_id, default_org_id from instances where instance_id <> ${cluster.instanceId}`;
const one = { client: new Client(cluster.nodes[0]), token: cluster.adminPat, people: new People(sql, cluster) };
const two = {
  client: new Client(cluster.nodes[0], 'two.example'),
  token: patOfTwo,
  people: new People(sql, { instanceId: second!.instance_id, orgId: second!.default_org_id }),
};

/** Stands in every name, address and value of the second tenant, in no id. */
const HIDDEN = 'hidden';

interface Ids {
  readonly orgId: string;
  readonly humanId: string;
  readonly machineId: string;
  readonly tokenId: string;
  readonly sessionId: string;
  /** Of a user and of an organization, for calls that choose the id of a new one. */
  readonly chosenId: string;
}

async function seed({ client, token, people }: typeof one, prefix: string, name: string): Promise<Ids> {
  const [orgId, humanId, machineId, tokenId, chosenId] = ['org', 'human', 'machine', 'token', 'chosen'].map((of) => `${prefix}-${of}`) as [
    string,
    string,
    string,
    string,
    string,
  ]; // as many as there are names
  await people.org(orgId, `${name} org`);
  await people.org(chosenId, `${name} chosen org`);
  await sql`
    insert into org_domains (instance_id, org_id, domain, is_verified, is_primary)
    values (${people.instanceId}, ${orgId}, ${`${name}.example`}, true, true)`;
  await people.person({ kind: 'human', userId: humanId, orgId, name: `${name}-human` });
  await people.person({ kind: 'machine', userId: machineId, orgId, name: `${name}-machine` });
  await people.person({ kind: 'machine', userId: chosenId, orgId, name: `${name}-chosen` });
  await people.pat({ userId: machineId }, { tokenId });
  await people.member(machineId, { level: 'organization', orgId, roles: ['ORG_OWNER'] });
  await client.get(user.setUserMetadata, { userId: humanId, metadata: [{ key: name, value: Buffer.from(name) }] }, { token });
  await client.get(user.setPassword, { userId: humanId, newPassword: { password: 'A-new-passw0rd' } }, { token });
  const session = await client.get(
    SessionService.method.createSession,
    { checks: { user: { search: { case: 'userId', value: humanId } } }, metadata: { name: Buffer.from(name) } },
    { token },
  );
  return { orgId, humanId, machineId, tokenId, chosenId, sessionId: session.sessionId };
}

interface Asked {
  readonly rpc: DescMethodUnary;
  readonly message: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string>>;
}
const row = <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, headers: Asked['headers'] = {}): Asked => ({
  rpc,
  message: message as Record<string, unknown>, // of this call
  headers,
});

const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
const profile = { givenName: 'New', familyName: 'Name' };
const byId = (id: string) => ({ query: { case: 'idQuery' as const, value: { id } } });
let mails = 0;
const mail = () => `new-${++mails}@example.com`;

/** Every served call, with ids of a tenant wherever it takes one; those that end something come last. */
function everyCall({ orgId, humanId, machineId, tokenId, sessionId, chosenId }: Ids): readonly Asked[] {
  const organization = { org: { case: 'orgId' as const, value: orgId } };
  const inOrg = { 'x-zitadel-orgid': orgId };
  const org = OrganizationService.method;
  const instance = InstanceService.method;
  const session = SessionService.method;
  const admin = AdminService.method;
  const management = ManagementService.method;
  const byUser = { user: { search: { case: 'userId' as const, value: humanId } } };
  const ofUsers = (Object.entries(userRequests) as [UserCall, object][]).flatMap(([name, request]) =>
    [humanId, machineId].map((userId) => row(user[name], { userId, ...request } as never)),
  );
  return [
    row(user.createUser, { userId: chosenId, organizationId: orgId, userType: { case: 'machine', value: { name: 'New' } } }),
    row(user.addHumanUser, { userId: chosenId, organization, profile, email: { email: mail() } }),
    row(management.addMachineUser, { userId: chosenId, userName: mail(), name: 'New' }, inOrg),
    row(org.addOrganization, { name: `New ${orgId}`, organizationId: chosenId }),
    row(user.listUsers, { queries: [{ query: { case: 'inUserIdsQuery', value: { userIds: [humanId, machineId] } } }] }),
    row(user.listUsers, { queries: [{ query: { case: 'organizationIdQuery', value: { organizationId: orgId } } }] }),
    ...ofUsers.filter(({ rpc }) => !ends.has(rpc.localName as UserCall)),
    row(management.addPersonalAccessToken, { userId: machineId, expirationDate: until }, inOrg),
    row(user.listPersonalAccessTokens, { filters: [{ filter: { case: 'userIdFilter', value: { id: machineId } } }] }),
    row(user.listKeys, { filters: [{ filter: { case: 'userIdFilter', value: { id: machineId } } }] }),
    row(user.removePersonalAccessToken, { userId: machineId, tokenId }),
    row(org.listOrganizations, { queries: [byId(orgId)] }),
    row(org.listOrganizationDomains, { organizationId: orgId }),
    row(org.addOrganizationDomain, { organizationId: orgId, domain: 'new.example' }),
    row(org.deleteOrganizationDomain, { organizationId: orgId, domain: 'new.example' }),
    row(org.updateOrganization, { organizationId: orgId, name: `Renamed ${orgId}` }),
    row(org.generateOrganizationDomainValidation, { organizationId: orgId, domain: 'new.example', type: 2 }),
    row(org.verifyOrganizationDomain, { organizationId: orgId, domain: 'new.example' }),
    row(org.setOrganizationMetadata, { organizationId: orgId, metadata: [{ key: 'new', value: Buffer.from('x') }] }),
    row(org.listOrganizationMetadata, { organizationId: orgId }),
    row(org.deleteOrganizationMetadata, { organizationId: orgId, keys: ['new'] }),
    row(org.deactivateOrganization, { organizationId: chosenId }),
    row(org.activateOrganization, { organizationId: chosenId }),
    ...[instance.getInstance, instance.listCustomDomains, instance.listTrustedDomains].map((rpc) => row(rpc, { instanceId: '' })),
    row(instance.updateInstance, { instanceName: 'New' }),
    row(instance.addTrustedDomain, { trustedDomain: 'new.example' }),
    row(instance.removeTrustedDomain, { trustedDomain: 'new.example' }),
    row(org.deleteOrganization, { organizationId: chosenId }),
    row(management.getMyOrg, {}, inOrg),
    row(management.addOrgMember, { userId: humanId, roles: ['ORG_OWNER'] }, inOrg),
    row(management.updateOrgMember, { userId: humanId, roles: ['ORG_OWNER_VIEWER'] }, inOrg),
    row(management.removeOrgMember, { userId: humanId }, inOrg),
    row(admin.getMyInstance, {}),
    row(admin.addIAMMember, { userId: humanId, roles: ['IAM_OWNER'] }),
    row(admin.updateIAMMember, { userId: humanId, roles: ['IAM_OWNER_VIEWER'] }),
    row(admin.removeIAMMember, { userId: humanId }),
    row(AuthService.method.getMyUser, {}, inOrg),
    row(session.createSession, { checks: byUser }),
    row(session.setSession, { sessionId, lifetime: { seconds: 60n } }),
    row(session.getSession, { sessionId }),
    row(session.listSessions, { queries: [{ query: { case: 'idsQuery', value: { ids: [sessionId] } } }] }),
    row(session.deleteSession, { sessionId }),
    ...ofUsers.filter(({ rpc }) => ends.has(rpc.localName as UserCall)),
  ];
}

/** Of services of v1 only gRPC and gRPC-Web know every call. */
const through = ({ rpc }: Asked) => (/\.v1\.\w+$/.test(rpc.parent.typeName) ? 'grpc' : 'connect');

const tables = await sql<{ name: string }[]>`
  select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = 'instance_id' order by 1`;

const foreign = await seed(two, 'foreign', HIDDEN);
const inBoth = { one: await seed(one, 'both', 'plain'), two: await seed(two, 'both', `${HIDDEN}2`) };
// What tells of the seed's passwords goes out beside the calls, and is no change of theirs.
await sql`delete from outbox`;

for (const [whose, ids] of [
  ['ids that only the other tenant has', foreign],
  ['ids that both tenants have', inBoth.one],
] as const) {
  test(`no served call of an owner shows or changes anything of the other tenant: ${whose}`, async () => {
    let succeeded = 0;
    for (const asked of everyCall(ids)) {
      const before = await rowsOf(two.people.instanceId);
      const answer = await one.client.ask(asked.rpc, asked.message, { token: one.token, headers: asked.headers, protocol: through(asked) });
      assert.deepEqual(await rowsOf(two.people.instanceId), before, `${asked.rpc.name} changed something`);
      assert.ok(!text(answer).includes(HIDDEN), `${asked.rpc.name} shows ${text(answer)}`);
      assert.notEqual(answer.code, 'internal', asked.rpc.name);
      if (answer.code === 'ok') succeeded++;
    }
    // Of what both have, only an id that exists already is refused; of what the other has, lists and creations are answered.
    assert.ok(ids === foreign ? succeeded < 35 : succeeded > 35, `${succeeded} succeeded`);
  });
}

test('an id that both tenants have leads to each one’s own', async () => {
  const seen = await two.client.get(user.getUserByID, { userId: inBoth.two.humanId }, { token: two.token });
  assert.equal(seen.user?.username, `${HIDDEN}2-human`);
});

test('a token of one tenant opens no call of the other', async () => {
  const human = await one.people.person({ kind: 'human' });
  const byUser = { user: { search: { case: 'userId' as const, value: human.userId } } };
  await one.client.get(user.setPassword, { userId: human.userId, newPassword: { password: 'A-new-passw0rd' } }, { token: one.token });
  const { sessionToken } = await one.client.get(
    SessionService.method.createSession,
    { checks: { ...byUser, password: { password: 'A-new-passw0rd' } } },
    { token: one.token },
  );
  assert.equal((await one.client.ask(user.getUserByID, { userId: human.userId }, { token: sessionToken })).code, 'ok');
  for (const asked of everyCall(inBoth.two)) {
    for (const token of [one.token, sessionToken]) {
      const answer = await two.client.ask(asked.rpc, asked.message, { token, headers: asked.headers, protocol: through(asked) });
      assert.deepEqual(answer, { code: 'unauthenticated', text: 'Errors.Token.Invalid (AUTH-7fs1e)', id: 'AUTH-7fs1e' }, asked.rpc.name);
    }
  }
});

/** Every row of a tenant, in every table that has tenants. */
async function rowsOf(instanceId: string): Promise<object> {
  const all = tables.map(({ name }) => sql`(select jsonb_agg(t order by t) from ${sql(name)} t where instance_id = ${instanceId})`);
  const [rows] = await sql<{ kept: object }[]>`select jsonb_build_array(${commas(sql, all)}) as kept`;
  return rows!.kept;
}

/** Everything that an answer says; bytes as text. */
function text(answer: object): string {
  return JSON.stringify(answer, (_, value) =>
    typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
}
