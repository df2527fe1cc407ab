/** What works beside the calls of the API looks at one tenant alone, too: logins of machines, signing keys, the outbox, and who is the last owner. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageShape } from '@bufbuild/protobuf';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { placeOf } from '../../src/access/place.ts';
import { Tenants } from '../../src/access/tenant.ts';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { openActor } from '../../src/idp/actor.ts';
import { begin, claim, fail, loadIntent, succeed } from '../../src/idp/intent.ts';
import { externalUser } from '../../src/idp/login.ts';
import { ownerPat } from '../../src/instance/operate.ts';
import { take } from '../../src/notification/queue.ts';
import { issueTokens, type Proof } from '../../src/oidc/issue.ts';
import { findSubject } from '../../src/oidc/subject.ts';
import { WebKeys } from '../../src/webkey/keys.ts';
import { draw, tenantRows } from './crowd.ts';
import { Inside, masterkey, type Tenant } from './inside.ts';

const [USER, ORG] = ['equal-user', 'equal-org'] as const;
const inside = await Inside.start();
const { sql, store } = inside.database;
const other = await furnished('alien.example');
const mine = await furnished('mine.example');
const webKeys = new WebKeys(store, masterkey);

async function furnished(host: string): Promise<Tenant> {
  const tenant = await inside.tenant(host);
  await sql`insert into orgs (instance_id, org_id, name, sequence) values (${tenant.instanceId}, ${ORG}, ${`Org of ${host}`}, 0)`;
  await draw(sql, [{ userId: USER, instanceId: tenant.instanceId, orgId: ORG, kind: 'machine', has: ['instanceIdp', 'idpLink'] }]);
  return tenant;
}

/** Does it, and holds the other tenant against what it was. */
async function untouched(work: () => Promise<void>): Promise<void> {
  const before = await tenantRows(sql, other.instanceId);
  await work();
  assert.deepEqual(await tenantRows(sql, other.instanceId), before);
}

test('the keys of a tenant are made, published and used for it alone', async () => {
  const foreign = await webKeys.published(other.instanceId);
  await untouched(async () => {
    const own = await webKeys.published(mine.instanceId);
    assert.equal(own.length, 2);
    const ids = own.map(({ keyId }) => keyId);
    assert.ok(ids.includes((await webKeys.signing(mine.instanceId)).keyId));
    assert.ok(!foreign.some(({ keyId }) => ids.includes(keyId)));
  });
});

test('a machine logs in at its own tenant alone, also where another has one of its id and name', async () => {
  await webKeys.published(other.instanceId);
  await untouched(async () => {
    const tenants = new Tenants(store, { anyHost: false });
    const place = await placeOf(store, tenants, { externalPort: 443, externalSecure: true }, mine.host);
    for (const which of [{ userId: USER }, { loginName: USER }]) {
      const subject = (await findSubject(store, mine.instanceId, which, [])) ?? assert.fail('there is no such machine');
      assert.equal(subject.org_name, `Org of ${mine.host}`);
      const proof: Proof = {
        authMethod: 4,
        amr: [],
        reason: 'client_credentials',
        stands: (tag) => tag`true`,
        gone: () => new Error('gone') as never,
      };
      const tokens = await issueTokens({ store, webKeys }, place, subject, proof, ['openid']);
      const keys = createLocalJWKSet({
        keys: (await webKeys.published(mine.instanceId)).map(({ keyId, algorithm, publicKey }) => ({
          ...publicKey,
          kid: keyId,
          alg: algorithm,
        })),
      } as JSONWebKeySet); // as /oauth/v2/keys shows them
      const { payload } = await jwtVerify(tokens.id_token ?? '', keys);
      assert.equal(payload.iss, `https://${mine.host}`);
    }
  });
});

