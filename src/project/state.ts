/** A project is changed, switched off and on, and removed (reference/org-and-settings.md 8.2). What was issued for one that is switched off is dead for good. */
import type { Call } from '../access/call.ts';
import { covers, reach } from '../access/permission.ts';
import { removedAt } from '../access/removed.ts';
import { Failure } from '../failure/failure.ts';
import { dropProjectMembers } from '../member/drop.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { errors } from './errors.ts';
import { changeProject, type Project, type ProjectChange, type ProjectChanged, type ProjectColumns, projectStates } from './project.ts';
import { uniquely } from './unique.ts';

type Described = Partial<Omit<ProjectColumns, 'state'>>;

/** Changes what is given; the same once more changes nothing, and tells the last change. */
export function updateProject(call: Call, projectId: string, orgId: string | undefined, given: Described): Promise<ProjectChanged> {
  return uniquely({ projects_name: errors.nameTaken }, () =>
    changeProject(call, projectId, { permission: 'project.write', orgId }, errors.updateNotFound, (project) => {
      const columns = changedOf(project, given);
      if (Object.keys(columns).length === 0) return { unchanged: last(project) };
      return { change: { columns, events: [{ type: 'project.changed', payload: payloadOf(columns) }] }, answer: (done) => done };
    }),
  );
}

function changedOf(project: Project, given: Described): Described {
  const names = Object.keys(given) as (keyof Described)[]; // its keys are those of its type
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined && given[name] !== project[name]).map((name) => [name, given[name]]),
  );
}

/** As events name the columns. */
const inEvents = {
  name: 'name',
  role_assertion: 'projectRoleAssertion',
  role_check: 'projectRoleCheck',
  project_check: 'hasProjectCheck',
  private_labeling: 'privateLabelingSetting',
} as const satisfies Record<keyof Described, string>;

function payloadOf(columns: Described) {
  const names = Object.keys(columns) as (keyof Described)[]; // its keys are those of its type
  return Object.fromEntries(names.map((name) => [inEvents[name], columns[name] ?? null]));
}

const last = ({ org_id, changed_sequence, changed_at }: Project): ProjectChanged => ({
  owner: org_id,
  sequence: changed_sequence,
  at: changed_at,
});

export function deactivateProject(call: Call, projectId: string, orgId?: string): Promise<ProjectChanged> {
  return changeProject(call, projectId, { permission: 'project.write', orgId }, errors.deactivateNotFound, ({ state }) => {
    if (state !== projectStates.active) throw new Failure(errors.notActive);
    return {
      change: { columns: { state: projectStates.inactive }, cut: true, events: [{ type: 'project.deactivated' }] },
      answer: (done) => done,
    };
  });
}

export function activateProject(call: Call, projectId: string, orgId?: string): Promise<ProjectChanged> {
  return changeProject(call, projectId, { permission: 'project.write', orgId }, errors.activateNotFound, ({ state }) => {
    if (state !== projectStates.inactive) throw new Failure(errors.notInactive);
    return { change: { columns: { state: projectStates.active }, events: [{ type: 'project.reactivated' }] }, answer: (done) => done };
  });
}

/** With all that it holds; the grants of users on it say so in their own logs. */
export function removeProject(call: Call, projectId: string, orgId: string): Promise<ProjectChanged> {
  return changeProject(call, projectId, { permission: DELETE, orgId }, errors.updateNotFound, (project) => ({
    change: removal(call, project),
    answer: (done) => done,
  }));
}

/** The same in v2, where one that is gone already is no error. Gives the time of the removal, also of an earlier one. */
export function deleteProject(call: Call, projectId: string): Promise<string | undefined> {
  const before = () => removedAt(call, 'project', projectId, (orgId) => covers(reach(call.caller, DELETE), orgId));
  return changeProject<string | undefined>(call, projectId, { permission: DELETE }, before, (project) => ({
    change: removal(call, project),
    answer: ({ at }) => at,
  }));
}

const DELETE = 'project.delete';

const removal = (call: Call, { name }: Project): ProjectChange => ({
  removed: true,
  events: [{ type: 'project.removed', payload: { name } }],
  also: (sql) => sql`${dropProjectMembers(sql, sql`changed`)}${logUserGrants(sql, call)}`,
});

/** The rows go with the project. */
function logUserGrants(sql: Sql, call: Call): Fragment {
  return sql`,
    ungranted as (
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
      select g.instance_id, 'usergrant', g.grant_id, g.sequence + 1, 'user.grant.cascade.removed', null, ${call.caller.userId}, g.org_id, ${call.method.path}, c.at
      from changed c join user_grants g on g.instance_id = c.instance_id and g.project_id = c.aggregate_id
    )`;
}
