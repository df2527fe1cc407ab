/**
 * Brings the schema up to date: migrations/NNNN_name.sql, forward only, each in one transaction with the row that records it.
 * It can be killed at any point and started again, and by several at once: a transaction-long advisory lock lets one do the work
 * (it also works behind a pooler, which a session-long one does not).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { CannotStart } from '../failure/cannot-start.ts';
import type { Pool, Sql } from './connect.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** `-- compatible` in the first line: an older program can go on working with the schema that results; `-- breaking`: it cannot. */
  readonly compatible: boolean;
  readonly text: string;
}

export interface MigrateOptions {
  readonly statementSeconds: number;
  readonly lockSeconds: number;
  readonly migrations?: readonly Migration[];
  readonly onApplied?: (name: string) => void;
}

/** The names of those that were applied now. A schema that a newer program made is left alone: CannotStart, unless all that is newer is compatible. */
export async function migrate(sql: Pool, options: MigrateOptions): Promise<string[]> {
  const migrations = options.migrations ?? migrationFiles();
  const newest = migrations.at(-1)?.number ?? -1;
  const done = await locked(sql, async (sql) => {
    await sql`
      create table if not exists schema_migrations (
        number     integer primary key,
        name       text not null,
        compatible boolean not null default false,
        applied_at timestamptz not null default now()
      )`;
    const newer = await sql<
      { name: string }[]
    >`select name from schema_migrations where number > ${newest} and not compatible order by number`;
    if (newer.length > 0) {
      throw new CannotStart(
        `The schema of the database is newer than this program (it has ${newer.at(-1)!.name}, the program ends with ${migrations.at(-1)?.name}); start the newer keyward.`,
      );
    }
    await setTimeouts(sql, options);
    const rows = await sql<{ number: number }[]>`select number from schema_migrations`;
    return new Set(rows.map(({ number }) => number));
  });

  const applied: string[] = [];
  for (const migration of migrations) {
    if (done.has(migration.number)) continue;
    if (await locked(sql, (sql) => apply(sql, migration))) {
      applied.push(migration.name);
      options.onApplied?.(migration.name);
    }
  }
  return applied;
}

/** The migrations of this program, in order; a file whose name or first line is not as agreed is a fault of ours. */
export function migrationFiles(folder: URL = new URL('../../migrations/', import.meta.url)): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  const migrations = files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const number = /^([0-9]{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1];
    const mark = /^-- (breaking|compatible)\n/.exec(text)?.[1];
    if (number === undefined || mark === undefined) {
      throw new Error(`migrations/${file}: needs a name like 0001_users.sql and "-- breaking" or "-- compatible" as its first line`);
    }
    return { number: Number(number), name: file.slice(0, -4), compatible: mark === 'compatible', text };
  });
  migrations.forEach(({ name, number }, at) => {
    if (number !== at) throw new Error(`migrations/${name}.sql: the numbers must follow each other, here ${at} was expected`);
  });
  return migrations;
}

/** Any number; the same for all that set up a Keyward database. */
export const SETUP_LOCK = 5_140_268_339;

/** A transaction in which nobody else sets up this database, without the limits that calls have. */
export function locked<T>(sql: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const whole = sql.begin(async (sql) => {
    await sql`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '60s', true), set_config('client_min_messages', 'warning', true)`;
    await sql`select pg_advisory_xact_lock(${SETUP_LOCK})`;
    return work(sql);
  });
  return whole as Promise<T>; // UnwrapPromiseArray<T> of postgres.js is T unless T is an array of promises
}

async function apply(sql: Sql, { number, name, compatible, text }: Migration): Promise<boolean> {
  const [done] = await sql`select 1 from schema_migrations where number = ${number}`;
  if (done) return false;
  await sql.unsafe(text);
  await sql`insert into schema_migrations (number, name, compatible) values (${number}, ${name}, ${compatible})`;
  return true;
}

/**
 * Limits for every later connection of this role to this database. They are stored with the role because a connection behind a pooler
 * has no settings of its own, and set here because a `set` on each new connection would cost a round trip.
 */
async function setTimeouts(sql: Sql, { statementSeconds, lockSeconds }: MigrateOptions): Promise<void> {
  const wanted = [`statement_timeout=${statementSeconds}s`, `lock_timeout=${lockSeconds}s`, 'TimeZone=UTC'];
  const [present] = await sql<{ setconfig: string[] }[]>`
    select s.setconfig from pg_db_role_setting s, pg_database d, pg_roles r
    where d.datname = current_database() and r.rolname = current_user and s.setdatabase = d.oid and s.setrole = r.oid`;
  if (wanted.every((setting) => present?.setconfig.includes(setting))) return;
  const [{ database }] = await sql<[{ database: string }]>`select current_database() as database`;
  for (const setting of wanted) {
    const [name, value] = setting.split('=') as [string, string]; // as written above
    await sql.unsafe(`alter role current_user in database "${database.replaceAll('"', '""')}" set ${name} = '${value}'`);
  }
}
