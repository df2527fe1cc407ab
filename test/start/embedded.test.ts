/** Starting on the embedded database: the first time, again, after a kill, twice at once, and ending. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '../../src/store/connect.ts';
import { attachEmbedded } from '../../src/store/embedded.ts';
import { freePort, get, keyward, newFolder, started, stopped } from './keyward.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function fresh() {
  const folder = newFolder();
  folders.push(folder);
  const dataDir = join(folder, 'data');
  const port = await freePort();
  return { dataDir, port, environment: { KEYWARD_DATA_DIR: dataDir, KEYWARD_PORT: port } };
}

const secret = (dataDir: string, name: string) => readFileSync(join(dataDir, 'credentials', name), 'utf8').trim();

test('a first start says where it listens, where the credentials lie and how to switch a user off; SIGTERM ends it with the database', async () => {
  const { dataDir, port, environment } = await fresh();
  const running = await started(environment);
  assert.match(running.out.stdout, new RegExp(`http://localhost:${port}`));
  assert.ok(running.out.stdout.includes(`${dataDir}/credentials`));
  assert.match(
    running.out.stdout,
    new RegExp(`curl -X POST http://localhost:${port}/v2/users/77/deactivate -H "Authorization: Bearer \\$\\(cat .*/admin.pat\\)"`),
  );
  assert.match(await get(port), /^masterkey/);
  assert.equal(statSync(join(dataDir, 'credentials')).mode & 0o777, 0o700);
  for (const name of ['admin.pat', 'admin.password', 'masterkey', 'postgres.password']) {
    assert.equal(statSync(join(dataDir, 'credentials', name)).mode & 0o777, 0o600);
    assert.doesNotMatch(running.out.stdout + running.out.stderr, new RegExp(secret(dataDir, name)));
  }
  assert.equal(secret(dataDir, 'masterkey').length, 32);

  const { code } = await stopped(running);
  assert.equal(code, 0);
  assert.equal(existsSync(join(dataDir, 'postgres', 'postmaster.pid')), false);

  const pat = secret(dataDir, 'admin.pat');
  await stopped(await started(environment));
  assert.equal(secret(dataDir, 'admin.pat'), pat, 'a second start makes nothing new');
});

test('nobody gets into the embedded database without its password', async () => {
  const { dataDir, environment } = await fresh();
  const running = await started(environment);
  const address = attachEmbedded(dataDir)!;
  assert.equal(statSync(join(dataDir, 'postgres')).mode & 0o777, 0o700);
  for (const [user, password] of [
    ['keyward', 'wrong'],
    ['postgres', ''],
    ['postgres', 'postgres'],
  ] as const) {
    const sql = openPool({ ...address, user, password }, { max: 1, prepare: false });
    await assert.rejects(async () => await sql`select 1`, /password authentication failed|no pg_hba.conf entry/);
    await sql.end();
  }
  const sql = openPool(address, { max: 1, prepare: false });
  const [role] =
    await sql`select rolsuper, current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync, lower('ÄÉ') as lower,
    current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock from pg_roles where rolname = current_user`;
  assert.deepEqual({ ...role }, { rolsuper: false, tcp: '', fsync: 'on', lower: 'äé', statement: '10s', lock: '5s' });
  await sql.end();
  await stopped(running);
});

test('a start that is killed at any moment is repaired by the next', async () => {
  const { dataDir, environment } = await fresh();
  for (const ms of [200, 450, 650, 800, 950]) {
    const running = keyward(['start'], environment);
    await pause(ms);
    running.child.kill('SIGKILL');
    await running.ended;
  }
  const running = await started(environment);
  const sql = openPool(attachEmbedded(dataDir)!, { max: 1, prepare: false });
  const made = await sql`select pat from fake_instances`;
  await sql.end();
  assert.deepEqual(
    made.map(({ pat }) => pat),
    [secret(dataDir, 'admin.pat')],
    'one instance, and its token is in the file',
  );
  assert.deepEqual(readdirSync(join(dataDir, 'credentials')).sort(), ['admin.password', 'admin.pat', 'masterkey', 'postgres.password']);
  await stopped(running);
});

test('credentials that were committed but not yet in place when the start was killed are put there by the next', async () => {
  const { dataDir, environment } = await fresh();
  const first = await started(environment);
  const sql = openPool(attachEmbedded(dataDir)!, { max: 1, prepare: false });
  const [{ nonce }] = await sql<[{ nonce: string }]>`select value->>'nonce' as nonce from keyward_meta where name = 'first_instance'`;
  await sql.end();
  first.child.kill('SIGKILL');
  await first.ended;
  const credentials = join(dataDir, 'credentials');
  const pat = secret(dataDir, 'admin.pat');
  renameSync(join(credentials, 'admin.pat'), join(credentials, `admin.pat.new-${nonce}`));
  writeFileSync(join(credentials, 'admin.password.new-0000'), 'of a start that was never committed');

  const second = await started(environment);
  assert.equal(secret(dataDir, 'admin.pat'), pat);
  assert.equal(existsSync(join(credentials, 'admin.password.new-0000')), false);
  await stopped(second);
});

