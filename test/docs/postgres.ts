/** A PostgreSQL of this machine, for what its own programs do (pg_dump, pg_basebackup): those of the newest version that is installed, on a cluster of their own. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { as, type RunAs, runAs } from '../../src/store/embedded-binaries.ts';

/** The folder of its programs; undefined where there are none. */
export const postgresPrograms: string | undefined = [
  // Where Debian and its kin put them; others have them on the path.
  ...globSync('/usr/lib/postgresql/*/bin/initdb').sort((one, other) => versionIn(other) - versionIn(one)),
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'initdb')),
]
  .filter((path) => ['', 'pg_ctl', 'pg_dump', 'pg_basebackup', 'psql'].every((name) => existsSync(join(dirname(path), name))))
  .map((path) => dirname(path))[0];

function versionIn(path: string): number {
  return Number(/(\d+)\/bin/.exec(path)?.[1] ?? 0);
}

/** As root PostgreSQL runs as another user. */
export const postgresUser: RunAs | undefined = postgresPrograms === undefined ? undefined : runAs('');

/** A cluster that runs, and the variables by which its programs find it. It is ended by the file of its process in the folder. */
export function startPostgres(folder: string, port: string): Readonly<Record<string, string>> {
  const home = join(folder, 'postgres');
  mkdirSync(home, { mode: 0o755 });
  if (postgresUser) chownSync(home, postgresUser.uid, postgresUser.gid);
  const cluster = join(home, 'main');
  run('initdb', [
    '-D',
    cluster,
    '-U',
    'postgres',
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]);
  const settings = { port, listen_addresses: `'localhost'`, unix_socket_directories: `'${home}'`, fsync: 'off', max_wal_senders: 4 };
  appendFileSync(
    join(cluster, 'postgresql.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  run('pg_ctl', ['-D', cluster, '-l', join(home, 'log'), '-w', 'start']);
  return { PGHOST: home, PGPORT: port, PGUSER: 'postgres', PGDATA: cluster };
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(join(postgresPrograms ?? '', program), args, {
    ...as(postgresUser),
    cwd: '/',
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}
