/** zitadel.project.v2.ProjectService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import { demand } from '../access/permission.ts';
import type { ProjectService } from '../contract/gen/zitadel/project/v2/project_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { createProject } from './create.ts';
import { errors } from './errors.ts';
import { addGrant } from './grant.ts';
import { listGrants } from './grant-list.ts';
import { listProjects } from './list.ts';
import type { Project } from './project.ts';
import { readProject } from './read.ts';
import { addRoles } from './role.ts';
import { listRoles } from './role-list.ts';
import { activateProject, deactivateProject, deleteProject, updateProject } from './state.ts';

export const projectService: Implementation<typeof ProjectService> = {
  async createProject({ organizationId: orgId, projectId, name, ...flags }, call) {
    if (orgId === '') throw new Failure(errors.ownerMissing);
    demand(call.caller, 'project.create', orgId);
    const made = await createProject(call, {
      projectId,
      orgId,
      name,
      role_assertion: flags.projectRoleAssertion,
      role_check: flags.authorizationRequired,
      project_check: flags.projectAccessRequired,
      private_labeling: flags.privateLabelingSetting,
    });
    return { projectId: made.projectId, creationDate: timestampFromPg(made.at) };
  },

  getProject: async ({ projectId }, call) => ({ project: projectMessage(await readProject(call, projectId)) }),

  async listProjects(request, call) {
    const { total, limit, rows } = await listProjects(call, request);
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      projects: rows.map((row) => ({
        ...projectMessage(row),
        ...(row.granted_org_id !== null && {
          grantedOrganizationId: row.granted_org_id,
          grantedOrganizationName: row.granted_org_name ?? '',
          grantedState: row.granted_state ?? 0,
        }),
      })),
    };
  },

  async updateProject({ projectId, name, ...flags }, call) {
    const done = await updateProject(call, projectId, undefined, {
      ...(name !== undefined && { name }),
      ...(flags.projectRoleAssertion !== undefined && { role_assertion: flags.projectRoleAssertion }),
      ...(flags.authorizationRequired !== undefined && { role_check: flags.authorizationRequired }),
      ...(flags.projectAccessRequired !== undefined && { project_check: flags.projectAccessRequired }),
      ...(flags.privateLabelingSetting !== undefined && { private_labeling: flags.privateLabelingSetting }),
    });
    return { changeDate: timestampFromPg(done.at) };
  },

  deactivateProject: async ({ projectId }, call) => ({ changeDate: timestampFromPg((await deactivateProject(call, projectId)).at) }),
  activateProject: async ({ projectId }, call) => ({ changeDate: timestampFromPg((await activateProject(call, projectId)).at) }),

  async deleteProject({ projectId }, call) {
    const at = await deleteProject(call, projectId);
    return at === undefined ? {} : { deletionDate: timestampFromPg(at) };
  },

  async addProjectRole({ projectId, roleKey, displayName, group }, call) {
    const { at } = await addRoles(call, projectId, undefined, [{ key: roleKey, displayName, group: group ?? '' }]);
    return { ...(at !== undefined && { creationDate: timestampFromPg(at) }) };
  },

  async listProjectRoles(request, call) {
    const { total, limit, rows } = await listRoles(call, request);
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      projectRoles: rows.map((row) => ({
        projectId: request.projectId,
        key: row.key,
        displayName: row.display_name,
        group: row.group_name,
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
      })),
    };
  },

  createProjectGrant: async ({ projectId, grantedOrganizationId, roleKeys }, call) => ({
    creationDate: timestampFromPg((await addGrant(call, { projectId, grantedOrgId: grantedOrganizationId, roleKeys })).at),
  }),

  async listProjectGrants(request, call) {
    const { total, limit, rows } = await listGrants(call, request);
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      projectGrants: rows.map((row) => ({
        organizationId: row.org_id,
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        grantedOrganizationId: row.granted_org_id,
        grantedOrganizationName: row.granted_org_name,
        grantedRoleKeys: row.role_keys,
        projectId: row.project_id,
        projectName: row.project_name,
        state: row.state,
      })),
    };
  },
};

function projectMessage(project: Project) {
  return {
    projectId: project.project_id,
    organizationId: project.org_id,
    creationDate: timestampFromPg(project.created_at),
    changeDate: timestampFromPg(project.changed_at),
    name: project.name,
    state: project.state, // the numbers of the API are those that are stored
    projectRoleAssertion: project.role_assertion,
    authorizationRequired: project.role_check,
    projectAccessRequired: project.project_check,
    privateLabelingSetting: project.private_labeling,
  };
}
