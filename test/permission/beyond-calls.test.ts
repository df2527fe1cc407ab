/** What works beside the calls of the API looks at one tenant alone, too: logins of machines, signing keys, the outbox, and who is the last owner. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { Tenants } from '../../src/access/tenant.ts';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { ownerPat } from '../../src/instance/operate.ts';
import { take } from '../../src/notification/queue.ts';
import { issueTokens, type Proof } from '../../src/oidc/issue.ts';
import { placeOf } from '../../src/oidc/issuer.ts';
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
  await draw(sql, [{ userId: USER, instanceId: tenant.instanceId, orgId: ORG, kind: 'machine' }]);
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
