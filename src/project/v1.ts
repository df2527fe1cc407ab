/** The project calls of zitadel.management.v1: message in, message out. Projects of other organizations than that of the call do not exist there. */
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation } from '../access/call.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { createProject } from './create.ts';
import { addGrant } from './grant.ts';
import type { ProjectChanged } from './project.ts';
import { readProject } from './read.ts';
import { addRoles } from './role.ts';
import { activateProject, deactivateProject, removeProject, updateProject } from './state.ts';

export const managementProjects: Implementation<typeof ManagementService> = {
  async addProject({ name, ...flags }, call) {
    const made = await createProject(call, { projectId: undefined, orgId: call.orgId, name, ...columnsOf(flags) });
    return { id: made.projectId, details: added({ ...made, owner: call.orgId }) };
  },

  async getProjectByID({ id }, call) {
    const project = await readProject(call, id, call.orgId);
    return {
      project: {
        id: project.project_id,
        details: {
          sequence: project.changed_sequence,
          creationDate: timestampFromPg(project.created_at),
          changeDate: timestampFromPg(project.changed_at),
          resourceOwner: project.org_id,
        },
        name: project.name,
        state: project.state, // the numbers of v1 are those that are stored
        projectRoleAssertion: project.role_assertion,
        projectRoleCheck: project.role_check,
        hasProjectCheck: project.project_check,
        privateLabelingSetting: project.private_labeling,
      },
    };
  },

  updateProject: async ({ id, name, ...flags }, call) => ({
    details: changed(await updateProject(call, id, call.orgId, { name, ...columnsOf(flags) })),
  }),
  deactivateProject: async ({ id }, call) => ({ details: changed(await deactivateProject(call, id, call.orgId)) }),
  reactivateProject: async ({ id }, call) => ({ details: changed(await activateProject(call, id, call.orgId)) }),
  removeProject: async ({ id }, call) => ({ details: changed(await removeProject(call, id, call.orgId)) }),

  async addProjectRole({ projectId, roleKey, displayName, group }, call) {
    const { owner, sequence, at } = await addRoles(call, projectId, call.orgId, [{ key: roleKey, displayName, group }]);
    return { details: { resourceOwner: owner, ...(sequence !== undefined && at !== undefined && added({ owner, sequence, at })) } };
  },
  // As on the original this one tells the owner alone.
  bulkAddProjectRoles: async ({ projectId, roles }, call) => ({
    details: { resourceOwner: (await addRoles(call, projectId, call.orgId, roles.map(roleOf))).owner },
  }),

  async addProjectGrant({ projectId, grantedOrgId, roleKeys }, call) {
    const done = await addGrant(call, { projectId, grantedOrgId, roleKeys }, call.orgId);
    return { grantId: done.grantId, details: added(done) };
  },
};

interface Flags {
  readonly projectRoleAssertion: boolean;
  readonly projectRoleCheck: boolean;
  readonly hasProjectCheck: boolean;
  readonly privateLabelingSetting: 0 | 1 | 2;
}

function columnsOf({ projectRoleAssertion, projectRoleCheck, hasProjectCheck, privateLabelingSetting }: Flags) {
  return {
    role_assertion: projectRoleAssertion,
    role_check: projectRoleCheck,
    project_check: hasProjectCheck,
    private_labeling: privateLabelingSetting,
  };
}

const roleOf = ({ key, displayName, group }: { key: string; displayName: string; group: string }) => ({ key, displayName, group });

/** In v1 adding calls tell the date of creation, changes and removals that of the change (reference/v1-minimum.md). */
const added = ({ sequence, owner, at }: ProjectChanged) => ({ sequence, resourceOwner: owner, creationDate: timestampFromPg(at) });
const changed = ({ sequence, owner, at }: ProjectChanged) => ({ sequence, resourceOwner: owner, changeDate: timestampFromPg(at) });
