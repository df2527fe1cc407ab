/** Holds a user's row by a connection of its own, so that what wants to change him queues up in an order that the test sets. */
import type { Pool } from '../../src/store/connect.ts';

/**
 * Begins each call once the one before waits in the queue behind the lock, lets go when all of them wait, and gives their answers.
 * PostgreSQL serves the first two in their order; who comes after them waits for a version of the row that is gone by then.
 */
export async function queued<Calls extends readonly (() => Promise<unknown>)[]>(
  sql: Pool,
  { instanceId, userId }: { readonly instanceId: string; readonly userId: string },
  ...calls: Calls
): Promise<{ -readonly [N in keyof Calls]: Awaited<ReturnType<Calls[N]>> }> {
  const answers: Promise<unknown>[] = [];
  await sql.begin(async (holder) => {
    await holder`select from users where instance_id = ${instanceId} and user_id = ${userId} for update`;
    for (const call of calls) {
      answers.push(call());
      await waiting(sql, answers.length);
    }
  });
  return Promise.all(answers) as never; // one answer for each call, in their order
}

/** Resolves when so many statements wait for a lock in this database. There is no event for that: the database itself looks until it is so. */
export async function waiting(sql: Pool, statements: number): Promise<void> {
  await sql.unsafe(`
    do $$ begin
      while (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') < ${statements} loop
        perform pg_stat_clear_snapshot(), pg_sleep(0.001);
      end loop;
    end $$`);
}
