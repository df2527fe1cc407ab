/**
 * The embedded PostgreSQL: made on the first start, run as a child, stopped with the program.
 * Nobody else gets in: no TCP, the socket lies in a folder of mode 0700, and the password is random. The role that Keyward uses is no superuser.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseAddress } from '../config/database-url.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { credentialsDir, type Hold, holdDataDir, readSecret, syncDir, writeSecret } from './data-dir.ts';
import { type DiskChange, type DiskWatch, prepareDiskWatch, watchDisk } from './disk-watch.ts';
import { as, binaries, type RunAs, runAs } from './embedded-binaries.ts';

export interface Embedded {
  readonly address: DatabaseAddress;
  /** From now on a disk that fills up turns changes off, and on again when there is space. */
  watchDisk(onChange: (change: DiskChange) => void): void;
  /** Ends it cleanly (seconds at most), and gives the data folder free. */
  stop(): Promise<void>;
  /** Ends it at once; it repairs itself on the next start. */
  kill(): void;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** How many connections all processes open together. */
  readonly connections: number;
  /** Told when PostgreSQL ended by itself and is started again. */
  readonly onRestart?: (reason: string) => void;
  /** Further server settings, for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Takes the data folder and starts its PostgreSQL; ends one that a killed keyward left behind. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const hold = holdDataDir(options.dataDir);
  try {
    return await start(options, hold);
  } catch (error) {
    hold.release();
    throw error;
  }
}

/** The address of the PostgreSQL that a running keyward holds on this folder, or undefined. */
export function attachEmbedded(dataDir: string): DatabaseAddress | undefined {
  const running = runningIn(clusterIn(dataDir));
  const password = readSecret(passwordFile(dataDir));
  return running && password !== undefined ? addressAt(running.socketDir, password) : undefined;
}

/** The socket's number and the names of role and database. */
const PORT = 5432;
const NAME = 'keyward';
/** sun_path of a Unix socket holds 104 (macOS) or 108 bytes. */
const SOCKET_PATH_BYTES = 100;

const clusterIn = (dataDir: string): string => join(dataDir, 'postgres');
const passwordFile = (dataDir: string): string => join(credentialsDir(dataDir), 'postgres.password');

/** An eighth of the memory that this machine or container has, within PostgreSQL's default and 2 GB; what is not used is not taken. */
function sharedMegabytes(): number {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(Math.max(Math.floor(bytes / 8 / 2 ** 20), 128), 2048);
}

const addressAt = (socketDir: string, password: string): DatabaseAddress => ({
  hosts: [],
  socketDir,
  socketPort: PORT,
  user: NAME,
  password,
  database: NAME,
  sslMode: 'disable',
  sslRootCert: undefined,
  sslCert: undefined,
  sslKey: undefined,
  applicationName: undefined,
  connectSeconds: undefined,
  targetSession: undefined,
});

async function start({ dataDir, connections, onRestart, settings = {} }: EmbeddedOptions, hold: Hold): Promise<Embedded> {
  const cluster = clusterIn(dataDir);
  const user = runAs(cluster);
  mustReach(dataDir, user);
  const bin = binaries(dataDir, user);

  const password = readSecret(passwordFile(dataDir)) ?? randomBytes(24).toString('base64url');
  if (statSync(cluster, { throwIfNoEntry: false }) === undefined) {
    await writeSecret(passwordFile(dataDir), password);
    await makeCluster(cluster, bin, user, password);
  }
  await endLeftOver(cluster);

  prepareDiskWatch(cluster, (path) => user && chownSync(path, user.uid, user.gid));

  const socketDir = socketDirFor(cluster, user);
  const server = new Server(bin, cluster, user, join(dataDir, 'postgres.log'), {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    port: String(PORT),
    max_connections: String(Math.max(50, connections + 20)),
    shared_buffers: `${sharedMegabytes()}MB`,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m ',
    ...settings,
  });
  await server.start();
  server.keepUp(onRestart ?? (() => undefined));
  let watch: DiskWatch | undefined;
  return {
    address: addressAt(socketDir, password),
    watchDisk: (onChange) => {
      watch ??= watchDisk(cluster, () => server.reload(), onChange);
    },
    stop: async () => {
      watch?.stop();
      await server.stop();
      if (socketDir !== cluster) rmSync(socketDir, { recursive: true, force: true });
      hold.release();
    },
    kill: () => server.kill(),
  };
}

