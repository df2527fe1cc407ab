/**
 * DeleteInstance: from the moment it answers no host leads to it, no id, and no token opens anything (its state and its epoch are part of every
 * door). What it held is removed in steps behind that; its own row stays, so that its hosts never fall to the single instance that is left.
 */
import type { SystemCall } from '../access/call.ts';
import type { Store } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { systemLog } from './domains.ts';
import { instanceStates } from './states.ts';

/** How long a call goes on with what is behind. The rest is for the next start (`purgeRemoved`). */
const PATIENCE_MS = 5000;

/** Gives the time of the removal; undefined where there is no such instance, which is no error. */
export async function deleteInstance(call: SystemCall, instanceId: string): Promise<string | undefined> {
  const [row] = await call.store.run(
    (sql) => sql<{ at: string }[]>`
      with changed as (
        update instances i set state = ${instanceStates.removed}, epoch = nextval('epochs'), access_version = nextval('epochs'),
          sequence = i.sequence + 1, changed_at = clock_timestamp()
        where i.instance_id = ${instanceId} and i.state <> ${instanceStates.removed}
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, i.changed_at as at
      ),
      unreached as (delete from instance_domains d using changed c where d.instance_id = c.instance_id),
      logged as (${append(sql, sql`changed`, systemLog(call), [{ type: REMOVED }])})
      select at from changed`,
    call.deadline,
  );
  // It is removed whatever comes now.
  if (row) await purge(call.store, instanceId, Date.now() + PATIENCE_MS).catch(() => undefined);
  return row?.at;
}

const REMOVED = 'instance.removed';

/** Goes on with what removed instances still hold: at the start of a process. */
export async function purgeRemoved(store: Store): Promise<void> {
  const removed = await store.list(
    (sql) => sql<{ id: string }[]>`
      select i.instance_id as id from instances i
      where i.state = ${instanceStates.removed} and exists (select from orgs o where o.instance_id = i.instance_id)`,
  );
  for (const { id } of removed) await purge(store, id, Number.POSITIVE_INFINITY);
}

/** Rows that are removed by one statement. */
const AT_ONCE = 1000;
/** What other tables hang on comes last: so that a row takes no unknown number of others with it. */
const LAST = ['users', 'orgs'] as const;

/** Every row of an instance in every table, but its own and the event of its removal. `orgs` is emptied last: it tells whether there is something left. */
async function purge(store: Store, instanceId: string, until: number): Promise<void> {
  const tables = await store.list(
    (sql) => sql<{ name: string }[]>`
      select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = current_schema() and c.column_name = 'instance_id' and t.table_type = 'BASE TABLE'
        and c.table_name <> all(${['instances', ...LAST]}::text[])`,
  );
  for (const table of [...tables.map(({ name }) => name), ...LAST]) {
    for (let done = AT_ONCE; done === AT_ONCE; ) {
      if (Date.now() > until) return;
      const rows = await store.list(
        (sql) => sql<{ n: number }[]>`
          with some_rows as (
            select ctid from ${sql(table)} where instance_id = ${instanceId} ${table === 'events' ? sql`and type <> ${REMOVED}` : sql``}
            limit ${AT_ONCE} for update skip locked
          ),
          removed as (delete from ${sql(table)} t using some_rows s where t.ctid = s.ctid returning 1)
          select count(*)::int as n from removed`,
      );
      done = rows[0]?.n ?? 0;
    }
  }
}
