/** `@zitadel/node` as it comes from npm (the v1 services, on nice-grpc): the calls on members. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAccessTokenInterceptor, createAdminClient, createManagementClient } from '@zitadel/node/dist/api/index.js';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const levels = {
  instance: {
    role: 'IAM_OWNER_VIEWER',
    otherRole: 'IAM_USER_MANAGER',
    client: (token: string) => {
      const client = createAdminClient(keyward.url, createAccessTokenInterceptor(token));
      return { add: client.addIAMMember, update: client.updateIAMMember, remove: client.removeIAMMember };
    },
    exists: 'Errors.Instance.Member.AlreadyExists (INSTA-pFDwe)',
  },
  organization: {
    role: 'ORG_OWNER_VIEWER',
    otherRole: 'ORG_USER_MANAGER',
    client: (token: string) => {
      const client = createManagementClient(keyward.url, createAccessTokenInterceptor(token));
      return { add: client.addOrgMember, update: client.updateOrgMember, remove: client.removeOrgMember };
    },
    exists: 'Errors.Org.Member.AlreadyExists (ORG-poWwe)',
  },
};

for (const [level, { role, otherRole, client, exists }] of Object.entries(levels))
  describe(`@zitadel/node, members of the ${level}`, () => {
    const owner = client(keyward.owner);

    it('adds, changes and removes one', async () => {
      const userId = await keyward.newUser();
      const { details: added } = await owner.add({ userId, roles: [role] });
      assert.ok(added?.creationDate && !added.changeDate);
      const { details: changed } = await owner.update({ userId, roles: [otherRole] });
      assert.ok(changed?.changeDate && changed.sequence.gt(added.sequence));
      const { details: removed } = await owner.remove({ userId });
      assert.ok(removed?.changeDate && removed.sequence.gt(changed.sequence));
      assert.equal(removed.resourceOwner, added.resourceOwner);
    });

    it('reads that one is a member already', async () => {
      const userId = await keyward.newUser();
      await owner.add({ userId, roles: [role] });
      await assert.rejects(owner.add({ userId, roles: [role] }), { code: 6, details: exists });
    });

    it('is refused with a wrong token, and without a role', async () => {
      const userId = await keyward.newUser();
      await assert.rejects(client('wrong').add({ userId, roles: [role] }), { code: 16, details: 'Errors.Token.Invalid (AUTH-7fs1e)' });
      await assert.rejects(client(keyward.stranger).add({ userId, roles: [role] }), {
        code: 5,
        details: 'membership not found (AUTHZ-cdgFk)',
      });
    });
  });
