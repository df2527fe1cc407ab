/** The member calls of zitadel.admin.v1 and zitadel.management.v1: message in, message out. */
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Call, Implementation } from '../access/call.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { addMember, type Member, type MemberDone, removeMember, updateMember } from './member.ts';

export const adminMembers: Implementation<typeof AdminService> = {
  addIAMMember: async ({ userId, roles }, call) => ({ details: added(await addMember(call, ofInstance(call, userId), roles)) }),
  updateIAMMember: async ({ userId, roles }, call) => ({ details: changed(await updateMember(call, ofInstance(call, userId), roles)) }),
  removeIAMMember: async ({ userId }, call) => removed(await removeMember(call, ofInstance(call, userId))),
};

export const managementMembers: Implementation<typeof ManagementService> = {
  addOrgMember: async ({ userId, roles }, call) => ({ details: added(await addMember(call, ofOrganization(call, userId), roles)) }),
  updateOrgMember: async ({ userId, roles }, call) => ({ details: changed(await updateMember(call, ofOrganization(call, userId), roles)) }),
  removeOrgMember: async ({ userId }, call) => removed(await removeMember(call, ofOrganization(call, userId))),
  addProjectMember: async ({ roles, ...named }, call) => ({ details: added(await addMember(call, ofProject(call, named), roles)) }),
  updateProjectMember: async ({ roles, ...named }, call) => ({ details: changed(await updateMember(call, ofProject(call, named), roles)) }),
  removeProjectMember: async (named, call) => removed(await removeMember(call, ofProject(call, named))),
};

const ofInstance = (call: Call, userId: string): Member => ({ level: 'instance', objectId: call.instance.id, userId });
const ofOrganization = (call: Call, userId: string): Member => ({ level: 'organization', objectId: call.orgId, userId });
const ofProject = (call: Call, { projectId, userId }: { projectId: string; userId: string }): Member => ({
  level: 'project',
  objectId: projectId,
  userId,
  orgId: call.orgId,
});

/** In v1 adding calls tell the date of creation, changes and removals that of the change (reference/v1-minimum.md). */
const added = ({ sequence, owner, at }: MemberDone) => ({ sequence, resourceOwner: owner, creationDate: timestampFromPg(at) });
const changed = ({ sequence, owner, at }: MemberDone) => ({ sequence, resourceOwner: owner, changeDate: timestampFromPg(at) });
const removed = (done: MemberDone | undefined) => (done ? { details: changed(done) } : {});
