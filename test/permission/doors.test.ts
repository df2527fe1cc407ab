/**
 * A token opens its own tenant and no other, whatever kind it is, also where the other has a token, a session, a user and an organization
 * of the same ids.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { MessageShape } from '@bufbuild/protobuf';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { newOpaqueToken } from '../../src/access/access-token.ts';
import { newSessionToken } from '../../src/access/session-token.ts';
import type { Instance } from '../../src/access/tenant.ts';
import { givenToken } from '../../src/access/token-door.ts';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { digest } from '../../src/crypto/secret.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { draw, tokenFor } from './crowd.ts';
import { Inside, type Tenant } from './inside.ts';

const [USER, ORG, ID] = ['equal-user', 'equal-org', '4711'] as const;
const inside = await Inside.start();
const { sql, store } = inside.database;
const tenants = [await furnished('one.example'), await furnished('two.example')] as const;
type Furnished = (typeof tenants)[number];
const kinds = ['a personal access token', 'a session token', 'an access token'] as const;

async function furnished(host: string) {
  const tenant = await inside.tenant(host);
  const { instanceId } = tenant;
  const key = Buffer.from(`key of ${host}`);
  const tokens = {
    'a personal access token': tokenFor(USER),
    'a session token': newSessionToken(ID, key),
    'an access token': newOpaqueToken(ID),
  };
  await sql`insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${ORG}, 'Equal', 0)`;
  await draw(sql, [{ userId: USER, instanceId, orgId: ORG, kind: 'machine', token: tokens['a personal access token'] }]);
  const bound = sql`
    from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
    where instance_id = ${instanceId} and user_id = ${USER}`;
  await sql`
    insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, password_checked_at, token_key, token_hash,
      user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
    select instance_id, ${ID}, 'nobody', user_id, org_id, now(), now(), ${key}, ${digest(tokens['a session token'])}, u.epoch, o.epoch, i.epoch, 1, now(), now()
    ${bound}`;
  await sql`
    insert into oidc_sessions (instance_id, oidc_session_id, user_id, client_id, audience, scopes, access_token_hash, access_token_expires_at,
      user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
    select instance_id, ${ID}, user_id, 'client', array[i.project_id], array['openid'], ${digest(tokens['an access token'])}, now() + interval '1 hour',
      u.epoch, o.epoch, i.epoch, 1, now(), now()
    ${bound}`;
  return { tenant, tokens };
}

const opens = async (tenant: Tenant, token: string) => {
  const answer = await inside.ask(AuthService.method.getMyUser, {}, { at: tenant, token });
  return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
};

/** Of OpenID Connect: userinfo, introspection. */
async function isGiven({ tenant }: Furnished, token: string): Promise<boolean> {
  const [row] = await sql<Instance[]>`
    select instance_id as id, default_org_id as "defaultOrgId", epoch, access_version as "accessVersion" from instances where instance_id = ${tenant.instanceId}`;
  return (await givenToken(store, row!, token)) !== undefined;
}

for (const kind of kinds) {
  test(`${kind} opens the API of its own tenant alone`, async () => {
    for (const [here, there] of [tenants, [...tenants].reverse()] as [Furnished, Furnished][]) {
      assert.equal(await opens(here.tenant, here.tokens[kind]), 'ok');
      assert.equal(await opens(there.tenant, here.tokens[kind]), 'unauthenticated AUTH-7fs1e');
    }
  });
}

for (const kind of ['a personal access token', 'an access token'] as const) {
  test(`${kind} is known to the endpoints of OpenID Connect of its own tenant alone`, async () => {
    for (const [here, there] of [tenants, [...tenants].reverse()] as [Furnished, Furnished][]) {
      assert.equal(await isGiven(here, here.tokens[kind]), true);
      assert.equal(await isGiven(there, here.tokens[kind]), false);
    }
  });
}

test('the same security key may be registered at two tenants, by users of the same id', async () => {
  const { registerPasskey, verifyPasskeyRegistration } = UserService.method;
  const credentialId = randomBytes(32);
  for (const { tenant } of tenants) {
    const owner = { userId: `owner-of-${tenant.host}`, instanceId: tenant.instanceId, orgId: ORG, kind: 'machine' as const };
    const token = tokenFor(owner.userId);
    const person = { userId: 'equal-person', instanceId: tenant.instanceId, orgId: ORG, kind: 'human' as const };
    await draw(sql, [{ ...owner, token, member: { level: 3, objectId: tenant.instanceId, role: 'IAM_OWNER' } }, person]);
    const by = { at: tenant, token };
    const { userId } = person;
    const begun = await inside.ask(registerPasskey, { userId, domain: tenant.host }, by);
    const { passkeyId, publicKeyCredentialCreationOptions: options } = (
      begun.code === 'ok' ? begun.message : assert.fail(begun.text)
    ) as MessageShape<typeof registerPasskey.output>; // the answer of this call
    const key = new SoftwareAuthenticator({ rpId: tenant.host, origin: `https://${tenant.host}` });
    const publicKeyCredential = key.create(options, { credentialId });
    const done = await inside.ask(verifyPasskeyRegistration, { userId, passkeyId, passkeyName: 'Key', publicKeyCredential }, by);
    assert.equal(done.code, 'ok', done.code === 'ok' ? '' : `${tenant.host}: ${done.text}`);
  }
});
