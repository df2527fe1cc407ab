/** A new application of a project. Its secret, where it has one, is told once. */
import type { Call } from '../access/call.ts';
import { hashPassword } from '../crypto/password.ts';
import { alphabets, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { changeProject, type ProjectChanged } from '../project/project.ts';
import { uniquely } from '../project/unique.ts';
import type { Json, NewEvent } from '../store/events.ts';
import { type AppConfig, hasSecret, isConsistent, kinds } from './config.ts';
import { errors } from './errors.ts';

/** As that of a machine (reference/user-credentials-v2.md 0.2). */
const SECRET_LENGTH = 64;

export interface NewApp extends ProjectChanged {
  readonly appId: string;
  readonly clientId: string;
  readonly secret: string | undefined;
}

/** Where it belongs, and what it is called. */
export interface Wanted {
  readonly projectId: string;
  readonly name: string;
  /** A chosen one. */
  readonly appId?: string | undefined;
  /** In v1 only projects of that organization exist. */
  readonly orgId?: string;
}

export function createApp(call: Call, { projectId, name, appId: chosen, orgId }: Wanted, made: AppConfig): Promise<NewApp> {
  if (made.kind === kinds.oidc && !isConsistent(made.config)) throw new Failure(errors.invalid);
  let secret: { readonly text: string; readonly hash: string } | undefined;
  return uniquely({ apps_name: errors.nameTaken, apps_pkey: errors.idTaken }, () =>
    changeProject(call, projectId, { permission: 'project.app.write', orgId }, errors.projectMissing, async () => {
      const [appId, clientId] = [chosen ?? newId(), newId()];
      secret ??= hasSecret(made) ? await newSecret() : undefined;
      return {
        change: {
          events: [{ type: 'project.application.added', payload: { appId, name } }, configured(made, appId, clientId, secret?.hash)],
          also: (sql) => sql`,
            app as (
              insert into apps (instance_id, app_id, project_id, name, kind, client_id, secret_hash, config, sequence, created_at, changed_at)
              select c.instance_id, ${appId}, c.aggregate_id, ${name}, ${made.kind}, ${clientId}, ${secret?.hash ?? null},
                ${JSON.stringify(made.config)}::text::jsonb, c.sequence, c.at, c.at
              from changed c
            )`,
        },
        answer: (done) => ({ ...done, appId, clientId, secret: secret?.text }),
      };
    }),
  );
}

/** What is told, and what is kept of it. */
export async function newSecret(): Promise<{ readonly text: string; readonly hash: string }> {
  const text = randomText(SECRET_LENGTH, alphabets.secret);
  return { text, hash: await hashPassword(text) };
}

/** The log never holds what opens something: of the secret its hash is not told either. */
function configured({ kind, config }: AppConfig, appId: string, clientId: string, secret: string | undefined): NewEvent {
  const type = kind === kinds.oidc ? 'project.application.config.oidc.added' : 'project.application.config.api.added';
  const told = JSON.parse(JSON.stringify(config)) as { readonly [name: string]: Json }; // a configuration is JSON
  return { type, payload: { ...told, appId, clientId, ...(secret !== undefined && { hasSecret: true }) } };
}
