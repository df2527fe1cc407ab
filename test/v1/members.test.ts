/** Members of the instance and of an organization through the v1 calls: what they answer, what they refuse (reference/v1-minimum.md). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { Client } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const { addIAMMember, updateIAMMember, removeIAMMember } = AdminService.method;
const { addOrgMember, updateOrgMember, removeOrgMember } = ManagementService.method;

const ask = <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, token = cluster.adminPat, headers = {}) =>
  client.ask(rpc, message, { token, headers, protocol: 'grpc' });
const said = async <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, token?: string, headers?: object) => {
  const answer = await ask(rpc, message, token, headers);
  return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
};

const levels = {
  instance: {
    add: addIAMMember,
    update: updateIAMMember,
    remove: removeIAMMember,
    role: 'IAM_OWNER_VIEWER',
    other: 'IAM_USER_MANAGER',
    foreign: 'ORG_OWNER',
    refused: {
      again: 'already_exists INSTA-pFDwe',
      'unknown user': 'failed_precondition INSTA-GSXOn',
      'foreign role': 'invalid_argument INSTANCE-4m0fS',
      'update, no member': 'not_found INSTANCE-D8JxR',
      'update, no roles': 'invalid_argument INSTANCE-LiaZi',
      'update, foreign role': 'invalid_argument INSTANCE-3m9fs',
    },
    noRoles: 'ok',
  },
  organization: {
    add: addOrgMember,
    update: updateOrgMember,
    remove: removeOrgMember,
    role: 'ORG_OWNER_VIEWER',
    other: 'ORG_USER_MANAGER',
    foreign: 'IAM_OWNER',
    refused: {
      again: 'already_exists ORG-poWwe',
      'unknown user': 'failed_precondition ORG-GoXOn',
      'foreign role': 'invalid_argument Org-4N8es',
      'update, no member': 'not_found Org-D8JxR',
      'update, no roles': 'invalid_argument Org-LiaZi',
      'update, foreign role': 'invalid_argument INST-m9fG8',
    },
    noRoles: 'invalid_argument ORG-4Mlfs',
  },
} as const;

for (const [level, { add, update, remove, role, other, foreign, refused, noRoles }] of Object.entries(levels)) {
  describe(`a member of the ${level}`, () => {
    it('is refused as the original refuses', async () => {
      const { userId } = await people.person();
      const outsider = await people.person();
      assert.equal(await said(add, { userId, roles: [role] }), 'ok');
      assert.deepEqual(
        {
          again: await said(add, { userId, roles: [role] }),
          'unknown user': await said(add, { userId: 'unknown', roles: [role] }),
          'foreign role': await said(add, { userId: outsider.userId, roles: [foreign] }),
          'update, no member': await said(update, { userId: outsider.userId, roles: [role] }),
          'update, no roles': await said(update, { userId, roles: [] }),
          'update, foreign role': await said(update, { userId, roles: [foreign] }),
        },
        refused,
      );
      assert.equal(await said(add, { userId: outsider.userId, roles: [] }), noRoles);
    });

    it('has his new roles, and loses them, with the very next call', async () => {
      const { userId, token } = await people.caller();
      const may = () => said(AdminService.method.getMyInstance, {}, token);
      const mayHere = () => said(ManagementService.method.getMyOrg, {}, token);
      const probe = level === 'instance' ? may : mayHere;
      assert.equal(await probe(), 'not_found AUTHZ-cdgFk');
      await ask(add, { userId, roles: [role] });
      assert.equal(await probe(), 'ok');
      await ask(update, { userId, roles: [other] });
      assert.equal(await may(), 'permission_denied AUTH-5mWD2');
      assert.equal(await mayHere(), 'ok');
      await ask(remove, { userId });
      assert.equal(await probe(), 'not_found AUTHZ-cdgFk');
    });

    it('who is removed twice is no error, and who is updated to what he has is not changed', async () => {
      const { userId } = await people.person();
      assert.equal(await said(add, { userId, roles: [role] }), 'ok');
      const log = async () =>
        [...(await cluster.sql`select type from events where payload->>'userId' = ${userId} order by position`)].map(({ type }) => type);
      const prefix = level === 'instance' ? 'instance' : 'org';
      assert.equal(await said(update, { userId, roles: [role] }), 'ok');
      assert.deepEqual(await log(), [`${prefix}.member.added`]);
      assert.equal(await said(remove, { userId }), 'ok');
      const again = await ask(remove, { userId });
      assert.ok(again.code === 'ok' && again.message.details === undefined);
      assert.deepEqual(await log(), [`${prefix}.member.added`, `${prefix}.member.removed`]);
    });
  });
}

describe('the v1 calls of an organization', () => {
  it('know no user of another one, whoever asks', async () => {
    const orgId = await people.org();
    const { userId } = await people.person({ orgId });
    const { token } = await people.caller({ orgRoles: { [cluster.orgId]: ['ORG_OWNER'] } });
    const { addPersonalAccessToken } = ManagementService.method;
    assert.equal(await said(addPersonalAccessToken, { userId }, token), 'failed_precondition COMMAND-Dggw2');
    assert.equal(await said(addPersonalAccessToken, { userId }), 'failed_precondition COMMAND-Dggw2');
    assert.equal(await said(addPersonalAccessToken, { userId }, cluster.adminPat, { 'x-zitadel-orgid': orgId }), 'ok');
  });
});
