/** Roles of a project: what its grants and those of users name by key. */
import type { Call } from '../access/call.ts';
import type { NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';
import { changeProject, type ProjectChanged } from './project.ts';
import { uniquely } from './unique.ts';

export interface NewRole {
  readonly key: string;
  readonly displayName: string;
  readonly group: string;
}

/** All or none; of none, the owner of the project is told. */
export async function addRoles(
  call: Call,
  projectId: string,
  orgId: string | undefined,
  roles: readonly NewRole[],
): Promise<Pick<ProjectChanged, 'owner'> & Partial<ProjectChanged>> {
  const rule = { permission: 'project.role.write', orgId };
  return uniquely({ project_roles_pkey: errors.roleTaken }, () =>
    changeProject<Pick<ProjectChanged, 'owner'> & Partial<ProjectChanged>>(call, projectId, rule, errors.missing, (project) => {
      const [first, ...others] = roles.map(added);
      if (first === undefined) return { unchanged: { owner: project.org_id } };
      const rows = JSON.stringify(roles);
      return {
        change: {
          events: [first, ...others],
          also: (sql) => sql`,
            role as (
              insert into project_roles (instance_id, project_id, key, display_name, group_name, created_at, changed_at)
              select c.instance_id, c.aggregate_id, r.key, r."displayName", r.group, c.at, c.at
              from changed c, jsonb_to_recordset(${rows}::text::jsonb) as r(key text, "displayName" text, "group" text)
            )`,
        },
        answer: (done) => done,
      };
    }),
  );
}

function added({ key, displayName, group }: NewRole): NewEvent {
  return { type: 'project.role.added', payload: { key, displayName, ...(group !== '' && { group }) } };
}
