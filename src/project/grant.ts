/** A project is granted to another organization, with some of its roles, which that one gives to its users. */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { errors } from './errors.ts';
import { changeProject, type ProjectChanged } from './project.ts';
import { uniquely } from './unique.ts';

export interface NewGrant {
  readonly projectId: string;
  readonly grantedOrgId: string;
  readonly roleKeys: readonly string[];
}

/** `orgId`: in v1 only projects of that organization exist. */
export async function addGrant(
  call: Call,
  { projectId, grantedOrgId, roleKeys }: NewGrant,
  orgId?: string,
): Promise<ProjectChanged & { readonly grantId: string }> {
  const rule = { permission: 'project.grant.write', orgId };
  return uniquely({ project_grants_org: errors.grantTaken }, () =>
    changeProject(call, projectId, rule, errors.grantMissing, async (project) => {
      const known = await lookUp(call, { projectId, grantedOrgId, roleKeys });
      if (!known.org_found) throw new Failure(errors.grantOrgNotFound);
      if (project.org_id === grantedOrgId) throw new Failure(errors.grantToOwner);
      if (!known.roles_found) throw new Failure(errors.grantRoleNotFound);
      const grantId = newId();
      return {
        change: {
          events: [{ type: 'project.grant.added', payload: { grantId, grantedOrgId, roleKeys: [...roleKeys] } }],
          also: (sql) => sql`,
            granted as (
              insert into project_grants (instance_id, grant_id, project_id, granted_org_id, role_keys, sequence, created_at, changed_at)
              select c.instance_id, ${grantId}, c.aggregate_id, ${grantedOrgId}, ${roleKeys}::text[], c.sequence, c.at, c.at from changed c
            )`,
        },
        answer: (done) => ({ ...done, grantId }),
      };
    }),
  );
}

/** Whether the organization is there, and every role. */
async function lookUp(call: Call, { projectId, grantedOrgId, roleKeys }: NewGrant): Promise<{ org_found: boolean; roles_found: boolean }> {
  const [row] = await call.db.read<{ org_found: boolean; roles_found: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (select from orgs o where o.instance_id = ${call.instance.id} and o.org_id = ${grantedOrgId}) as org_found,
        not exists (
          select from unnest(${roleKeys}::text[]) as k(key) where not exists (
            select from project_roles r where r.instance_id = ${call.instance.id} and r.project_id = ${projectId} and r.key = k.key)) as roles_found
      from caller`,
  );
  return row;
}
