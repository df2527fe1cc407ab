/** zitadel.org.v2.OrganizationService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { OrganizationService } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { NEVER, timestampFromPg } from '../time/timestamp.ts';
import { addOrganization } from './create.ts';
import { addDomain, listDomains, removeDomain } from './domains.ts';
import { listOrganizations } from './list.ts';
import { listMetadata, removeMetadata, setMetadata } from './metadata.ts';
import { deleteOrganization } from './remove.ts';
import { renameOrganization } from './rename.ts';
import { activateOrganization, deactivateOrganization } from './state.ts';
import { beginValidation, type ValidationType, verifyDomain } from './validation.ts';

export const organizationService: Implementation<typeof OrganizationService> = {
  async addOrganization({ name, admins, organizationId, orgId }, call) {
    const made = await addOrganization(call, { name, admins, orgId: organizationId ?? orgId });
    const moment = timestampFromPg(made.at);
    return {
      details: { sequence: made.sequence, changeDate: moment, resourceOwner: made.orgId, creationDate: moment },
      organizationId: made.orgId,
      createdAdmins: made.created.map(({ userId, emailCode, phoneCode }) => ({
        userId,
        ...(emailCode !== undefined && { emailCode }),
        ...(phoneCode !== undefined && { phoneCode }),
      })),
    };
  },

  updateOrganization: async ({ organizationId, name }, call) => ({
    changeDate: timestampFromPg(await renameOrganization(call, organizationId, name)),
  }),
  deactivateOrganization: async ({ organizationId }, call) => ({
    changeDate: timestampFromPg(await deactivateOrganization(call, organizationId)),
  }),
  activateOrganization: async ({ organizationId }, call) => ({
    changeDate: timestampFromPg(await activateOrganization(call, organizationId)),
  }),
  async deleteOrganization({ organizationId }, call) {
    const at = await deleteOrganization(call, organizationId);
    return { deletionDate: at === undefined ? NEVER : timestampFromPg(at) };
  },

  async listOrganizations(request, call) {
    const { total, at, rows } = await listOrganizations(call, request);
    return {
      details: { totalResult: BigInt(total), timestamp: timestampFromPg(at) },
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

  generateOrganizationDomainValidation: async ({ organizationId, domain, type }, call) =>
    beginValidation(call, organizationId, domain, type as ValidationType), // validation has refused all other numbers
  verifyOrganizationDomain: async ({ organizationId, domain }, call) => ({
    changeDate: timestampFromPg(await verifyDomain(call, organizationId, domain)),
  }),

  async listOrganizationDomains(request, call) {
    const { total, rows } = await listDomains(call, request);
    return {
      pagination: pageOf(total, request),
      domains: rows.map((row) => ({
        organizationId: row.org_id,
        domain: row.domain,
        isVerified: row.is_verified,
        isPrimary: row.is_primary,
        validationType: row.validation_type ?? 0,
      })),
    };
  },

  setOrganizationMetadata: async ({ organizationId, metadata }, call) => ({
    setDate: timestampFromPg(await setMetadata(call, organizationId, metadata)),
  }),
  deleteOrganizationMetadata: async ({ organizationId, keys }, call) => ({
    deletionDate: timestampFromPg(await removeMetadata(call, organizationId, keys)),
  }),
  async listOrganizationMetadata(request, call) {
    const { total, rows } = await listMetadata(call, request);
    return {
      pagination: pageOf(total, request),
      metadata: rows.map((row) => ({
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        key: row.key,
        value: row.value,
      })),
    };
  },
};

/** As on the original the limit is told as it was asked for. */
const pageOf = (total: number, { pagination }: { readonly pagination?: { readonly limit: number } | undefined }) => ({
  totalResult: BigInt(total),
  appliedLimit: BigInt(pagination?.limit ?? 0),
});
