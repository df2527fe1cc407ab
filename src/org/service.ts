/** zitadel.org.v2.OrganizationService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { OrganizationService } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { addOrganization } from './create.ts';
import { addDomain, listDomains, removeDomain } from './domains.ts';
import { errors } from './errors.ts';
import { listOrganizations } from './list.ts';

export const organizationService: Implementation<typeof OrganizationService> = {
  async addOrganization({ name, admins, organizationId, orgId }, call) {
    if (admins.length > 0) throw new Failure(errors.adminsNotServed);
    const made = await addOrganization(call, { name, orgId: organizationId ?? orgId });
    const moment = timestampFromPg(made.at);
    return {
      details: { sequence: made.sequence, changeDate: moment, resourceOwner: made.orgId, creationDate: moment },
      organizationId: made.orgId,
    };
  },

  async listOrganizations(request, call) {
    const { total, at, rows } = await listOrganizations(call, request);
    return {
      details: { totalResult: BigInt(total), timestamp: timestampFromPg(at) },
      sortingColumn: request.sortingColumn,
      result: rows.map((row) => ({
        id: row.org_id,
        details: {
          sequence: row.sequence,
          changeDate: timestampFromPg(row.changed_at),
          resourceOwner: row.org_id,
          creationDate: timestampFromPg(row.created_at),
        },
        state: row.state,
        name: row.name,
        primaryDomain: row.primary_domain,
      })),
    };
  },

  addOrganizationDomain: async ({ organizationId, domain }, call) => ({
    creationDate: timestampFromPg(await addDomain(call, organizationId, domain)),
  }),
  deleteOrganizationDomain: async ({ organizationId, domain }, call) => ({
    deletionDate: timestampFromPg(await removeDomain(call, organizationId, domain)),
  }),

  async listOrganizationDomains(request, call) {
    const { total, rows } = await listDomains(call, request);
    return {
      // As on the original the limit is told as it was asked for.
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(request.pagination?.limit ?? 0) },
      domains: rows.map((row) => ({
        organizationId: row.org_id,
        domain: row.domain,
        isVerified: row.is_verified,
        isPrimary: row.is_primary,
      })),
    };
  },
};
