/** The instance calls of zitadel.admin.v1: message in, message out. */
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import type { State } from '@zitadel/proto/zitadel/instance_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Implementation, OpenCall } from '../access/call.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { currentInstance } from './current.ts';

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
