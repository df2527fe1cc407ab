/** The projects of an organization, for what happens to it as a whole. */
import type { Fragment, Sql } from '../store/connect.ts';

/** A select of `project_id`; `source` is a CTE with instance_id and org_id. */
export function projectsOf(sql: Sql, source: Fragment): Fragment {
  return sql`select p.project_id from projects p join ${source} s on s.instance_id = p.instance_id and s.org_id = p.org_id`;
}
