/** zitadel.org.v2.OrganizationService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { OrganizationService } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { addOrganization } from './create.ts';
import { errors } from './errors.ts';
import { listOrganizations } from './list.ts';

export const organizationService: Implementation<typeof OrganizationService> = {
  async addOrganization({ name, admins, organizationId, orgId }, call) {
    if (admins.length > 0) throw new Failure(errors.adminsNotServed);
    const made = await addOrganization(call, { name, orgId: organizationId ?? orgId });
    const moment = timestampFromPg(made.at);
    return { details: { sequence: made.sequence, changeDate: moment, resourceOwner: made.orgId, creationDate: moment }, organizationId: made.orgId };
  },

  async listOrganizations(request, call) {
    const { total, at, rows } = await listOrganizations(call, request);
    return {
      details: { totalResult: BigInt(total), timestamp: timestampFromPg(at) },
      sortingColumn: request.sortingColumn,
      result: rows.map((row) => ({
        id: row.org_id,
        details: { sequence: row.sequence, changeDate: timestampFromPg(row.changed_at), resourceOwner: row.org_id, creationDate: timestampFromPg(row.created_at) },
        state: row.state,
        name: row.name,
        primaryDomain: row.primary_domain,
      })),
    };
  },
};
