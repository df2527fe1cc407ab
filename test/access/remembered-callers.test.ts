/** What a node remembers of a caller never lies (DESIGN.md 1, 5): what is given or taken through one node counts on the other with the next call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { Client, protocols, user } from '../support/ask.ts';
import { nth, rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const ROUNDS = 16;

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const clients = cluster.nodes.map((node) => new Client(node));
const admin = { token: cluster.adminPat };
const v1 = { ...admin, protocol: 'grpc' } as const;
const { addIAMMember, updateIAMMember, removeIAMMember } = AdminService.method;
const { addOrgMember, updateOrgMember, removeOrgMember } = ManagementService.method;

/** Giving and taking a right on users of the default organization. */
const ways = {
  'a role on the instance': {
    give: (client: Client, userId: string) => client.get(addIAMMember, { userId, roles: ['IAM_USER_MANAGER'] }, v1),
    take: (client: Client, userId: string) => client.get(removeIAMMember, { userId }, v1),
  },
  'a role among others on the instance': {
    give: (client: Client, userId: string) => client.get(updateIAMMember, { userId, roles: ['IAM_OWNER_VIEWER', 'IAM_USER_MANAGER'] }, v1),
    take: (client: Client, userId: string) => client.get(updateIAMMember, { userId, roles: ['IAM_OWNER_VIEWER'] }, v1),
    before: ['IAM_OWNER_VIEWER'],
  },
  'a role on the organization': {
    give: (client: Client, userId: string) => client.get(addOrgMember, { userId, roles: ['ORG_USER_MANAGER'] }, v1),
    take: (client: Client, userId: string) => client.get(removeOrgMember, { userId }, v1),
  },
  'a role among others on the organization': {
    give: (client: Client, userId: string) => client.get(updateOrgMember, { userId, roles: ['ORG_USER_MANAGER'] }, v1),
    take: (client: Client, userId: string) => client.get(updateOrgMember, { userId, roles: ['ORG_SETTINGS_MANAGER'] }, v1),
    beforeInOrg: ['ORG_SETTINGS_MANAGER'],
  },
} as const;

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: given through one node it works on the other with the next call, taken it is gone`, async () => {
    await rounds(ROUNDS, 8, async (n) => {
      const [here, there] = [nth(clients, n), nth(clients, n + 1)];
      const { userId, token } = await people.caller({
        ...('before' in way ? { instanceRoles: way.before } : {}),
        ...('beforeInOrg' in way ? { orgRoles: { [cluster.orgId]: way.beforeInOrg } } : {}),
      });
      const target = await people.person();
      const lock = () => there.ask(user.lockUser, { userId: target.userId }, { token, protocol: nth(protocols, n) });
      const unlock = () => there.ask(user.unlockUser, { userId: target.userId }, { token, protocol: nth(protocols, n) });
      assert.equal((await lock()).code, 'permission_denied');
      for (let again = 0; again < 2; again++) {
        await way.give(here, userId);
        assert.equal((await lock()).code, 'ok');
        await way.take(here, userId);
        assert.equal((await unlock()).code, 'permission_denied');
        assert.equal(await people.state(target), 'locked');
        await way.give(there, userId);
        assert.equal((await unlock()).code, 'ok');
        await way.take(here, userId);
        assert.equal((await lock()).code, 'permission_denied');
      }
    });
  });
}

test('a token that is removed through one node is refused by the other with the next call; the others of its owner work on', async () => {
  await rounds(ROUNDS, 8, async (n) => {
    const [here, there] = [nth(clients, n), nth(clients, n + 1)];
    const machine = await people.caller();
    const { userId } = machine;
    const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
    const { token, tokenId } = await here.get(user.addPersonalAccessToken, { userId, expirationDate: until }, admin);
    const ask = (client: Client, by: string) => client.ask(user.getUserByID, { userId }, { token: by, protocol: nth(protocols, n) });
    for (const client of [here, there]) assert.equal((await ask(client, token)).code, 'ok');
    await here.get(user.removePersonalAccessToken, { userId, tokenId }, n % 3 === 0 ? { token } : admin);
    for (const client of [there, here]) {
      assert.equal((await ask(client, token)).code, 'unauthenticated');
      assert.equal((await ask(client, machine.token)).code, 'ok');
    }
  });
});

test('a token from before its instance was off and on again is refused, also by a node that has learnt from another caller that it is on', async () => {
  const old = await people.caller();
  const ask = (client: Client, token: string) => client.ask(user.getUserByID, { userId: old.userId }, { token });
  for (const client of clients) assert.equal((await ask(client, old.token)).code, 'ok');
  for (const state of [2, 1])
    await cluster.sql`
      update instances set state = ${state}, epoch = nextval('epochs'), access_version = nextval('epochs') where instance_id = ${cluster.instanceId}`;
  const anew = await people.pat(old);
  for (const client of clients) {
    assert.equal((await ask(client, anew)).code, 'ok');
    assert.equal((await ask(client, old.token)).code, 'unauthenticated');
  }
});
