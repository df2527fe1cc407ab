/** The operator's way back into an instance touches that one alone, also where another has users and organizations of the same ids and names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { ownerPat } from '../../src/instance/operate.ts';
import { draw, tenantRows } from './crowd.ts';
import { Inside } from './inside.ts';

const inside = await Inside.start();
const { sql, store } = inside.database;

for (const state of ['active', 'inactive', 'removed'] as const) {
  test(`a way back in, where the owner is ${state}`, async () => {
    const other = await inside.tenant(`other.${state}.example`);
    const mine = await inside.tenant(`mine.${state}.example`);
    const { instanceId } = mine;
    const [admin] = await sql<{ user_id: string }[]>`
      select user_id from users u join profiles p using (instance_id, user_id) where instance_id = ${instanceId} and username = 'admin'`;
    // The other tenant has an "admin" of the same id, who is no owner, in an organization of the same id, and both are switched off.
    await sql`update profiles set username = 'root', username_key = 'root' where instance_id = ${other.instanceId} and username = 'admin'`;
    await sql`insert into orgs (instance_id, org_id, name, state, sequence) values (${other.instanceId}, ${mine.orgId}, 'Equal', 2, 0)`;
    await draw(sql, [{ userId: admin!.user_id, instanceId: other.instanceId, orgId: mine.orgId, kind: 'machine', has: ['inactive'] }]);
    await sql`update profiles set username = 'admin', username_key = 'admin' where instance_id = ${other.instanceId} and user_id = ${admin!.user_id}`;
    if (state === 'inactive') {
      await sql`update users set state = 2, is_owner = false, rank = 0 where instance_id = ${instanceId} and user_id = ${admin!.user_id}`;
      await sql`delete from memberships where instance_id = ${instanceId} and user_id = ${admin!.user_id}`;
    }
    if (state === 'removed') await sql`delete from users where instance_id = ${instanceId} and user_id = ${admin!.user_id}`;
    const before = await tenantRows(sql, other.instanceId);
    await sql.begin(async (holder) => {
      // Nor does it wait for the other.
      for (const table of ['instances', 'orgs', 'users', 'memberships'])
        await holder`select from ${holder(table)} where instance_id = ${other.instanceId} for update`;
      const { pat } = await ownerPat(store, instanceId);
      const answer = await inside.ask(AuthService.method.getMyUser, {}, { at: mine, token: pat });
      assert.equal(answer.code, 'ok');
    });
    assert.deepEqual(await tenantRows(sql, other.instanceId), before);
  });
}
