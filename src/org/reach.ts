/** Who may change an organization: decided before anything of it is looked at (DESIGN.md 8). */
import type { Call } from '../access/call.ts';
import { covers, denied, reachOrDeny } from '../access/permission.ts';
import type { Log } from '../store/events.ts';

/** Refuses one who does not hold the permission there; alike where there is no such organization, unless he holds it on all. */
export function demandOrg(call: Call, permission: 'org.write' | 'org.delete', orgId: string): void {
  if (!covers(reachOrDeny(call.caller, permission), orgId)) throw denied(call.caller, permission, orgId);
}

export function logOf(call: Call, aggregateType: Log['aggregateType'] = 'org'): Log {
  return { aggregateType, editor: call.caller.userId, via: call.method.path };
}
