/** Keys of applications, by which they sign assertions instead of sending a secret (reference/org-and-settings.md 9.3). */
import type { Call } from '../access/call.ts';
import { newRsaPair, type PemPair } from '../crypto/key-pair.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { changeProject, type ProjectChanged } from '../project/project.ts';
import type { Moment } from '../time/timestamp.ts';
import { expiryOf, isoText } from '../user/pat.ts';
import { loadApp } from './app.ts';
import { authMethods } from './config.ts';
import { errors } from './errors.ts';
import type { Named } from './state.ts';

export interface NewAppKey extends ProjectChanged {
  readonly keyId: string;
  /** The file with the private key, shown once and not kept. */
  readonly content: Uint8Array;
}

/** Without an end it never ends. */
export function addAppKey(call: Call, { projectId, appId, orgId }: Named, expiration: Moment | undefined): Promise<NewAppKey> {
  const expiresAt = expiryOf(expiration);
  let pair: PemPair | undefined;
  return changeProject(call, projectId, { permission: 'project.app.write', orgId }, errors.keyNotFound, async () => {
    const app = await loadApp(call, appId);
    if (!app || app.project_id !== projectId) throw new Failure(errors.keyNotFound);
    if (app.config.authMethod !== authMethods.privateKeyJwt) throw new Failure(errors.keyNotTaken);
    pair ??= await newRsaPair();
    const { publicKey, privateKey } = pair;
    const keyId = newId();
    const payload = {
      appId,
      clientId: app.client_id,
      keyId,
      type: 1,
      expirationDate: isoText(expiresAt),
      publicKey: Buffer.from(publicKey).toString('base64'),
    };
    return {
      change: {
        events: [{ type: 'project.application.oidc.key.added', payload }],
        also: (sql) => sql`,
          key as (
            insert into app_keys (instance_id, key_id, app_id, public_key, expires_at, sequence, created_at)
            select c.instance_id, ${keyId}, ${appId}, ${publicKey}, ${sql.typed.timestamp(expiresAt)}, c.sequence, c.at from changed c
          )`,
      },
      answer: (done) => ({ ...done, keyId, content: fileOf({ keyId, key: privateKey, appId, clientId: app.client_id }) }),
    };
  });
}

/** What the SDKs read. */
function fileOf(file: { readonly keyId: string; readonly key: string; readonly appId: string; readonly clientId: string }): Uint8Array {
  return Buffer.from(JSON.stringify({ type: 'application', ...file }));
}
