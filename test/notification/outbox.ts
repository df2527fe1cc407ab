/** What a test sees and does behind the API: the rows of the outbox, and the time that passes for them. */
import type { Pool } from '../../src/store/connect.ts';

export interface OutboxRow {
  kind: string;
  recipient: string;
  attempts: number;
  leased: boolean;
  last_error: string | null;
  is_dead: boolean;
  code: Buffer | null;
}

export async function outboxOf(sql: Pool, userId: string): Promise<readonly OutboxRow[]> {
  const rows = await sql<OutboxRow[]>`
    select kind, recipient, attempts, leased, last_error, dead_at is not null as is_dead, code from outbox where user_id = ${userId} order by sequence, place`;
  return [...rows];
}

/** Resolves when the outbox holds what `until` (SQL over its rows of a user) says. There is no event for that: the database itself looks until it is so. */
export async function settled(sql: Pool, userId: string, until: string): Promise<void> {
  await sql.unsafe(`
    do $$ begin
      while not (select ${until} from outbox where user_id = '${userId}') loop perform pg_sleep(0.01); end loop;
    end $$`);
}

/** Makes all that waits due: its pauses and leases are over. */
export async function timePasses(sql: Pool, userId: string): Promise<void> {
  await sql`update outbox set next_attempt_at = now() where user_id = ${userId} and dead_at is null`;
}
