/** zitadel.authorization.v2.AuthorizationService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { AuthorizationService } from '../contract/gen/zitadel/authorization/v2/authorization_service_pb.js';
import { NEVER, timestampFromPg } from '../time/timestamp.ts';
import { createAuthorization } from './create.ts';
import { listAuthorizations } from './list.ts';
import { removeAuthorization } from './remove.ts';

export const authorizationService: Implementation<typeof AuthorizationService> = {
  async createAuthorization({ userId, projectId, organizationId, roleKeys }, call) {
    const made = await createAuthorization(call, { userId, projectId, projectGrantId: undefined, orgId: organizationId, roleKeys });
    return { id: made.grantId, creationDate: timestampFromPg(made.at) };
  },

  async deleteAuthorization({ id }, call) {
    const at = await removeAuthorization(call, id);
    return { deletionDate: at === undefined ? NEVER : timestampFromPg(at) };
  },

  async listAuthorizations(request, call) {
    const { total, limit, rows } = await listAuthorizations(call, request);
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      authorizations: rows.map((row) => ({
        id: row.grant_id,
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        project: { id: row.project_id, name: row.project_name, organizationId: row.project_org_id },
        organization: { id: row.org_id, name: row.org_name },
        user: {
          id: row.user_id,
          preferredLoginName: row.login_name,
          displayName: row.display_name ?? '',
          organizationId: row.user_org_id,
        },
        state: row.state, // the numbers of the API are those that are stored
        roles: row.roles.map((role) => ({ ...role })),
      })),
    };
  },
};
