/** An application as it is kept, and read under the guard. */
import type { Call } from '../access/call.ts';
import { coversProject, denied, projectReachOrDeny } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import type { AppConfig } from './config.ts';
import { errors } from './errors.ts';

export type App = AppConfig & {
  readonly app_id: string;
  readonly project_id: string;
  readonly org_id: string;
  readonly name: string;
  readonly state: 1 | 2;
  readonly client_id: string;
  readonly sequence: bigint;
  readonly created_at: string;
  readonly changed_at: string;
};

const READ = 'project.app.read';

/** The application with this id on the caller's instance, whatever its project. */
export async function loadApp(call: Call, appId: string): Promise<App | undefined> {
  const [row] = await call.db.read<App | { app_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select a.app_id, a.project_id, p.org_id, a.name, a.kind, a.state, a.client_id, a.config, a.sequence, a.created_at, a.changed_at
      from caller left join (apps a join projects p using (instance_id, project_id)) on a.instance_id = ${call.instance.id} and a.app_id = ${appId}`,
  );
  return row.app_id === null ? undefined : row;
}

/** For who may read it. `within`: in v1 it must be of that project and organization. */
export async function readApp(call: Call, appId: string, within?: { readonly projectId: string; readonly orgId: string }): Promise<App> {
  const where = projectReachOrDeny(call.caller, READ);
  const app = await loadApp(call, appId);
  if (!app || (within && (app.project_id !== within.projectId || app.org_id !== within.orgId))) throw new Failure(errors.notFound);
  if (!coversProject(where, app.org_id, app.project_id)) throw denied(call.caller, READ, app.org_id);
  return app;
}
