/**
 * A database of its own for each test file: a clone of a template that is migrated once a run. `npm test` starts one PostgreSQL for all
 * files; a file that is run alone starts one for itself. With KEYWARD_DATABASE_URL set, databases are made on that server.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type DatabaseAddress, parseDatabaseUrl } from '../../src/config/database-url.ts';
import { connect, openPool, type Pool, type Store } from '../../src/store/connect.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';

export interface TestDatabase {
  readonly address: DatabaseAddress;
  /** For KEYWARD_DATABASE_URL of a process under test. */
  readonly url: string;
  readonly store: Store;
  /** Bare statements: to look behind the API, or to hold a lock. */
  readonly sql: Pool;
}

/** Made now, dropped after the tests of this file (or of the suite that calls it). `empty`: without the schema. */
export async function testDatabase(content: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const run = await testRun();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await create(run.server, name, content === 'empty' ? 'template0' : run.template);
  const address = { ...run.server, database: name };
  const sql = openPool(address, { max: 4, prepare: true });
  // the limits of the role are not cloned
  if (content === 'migrated') await migrate(sql, limits);
  const store = connect(address, { databaseConnections: 8, databaseListConnections: 2, databasePooled: false });
  after(async () => {
    await Promise.all([store.close(1), sql.end({ timeout: 1 })]);
    await drop(run.server, name);
    await run.close();
  });
  return { address, url: urlOf(address), store, sql };
}

export interface TestRun {
  /** Where databases can be made. */
  readonly server: DatabaseAddress;
  readonly template: string;
  close(): Promise<void>;
}

/** Starts the PostgreSQL of a run (unless one is given) and makes the template; the variables pass both on to other processes. */
export async function startTestRun(): Promise<TestRun & { readonly variables: Readonly<Record<string, string>> }> {
  const given = process.env.KEYWARD_DATABASE_URL;
  const { server, stop } =
    given === undefined || given === '' ? await embeddedServer() : { server: addressOf(given), stop: async () => undefined };
  const template = `template_${randomBytes(6).toString('hex')}`;
  await create(server, template, 'template0', given === undefined ? '' : `locale 'C.UTF-8'`);
  const sql = openPool({ ...server, database: template }, { max: 1, prepare: false });
  await migrate(sql, limits);
  await sql.end();
  return {
    server,
    template,
    variables: { KEYWARD_TEST_SERVER: urlOf(server), KEYWARD_TEST_TEMPLATE: template },
    close: async () => {
      await drop(server, template);
      await stop();
    },
  };
}

/** As in production. */
const limits = { statementSeconds: 10, lockSeconds: 5 };

let own: { run: Promise<TestRun>; users: number } | undefined;

/** The run that `npm test` has started, else one that ends with its last user in this process. */
async function testRun(): Promise<TestRun> {
  const { KEYWARD_TEST_SERVER: url, KEYWARD_TEST_TEMPLATE: template } = process.env;
  if (url !== undefined && template !== undefined) return { server: addressOf(url), template, close: async () => undefined };
  own ??= { run: startTestRun(), users: 0 };
  const mine = own;
  mine.users++;
  const run = await mine.run;
  return {
    ...run,
    close: async () => {
      if (--mine.users > 0) return;
      own = undefined;
      await run.close();
    },
  };
}

/** Its data is thrown away, so it need not outlive a power cut. */
async function embeddedServer(): Promise<{ server: DatabaseAddress; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'keyward-test-'));
  await chmod(dataDir, 0o755); // as root, PostgreSQL runs as another user
  const embedded = await startEmbedded({
    dataDir,
    connections: 300,
    settings: { fsync: 'off', full_page_writes: 'off', autovacuum: 'off' },
  });
  const stop = async () => {
    await embedded.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { server: embedded.address, stop };
}

/** A cluster of locale C (as Debian makes it where no locale is set) would fold the case of ASCII letters only. */
async function create(server: DatabaseAddress, name: string, template: string, locale = ''): Promise<void> {
  await onServer(server, (sql) => sql`create database ${sql(name)} template ${sql(template)} encoding 'UTF8' ${sql.unsafe(locale)}`);
}

/** Where the server's own vacuum is at work in it, it stays: whoever is no superuser cannot end that. */
async function drop(server: DatabaseAddress, name: string): Promise<void> {
  await onServer(server, (sql) =>
    sql`drop database if exists ${sql(name)} with (force)`.catch((error) => {
      if (error.code !== '42501') throw error;
    }),
  );
}

async function onServer(server: DatabaseAddress, work: (sql: Pool) => PromiseLike<unknown>): Promise<void> {
  const sql = openPool(server, { max: 1, prepare: false });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function addressOf(url: string): DatabaseAddress {
  const { address, problem } = parseDatabaseUrl(url);
  if (!address) throw new Error(`the URL of the test database is wrong: ${problem}`);
  return address;
}

export function urlOf({ hosts, socketDir, socketPort, user, password, database, sslMode, sslRootCert }: DatabaseAddress): string {
  const login = `${encodeURIComponent(user ?? '')}${password === undefined ? '' : `:${encodeURIComponent(password)}`}`;
  const options = new URLSearchParams({ sslmode: sslMode });
  if (sslRootCert !== undefined) options.set('sslrootcert', sslRootCert);
  if (socketDir !== undefined) {
    options.set('host', socketDir);
    options.set('port', String(socketPort));
  }
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  return `postgres://${login}@${list}/${encodeURIComponent(database ?? '')}?${options}`;
}
