/** Instances and their domains, changed while two nodes serve them (reference/org-and-settings.md 4): what one node was told holds on the other at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import { InstanceService } from '../../src/contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { FOR_API, type Machine, Machines } from '../oidc/machines.ts';
import { tenantRows } from '../permission/crowd.ts';
import { Client, type Protocol, protocols, user } from '../support/ask.ts';
import { type KeywardNode, runKeyward, startCluster, startNode } from '../support/node.ts';
import { People } from '../support/people.ts';
import { knowing, TESTER, tokenOf } from '../v1/system-user.ts';

const settings = knowing({ tester: TESTER, plain: undefined });
const cluster = await startCluster(2, settings);
const { sql } = cluster;
const nodes = cluster.nodes as readonly KeywardNode[] as readonly [KeywardNode, KeywardNode]; // of two nodes
const system = { token: await tokenOf('tester') };
const own = { token: cluster.adminPat };
const instance = InstanceService.method;
const { healthz } = ManagementService.method;
const [here, there] = nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes

interface Tenant {
  readonly instanceId: string;
  readonly orgId: string;
  readonly host: string;
  /** Of its owner. */
  readonly pat: string;
}

let made = 0;
async function tenant(): Promise<Tenant> {
  const host = `t${++made}.tenants.example`;
  const wish = {
    instanceName: `Tenant ${made}`,
    customDomain: host,
    owner: { case: 'machine' as const, value: { userName: 'owner', name: 'owner', personalAccessToken: {} } },
  };
  const { instanceId, details, pat } = await here.get(SystemService.method.createInstance, wish, { ...system, protocol: 'grpc' });
  return { instanceId, orgId: details?.resourceOwner ?? '', host, pat };
}

const at = (node: KeywardNode, host: string) => new Client(node, host);
const said = (answer: { code: string; id?: string | undefined }) => [answer.code, answer.id];
const unknownHost = (host: string) =>
  `Instance not found: no instance serves "${host}" (QUERY-1kIjX). Add it on the server: keyward instance add --name NAME --domain ${host}`;

/** What a call under a host comes to, on a node. */
async function reached(node: KeywardNode, host: string, { pat }: Pick<Tenant, 'pat'>, protocol: Protocol): Promise<string> {
  const answer = await at(node, host).ask(user.listUsers, {}, { token: pat, protocol });
  return answer.code === 'ok' ? 'reached' : answer.text;
}

const discovered = async (node: KeywardNode, host: string) =>
  (await at(node, host).send('GET', '/.well-known/openid-configuration', {})).status;

/** The status of what the token endpoint answers, and the token. */
async function tokenOfMachine(node: KeywardNode, host: string, { name, secret }: Machine): Promise<{ status: number; token: string }> {
  const fields = { grant_type: 'client_credentials', client_id: name, client_secret: secret, scope: `openid ${FOR_API}` };
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, body } = await at(node, host).send('POST', '/oauth/v2/token', type, String(new URLSearchParams(fields)));
  return { status, token: status === 200 ? JSON.parse(body).access_token : '' };
}

test('a custom domain routes on every node from the moment the call returns, and stops the same way', async () => {
  const it = await tenant();
  for (const [n, protocol] of protocols.entries()) {
    const [one, other] = n % 2 === 0 ? [here, nodes[1]] : [there, nodes[0]];
    const customDomain = `Added${n}.tenants.example`;
    const host = customDomain.toLowerCase();
    for (const node of nodes) assert.equal(await reached(node, host, it, protocol), unknownHost(host));
    await one.get(instance.addCustomDomain, { instanceId: it.instanceId, customDomain }, system);
    assert.equal(await reached(other, host, it, protocol), 'reached');
    for (const node of nodes) for (const each of protocols) assert.equal(await reached(node, host, it, each), 'reached');
    assert.equal((await at(other, host).ask(healthz, {}, { protocol: 'grpc' })).code, 'ok');
    assert.equal(await discovered(other, host), 200);
    await one.get(instance.removeCustomDomain, { instanceId: it.instanceId, customDomain }, system);
    assert.equal(await reached(other, host, it, protocol), unknownHost(host));
    for (const node of nodes) for (const each of protocols) assert.equal(await reached(node, host, it, each), unknownHost(host));
    assert.equal((await at(other, host).ask(healthz, {}, { protocol: 'grpc' })).code, 'not_found');
    assert.equal(await discovered(other, host), 404);
  }
});

