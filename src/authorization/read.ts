/** One grant of roles to a user, with the names that v1 shows beside it. */
import type { Call } from '../access/call.ts';
import { coversProject, denied, projectReachOrDeny } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import { preferredLoginNameOf } from '../user/login-name.ts';
import { errors } from './errors.ts';

export interface Authorization {
  grant_id: string;
  user_id: string;
  project_id: string;
  project_name: string;
  project_grant_id: string | null;
  org_id: string;
  org_name: string;
  org_domain: string | null;
  role_keys: string[];
  state: 1 | 2;
  sequence: bigint;
  created_at: string;
  changed_at: string;
  kind: 1 | 2;
  username: string;
  login_name: string;
  first_name: string | null;
  last_name: string | null;
  display_name: string | null;
  email: string | null;
  user_org_id: string;
  user_org_name: string;
  user_org_domain: string | null;
}

const READ = 'user.grant.read';

/** Of that user, given by that organization. */
export async function readAuthorization(call: Call, userId: string, grantId: string, orgId: string): Promise<Authorization> {
  const where = projectReachOrDeny(call.caller, READ);
  const [row] = await call.db.read<Authorization | { grant_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select g.grant_id, g.user_id, g.project_id, t.name as project_name, g.project_grant_id, g.org_id, g.role_keys, g.state, g.sequence,
        g.created_at, g.changed_at, u.kind, p.username, ${preferredLoginNameOf(sql)} as login_name, p.first_name, p.last_name, p.display_name, p.email,
        o.name as org_name, (select d.domain from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id and d.is_primary limit 1) as org_domain,
        w.org_id as user_org_id, w.name as user_org_name,
        (select d.domain from org_domains d where d.instance_id = w.instance_id and d.org_id = w.org_id and d.is_primary limit 1) as user_org_domain
      from caller left join (
        user_grants g
        join projects t on t.instance_id = g.instance_id and t.project_id = g.project_id
        join orgs o on o.instance_id = g.instance_id and o.org_id = g.org_id
        join users u on u.instance_id = g.instance_id and u.user_id = g.user_id
        join orgs w on w.instance_id = u.instance_id and w.org_id = u.org_id
        join profiles p on p.instance_id = g.instance_id and p.user_id = g.user_id
      ) on g.instance_id = ${call.instance.id} and g.grant_id = ${grantId} and g.user_id = ${userId} and g.org_id = ${orgId}`,
  );
  if (row.grant_id === null) throw new Failure(errors.notFound);
  if (!coversProject(where, row.org_id, row.project_id)) throw denied(call.caller, READ, row.org_id);
  return row;
}
