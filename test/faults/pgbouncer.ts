/** PgBouncer in transaction mode before the test's PostgreSQL: every database of it under its own name. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseAddress } from '../../src/config/database-url.ts';
import { freePort } from '../support/node.ts';

const program = '/usr/sbin/pgbouncer';

/** Why there is none, or false. */
export const noPgbouncer = spawnSync(program, ['--version']).status === 0 ? false : 'PgBouncer is not installed (Debian package pgbouncer)';

/** Its port. Few connections to the database, so that clients really share them. */
export async function startPgbouncer({ socketDir, socketPort, hosts, user, password }: DatabaseAddress): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'keyward-pgbouncer-'));
  const [host, itsPort] = socketDir === undefined ? [hosts[0]?.host, hosts[0]?.port] : [socketDir, socketPort];
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(
    config,
    `[databases]
* = host=${host} port=${itsPort} user=${user} password='${password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
logfile = ${join(folder, 'pgbouncer.log')}
`,
  );
  // It does not run as root; who owns the socket of the database may use it.
  const owner = process.getuid?.() === 0 ? statSync(socketDir === undefined ? '/var/lib/postgresql' : socketDir) : undefined;
  if (owner) for (const path of [folder, config]) chownSync(path, owner.uid, owner.gid);
  const child = spawn(program, ['-q', config], { stdio: 'ignore', ...(owner && { uid: owner.uid, gid: owner.gid }) });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 0; !(await listens(port)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error('PgBouncer does not start');
    await pause(25);
  }
  return port;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