test('a data folder in use is one clear line; a database left running by a killed keyward is taken over', async () => {
  const { dataDir, environment } = await fresh();
  const first = await started(environment);
  const second = await keyward(['start'], { ...environment, KEYWARD_PORT: await freePort() }).ended;
  assert.equal(second.code, 1);
  assert.equal(
    second.stderr,
    `keyward: The data folder ${dataDir} is in use by another keyward; stop that one, or set KEYWARD_DATA_DIR to another folder.\n`,
  );
  const left = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0];
  first.child.kill('SIGKILL');
  await first.ended;
  process.kill(Number(left), 0); // it lives
  const third = await started(environment);
  assert.notEqual(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0], left);
  await stopped(third);
});

test('commands work beside a running server and without one; a new token goes to stdout only', async () => {
  const { environment } = await fresh();
  const without = await keyward(['instance', 'list'], environment).ended;
  assert.match(without.stderr, /There is no database in .* yet/);
  assert.equal(without.code, 1);

  const running = await started(environment);
  assert.equal((await keyward(['ready'], environment).ended).code, 0);
  const pat = await keyward(['instance', 'pat', '--owner'], environment).ended;
  assert.equal(pat.stdout, 'owner-pat\n');
  assert.doesNotMatch(pat.stderr, /owner-pat/);
  assert.match((await keyward(['migrate'], environment).ended).stdout, /up to date/);
  await stopped(running);

  assert.equal((await keyward(['ready'], environment).ended).code, 1);
  assert.equal((await keyward(['instance', 'list'], environment).ended).stdout, '1\trunning\tlocalhost\tFirst\n');
  const added = await keyward(['instance', 'add', '--name', 'Two', '--domain', 'two.example.com'], environment).ended;
  assert.match(added.stdout, /^instance {3}2\n.*pat {8}secret-pat\n$/s);
  assert.doesNotMatch(added.stderr, /secret/);
});

test('calls in flight are finished after SIGTERM; a second signal ends at once', async () => {
  const { port, environment } = await fresh();
  const first = await started(environment);
  const slow = get(port, '/slow');
  await pause(150);
  first.child.kill('SIGTERM');
  assert.match(await slow, /^masterkey/);
  assert.equal((await first.ended).code, 0);

  const second = await started(environment);
  const cut = get(port, '/slow').catch(() => 'cut');
  await pause(50);
  second.child.kill('SIGINT');
  await pause(530);
  second.child.kill('SIGINT');
  const { code } = await second.ended;
  assert.ok(code === 130 || code === 0, `exit code ${code}`);
  await cut;
  await stopped(await started(environment));
});

test('a port in use is one clear line, and nothing is begun', async () => {
  const { dataDir, port, environment } = await fresh();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(port), '127.0.0.1', resolve));
  const { code, stderr } = await keyward(['start'], environment).ended;
  other.close();
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `keyward: Port ${port} of 127.0.0.1 cannot be used: another program listens there (set KEYWARD_PORT to another port).\n`,
  );
  assert.equal(existsSync(dataDir), false);
});

test('workers share the port; one that dies is begun again; all end together', async () => {
  const { port, environment } = await fresh();
  const running = await started(environment, ['--workers', '2']);
  const pids = new Set<string>();
  for (let i = 0; i < 30; i++) pids.add(await get(port));
  assert.equal(pids.size, 2);
  await get(port, '/die').catch(() => undefined);
  const before = pids.size;
  for (let i = 0; i < 100 && pids.size === before; i++) {
    await pause(50);
    pids.add(await get(port).catch(() => [...pids][0]!));
  }
  assert.equal(pids.size, 3, 'a new process serves');
  assert.equal((await stopped(running)).code, 0);
  await assert.rejects(get(port));
});

test('as root under a folder that is closed to others, PostgreSQL runs from a copy of its programs', {
  skip: process.getuid?.() !== 0 && 'not root',
}, async () => {
  const { environment } = await fresh();
  const closed = newFolder();
  folders.push(closed);
  mkdirSync(join(closed, 'home'), { mode: 0o700 });
  const { code, stderr } = await keyward(['start'], { ...environment, KEYWARD_DATA_DIR: join(closed, 'home', 'data') }).ended;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^keyward: PostgreSQL does not run as root, and \w+, who runs it instead, cannot enter .*\/home; set KEYWARD_DATA_DIR/,
  );
});

test('a misspelt command, and a bad configuration with exit code 78', async () => {
  assert.equal((await keyward(['begin']).ended).code, 1);
  const { code, stderr } = await keyward(['start', '--workers', 'many'], { KEYWARD_PORT: 'x' }).ended;
  assert.equal(code, 78);
  assert.match(stderr, /^keyward: 2 settings are wrong:\n.*KEYWARD_PORT.*\n.*--workers/s);
  assert.match((await keyward(['--help']).ended).stdout, /instance/);
  assert.match((await keyward(['--version']).ended).stdout, /^\d+\.\d+\.\d+\n$/);
});
