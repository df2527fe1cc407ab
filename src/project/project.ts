/** A project as commands see it: loaded under the guard, changed under the guard and only if nobody changed it meanwhile. Its applications are of its aggregate. */
import type { Call } from '../access/call.ts';
import { Stale } from '../access/guard.ts';
import { coversProject, denied, type ProjectReach, projectReachOrDeny } from '../access/permission.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { commas } from '../store/filter.ts';

export const projectStates = { active: 1, inactive: 2 } as const;

/** Columns that commands write. */
export interface ProjectColumns {
  name: string;
  state: 1 | 2;
  role_assertion: boolean;
  role_check: boolean;
  project_check: boolean;
  private_labeling: 0 | 1 | 2;
}

export interface Project extends ProjectColumns {
  project_id: string;
  org_id: string;
  sequence: bigint;
  changed_sequence: bigint;
  created_at: string;
  changed_at: string;
}

/** Who may run a command on a project. */
export interface ProjectRule {
  readonly permission: string;
  /** In v1 projects of other organizations than that of the call do not exist. */
  readonly orgId?: string | undefined;
}

/** What a command does to a project. */
export interface ProjectChange {
  /** At least one; in their order. */
  readonly events: readonly [NewEvent, ...NewEvent[]];
  readonly columns?: Partial<ProjectColumns>;
  /** What was issued for it is dead. */
  readonly cut?: boolean;
  readonly removed?: boolean;
  /** Further parts of the statement, each as `, name as (…)`; they may read the CTE `changed`. */
  readonly also?: (sql: Sql) => Fragment;
}

/** What a change left behind. */
export interface ProjectChanged {
  owner: string;
  sequence: bigint;
  at: string;
}

/** How often a command is tried against others that change the same project at the same time. */
const TRIES = 30;

export function projectColumns(sql: Sql): Fragment {
  return sql`
    p.project_id, p.org_id, p.name, p.state, p.role_assertion, p.role_check, p.project_check, p.private_labeling, p.sequence, p.changed_sequence,
    p.created_at, p.changed_at`;
}

/** The project with this id on the caller's instance, whatever its organization: the command decides what the caller may see. */
export async function loadProject(call: Call, projectId: string): Promise<Project | undefined> {
  const [row] = await call.db.read<Project | { project_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${projectColumns(sql)} from caller left join projects p on p.instance_id = ${call.instance.id} and p.project_id = ${projectId}`,
  );
  return row.project_id === null ? undefined : row;
}

/** Refuses on a project out of the caller's reach. */
export function withinProject(call: Call, where: ProjectReach, project: Pick<Project, 'org_id' | 'project_id'>, permission: string): void {
  if (!coversProject(where, project.org_id, project.project_id)) throw denied(call.caller, permission, project.org_id);
}

/** What a command comes to: a change and the answer to it, or an answer without one. */
export type ProjectDecision<R> =
  | { readonly change: ProjectChange; readonly answer: (done: ProjectChanged) => R }
  | { readonly unchanged: R };

/**
 * Runs a command on one project: permission, existence (`missing` says what is answered without), then `decide` (which throws what forbids it, or gives the change), then one
 * statement. If somebody changed the project in between, the whole is done again on what is true now.
 */
export async function changeProject<R>(
  call: Call,
  projectId: string,
  { permission, orgId }: ProjectRule,
  missing: Reason | (() => Promise<R>),
  decide: (project: Project) => ProjectDecision<R> | Promise<ProjectDecision<R>>,
): Promise<R> {
  const where = projectReachOrDeny(call.caller, permission);
  for (let n = 0; n < TRIES; n++) {
    const project = await loadProject(call, projectId);
    if (!project || (orgId !== undefined && project.org_id !== orgId)) {
      if (typeof missing === 'function') return missing();
      throw new Failure(missing);
    }
    withinProject(call, where, project, permission);
    const decided = await decide(project);
    if ('unchanged' in decided) return decided.unchanged;
    const done = await commit(call, project, decided.change);
    if (done) return decided.answer(done);
  }
  throw new Stale();
}

/** Writes a change and its events in one statement; undefined where the project is no more what was loaded. */
async function commit(
  call: Call,
  project: Project,
  { events, columns, cut, removed, also }: ProjectChange,
): Promise<ProjectChanged | undefined> {
  const [row] = await call.db.change<ProjectChanged | Record<keyof ProjectChanged, null>>(undefined, (sql, caller) => {
    const names = Object.keys(columns ?? {}) as (keyof ProjectColumns)[]; // its keys are those of its type
    const assignments = [
      sql`sequence = p.sequence + ${events.length}`,
      ...names.map((name) => sql`${sql(name)} = ${columns?.[name] ?? null}`),
      ...(columns ? [sql`changed_at = clock_timestamp()`, sql`changed_sequence = p.sequence + ${events.length}`] : []),
      ...(cut ? [sql`epoch = nextval('epochs')`] : []),
    ];
    const told = (sequence: Fragment): Fragment =>
      sql`returning p.instance_id, p.project_id as aggregate_id, p.org_id as owner, ${sequence} as sequence, clock_timestamp() as at`;
    return sql`
      with caller as (${caller}),
      target as (
        select p.instance_id, p.project_id from projects p, caller
        where p.instance_id = ${call.instance.id} and p.project_id = ${project.project_id} and p.sequence = ${project.sequence}
        for no key update of p
      ),
      changed as (
        ${
          removed
            ? sql`delete from projects p using target t where p.instance_id = t.instance_id and p.project_id = t.project_id ${told(sql`p.sequence + ${events.length}`)}`
            : sql`update projects p set ${commas(sql, assignments)} from target t where p.instance_id = t.instance_id and p.project_id = t.project_id ${told(sql`p.sequence`)}`
        }
      ),
      logged as (${append(sql, sql`changed`, { aggregateType: 'project', editor: call.caller.userId, via: call.method.path }, events)})
      ${also?.(sql) ?? sql``}
      select c.owner, c.sequence, c.at from caller left join changed c on true`;
  });
  return row.owner === null ? undefined : row;
}
