/**
 * Roles on a project are given to a user by an organization: the owner of the project, or one that it is granted to, of the roles that were
 * granted (reference/org-and-settings.md 10). Without roles too: the grant alone can be what a login asks for.
 */
import type { Call } from '../access/call.ts';
import { covers, coversProject, denied, projectReachOrDeny } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { uniquely } from '../project/unique.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';

export interface NewAuthorization {
  readonly userId: string;
  readonly projectId: string;
  /** Of the organization, where the project is not its own; undefined: the one that it has. */
  readonly projectGrantId: string | undefined;
  /** That gives them. */
  readonly orgId: string;
  readonly roleKeys: readonly string[];
}

export interface MadeAuthorization {
  readonly grantId: string;
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
}

interface Outcome {
  allowed: boolean;
  user_found: boolean;
  /** The project is the organization's own, or granted to it. */
  source_found: boolean;
  roles_found: boolean;
  sequence: bigint | null;
  at: string | null;
}

const WRITE = 'user.grant.write';

export async function createAuthorization(call: Call, given: NewAuthorization): Promise<MadeAuthorization> {
  const { userId, projectId, projectGrantId, orgId } = given;
  const where = projectReachOrDeny(call.caller, WRITE);
  if (!coversProject(where, orgId, projectId)) throw denied(call.caller, WRITE, orgId);
  // By a role on the project alone he gives what its own organization gives, not what another does that it is granted to.
  const byProject = !covers(where, orgId);
  const roleKeys = [...new Set(given.roleKeys)];
  const grantId = newId();
  const own = projectGrantId === undefined;
  const [row] = await uniquely({ user_grants_user: errors.exists }, () =>
    call.db.change<Outcome>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        allowed as (
          select from caller where not ${byProject} or exists (
            select from projects p where p.instance_id = ${call.instance.id} and p.project_id = ${projectId} and p.org_id = ${orgId})
        ),
        target as (
          select u.instance_id, u.user_id from users u, caller where u.instance_id = ${call.instance.id} and u.user_id = ${userId} for key share of u
        ),
        project as (
          select p.instance_id, p.project_id, p.org_id from projects p, caller
          where p.instance_id = ${call.instance.id} and p.project_id = ${projectId} for key share of p
        ),
        source as (
          select p.instance_id, null::text as grant_id,
            array(select r.key from project_roles r where r.instance_id = p.instance_id and r.project_id = p.project_id) as roles
          from project p where ${own} and p.org_id = ${orgId}
          union all
          select g.instance_id, g.grant_id, g.role_keys
          from project p join project_grants g on g.instance_id = p.instance_id and g.project_id = p.project_id
          where g.granted_org_id = ${orgId} and g.state = 1 and g.grant_id = coalesce(${projectGrantId ?? null}, g.grant_id) and p.org_id <> ${orgId}
        ),
        made as (
          insert into user_grants (instance_id, grant_id, user_id, project_id, project_grant_id, org_id, role_keys, sequence)
          select t.instance_id, ${grantId}, t.user_id, ${projectId}, s.grant_id, ${orgId}, ${roleKeys}::text[], 1
          from allowed, target t join source s using (instance_id) where s.roles @> ${roleKeys}::text[]
          returning instance_id, grant_id as aggregate_id, org_id as owner, sequence, created_at as at
        ),
        logged as (${append(sql, sql`made`, { aggregateType: 'usergrant', editor: call.caller.userId, via: call.method.path }, [
          { type: 'user.grant.added', payload: { userId, projectId, ...(projectGrantId && { grantId: projectGrantId }), roleKeys } },
        ])})
        select exists (select from allowed) as allowed, exists (select from target) as user_found, exists (select from source) as source_found,
          exists (select from source s where s.roles @> ${roleKeys}::text[]) as roles_found, m.sequence, m.at
        from caller left join made m on true`,
    ),
  );
  if (!row.allowed) throw denied(call.caller, WRITE, orgId);
  if (!row.user_found) throw new Failure(errors.userNotFound);
  if (!row.source_found) throw new Failure(errors.projectNotFound);
  if (!row.roles_found) throw new Failure(errors.roleNotFound);
  if (row.sequence === null || row.at === null) throw new Error('an authorization that nothing forbids was not made');
  return { grantId, owner: orgId, sequence: row.sequence, at: row.at };
}
