/** Host → tenant (reference/instance-and-setup.md 2): case and port do not count; a single tenant without a configured domain has every host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { Client, type Protocol, protocols, user } from '../support/ask.ts';
import { type Cluster, runKeyward, startCluster, startNode } from '../support/node.ts';

const { healthz } = ManagementService.method;
const anyHost = await startCluster(2);
const configured = await startCluster(1, { KEYWARD_EXTERNAL_DOMAIN: 'id.example' });

/** What a host leads to: the answer to a call of the first tenant's owner about himself. */
async function reached(cluster: Cluster, host: string, { node = 0, protocol = 'connect' as Protocol } = {}): Promise<string> {
  const answer = await new Client(cluster.nodes[node]!, host).ask(user.listUsers, {}, { token: cluster.adminPat, protocol });
  return answer.code === 'ok' ? 'the first tenant' : answer.text;
}

const unknown = (host: string) =>
  `Instance not found: no instance serves "${host}" (QUERY-1kIjX). Add it on the server: keyward instance add --name NAME --domain ${host}`;

test('a single tenant without a configured domain has every host, until there is a second one: then at once none but its own, on every node', async () => {
  for (const node of [0, 1]) {
    for (const protocol of protocols) {
      for (const host of ['localhost', 'whatever.example', 'two.example']) {
        assert.equal(await reached(anyHost, host, { node, protocol }), 'the first tenant');
      }
    }
  }
  const health = (node: number, host: string) => new Client(anyHost.nodes[node]!, host).ask(healthz, {}, { protocol: 'grpc' });
  for (const node of [0, 1]) assert.equal((await health(node, 'open.example')).code, 'ok');
  const added = await runKeyward(anyHost.database, ['instance', 'add', '--name', 'Two', '--domain', 'Two.Example']);
  const patOfTwo = /^pat\s+(\S+)$/m.exec(added)?.[1];
  for (const node of [0, 1]) {
    assert.deepEqual(await health(node, 'open.example'), { code: 'not_found', text: unknown('open.example'), id: undefined });
    assert.equal((await health(node, 'two.example')).code, 'ok');
    for (const protocol of protocols) {
      assert.equal(await reached(anyHost, 'localhost', { node, protocol }), 'the first tenant');
      assert.equal(await reached(anyHost, 'whatever.example', { node, protocol }), unknown('whatever.example'));
      assert.equal(await reached(anyHost, 'two.example', { node, protocol }), 'Errors.Token.Invalid (AUTH-7fs1e)');
      const two = new Client(anyHost.nodes[node]!, 'two.example');
      assert.equal((await two.ask(user.listUsers, {}, { token: patOfTwo, protocol })).code, 'ok');
    }
  }
});

test('with a configured domain no other host is served, though there is a single tenant', async () => {
  for (const protocol of protocols) {
    assert.equal(await reached(configured, 'id.example', { protocol }), 'the first tenant');
    for (const host of ['localhost', 'other.example', 'x.id.example', 'id.example.x']) {
      assert.equal(await reached(configured, host, { protocol }), unknown(host));
    }
  }
});

test('a domain that is configured after the first start leads to the first tenant; one that belongs to another stays there', async () => {
  const cluster = await startCluster(1);
  await runKeyward(cluster.database, ['instance', 'add', '--name', 'Two', '--domain', 'two.example']);
  const [later, again, taken] = [
    await startNode(cluster.database, { KEYWARD_EXTERNAL_DOMAIN: 'Later.Example' }),
    await startNode(cluster.database, { KEYWARD_EXTERNAL_DOMAIN: 'later.example' }),
    await startNode(cluster.database, { KEYWARD_EXTERNAL_DOMAIN: 'two.example' }),
  ];
  const served = { ...cluster, nodes: [later, again, taken] as const };
  for (const node of [0, 1, 2]) {
    assert.equal(await reached(served, 'later.example', { node }), 'the first tenant');
    assert.equal(await reached(served, 'localhost', { node }), 'the first tenant');
    assert.equal(await reached(served, 'two.example', { node }), 'Errors.Token.Invalid (AUTH-7fs1e)');
  }
  const logged = await cluster.sql`select payload from events where type = 'instance.domain.added' and via = 'keyward start'`;
  assert.deepEqual(
    logged.map(({ payload }) => payload),
    [{ domain: 'later.example', generated: false }],
  );
});

test('neither the case nor the port of a host counts', async () => {
  const client = new Client(configured.nodes[0]);
  for (const host of ['id.example', 'ID.Example', 'id.example:1', 'Id.EXAMPLE:65535']) {
    const headers = { host, authorization: `Bearer ${configured.adminPat}`, 'content-type': 'application/json' };
    assert.equal((await client.send('POST', '/v2/users', headers, '{}')).status, 200, host);
  }
});

test('an unknown host is answered before the token is looked at, with a text that names it and says how to add it', async () => {
  const answer = await new Client(configured.nodes[0], 'Who.Example').ask(user.getUserByID, { userId: 'x' }, { token: 'x' });
  assert.deepEqual(answer, { code: 'not_found', text: unknown('who.example'), id: undefined });
});

test('forwarded hosts do not count: no proxy is configured', async () => {
  const client = new Client(configured.nodes[0]);
  for (const name of ['x-forwarded-host', 'x-zitadel-instance-host', 'x-zitadel-forwarded', 'forwarded']) {
    const value = name.endsWith('forwarded') ? 'host=id.example' : 'id.example';
    const headers = {
      host: 'other.example',
      [name]: value,
      authorization: `Bearer ${configured.adminPat}`,
      'content-type': 'application/json',
    };
    assert.equal((await client.send('POST', '/v2/users', headers, '{}')).status, 404, name);
  }
});