test('a domain that moves to another instance leads to that one on every node at once', async () => {
  const [one, other] = [await tenant(), await tenant()];
  const customDomain = 'moving.tenants.example';
  for (let n = 0; n < 6; n++) {
    const [from, to] = n % 2 === 0 ? [one, other] : [other, one];
    if (n > 0) await here.get(instance.removeCustomDomain, { instanceId: from.instanceId, customDomain }, system);
    await there.get(instance.addCustomDomain, { instanceId: to.instanceId, customDomain }, system);
    for (const node of nodes) {
      assert.equal(await reached(node, customDomain, to, 'connect'), 'reached');
      assert.equal(await reached(node, customDomain, from, 'connect'), 'Errors.Token.Invalid (AUTH-7fs1e)');
    }
    const taken = await here.ask(instance.addCustomDomain, { instanceId: from.instanceId, customDomain }, system);
    assert.deepEqual(said(taken), ['already_exists', 'V3-DKcYh']);
  }
});

test('the generated domain stays; where the primary one goes, another is primary', async () => {
  const it = await tenant();
  const list = async () =>
    (await there.get(instance.listCustomDomains, { instanceId: it.instanceId, pagination: { asc: true }, sortingColumn: 1 }, system))
      .domains;
  const generated = (await list()).find((domain) => domain.generated)?.domain ?? '';
  const stays = await here.ask(instance.removeCustomDomain, { instanceId: it.instanceId, customDomain: generated }, system);
  assert.deepEqual(said(stays), ['failed_precondition', 'INSTANCE-9hn3n']);
  await here.get(instance.removeCustomDomain, { instanceId: it.instanceId, customDomain: it.host }, system);
  assert.deepEqual(
    (await list()).map(({ domain, primary }) => [domain, primary]),
    [[generated, true]],
  );
  assert.equal(await reached(nodes[1], generated, it, 'grpc'), 'reached');
  const events = await sql<{ type: string; sequence: bigint }[]>`
    select type, sequence from events where aggregate_type = 'instance' and aggregate_id = ${it.instanceId} order by sequence desc limit 2`;
  assert.deepEqual(
    events.map(({ type }) => type),
    ['instance.domain.primary.set', 'instance.domain.removed'],
  );
  assert.deepEqual(
    await here.get(instance.removeCustomDomain, { instanceId: it.instanceId, customDomain: it.host }, system).then((r) => r.deletionDate),
    undefined,
  );
});

test('ten who add a domain at once: one of them has it', async () => {
  const [one, other] = [await tenant(), await tenant()];
  const customDomain = 'wanted.tenants.example';
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      (n % 2 === 0 ? here : there).ask(
        instance.addCustomDomain,
        { instanceId: (n % 4 < 2 ? one : other).instanceId, customDomain },
        system,
      ),
    ),
  );
  assert.deepEqual(answers.map(({ code }) => code).sort(), [...Array.from({ length: 9 }, () => 'already_exists'), 'ok']);
});

test('nothing is added to an instance that there is not', async () => {
  const customDomain = 'nowhere.tenants.example';
  for (const instanceId of ['none', await removed()]) {
    assert.deepEqual(said(await here.ask(instance.addCustomDomain, { instanceId, customDomain }, system)), ['not_found', 'QUERY-n0wng']);
    for (const [rpc, message] of [
      [instance.getInstance, { instanceId }],
      [instance.updateInstance, { instanceId, instanceName: 'x' }],
      [instance.listCustomDomains, { instanceId }],
      [instance.addTrustedDomain, { instanceId, trustedDomain: 'x' }],
      [instance.removeTrustedDomain, { instanceId, trustedDomain: 'x' }],
      [instance.listTrustedDomains, { instanceId }],
    ] as const) {
      assert.deepEqual(said(await here.ask<typeof rpc>(rpc, message, system)), ['not_found', 'QUERY-n0wng'], rpc.name);
      // Users are told no more than that they are strangers there.
      assert.deepEqual(said(await here.ask<typeof rpc>(rpc, message, own)), ['unauthenticated', 'AUTH-7fs1e'], rpc.name);
    }
  }
  assert.deepEqual([...(await sql`select from instance_domains where domain = ${customDomain}`)], []);
});

async function removed(): Promise<string> {
  const { instanceId } = await tenant();
  await here.get(instance.deleteInstance, { instanceId }, system);
  return instanceId;
}

