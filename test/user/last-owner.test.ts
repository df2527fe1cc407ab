/**
 * The last active IAM_OWNER cannot be switched off without saying so (DESIGN.md 8), whichever call would do it; and the operator on the
 * machine gets back in by `keyward instance pat --owner`.
 */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { Client, type Protocol, protocols, user } from '../support/ask.ts';
import { runKeyward, startCluster } from '../support/node.ts';
import { People, type Person } from '../support/people.ts';
import { type StateCall, stateCall } from './matrix.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const { sql, instanceId } = cluster;
const admin = AdminService.method;

interface Way {
  readonly rpc: StateCall;
  readonly fields?: object;
  readonly protocols: readonly Protocol[];
  /** What the success leaves of the owner. */
  readonly left: string;
}

const ways: readonly Way[] = [
  { rpc: stateCall(user.deactivateUser), protocols, left: 'inactive' },
  { rpc: stateCall(user.lockUser), protocols, left: 'locked' },
  { rpc: stateCall(user.deleteUser), protocols, left: 'none' },
  { rpc: stateCall(admin.removeIAMMember), protocols: ['grpc', 'grpc-web'], left: 'active' },
  {
    rpc: stateCall(admin.updateIAMMember),
    fields: { roles: ['IAM_OWNER_VIEWER'] },
    protocols: ['grpc', 'grpc-web'],
    left: 'active',
  },
];

const refused = {
  code: 'failed_precondition',
  text: 'The last active owner of the instance cannot be switched off; to do it all the same, send x-keyward-allow-last-owner: true (KEYWARD-lastOwner)',
  id: 'KEYWARD-lastOwner',
};
const allowed = { 'x-keyward-allow-last-owner': 'true' };

/** Nobody but whom a test makes owns the instance. */
beforeEach(async () => {
  await sql`delete from memberships where instance_id = ${instanceId} and level = 3`;
  await sql`update users set is_owner = false, rank = 0, access_version = nextval('epochs') where instance_id = ${instanceId} and rank = 3`;
});

const owner = (state: 'active' | 'inactive' | 'locked' = 'active', orgId = cluster.orgId) =>
  people.caller({ instanceRoles: ['IAM_OWNER'], state, orgId });

function end(
  { rpc, fields }: Way,
  { userId }: Person,
  { token }: { token: string },
  protocol: Protocol,
  headers: Record<string, string> = {},
) {
  return client.ask(rpc, { userId, ...fields }, { token, protocol, headers });
}

for (const way of ways) {
  const { rpc, left } = way;

  test(`${rpc.name} of the last active owner is refused, by himself and by another, and goes with the header`, async () => {
    for (const protocol of way.protocols) {
      const last = await owner();
      const other = await people.caller({ instanceRoles: ['IAM_ORG_MANAGER'] });
      // Owners who are off, or whose organization is, are none that could bring the instance back.
      await owner('inactive');
      await owner('locked');
      const off = await people.org();
      await owner('active', off);
      await sql`update orgs set state = 2 where instance_id = ${instanceId} and org_id = ${off}`;

      const before = await rowsOf(last);
      assert.deepEqual(await end(way, last, last, protocol), refused);
      if (rpc.parent.typeName.endsWith('UserService')) assert.deepEqual(await end(way, last, other, protocol), refused);
      assert.deepEqual(await end(way, last, last, protocol, { 'x-keyward-allow-last-owner': 'false' }), refused);
      assert.deepEqual(await rowsOf(last), before, 'a refusal changes nothing');

      assert.equal((await end(way, last, last, protocol, allowed)).code, 'ok');
      assert.equal(await people.state(last), left);
    }
  });

  test(`${rpc.name} of an owner goes where another active one stays`, async () => {
    for (const protocol of way.protocols) {
      const [one, two] = [await owner(), await owner()];
      assert.equal((await end(way, one, two, protocol)).code, 'ok');
      assert.equal(await people.state(one), left);
      assert.deepEqual(await end(way, two, two, protocol), refused);
      await sql`delete from memberships where instance_id = ${instanceId} and level = 3`;
      await sql`update users set is_owner = false, rank = 0 where instance_id = ${instanceId} and rank = 3`;
    }
  });
}

