/** GenerateClientSecret: an application is given a new secret, which is told once; the one before counts no more from the answer on. */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { changeProject, type ProjectChanged } from '../project/project.ts';
import { loadApp } from './app.ts';
import { hasSecret, kinds } from './config.ts';
import { newSecret } from './create.ts';
import { errors } from './errors.ts';
import type { Named } from './state.ts';

export interface NewSecret extends ProjectChanged {
  readonly secret: string;
}

export function renewSecret(call: Call, { projectId, appId }: Named): Promise<NewSecret> {
  let secret: Awaited<ReturnType<typeof newSecret>> | undefined;
  return changeProject(call, projectId, { permission: 'project.app.write' }, errors.secretNotFound, async () => {
    const app = await loadApp(call, appId);
    if (!app || app.project_id !== projectId) throw new Failure(errors.secretNotFound);
    if (!hasSecret(app)) throw new Failure(errors.noSecret);
    secret ??= await newSecret();
    const { text, hash } = secret;
    return {
      change: {
        events: [{ type: `project.application.config.${app.kind === kinds.oidc ? 'oidc' : 'api'}.secret.changed`, payload: { appId } }],
        also: (sql) => sql`,
          renewed as (
            update apps a set secret_hash = ${hash}, sequence = c.sequence, changed_at = c.at
            from changed c where a.instance_id = c.instance_id and a.app_id = ${appId}
          )`,
      },
      answer: (done) => ({ ...done, secret: text }),
    };
  });
}