test('a deleted instance is reached by no host, no id and no token, on no node; the others are as they were', async () => {
  const it = await tenant();
  const people = new People(sql, it);
  const hosts = (await here.get(instance.listCustomDomains, { instanceId: it.instanceId }, system)).domains.map(({ domain }) => domain);
  assert.equal(hosts.length, 2);
  const inside = at(nodes[0], it.host);
  const password = 'A-passw0rd';
  const human = await people.person({ kind: 'human', password });
  const checks = { user: { search: { case: 'userId' as const, value: human.userId } }, password: { password } };
  const { sessionToken } = await inside.get(SessionService.method.createSession, { checks }, { token: it.pat });
  const tokens = [it.pat, sessionToken];
  const bystander = await tenant();
  const before = await tenantRows(sql, bystander.instanceId);
  for (const node of nodes) {
    for (const host of hosts) for (const pat of tokens) assert.equal(await reached(node, host, { pat }, 'grpc'), 'reached');
    assert.equal((await at(node, 'localhost').ask(instance.getInstance, { instanceId: it.instanceId }, { token: it.pat })).code, 'ok');
  }

  const { deletionDate } = await here.get(instance.deleteInstance, { instanceId: it.instanceId }, system);
  assert.ok(deletionDate);
  for (const node of [nodes[1], nodes[0]]) {
    for (const host of hosts) {
      for (const pat of tokens)
        for (const protocol of protocols) assert.equal(await reached(node, host, { pat }, protocol), unknownHost(host));
      assert.equal((await at(node, host).ask(healthz, {}, { protocol: 'grpc' })).code, 'not_found');
    }
    // Nor under the host of another, by its id.
    for (const token of tokens) {
      const answer = await at(node, 'localhost').ask(instance.getInstance, { instanceId: it.instanceId }, { token });
      assert.deepEqual(said(answer), ['unauthenticated', 'AUTH-7fs1e']);
      assert.equal(await reached(node, 'localhost', { pat: token }, 'rest'), 'Errors.Token.Invalid (AUTH-7fs1e)');
    }
    assert.equal(await reached(node, bystander.host, bystander, 'grpc'), 'reached');
  }
  assert.deepEqual(await tenantRows(sql, bystander.instanceId), before);
  const filters = [{ filter: { case: 'inIdsFilter' as const, value: { ids: [it.instanceId] } } }];
  assert.deepEqual((await there.get(instance.listInstances, { filters }, system)).instances, []);
  assert.ok(!(await runKeyward(cluster.database, ['instance', 'list'])).includes(it.instanceId));
  assert.deepEqual(
    await there.get(instance.deleteInstance, { instanceId: it.instanceId }, system).then((again) => again.deletionDate),
    undefined,
  );
  // Its domain is free.
  await there.get(instance.addCustomDomain, { instanceId: bystander.instanceId, customDomain: it.host }, system);
  assert.equal(await reached(nodes[0], it.host, bystander, 'grpc'), 'reached');
  assert.equal(await reached(nodes[0], it.host, it, 'grpc'), 'Errors.Token.Invalid (AUTH-7fs1e)');
});

/** How many rows a tenant has, by table. */
async function rowsLeft(instanceId: string): Promise<Readonly<Record<string, number>>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = 'instance_id' order by 1`;
  const counts = await Promise.all(
    tables.map(async ({ name }) => [name, (await sql`select from ${sql(name)} where instance_id = ${instanceId}`).length] as const),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Its own row, and that it was removed. */
const NOTHING = { events: 1, instances: 1 };

test('of a deleted instance nothing is kept but that it was', async () => {
  const it = await tenant();
  const people = new People(sql, it);
  for (let n = 0; n < 30; n++) await people.caller({ instanceRoles: ['IAM_OWNER_VIEWER'] });
  await here.get(instance.addTrustedDomain, { instanceId: it.instanceId, trustedDomain: 'trusted.example' }, system);
  await here.get(instance.deleteInstance, { instanceId: it.instanceId }, system);
  assert.deepEqual(await rowsLeft(it.instanceId), NOTHING);
});

test('a removal that was interrupted is ended by the next start', async () => {
  const it = await tenant();
  await sql`update instances set state = 3, epoch = nextval('epochs'), access_version = nextval('epochs') where instance_id = ${it.instanceId}`;
  await sql`delete from instance_domains where instance_id = ${it.instanceId}`;
  const node = await startNode(cluster.database, settings);
  while ('orgs' in (await rowsLeft(it.instanceId))) await fetch(`http://127.0.0.1:${node.port}/debug/healthz`);
  const { events: _, ...left } = await rowsLeft(it.instanceId);
  assert.deepEqual(left, { instances: 1 });
});

