/** UpdateInstance: another name; hosts and links stay (reference/org-and-settings.md 4). */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import { demandInstancePermission } from './reach.ts';

/** Gives the time of the change, or of the last one where the name is the same. */
export async function renameInstance(call: Call, given: string): Promise<string> {
  demandInstancePermission(call, 'write');
  const name = given.trim();
  if (name === '') throw new Failure(errors.nameEmpty);
  const [{ at }] = await call.db.change<{ at: string }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      changed as (
        update instances i set name = ${name}, sequence = i.sequence + 1, changed_at = clock_timestamp() from caller
        where i.instance_id = ${call.instance.id} and i.name <> ${name}
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, i.changed_at as at
      ),
      logged as (${append(sql, sql`changed`, { aggregateType: 'instance', editor: call.caller.userId, via: call.method.path }, [
        { type: 'instance.changed', payload: { name } },
      ])})
      select coalesce(c.at, i.changed_at) as at
      from caller join instances i on i.instance_id = ${call.instance.id} left join changed c on true`,
  );
  return at;
}