test('the outbox of a tenant is taken for it alone', async () => {
  for (const { instanceId } of [other, mine]) {
    await sql`
      insert into outbox (instance_id, message_id, user_id, org_id, sequence, place, kind, channel, recipient, language, data,
        user_epoch, org_epoch, instance_epoch, created_at, next_attempt_at)
      values (${instanceId}, 'equal', ${USER}, ${ORG}, 1, 0, 'email-code', 'mail', 'a@b.example', 'en', '{}', 1, 1, 1, now(), now() - interval '1 hour')`;
  }
  await untouched(async () => {
    const taken = await take(store, mine.instanceId, 10, { standing: (tag) => tag`'good'`, externalDomain: 'localhost' });
    assert.deepEqual(
      taken.map((row) => [row.instance_id, row.domain]),
      [[mine.instanceId, mine.host]],
    );
  });
});

test('the last owner of a tenant is its last one, however many others have', async () => {
  const { pat, userId } = await ownerPat(store, mine.instanceId);
  await sql`update users set is_owner = false where instance_id = ${mine.instanceId} and user_id <> ${userId}`;
  await untouched(async () => {
    for (const rpc of [UserService.method.deactivateUser, UserService.method.lockUser, UserService.method.deleteUser]) {
      const answer = await inside.ask(rpc, { userId }, { at: mine, token: pat });
      assert.equal(answer.code, 'failed_precondition', rpc.name);
    }
  });
});

test('an answer of a provider reaches the intent of its own tenant alone, also where the other has one of the same id and state', async () => {
  const [idpId, intentId, state] = ['equal-user-instance-idp', '4711', '4711.equal'] as const; // the provider as `draw` names it
  const urls = { successUrl: 'https://a.example', failureUrl: 'https://b.example' };
  const login = {
    user: externalUser({ id: 'x', raw: { id: 'x' } }),
    access: { case: 'ldap', attributes: {} },
    expiresAt: undefined,
  } as const;
  const at = ({ instanceId }: Tenant) => openActor({ store, masterkey }, instanceId, { editor: 'idp', via: 'test' });
  for (const tenant of [other, mine]) assert.ok(await begin(at(tenant), { intentId, idpId, state, ...urls, pending: {} }));
  await untouched(async () => {
    assert.equal((await claim(at(mine), intentId, state))?.outcome, 'taken');
    assert.equal((await claim(at(mine), intentId, state))?.outcome, 'over');
    const done = await succeed(at(mine), { intentId, from: 'answered' }, login);
    assert.equal(done?.userId, USER);
    assert.equal(await loadIntent(at(other), intentId, done.token), undefined);
    assert.equal((await loadIntent(at(mine), intentId, done.token, USER))?.linked, true);
  });
  await untouched(async () => {
    await sql`update idp_intents set state = 'answered' where instance_id = ${mine.instanceId}`;
    await fail(at(mine), intentId, 'it failed');
  });
});

test('a total that is estimated counts users of the own tenant alone', async () => {
  const sizes = [
    [other, 40_000],
    [mine, 11_000],
  ] as const;
  for (const [{ instanceId }, size] of sizes) {
    await sql`
      with made as (
        insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
        select ${instanceId}, 'many-' || n, ${ORG}, 2, 1, 1, now(), now() from generate_series(1, ${size}::int) n
        returning instance_id, user_id
      )
      insert into profiles (instance_id, user_id, username, username_key, machine_name, access_token_type)
      select instance_id, user_id, user_id, user_id, user_id, 0 from made`;
  }
  await sql`analyze users, profiles`;
  const { pat } = await ownerPat(store, mine.instanceId);
  const answer = await inside.ask(UserService.method.listUsers, { query: { limit: 1 } }, { at: mine, token: pat });
  const { details } = (answer.code === 'ok' ? answer.message : assert.fail(answer.text)) as MessageShape<
    typeof UserService.method.listUsers.output
  >; // of this call
  const total = Number(details?.totalResult);
  assert.ok(total > 10_000 && total < 15_000, String(total));
});
