/** A new project of an organization (reference/org-and-settings.md 8.2). Whoever makes it gets no role on it. */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import type { ProjectColumns } from './project.ts';
import { uniquely } from './unique.ts';

export interface NewProject extends Omit<ProjectColumns, 'state'> {
  readonly projectId: string | undefined;
  readonly orgId: string;
}

export interface MadeProject {
  readonly projectId: string;
  readonly sequence: bigint;
  readonly at: string;
}

/** The permission (`project.create` on the organization) was checked by whoever calls. */
export async function createProject(call: Call, made: NewProject): Promise<MadeProject> {
  const projectId = made.projectId ?? newId();
  const [row] = await uniquely({ projects_name: errors.nameTaken }, () =>
    call.db.change<{ org_found: boolean } & ({ sequence: bigint; at: string } | { sequence: null; at: null })>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        org as (select o.instance_id, o.org_id from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${made.orgId} for key share of o),
        past as (
          select coalesce(max(e.sequence), 0) as sequence from events e
          where e.instance_id = ${call.instance.id} and e.aggregate_type = 'project' and e.aggregate_id = ${projectId}
        ),
        made as (
          insert into projects (instance_id, project_id, org_id, name, role_assertion, role_check, project_check, private_labeling, sequence, changed_sequence)
          select org.instance_id, ${projectId}, org.org_id, ${made.name}, ${made.role_assertion}, ${made.role_check}, ${made.project_check},
            ${made.private_labeling}, past.sequence + 1, past.sequence + 1
          from org, past
          on conflict (instance_id, project_id) do nothing
          returning instance_id, project_id as aggregate_id, org_id as owner, sequence, created_at as at
        ),
        logged as (${append(sql, sql`made`, { aggregateType: 'project', editor: call.caller.userId, via: call.method.path }, [
          { type: 'project.added', payload: payloadOf(made) },
        ])})
        select exists (select from org) as org_found, made.sequence, made.at from caller left join made on true`,
    ),
  );
  if (row.sequence !== null) return { projectId, sequence: row.sequence, at: row.at };
  throw new Failure(row.org_found ? errors.idTaken : errors.orgNotFound);
}

/** A project as events tell it: what is false or nothing is left out. */
function payloadOf({ name, role_assertion, role_check, project_check, private_labeling }: NewProject) {
  return {
    name,
    ...(role_assertion && { projectRoleAssertion: true }),
    ...(role_check && { projectRoleCheck: true }),
    ...(project_check && { hasProjectCheck: true }),
    ...(private_labeling !== 0 && { privateLabelingSetting: private_labeling }),
  };
}
