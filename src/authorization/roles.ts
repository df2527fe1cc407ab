/** The roles of a user on one project, as tokens and introspection tell them: those of grants that are active, by the organizations that gave them. */
import type { Store } from '../store/connect.ts';

export interface HeldRole {
  key: string;
  /** That gave it. */
  org_id: string;
  /** Of that organization. */
  primary_domain: string;
}

export function rolesOnProject(store: Store, instanceId: string, userId: string, projectId: string): Promise<readonly HeldRole[]> {
  return store.read(
    (sql) => sql<HeldRole[]>`
      select k.key, g.org_id,
        coalesce((select d.domain from org_domains d where d.instance_id = g.instance_id and d.org_id = g.org_id and d.is_primary limit 1), '') as primary_domain
      from user_grants g
      left join project_grants q on q.instance_id = g.instance_id and q.grant_id = g.project_grant_id,
      unnest(g.role_keys) as k(key)
      where g.instance_id = ${instanceId} and g.user_id = ${userId} and g.project_id = ${projectId} and g.state = 1
        and (q.grant_id is null or (q.state = 1 and k.key = any(q.role_keys)))
      order by k.key collate "C", g.org_id`,
  );
}
