/** zitadel.system.v1.SystemService: message in, message out. */
import type { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import type { Implementation, SystemCall } from '../access/call.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { addInstance } from './create.ts';

export const systemService: Implementation<typeof SystemService, SystemCall> = {
  async createInstance(request, call) {
    const { instanceId, orgId, pat, machineKey, sequence, at } = await addInstance(call, request);
    // As on the original the details are those of the default organization.
    return { instanceId, details: { sequence, creationDate: timestampFromPg(at), resourceOwner: orgId }, pat, machineKey };
  },
};