/** As root: PostgreSQL runs as another user, who must be able to enter the folder. */
function mustReach(dataDir: string, user: RunAs | undefined): void {
  if (user === undefined) return;
  for (let dir = dataDir; ; dir = dirname(dir)) {
    const { uid, gid, mode } = statSync(dir);
    const enter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & enter) === 0) {
      throw new CannotStart(
        `PostgreSQL does not run as root, and ${user.name}, who runs it instead, cannot enter ${dir}; set KEYWARD_DATA_DIR to a folder such as /var/lib/keyward.`,
      );
    }
    if (dir === dirname(dir)) return;
  }
}

/** Made beside its place and moved there when it is whole, so that a killed first start leaves nothing half-made. */
async function makeCluster(cluster: string, bin: string, user: RunAs | undefined, password: string): Promise<void> {
  const unfinished = `${cluster}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (user) chownSync(unfinished, user.uid, user.gid);

  // The builtin locale sorts and folds every script alike on every machine; libc's C would not lower-case beyond ASCII.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  run(bin, 'initdb', ['-D', unfinished, '-U', 'postgres', '--auth=reject', '--no-instructions', ...locale], user);

  // The superuser has no password and is let in nowhere; what it must do is done here, in single-user mode.
  const statements = `create role ${NAME} login createdb password '${password}'\ncreate database ${NAME} owner ${NAME}\n`;
  run(bin, 'postgres', ['--single', '-D', unfinished, 'postgres'], user, statements);

  const rules = join(unfinished, 'pg_hba.conf');
  writeFileSync(rules, `# Only the role of Keyward, only through the socket.\nlocal all ${NAME} scram-sha-256\n`);
  await syncDir(unfinished);
  renameSync(unfinished, cluster);
  await syncDir(dirname(cluster));
}

function run(bin: string, program: string, args: readonly string[], user: RunAs | undefined, input = ''): void {
  const { status, error, stderr } = spawnSync(join(bin, program), args, {
    ...as(user),
    cwd: '/',
    env: environment,
    input,
    encoding: 'utf8',
  });
  const problem = error?.message ?? /(?:ERROR|FATAL|PANIC|error): .*/.exec(stderr)?.[0] ?? (status === 0 ? undefined : stderr.trim());
  if (problem !== undefined) throw new CannotStart(`The embedded PostgreSQL cannot be set up: ${program}: ${problem.split('\n')[0]}`);
}

/** Nothing of our own environment, which may hold secrets; messages in English, so that they can be read here. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The folder of the cluster is closed to others already; only where its path is too long for a socket it is one of /tmp. */
function socketDirFor(cluster: string, user: RunAs | undefined): string {
  if (Buffer.byteLength(join(cluster, `.s.PGSQL.${PORT}`)) <= SOCKET_PATH_BYTES) return cluster;
  const dir = mkdtempSync(join(tmpdir(), 'keyward-'));
  chmodSync(dir, 0o700);
  if (user) chownSync(dir, user.uid, user.gid);
  return dir;
}

/** What postmaster.pid says, if that process lives and works in this folder. Line 1: process id, 5: socket folder, 8: state. */
function runningIn(cluster: string): { readonly pid: number; readonly socketDir: string; readonly ready: boolean } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  return isPostmaster(pid, cluster) ? { pid, socketDir: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' } : undefined;
}

/** A process id alone proves nothing: after a crash it may belong to another program, in a container to ourselves. */
function isPostmaster(pid: number, cluster: string): boolean {
  if (pid === process.pid || !isAlive(pid)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    // With /proc: it is dead (perhaps a zombie that nobody reaps) or not ours. Without it (macOS): what ps says.
    if (existsSync('/proc/self/cwd')) return false;
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.includes(cluster) ?? false;
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 1)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it lives, but is not ours
  }
}

/** We hold the folder, so whatever still runs in it was left by a keyward that was killed. */
async function endLeftOver(cluster: string): Promise<void> {
  const pid = runningIn(cluster)?.pid;
  const runs = () => runningIn(cluster)?.pid === pid;
  if (pid !== undefined) {
    for (const [signal, tries] of endings) {
      if (runs()) process.kill(pid, signal);
      for (let i = 0; i < tries && runs(); i++) await pause(20);
    }
    if (runs()) throw new CannotStart(`PostgreSQL (process ${pid}) still runs in ${cluster} and does not end; end it by hand.`);
  }
  disown(join(cluster, 'postmaster.pid'));
  disown(join(cluster, `.s.PGSQL.${PORT}.lock`));
}

