/** Tokens of machines: what they open, on every node, and until when (PROMISES.md; reference/authn-authz-oidc.md 4.4 and 4.5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceAccount } from '@zitadel/node/dist/credentials/index.js';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { Client, protocols, user } from '../support/ask.ts';
import { rounds } from '../support/batches.ts';
import { runKeyward, startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { ask, bothGrants, bothTypes, FOR_API, grants, type Machine, Machines, originOf } from './machines.ts';

const cluster = await startCluster(2);
const [first, second] = cluster.nodes as unknown as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]]; // of two nodes
const [one, two] = [new Client(first), new Client(second)];
const admin = { token: cluster.adminPat };
const people = new People(cluster.sql, cluster);
const machines = new Machines(people, one, cluster.adminPat);
const invalid = { code: 'unauthenticated', text: 'Errors.Token.Invalid (AUTH-7fs1e)', id: 'AUTH-7fs1e' };

const opens = async (client: Client, { userId }: Pick<Machine, 'userId'>, token: string | undefined): Promise<boolean> => {
  const answer = await client.ask(user.getUserByID, { userId }, { token });
  if (answer.code !== 'ok') assert.deepEqual(answer, invalid);
  return answer.code === 'ok';
};

test('two nodes that are asked for the keys of a new instance at once publish the same two', async () => {
  const sets = await Promise.all(
    [first, second, first, second].map(async (node) => (await fetch(`${originOf(node)}/oauth/v2/keys`)).json()),
  );
  const [{ keys }] = sets as [{ keys: { kid: string; alg: string; use: string; kty: string; d?: string }[] }];
  assert.equal(keys.length, 2);
  for (const set of sets) assert.deepEqual(set, { keys });
  for (const key of keys) assert.deepEqual([key.alg, key.use, key.kty, key.d], ['RS256', 'sig', 'RSA', undefined]);
  const stored = await cluster.sql<{ private_key: Buffer; state: number }[]>`select private_key, state from web_keys order by state`;
  assert.deepEqual(
    stored.map(({ state }) => state),
    [1, 2],
  );
  for (const { private_key } of stored) assert.throws(() => decodeJwt(private_key.toString()));
  const events = await cluster.sql<{ type: string }[]>`select type from events where aggregate_type = 'web_key' order by position`;
  assert.deepEqual(events.map(({ type }) => type).sort(), ['web_key.activated', 'web_key.added', 'web_key.added']);
});

for (const type of bothTypes)
  for (const grant of bothGrants)
    test(`${grant} → ${type} token: opens the API on both nodes in every protocol, until its machine is switched off, and never again`, async () => {
      const machine = await machines.make(type);
      const got = await grants[grant](first, machine);
      assert.equal(got.status, 200);
      assert.equal(got.expires_in, 43_200);
      const token = got.access_token ?? '';
      assert.equal(token.split('.').length === 3, type === 'JWT');
      for (const client of [one, two])
        for (const protocol of protocols)
          assert.equal((await client.ask(user.getUserByID, { userId: machine.userId }, { token, protocol })).code, 'ok');

      await one.get(user.deactivateUser, { userId: machine.userId }, admin);
      assert.equal(await opens(two, machine, token), false);
      assert.equal(await opens(one, machine, token), false);
      const refused = await grants[grant](second, machine);
      assert.deepEqual([refused.status, refused.error, refused.error_description], [400, 'invalid_request', 'Errors.User.NotActive']);

      await one.get(user.reactivateUser, { userId: machine.userId }, admin);
      assert.equal(await opens(two, machine, token), false);
      assert.equal(await opens(one, machine, token), false);
      const again = await grants[grant](second, machine);
      assert.equal(await opens(one, machine, again.access_token), true);

      await two.get(user.deleteUser, { userId: machine.userId }, admin);
      assert.equal(await opens(one, machine, again.access_token), false);
      const gone = await grants[grant](first, machine);
      assert.equal(gone.error, grant === 'secret' ? 'invalid_client' : 'invalid_grant');
    });

for (const state of ['inactive', 'locked'] as const)
  for (const grant of bothGrants)
    test(`${grant}: a machine that is ${state} gets no token`, async () => {
      const machine = await machines.make('opaque', { state });
      const { status, error, error_description } = await grants[grant](first, machine);
      assert.deepEqual(
        { status, error, error_description },
        { status: 400, error: 'invalid_request', error_description: 'Errors.User.NotActive' },
      );
    });

test('a token dies with the organization of its machine, for good', async () => {
  const orgId = await people.org();
  const machine = await machines.make('JWT', { orgId });
  const { access_token: token } = await grants.secret(first, machine);
  assert.equal(await opens(two, machine, token), true);
  await cluster.sql`update orgs set state = 2, epoch = nextval('epochs'), access_version = nextval('epochs') where org_id = ${orgId}`;
  assert.equal(await opens(two, machine, token), false);
  assert.equal((await grants.key(first, machine)).error_description, 'Errors.User.NotActive');
  await cluster.sql`update orgs set state = 1, access_version = nextval('epochs') where org_id = ${orgId}`;
  assert.equal(await opens(two, machine, token), false);
});

test('tokens that are given out while a machine is switched off and on again are born dead', async () => {
  await rounds(20, 4, async (n) => {
    const machine = await machines.make(n % 2 === 0 ? 'opaque' : 'JWT');
    const asked = Promise.all(Array.from({ length: 6 }, (_, i) => grants.key([first, second][i % 2] ?? first, machine)));
    await one.get(user.deactivateUser, { userId: machine.userId }, admin);
    const late = await asked;
    await two.get(user.reactivateUser, { userId: machine.userId }, admin);
    for (const { access_token } of late) if (access_token !== undefined) assert.equal(await opens(one, machine, access_token), false);
  });
});

test('a removed secret and a removed key open nothing more; what they opened before goes on', async () => {
  const machine = await machines.make();
  const bySecret = (await grants.secret(first, machine)).access_token;
  const byKey = (await grants.key(first, machine)).access_token;
  await one.get(user.removeSecret, { userId: machine.userId }, admin);
  await one.get(user.removeKey, { userId: machine.userId, keyId: machine.key.keyId }, admin);
  assert.equal((await grants.secret(second, machine)).error, 'invalid_client');
  assert.equal((await grants.key(second, machine)).error, 'invalid_grant');
  for (const token of [bySecret, byKey]) assert.equal(await opens(two, machine, token), true);
});

test('a replaced secret opens nothing more', async () => {
  const machine = await machines.make();
  const secret = await machines.secret(machine);
  assert.equal((await grants.secret(second, machine)).error, 'invalid_client');
  assert.equal((await grants.secret(second, { ...machine, secret })).status, 200);
});

test('a token that was not asked for this API does not open it', async () => {
  for (const type of bothTypes) {
    const machine = await machines.make(type);
    for (const scope of ['openid', '', 'openid urn:zitadel:iam:org:project:id:42:aud'])
      assert.equal(await opens(one, machine, (await grants.secret(first, machine, scope)).access_token), false, scope);
  }
});

test('a JWT token and the id token verify with the published keys, and say for whom they are', async () => {
  const machine = await machines.make('JWT');
  const issuer = originOf(first);
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/v2/keys`));
  const { access_token = '', id_token = '' } = await grants.secret(first, machine);
  const access = await jwtVerify(access_token, keys, { issuer, subject: machine.userId, algorithms: ['RS256'] });
  assert.match(String(access.payload.jti), /^V2_\d+-at_\d+$/);
  assert.equal((access.payload.exp ?? 0) - (access.payload.iat ?? 0), 43_200);
  const id = await jwtVerify(id_token, keys, { issuer, audience: machine.name, algorithms: ['RS256'] });
  assert.deepEqual([id.payload.azp, id.payload.amr], [machine.name, ['pwd']]);
  assert.equal(await opens(one, machine, id_token), false, 'an id token opens nothing');
});

test('a JWT token dies with the key that signed it, on the node that remembers it too; an opaque one does not', async () => {
  const [jwt, opaque] = [await machines.make('JWT'), await machines.make('opaque')];
  const tokens = { jwt: (await grants.secret(first, jwt)).access_token, opaque: (await grants.secret(first, opaque)).access_token };
  for (const client of [one, two]) assert.equal(await opens(client, jwt, tokens.jwt), true);
  const [active] = await cluster.sql<{ key_id: string }[]>`delete from web_keys where state = 2 returning key_id`;
  await cluster.sql`update web_keys set state = 2`;
  for (const client of [one, two]) assert.equal(await opens(client, jwt, tokens.jwt), false);
  for (const client of [one, two]) assert.equal(await opens(client, opaque, tokens.opaque), true);
  const { access_token = '' } = await grants.secret(first, jwt);
  assert.equal(await opens(two, jwt, access_token), true);
  assert.ok(active && !access_token.includes(active.key_id));
});

test('a token of one instance opens nothing at another one', async () => {
  await runKeyward(cluster.database, ['instance', 'add', '--name', 'Two', '--domain', 'two.example']);
  const elsewhere = new Client(first, 'two.example');
  for (const type of bothTypes) {
    const machine = await machines.make(type);
    const { access_token: token } = await grants.secret(first, machine);
    assert.equal(await opens(one, machine, token), true);
    assert.equal(await opens(elsewhere, machine, token), false);
    const answer = await elsewhere.send(
      'POST',
      '/oauth/v2/token',
      { 'content-type': 'application/x-www-form-urlencoded' },
      String(
        new URLSearchParams({ grant_type: 'client_credentials', client_id: machine.name, client_secret: machine.secret, scope: FOR_API }),
      ),
    );
    assert.equal(JSON.parse(answer.body).error, 'invalid_client');
  }
});

test('the roles of a machine count for its tokens', async () => {
  const machine = await machines.make('JWT', { instanceRoles: ['IAM_OWNER'] });
  const { access_token: token } = await grants.key(first, machine);
  const answer = await two.ask(OrganizationService.method.listOrganizations, {}, { token });
  assert.equal(answer.code, 'ok');
});

test('the service account of @zitadel/node (openid-client) finds the endpoint and opens the API', async () => {
  for (const type of bothTypes) {
    const machine = await machines.make(type);
    const token = await ServiceAccount.fromJson(machine.key).authenticate(originOf(first), { apiAccess: true });
    assert.equal(await opens(two, machine, token), true);
  }
});

test('what is no token of ours opens nothing: cut, extended, changed by a letter', async () => {
  for (const type of bothTypes) {
    const machine = await machines.make(type);
    const { access_token: token = '' } = await grants.secret(first, machine);
    const step = type === 'JWT' ? 17 : 1;
    const places = Array.from({ length: Math.floor((token.length - 1) / step) }, (_, i) => 1 + i * step);
    const letter = (at: number) => (token[at] === 'A' ? 'B' : 'A');
    const wrong = [
      ...places.flatMap((at) => [token.slice(0, at), token.slice(at), token.slice(0, at) + letter(at) + token.slice(at + 1)]),
      ...['0', 'a', '_', '.', '=', '-'].flatMap((more) => [token + more, more + token]),
      token.slice(0, -1) + letter(token.length - 1),
      `${token.split('.').slice(0, 2).join('.')}.`,
      token.toUpperCase(),
    ].filter((text) => text !== token);
    await rounds(wrong.length, 8, async (n) => assert.equal(await opens(one, machine, wrong[n]), false, wrong[n] ?? ''));
    assert.equal(await opens(one, machine, token), true);
  }
});

test('userinfo tells what the scopes allow, and nothing to a token that is dead', async () => {
  const machine = await machines.make();
  const { access_token: token = '' } = await grants.secret(first, machine, 'openid profile urn:zitadel:iam:user:resourceowner');
  const userinfo = async (): Promise<Record<string, unknown>> => {
    const response = await fetch(`${originOf(second)}/oidc/v1/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
  };
  const said = await userinfo();
  assert.equal(said.status, 200);
  assert.deepEqual(
    [said.sub, said.preferred_username, said['urn:zitadel:iam:user:resourceowner:id']],
    [machine.userId, machine.name, cluster.orgId],
  );
  await one.get(user.lockUser, { userId: machine.userId }, admin);
  assert.deepEqual(await userinfo(), { status: 401, error: 'access_denied', error_description: 'access token invalid' });
});

test('what was given out is in the log', async () => {
  const machine = await machines.make();
  await grants.key(first, machine);
  const events = await cluster.sql<{ type: string; editor: string; owner: string; sequence: bigint }[]>`
    select type, editor, owner, sequence from events where aggregate_type = 'oidc_session' and editor = ${machine.userId} order by sequence`;
  assert.deepEqual(
    events.map(({ type, owner }) => [type, owner]),
    [
      ['oidc_session.added', cluster.orgId],
      ['oidc_session.access_token.added', cluster.orgId],
    ],
  );
});

test('grants that are not served are told as such', async () => {
  for (const grant_type of ['authorization_code', 'refresh_token', 'password', 'urn:ietf:params:oauth:grant-type:token-exchange', 'x'])
    assert.deepEqual(await ask(first, { grant_type }), {
      status: 400,
      error: 'unsupported_grant_type',
      error_description: `${grant_type} not supported`,
    });
});
