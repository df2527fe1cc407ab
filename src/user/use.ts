/** What a check at login uses up of a user, or moves on, so that it counts once: parts of the statement that writes the login. */
import type { Fragment, Sql } from '../store/connect.ts';

export interface Use {
  /** `select …` that locks the row which the check rests on; no row where that is so no more. May read the CTE `caller`. */
  readonly held: (sql: Sql) => Fragment;
  /** `, name as (…)`: what is left behind. `done` is the CTE of what the check led to. */
  readonly spent: (sql: Sql, done: Fragment) => Fragment;
}

/** Nothing of the kind is set up, or what was given is wrong. */
export type NoUse = 'none' | 'wrong';
