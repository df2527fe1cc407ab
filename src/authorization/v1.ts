/** The user grant calls of zitadel.management.v1: message in, message out. They mean the organization of the call. */
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation } from '../access/call.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { createAuthorization } from './create.ts';
import { readAuthorization } from './read.ts';

export const managementUserGrants: Implementation<typeof ManagementService> = {
  async addUserGrant({ userId, projectId, projectGrantId, roleKeys }, call) {
    const made = await createAuthorization(call, {
      userId,
      projectId,
      projectGrantId: projectGrantId || undefined,
      orgId: call.orgId,
      roleKeys,
    });
    return {
      userGrantId: made.grantId,
      details: { sequence: made.sequence, creationDate: timestampFromPg(made.at), resourceOwner: made.owner },
    };
  },

  async getUserGrantByID({ userId, grantId }, call) {
    const grant = await readAuthorization(call, userId, grantId, call.orgId);
    return {
      userGrant: {
        id: grant.grant_id,
        details: {
          sequence: grant.sequence,
          creationDate: timestampFromPg(grant.created_at),
          changeDate: timestampFromPg(grant.changed_at),
          resourceOwner: grant.org_id,
        },
        roleKeys: grant.role_keys,
        state: grant.state, // the numbers of v1 are those that are stored
        userId: grant.user_id,
        userName: grant.username,
        preferredLoginName: grant.login_name,
        userType: grant.kind,
        firstName: grant.first_name ?? '',
        lastName: grant.last_name ?? '',
        displayName: grant.display_name ?? '',
        email: grant.email ?? '',
        orgId: grant.org_id,
        orgName: grant.org_name,
        orgDomain: grant.org_domain ?? '',
        projectId: grant.project_id,
        projectName: grant.project_name,
        projectGrantId: grant.project_grant_id ?? '',
        grantedOrgId: grant.user_org_id,
        grantedOrgName: grant.user_org_name,
        grantedOrgDomain: grant.user_org_domain ?? '',
      },
    };
  },
};