test('an owner who keeps IAM_OWNER beside another role is changed; one who is off may be ended, though no other stays', async () => {
  const last = await owner();
  const roles = ['IAM_OWNER', 'IAM_LOGIN_CLIENT'];
  assert.equal(
    (await client.ask(admin.updateIAMMember, { userId: last.userId, roles }, { token: last.token, protocol: 'grpc' })).code,
    'ok',
  );
  assert.deepEqual(await client.ask(user.deactivateUser, { userId: last.userId }, { token: last.token }), refused);
  const off = await owner('inactive');
  assert.equal((await client.ask(user.deleteUser, { userId: off.userId }, { token: last.token })).code, 'ok');
});

test('keyward instance pat --owner gives access back after the last owner has gone', async () => {
  const restore = async () => (await runKeyward(cluster.database, ['instance', 'pat', '--owner'])).trim();
  let pat = await restore();
  for (const gone of ['deactivated', 'locked', 'deleted', 'demoted'] as const) {
    const [machine] = await sql<{ user_id: string }[]>`
      select u.user_id from users u join profiles p using (instance_id, user_id)
      where u.instance_id = ${instanceId} and p.machine_name = 'admin' and u.is_owner`;
    const me = { userId: machine?.user_id ?? assert.fail('no machine "admin" is an owner') };
    await sql`delete from memberships where instance_id = ${instanceId} and level = 3 and user_id <> ${me.userId}`;
    const lastOne = { token: pat, headers: allowed };
    if (gone === 'deactivated') await client.get(user.deactivateUser, me, lastOne);
    if (gone === 'locked') await client.get(user.lockUser, me, lastOne);
    if (gone === 'deleted') await client.get(user.deleteUser, me, lastOne);
    if (gone === 'demoted') await client.get(admin.removeIAMMember, me, { ...lastOne, protocol: 'grpc' });
    const without = await client.ask(user.deactivateUser, { userId: people.newId() }, { token: pat });
    assert.equal(without.code, gone === 'demoted' ? 'permission_denied' : 'unauthenticated', gone);

    const restored = await restore();
    assert.match(restored, /^pat_\S+$/, 'the token alone stands on stdout');
    const { userId } = await people.person();
    assert.equal((await client.ask(user.deactivateUser, { userId }, { token: restored })).code, 'ok');
    if (gone !== 'demoted') {
      assert.equal((await client.ask(user.getUserByID, me, { token: pat })).code, 'unauthenticated', 'what was cut stays dead');
    }
    pat = restored;
  }
});

async function rowsOf({ userId }: Person) {
  return [
    await sql`select * from users where instance_id = ${instanceId} and user_id = ${userId}`,
    await sql`select * from memberships where instance_id = ${instanceId} and user_id = ${userId}`,
    await sql`select count(*) from events where instance_id = ${instanceId}`,
  ].map((rows) => [...rows]);
}

test('keyward instance pat --owner makes no owner of a machine that only bears the name', async () => {
  await sql`delete from memberships where instance_id = ${instanceId} and level = 3`;
  await sql`update users set is_owner = false, rank = 0 where instance_id = ${instanceId} and rank = 3`;
  const named = await sql<{ user_id: string }[]>`
    select user_id from usernames where instance_id = ${instanceId} and key = 'admin'`;
  assert.equal(named.length, 1);
  await runKeyward(cluster.database, ['instance', 'pat', '--owner']);
  const [bearer] = await sql<{ is_owner: boolean }[]>`
    select is_owner from users where instance_id = ${instanceId} and user_id = ${named[0]!.user_id}`;
  assert.equal(bearer?.is_owner, false);
});
