/** An application is switched off and on, and removed. What was issued for one that is switched off is dead for good. */
import type { Call } from '../access/call.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { changeProject, type ProjectChange, type ProjectChanged } from '../project/project.ts';
import { type App, loadApp } from './app.ts';
import { errors } from './errors.ts';

const states = { active: 1, inactive: 2 } as const;

export interface Named {
  readonly projectId: string;
  readonly appId: string;
  /** In v1 only projects of that organization exist. */
  readonly orgId?: string;
}

export function deactivateApp(call: Call, named: Named): Promise<ProjectChanged> {
  return changeApp(call, named, 'project.app.write', errors.stateNotFound, ({ app_id, state }) => {
    if (state !== states.active) throw new Failure(errors.notActive);
    return turned(app_id, states.inactive, 'project.application.deactivated');
  });
}

export function reactivateApp(call: Call, named: Named): Promise<ProjectChanged> {
  return changeApp(call, named, 'project.app.write', errors.stateNotFound, ({ app_id, state }) => {
    if (state !== states.inactive) throw new Failure(errors.notInactive);
    return turned(app_id, states.active, 'project.application.reactivated');
  });
}

export function removeApp(call: Call, named: Named): Promise<ProjectChanged> {
  return changeApp(call, named, 'project.app.delete', errors.removeNotFound, ({ app_id, name }) => ({
    events: [{ type: 'project.application.removed', payload: { appId: app_id, name } }],
    also: (sql) => sql`,
      removed as (delete from apps a using changed c where a.instance_id = c.instance_id and a.app_id = ${app_id})`,
  }));
}

/** The epoch is raised both ways; what matters is that it is when the application goes off. */
function turned(appId: string, state: 1 | 2, type: string): ProjectChange {
  return {
    events: [{ type, payload: { appId } }],
    also: (sql) => sql`,
      turned as (
        update apps a set state = ${state}, epoch = nextval('epochs'), sequence = c.sequence, changed_at = c.at
        from changed c where a.instance_id = c.instance_id and a.app_id = ${appId}
      )`,
  };
}

/** The aggregate is the project's, so that two changes of one application wait for each other there. */
function changeApp(
  call: Call,
  { projectId, appId, orgId }: Named,
  permission: string,
  missing: Reason,
  decide: (app: App) => ProjectChange,
): Promise<ProjectChanged> {
  return changeProject(call, projectId, { permission, orgId }, missing, async () => {
    const app = await loadApp(call, appId);
    if (!app || app.project_id !== projectId) throw new Failure(missing);
    return { change: decide(app), answer: (done) => done };
  });
}
