/** Through whom the statements about intents run: a caller, or an endpoint that has no caller. */
import type { Call } from '../access/call.ts';
import { epochOf } from '../access/caller.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Store } from '../store/connect.ts';
import type { Actor } from './intent.ts';

/** Every statement re-checks that the caller still is one. */
export const callerActor = ({ db, instance, masterkey, caller, method }: Call): Actor => ({
  instanceId: instance.id,
  masterkey,
  editor: caller.userId,
  editorEpoch: epochOf(caller),
  via: method.path,
  run: async (statement) => (await db.change(undefined, statement))[0],
  read: async (statement) => (await db.read(statement))[0],
});

/** Who sends the answer of a provider is unknown: what he sends is the proof. `editor` tells the log what it was. */
export function openActor(
  { store, masterkey }: { readonly store: Store; readonly masterkey: Masterkey },
  instanceId: string,
  { editor, via }: Pick<Actor, 'editor' | 'via'>,
): Actor {
  const statementOf =
    (pool: 'run' | 'read'): Actor['run'] =>
    async (statement) => {
      const rows = await store[pool]((sql) =>
        statement(sql, sql`select true as held from instances i where i.instance_id = ${instanceId} and i.state = 1`),
      );
      return rows[0];
    };
  return { instanceId, masterkey, editor, editorEpoch: null, via, run: statementOf('run'), read: statementOf('read') };
}