test('an instance that is blocked opens nothing, on no node; back, it revives none of its tokens', async () => {
  const it = await tenant();
  const people = new People(sql, it);
  const machine = await new Machines(people, at(nodes[0], it.host), it.pat).make('JWT');
  const { token: jwt } = await tokenOfMachine(nodes[0], it.host, machine);
  const tokens = [it.pat, (await people.caller({ instanceRoles: ['IAM_OWNER'] })).token, jwt];
  for (const node of nodes) for (const pat of tokens) assert.equal(await reached(node, it.host, { pat }, 'grpc'), 'reached');
  const operate = (step: 'block' | 'unblock') => runKeyward(cluster.database, ['instance', step, '--instance', it.instanceId]);
  await operate('block');
  await operate('block');
  assert.match(await runKeyward(cluster.database, ['instance', 'list']), new RegExp(`${it.instanceId}\tblocked`));
  for (const node of nodes) {
    for (const pat of tokens) assert.equal(await reached(node, it.host, { pat }, 'grpc'), unknownHost(it.host));
    assert.equal((await tokenOfMachine(node, it.host, machine)).status, 404);
    assert.equal(await discovered(node, it.host), 404);
  }
  await operate('unblock');
  for (const node of nodes) {
    for (const pat of tokens) assert.equal(await reached(node, it.host, { pat }, 'grpc'), 'Errors.Token.Invalid (AUTH-7fs1e)', pat);
    const { token } = await tokenOfMachine(node, it.host, machine);
    assert.equal((await at(node, it.host).ask(user.getUserByID, { userId: machine.userId }, { token })).code, 'ok');
  }
  const events = await sql<
    { type: string }[]
  >`select type from events where aggregate_id = ${it.instanceId} order by sequence desc limit 2`;
  assert.deepEqual(
    events.map(({ type }) => type),
    ['instance.unblocked', 'instance.blocked'],
  );
  for (const id of ['none', await removed()])
    await assert.rejects(runKeyward(cluster.database, ['instance', 'block', '--instance', id]), /Errors.Instance.NotFound/);
});

test('a token is good in the instance that it belongs to, whichever host it is sent to', async () => {
  const [one, other] = [await tenant(), await tenant()];
  for (const host of ['localhost', one.host, other.host]) {
    const client = at(nodes[0], host);
    const got = await client.get(instance.getInstance, { instanceId: one.instanceId }, { token: one.pat });
    assert.equal(got.instance?.id, one.instanceId);
    assert.deepEqual(said(await client.ask(instance.getInstance, { instanceId: other.instanceId }, { token: one.pat })), [
      'unauthenticated',
      'AUTH-7fs1e',
    ]);
    const renamed = await client.ask(instance.updateInstance, { instanceId: other.instanceId, instanceName: 'mine' }, { token: one.pat });
    assert.deepEqual(said(renamed), ['unauthenticated', 'AUTH-7fs1e']);
  }
  // Named by nothing, it is that of the host.
  assert.equal((await at(nodes[1], other.host).get(instance.getInstance, {}, { token: other.pat })).instance?.id, other.instanceId);
  // What changes instances from outside is for no user, not even of the instance itself.
  for (const [rpc, message] of [
    [instance.addCustomDomain, { instanceId: one.instanceId, customDomain: 'mine.example' }],
    [instance.removeCustomDomain, { instanceId: one.instanceId, customDomain: one.host }],
    [instance.deleteInstance, { instanceId: one.instanceId }],
  ] as const)
    assert.deepEqual(said(await here.ask<typeof rpc>(rpc, message, { token: one.pat })), ['permission_denied', 'AUTH-5mWD2'], rpc.name);
  assert.deepEqual(said(await here.ask(instance.listInstances, {}, own)), ['unauthenticated', 'AUTH-7fs1e']);
});

test('system users list all instances, in pages, by name and by domain', async () => {
  const all = [await tenant(), await tenant(), await tenant()];
  const ids = all.map(({ instanceId }) => instanceId);
  const filters = [{ filter: { case: 'inIdsFilter' as const, value: { ids } } }];
  const sorted = { filters, sortingColumn: 3, pagination: { asc: true } };
  const page = await there.get(instance.listInstances, sorted, system);
  assert.deepEqual(
    page.instances.map(({ id }) => id),
    ids,
  );
  assert.equal(page.pagination?.totalResult, 3n);
  const second = await here.get(instance.listInstances, { ...sorted, pagination: { asc: true, offset: 1n, limit: 1 } }, system);
  assert.deepEqual([second.instances.map(({ id }) => id), second.pagination?.totalResult], [[ids[1]], 3n]);
  const byHost = [{ filter: { case: 'customDomainsFilter' as const, value: { domains: [all[2]!.host.toUpperCase()] } } }];
  assert.deepEqual(
    (await here.get(instance.listInstances, { filters: byHost }, system)).instances.map(({ id }) => id),
    [ids[2]],
  );
  const none = [{ filter: { case: 'inIdsFilter' as const, value: { ids: [] } } }];
  assert.deepEqual((await here.get(instance.listInstances, { filters: none }, system)).instances, []);
  assert.ok((await here.get(instance.listInstances, {}, { token: await tokenOf('plain') })).instances.length >= 4);
});
