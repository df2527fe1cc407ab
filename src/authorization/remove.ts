/** DeleteAuthorization: a user loses roles on a project. One that is gone already is no error (reference/org-and-settings.md 10). */
import type { Call } from '../access/call.ts';
import { covers, denied, projectReachOrDeny } from '../access/permission.ts';
import { removedAt } from '../access/removed.ts';
import { append } from '../store/events.ts';

interface Outcome {
  org_id: string | null;
  allowed: boolean;
  /** Of the removal. */
  at: string | null;
}

const DELETE = 'user.grant.delete';

/** Gives the time of the removal, also of an earlier one; undefined where there never was such a grant that the caller may know of. */
export async function removeAuthorization(call: Call, grantId: string): Promise<string | undefined> {
  const where = projectReachOrDeny(call.caller, DELETE);
  const [row] = await call.db.change<Outcome>(undefined, (sql, caller) => {
    // By a role on the project alone he takes what its own organization gave (create.ts).
    const within = where.instance
      ? sql`true`
      : sql`(g.org_id = any(${where.orgs}::text[]) or (g.project_id = any(${where.projects}::text[]) and g.org_id = p.org_id))`;
    return sql`
      with caller as (${caller}),
      target as (
        select g.instance_id, g.grant_id, g.org_id, ${within} as allowed
        from caller, user_grants g join projects p on p.instance_id = g.instance_id and p.project_id = g.project_id
        where g.instance_id = ${call.instance.id} and g.grant_id = ${grantId}
        for update of g
      ),
      removed as (
        delete from user_grants g using target t where g.instance_id = t.instance_id and g.grant_id = t.grant_id and t.allowed
        returning g.instance_id, g.grant_id as aggregate_id, g.org_id as owner, g.sequence + 1 as sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`removed`, { aggregateType: 'usergrant', editor: call.caller.userId, via: call.method.path }, [
        { type: 'user.grant.removed' },
      ])})
      select t.org_id, coalesce(t.allowed, false) as allowed, r.at from caller left join target t on true left join removed r on true`;
  });
  if (row.org_id === null) return removedAt(call, 'usergrant', grantId, (orgId) => covers(where, orgId));
  if (!row.allowed) throw denied(call.caller, DELETE, row.org_id);
  return row.at ?? undefined;
}
