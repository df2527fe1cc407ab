/** zitadel.instance.v2.InstanceService, and the instance calls of zitadel.admin.v1: message in, message out. */
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import type { State } from '@zitadel/proto/zitadel/instance_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation, OpenCall, SystemCall } from '../access/call.ts';
import type { InstanceService } from '../contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { type CurrentDomain, type CurrentInstance, currentInstance } from './current.ts';
import { addCustomDomain, listCustomDomains, removeCustomDomain } from './domains.ts';
import { listAllInstances } from './list.ts';
import { demandInstancePermission } from './reach.ts';
import { deleteInstance } from './remove.ts';
import { renameInstance } from './rename.ts';
import { addTrustedDomain, listTrustedDomains, removeTrustedDomain } from './trusted.ts';

/** What is done in the instance that a call names: by its members, and by system users. */
export const instanceService = (version: string): Implementation<typeof InstanceService> => ({
  async getInstance(_, call) {
    demandInstancePermission(call, 'read');
    return { instance: instanceMessage(await currentInstance(call), version) };
  },
  updateInstance: async ({ instanceName }, call) => ({ changeDate: timestampFromPg(await renameInstance(call, instanceName)) }),

  async listCustomDomains(request, call) {
    const { total, rows } = await listCustomDomains(call, request);
    return { pagination: pageOf(total, request), domains: rows.map((row) => domainMessage(call.instance.id, row)) };
  },

  addTrustedDomain: async ({ trustedDomain }, call) => ({ creationDate: timestampFromPg(await addTrustedDomain(call, trustedDomain)) }),
  removeTrustedDomain: async ({ trustedDomain }, call) => deleted(await removeTrustedDomain(call, trustedDomain)),
  async listTrustedDomains(request, call) {
    const { total, rows } = await listTrustedDomains(call, request);
    return {
      pagination: pageOf(total, request),
      trustedDomain: rows.map(({ domain, created_at }) => ({
        instanceId: call.instance.id,
        domain,
        creationDate: timestampFromPg(created_at),
      })),
    };
  },
});

/** What is done to instances from outside: by system users alone. */
export const instancesOfSystem = (version: string): Implementation<typeof InstanceService, SystemCall> => ({
  async listInstances(request, call) {
    const { total, rows } = await listAllInstances(call, request);
    return { pagination: pageOf(total, request), instances: rows.map((row) => instanceMessage(row, version)) };
  },
  deleteInstance: async ({ instanceId }, call) => deleted(await deleteInstance(call, instanceId)),
  addCustomDomain: async ({ instanceId, customDomain }, call) => ({
    creationDate: timestampFromPg(await addCustomDomain(call, instanceId, customDomain)),
  }),
  removeCustomDomain: async ({ instanceId, customDomain }, call) => deleted(await removeCustomDomain(call, instanceId, customDomain)),
});

/** As on the original its state is not told. */
function instanceMessage({ id, name, createdAt, changedAt, domains }: CurrentInstance, version: string) {
  return {
    id,
    name,
    version,
    creationDate: timestampFromPg(createdAt),
    changeDate: timestampFromPg(changedAt),
    customDomains: domains.map((domain) => domainMessage(id, domain)),
  };
}

const domainMessage = (instanceId: string, { domain, isPrimary, isGenerated, createdAt }: CurrentDomain) => ({
  instanceId,
  domain,
  primary: isPrimary,
  generated: isGenerated,
  creationDate: timestampFromPg(createdAt),
});

/** What was not there has no date. */
const deleted = (at: string | undefined) => (at === undefined ? {} : { deletionDate: timestampFromPg(at) });

/** As on the original the limit is told as it was asked for. */
const pageOf = (total: number, { pagination }: { readonly pagination?: { readonly limit: number } | undefined }) => ({
  totalResult: BigInt(total),
  appliedLimit: BigInt(pagination?.limit ?? 0),
});

/** `version`: of the program, which the original tells too. */
export const adminInstance = (version: string): Implementation<typeof AdminService> => ({
  async getMyInstance(_, call) {
    const { id, name, sequence, createdAt, changedAt, domains } = await currentInstance(call);
    const details = (created: string, changed: string) => ({
      sequence,
      creationDate: timestampFromPg(created),
      changeDate: timestampFromPg(changed),
      resourceOwner: id,
    });
    return {
      instance: {
        id,
        details: details(createdAt, changedAt),
        state: RUNNING,
        name,
        version,
        domains: domains.map(({ domain, isPrimary, isGenerated, createdAt: added }) => ({
          details: details(added, added),
          domain,
          primary: isPrimary,
          generated: isGenerated,
        })),
      },
    };
  },
});

/** Whoever is answered is answered by a running instance. */
const RUNNING: State.RUNNING = 2;

/** Healthz of the three v1 services of an instance: the host leads to one that runs. */
const healthz = { healthz: async () => ({}) };

export const adminHealth: Implementation<typeof AdminService, OpenCall> = healthz;
export const authHealth: Implementation<typeof AuthService, OpenCall> = healthz;
export const managementHealth: Implementation<typeof ManagementService, OpenCall> = healthz;
