/** How many wrong tries, one after the other, lock a user: the policy of his organization, else of the instance (reference/session-service-v2.md 6.8). */
import type { Fragment, Sql } from '../store/connect.ts';

/** 0: never. Each kind of code is counted for itself. */
export interface Lockout {
  readonly passwords: number;
  readonly codes: number;
}

/** A `Lockout` as jsonb, for the user `u`. The one place where the policy is read. */
export function lockoutPolicy(sql: Sql): Fragment {
  return sql`(select jsonb_build_object('passwords', l.passwords, 'codes', l.codes) from lockout_limits(u.instance_id, u.org_id) l)`;
}
