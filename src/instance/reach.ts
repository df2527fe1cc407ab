/** Who may read or write an instance: its own members by `iam.…`, system users also by `system.instance.…` (reference/org-and-settings.md 4). */
import type { Call } from '../access/call.ts';
import { demandInstance, reach } from '../access/permission.ts';

export function demandInstancePermission(call: Call, what: 'read' | 'write'): void {
  if (reach(call.caller, `system.instance.${what}`).instance) return;
  demandInstance(call.caller, `iam.${what}`);
}
