/** What a start does with the database that it finds: schema, master key, first instance, and what it says when it cannot work with it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseDatabaseUrl } from '../../src/config/database-url.ts';
import { CannotStart } from '../../src/failure/cannot-start.ts';
import { Failure } from '../../src/failure/failure.ts';
import { connect, openPool } from '../../src/store/connect.ts';
import { type Migration, migrate, migrationFiles } from '../../src/store/migrate.ts';
import { problemWith } from '../../src/store/server.ts';
import { testDatabase } from '../support/postgres.ts';
import { freePort, keyward, newFolder, started, stopped } from './keyward.ts';

const limits = { statementSeconds: 10, lockSeconds: 5 };
const folder = newFolder();
after(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;
const dataDir = () => join(folder, String(folders++));
const secret = (dir: string, name: string) => readFileSync(join(dir, 'credentials', name), 'utf8').trim();

const migration = (number: number, text: string, mark: 'breaking' | 'compatible' = 'breaking'): Migration => ({
  number,
  name: `000${number}_test`,
  compatible: mark === 'compatible',
  text,
});

test('the schema is made once, whoever else makes it at the same moment', async () => {
  const { address, sql } = await testDatabase('empty');
  const pools = Array.from({ length: 5 }, () => openPool(address, { max: 1, prepare: false }));
  const applied = (await Promise.all(pools.map((pool) => migrate(pool, limits)))).flat();
  assert.deepEqual(
    applied.sort(),
    migrationFiles().map(({ name }) => name),
  );
  assert.deepEqual(await migrate(sql, limits), []);
  await Promise.all(pools.map((pool) => pool.end()));
});

test('a migration that fails leaves nothing behind, and is done by the next try', async () => {
  const { sql } = await testDatabase('empty');
  const good = migration(0, 'create table a (x int)');
  await assert.rejects(migrate(sql, { ...limits, migrations: [good, migration(1, 'create table b (x int); create table a (x int)')] }));
  const [{ b }] = await sql<[{ b: string | null }]>`select to_regclass('b') as b`;
  assert.equal(b, null);
  assert.deepEqual(await migrate(sql, { ...limits, migrations: [good, migration(1, 'create table b (x int)')] }), ['0001_test']);
});

test('a schema that is newer than the program is refused, unless all that is newer is compatible', async () => {
  const { sql } = await testDatabase('empty');
  const old = [migration(0, 'select 1')];
  await migrate(sql, { ...limits, migrations: [...old, migration(1, 'select 1', 'compatible')] });
  assert.deepEqual(await migrate(sql, { ...limits, migrations: old }), []);
  await sql`insert into schema_migrations (number, name) values (2, '0002_future')`;
  await assert.rejects(
    migrate(sql, { ...limits, migrations: old }),
    (error) => error instanceof CannotStart && /newer than this program/.test(error.message),
  );
});

const facts = { version: 160003, encoding: 'UTF8', standby: false, database: 'k', role: 'r', schema: 'public', mayCreate: true };
const unusable = [
  ['too old', { version: 140011 }, /it is PostgreSQL 14\.11, Keyward needs 15 or newer/],
  ['of another encoding', { encoding: 'LATIN1' }, /its encoding is LATIN1/],
  ['a standby', { standby: true }, /standby/],
  ['without rights', { mayCreate: false }, /grant create on schema public to r/],
  ['without a schema', { schema: null, mayCreate: null }, /search_path/],
] as const;

for (const [what, fact, line] of unusable) {
  test(`a database that is ${what} is refused in one line`, () => assert.match(problemWith({ ...facts, ...fact }) ?? '', line));
}

test('PostgreSQL 15 and newer are good', () => {
  assert.equal(problemWith({ ...facts, version: 150000 }), undefined);
  assert.equal(problemWith(facts), undefined);
});

test('an unreachable database and a wrong password are one line each, without the password', async () => {
  const { url } = await testDatabase('empty');
  const [nowhere, wrong] = await Promise.all([
    keyward(['start'], {
      KEYWARD_DATA_DIR: dataDir(),
      KEYWARD_PORT: await freePort(),
      KEYWARD_DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/k',
    }).ended,
    keyward(['migrate'], { KEYWARD_DATA_DIR: dataDir(), KEYWARD_DATABASE_URL: url.replace(/\/\/[^@]*@/, '//nobody:hunter2@') }).ended,
  ]);
  assert.equal(nowhere.stderr, 'keyward: The database at 127.0.0.1:1/k cannot be used: nothing listens there.\n');
  assert.match(wrong.stderr, /^keyward: The database at \S+ cannot be used: [^\n]*\n$/);
  assert.doesNotMatch(wrong.stderr, /hunter2/);
  assert.deepEqual([nowhere.code, wrong.code], [1, 1]);
});

test('two first starts at once on one database make one instance; the second needs the master key of the first', async () => {
  const { url, sql } = await testDatabase('empty');
  const shared = dataDir();
  const environment = { KEYWARD_DATA_DIR: shared, KEYWARD_DATABASE_URL: url };
  const [a, b] = await Promise.all([
    started({ ...environment, KEYWARD_PORT: await freePort() }),
    started({ ...environment, KEYWARD_PORT: await freePort() }),
  ]);
  const made = await sql`select pat from fake_instances`;
  assert.deepEqual(
    made.map(({ pat }) => pat),
    [secret(shared, 'admin.pat')],
  );

  const elsewhere = dataDir();
  const keyless = await keyward(['start'], { KEYWARD_DATABASE_URL: url, KEYWARD_DATA_DIR: elsewhere, KEYWARD_PORT: await freePort() })
    .ended;
  assert.equal(keyless.code, 1);
  assert.match(
    keyless.stderr,
    /^keyward: The database was set up with a master key that is not here: put it in .*masterkey, or set KEYWARD_MASTERKEY/,
  );
  assert.equal(existsSync(join(elsewhere, 'credentials', 'masterkey')), false, 'none is made that would be the wrong one');

  const wrong = await keyward(['start'], {
    KEYWARD_DATABASE_URL: url,
    KEYWARD_DATA_DIR: elsewhere,
    KEYWARD_PORT: await freePort(),
    KEYWARD_MASTERKEY: randomBytes(16).toString('hex'),
  }).ended;
  assert.equal(wrong.stderr, 'keyward: The master key of KEYWARD_MASTERKEY is not the one that the database was set up with.\n');
  assert.equal(wrong.code, 1);

  const right = await started({
    KEYWARD_DATABASE_URL: url,
    KEYWARD_DATA_DIR: elsewhere,
    KEYWARD_PORT: await freePort(),
    KEYWARD_MASTERKEY_FILE: join(shared, 'credentials', 'masterkey'),
  });
  assert.match(right.out.stdout, /credentials {3}not here/);
  await Promise.all([a, b, right].map(stopped));
});

test('a deadlock is run again and never seen by the caller', async () => {
  const { store, sql } = await testDatabase();
  await sql`create table pairs (id int primary key, n int not null default 0)`;
  await sql`insert into pairs (id) values (1), (2)`;
  const both = (first: number, second: number) =>
    store.transaction(async (sql) => {
      await sql`update pairs set n = n + 1 where id = ${first}`;
      await pause(30);
      await sql`update pairs set n = n + 1 where id = ${second}`;
    });
  await Promise.all([both(1, 2), both(2, 1)]);
  assert.deepEqual(
    (await sql`select n from pairs order by id`).map(({ n }) => n),
    [2, 2],
  );
});

test('a database that is away, a statement that takes too long and a lock that is not had are told without SQL', async () => {
  const { store, sql } = await testDatabase();
  const away = connect(parseDatabaseUrl('postgres://u@127.0.0.1:1/k').address!, {
    databaseConnections: 1,
    databaseListConnections: 1,
    databasePooled: false,
  });
  const failed = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(error instanceof Failure);
    assert.doesNotMatch(error.message, /select|SQL/i);
    return [error.code, error.retryAfter];
  };
  for (let i = 0; i < 3; i++) assert.deepEqual(await failed(away.run((sql) => sql`select 1`)), ['unavailable', 1]);
  await away.close();

  assert.deepEqual(
    await failed(
      store.transaction(async (sql) => {
        await sql`set local statement_timeout = 50`;
        await sql`select pg_sleep(5)`;
      }),
    ),
    ['unavailable', 1],
  );
  await sql`create table held (id int)`;
  await sql.begin(async (holder) => {
    await holder`lock table held`;
    const locked = store.transaction(async (sql) => {
      await sql`set local lock_timeout = 50`;
      await sql`select * from held`;
    });
    assert.deepEqual(await failed(locked), ['unavailable', 1]);
  });

  const lost = failed(store.run((sql) => sql`select pg_sleep(5)`));
  await pause(100);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  assert.deepEqual(await lost, ['unavailable', 1]);
  // other connections of the pool may still have to notice
  for (let tries = 0; ; tries++) {
    const rows = await store.run((sql) => sql`select 1`).catch((error: Failure) => error);
    if (Array.isArray(rows)) break;
    assert.ok(tries < 10, 'it is back');
  }
});
