/** Roles on a project that is removed end with it: a later one of the same id revives none. */
import type { Fragment, Sql } from '../store/connect.ts';

/** `, unjoined as (…), …` for a statement; `source` is a CTE with instance_id and aggregate_id of the project. The rank of a user may stay too high, never too low. */
export function dropProjectMembers(sql: Sql, source: Fragment): Fragment {
  return sql`,
    unjoined as (
      delete from memberships m using ${source} s where m.instance_id = s.instance_id and m.level = 1 and m.object_id = s.aggregate_id
      returning m.instance_id, m.user_id
    ),
    forgotten as (
      update users u set access_version = nextval('epochs') from unjoined j where u.instance_id = j.instance_id and u.user_id = j.user_id
    )`;
}
