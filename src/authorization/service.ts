/** zitadel.authorization.v2.AuthorizationService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { AuthorizationService } from '../contract/gen/zitadel/authorization/v2/authorization_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { createAuthorization } from './create.ts';

export const authorizationService: Implementation<typeof AuthorizationService> = {
  async createAuthorization({ userId, projectId, organizationId, roleKeys }, call) {
    const made = await createAuthorization(call, { userId, projectId, projectGrantId: undefined, orgId: organizationId, roleKeys });
    return { id: made.grantId, creationDate: timestampFromPg(made.at) };
  },
};
