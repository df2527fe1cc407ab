/** The data folder: made with safe rights, held by one process at a time, and its small secret files. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStart } from '../failure/cannot-start.ts';

export interface Hold {
  release(): void;
}

/**
 * Takes the folder for this process, or says who has it. The lock is SQLite's lock on an empty file: the kernel gives it back
 * when the process ends, however it ends, so that nothing stale can remain (a file with a process id can).
 */
export function holdDataDir(dataDir: string): Hold {
  makeDataDir(dataDir);
  const lock = new DatabaseSync(join(dataDir, 'keyward.lock'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new CannotStart(
      `The data folder ${dataDir} is in use by another keyward; stop that one, or set KEYWARD_DATA_DIR to another folder.`,
      1,
      cause,
    );
  }
  return { release: () => lock.close() };
}

/** Makes the folder. Others may pass through (PostgreSQL runs as another user when this is root); what is secret lies in folders that are closed. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    mkdirSync(credentialsDir(dataDir), { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code; // an error of the file system
    throw new CannotStart(
      `The data folder ${dataDir} cannot be made (${code}); set KEYWARD_DATA_DIR to a folder that can be written.`,
      1,
      cause,
    );
  }
  if ((statSync(credentialsDir(dataDir)).mode & 0o077) !== 0) {
    throw new CannotStart(`The folder ${credentialsDir(dataDir)} can be read by others; run: chmod 700 ${credentialsDir(dataDir)}`);
  }
}

export const credentialsDir = (dataDir: string): string => join(dataDir, 'credentials');

/** The content of a small file without its newline, or undefined if there is none. */
export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // an error of the file system
    if (code === 'ENOENT') return undefined;
    throw new CannotStart(`${path} cannot be read (${code}).`, 1, error);
  }
}

/** Writes a file of mode 0600 that is whole or absent, and on the disk when this returns. */
export async function writeSecret(path: string, content: string): Promise<void> {
  const unfinished = `${path}.part`;
  rmSync(unfinished, { force: true });
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(`${content}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  renameSync(unfinished, path);
  await syncDir(dirname(path));
}

/** Puts the names in a folder on the disk. */
export async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
