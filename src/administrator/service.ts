/** zitadel.internal_permission.v2.InternalPermissionService: message in, message out. The members are those of v1. */
import type { Call, Implementation } from '../access/call.ts';
import { demand, demandInstance, projectReachOrDeny } from '../access/permission.ts';
import type { ResourceType } from '../contract/gen/zitadel/internal_permission/v2/internal_permission_pb.js';
import type { InternalPermissionService } from '../contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { listMembers, type MemberRow } from '../member/list.ts';
import { addMember, isOfOwnUser, type Member, removeMember, STORED, updateMember } from '../member/member.ts';
import { loadProject, withinProject } from '../project/project.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { errors } from './errors.ts';

export const internalPermissionService: Implementation<typeof InternalPermissionService> = {
  async createAdministrator({ userId, resource, roles }, call) {
    const { at } = await addMember(call, await memberOf(call, userId, resource, 'write'), roles);
    return { creationDate: timestampFromPg(at) };
  },

  async updateAdministrator({ userId, resource, roles }, call) {
    const { at } = await updateMember(call, await memberOf(call, userId, resource, 'write'), roles);
    return { changeDate: timestampFromPg(at) };
  },

  async deleteAdministrator({ userId, resource }, call) {
    const own = foreign(userId, resource);
    const member = own && (await isOfOwnUser(call, own)) ? own : await memberOf(call, userId, resource, 'delete');
    const done = await removeMember(call, member);
    return done ? { deletionDate: timestampFromPg(done.at) } : {};
  },

  async listAdministrators(request, call) {
    const { total, limit, rows } = await listMembers(call, request);
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      administrators: rows.map((row) => ({
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        user: {
          id: row.user_id,
          preferredLoginName: row.login_name,
          displayName: row.display_name ?? '',
          organizationId: row.user_org_id,
        },
        resource: resourceOf(row),
        roles: row.roles,
      })),
    };
  },
};

function resourceOf({ level, object_id: id, object_name, project_org_id }: MemberRow) {
  const name = object_name ?? '';
  switch (level) {
    case STORED.instance:
      return { case: 'instance', value: true } as const;
    case STORED.organization:
      return { case: 'organization', value: { id, name } } as const;
    case STORED.project:
      return { case: 'project', value: { id, name, organizationId: project_org_id ?? '' } } as const;
  }
}

/** What may be of another organization than the user. */
function foreign(userId: string, given: ResourceType | undefined): Member | undefined {
  const resource = given?.resource;
  if (resource?.case === 'organizationId') return { level: 'organization', objectId: resource.value, userId };
  return resource?.case === 'projectId' ? { level: 'project', objectId: resource.value, userId } : undefined;
}

/** Of what the user is a member, for who may say so (reference/org-and-settings.md 11). */
async function memberOf(call: Call, userId: string, given: ResourceType | undefined, verb: 'write' | 'delete'): Promise<Member> {
  const resource = given?.resource;
  switch (resource?.case) {
    case 'instance':
      demandInstance(call.caller, `iam.member.${verb}`);
      return { level: 'instance', objectId: call.instance.id, userId };
    case 'organizationId':
      demand(call.caller, `org.member.${verb}`, resource.value);
      return { level: 'organization', objectId: resource.value, userId };
    case 'projectId':
      await demandOnProject(call, `project.member.${verb}`, resource.value);
      return { level: 'project', objectId: resource.value, userId };
    default:
      throw new Failure(errors.grantsNotServed);
  }
}

async function demandOnProject(call: Call, permission: string, projectId: string): Promise<void> {
  const where = projectReachOrDeny(call.caller, permission);
  const project = await loadProject(call, projectId);
  if (!project) throw new Failure(errors.projectNotFound);
  withinProject(call, where, project, permission);
}
