/**
 * The gate that every door passes (docs/architecture.md, "Doors"): instance running, organization active, user enabled, credential still
 * bound to the epochs of all three. One SQL condition inside the door's own statement, over the aliases `u`, `o` and `i`.
 */
import { constant, type Fragment, type Sql } from '../store/connect.ts';

/** Stored states of a user (reference/user-service-v2.md 2.1). */
export const userStates = { active: 1, inactive: 2, locked: 4, initial: 6 } as const;
export type UserState = keyof typeof userStates;

/** A user who is enabled, in an organization and an instance that run. The state alone refuses, whatever the epochs say. */
export const gate = constant((sql) => sql`u.state in (1, 6) and o.state = 1 and i.state = 1`);

/** A credential's row (its alias) that was bound to the epochs which still stand. */
export function binding(sql: Sql, credential: Fragment): Fragment {
  return sql`${credential}.user_epoch = u.epoch and ${credential}.org_epoch = o.epoch and ${credential}.instance_epoch = i.epoch`;
}