/** Fast shutdown, then the immediate one; each with how often 20 ms are waited for it. */
const endings = [
  ['SIGINT', 500],
  ['SIGQUIT', 250],
] as const;

/**
 * PostgreSQL refuses to start while the process that its lock files name is alive, even if the number has meanwhile gone to another program,
 * or the dead one is a zombie. postmaster.pid must not be deleted: it also says at which shared memory to look for backends that are still
 * there. The number of its parent, which is us, PostgreSQL knows to be no server (CreateLockFile in its miscinit.c).
 */
function disown(lockFile: string): void {
  const content = existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : '';
  if (isAlive(Number.parseInt(content, 10))) writeFileSync(lockFile, content.replace(/^[0-9]+/, String(process.pid)));
}

/** A server that lived this long is not broken from the start; the pause before the next begins anew. */
const HEALTHY_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/** One PostgreSQL server process over its life. */
class Server {
  readonly #command: readonly [string, readonly string[]];
  readonly #cluster: string;
  readonly #user: RunAs | undefined;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(bin: string, cluster: string, user: RunAs | undefined, logFile: string, settings: Readonly<Record<string, string>>) {
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#command = [join(bin, 'postgres'), ['-D', cluster, ...flags]];
    this.#cluster = cluster;
    this.#user = user;
    this.#logFile = logFile;
  }

  /** Until it takes connections. Backends of a killed server hold its memory for a moment: then once more. */
  async start(): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const problem = await this.#attempt(end);
      if (problem === undefined) return;
      if (this.#stopping) throw new CannotStart('Stopped.');
      if (!problem.includes('pre-existing shared memory block') || Date.now() > end) {
        throw new CannotStart(`The embedded PostgreSQL does not start: ${problem} (see ${this.#logFile})`);
      }
      await pause(100);
    }
  }

  /** Starts it again whenever it ends by itself: at once, but after a pause where it did not live long. */
  keepUp(onRestart: (reason: string) => void, pauseMs = 0): void {
    const since = performance.now();
    void this.#exit.then(async () => {
      let wait = performance.now() - since > HEALTHY_MS ? 0 : pauseMs;
      while (!this.#stopping) {
        onRestart(lastProblem(this.#logFile, 0) ?? 'it ended by itself');
        await pause(wait);
        wait = Math.min(Math.max(wait * 2, 100), LONGEST_PAUSE_MS);
        try {
          await endLeftOver(this.#cluster);
          await this.start();
          return this.keepUp(onRestart, wait);
        } catch {
          // onRestart tells of it
        }
      }
    });
  }

  /** Makes it read its configuration again. */
  reload(): void {
    this.#child?.kill('SIGHUP');
  }

  /** Fast shutdown: open transactions are undone, everything is written. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGINT');
    const late = setTimeout(() => this.kill(), 20_000);
    await this.#exit;
    clearTimeout(late);
  }

  /** Immediate shutdown. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGQUIT');
  }

  async #attempt(end: number): Promise<string | undefined> {
    const before = rotated(this.#logFile);
    const log = openSync(this.#logFile, 'a', 0o600);
    const [program, args] = this.#command;
    // In a session of its own: Ctrl-C at the terminal is ours to handle, while calls are still being finished.
    const child = spawn(program, args, { ...as(this.#user), cwd: '/', env: environment, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    let ended: string | undefined;
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      const end = (how: string) => {
        ended ??= how;
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(`it ended with ${signal ?? code}`));
    });
    while (ended === undefined) {
      const running = runningIn(this.#cluster);
      if (running?.pid === child.pid && running?.ready) return undefined;
      if (Date.now() > end) {
        child.kill('SIGQUIT');
        return 'it is not ready after a minute';
      }
      await Promise.race([pause(10), this.#exit]);
    }
    return lastProblem(this.#logFile, before) ?? ended;
  }
}

/** Keeps one older file of 10 MB; gives the length of the file to which will be added. */
function rotated(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < 10_000_000) return size;
  renameSync(path, `${path}.old`);
  return 0;
}

function lastProblem(path: string, from: number): string | undefined {
  const added = readFileSync(path).subarray(from).toString();
  return added.match(/(?:FATAL|PANIC): .*/g)?.at(-1);
}
