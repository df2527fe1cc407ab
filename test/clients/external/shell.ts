/** Programs of others: installed into a folder of their own, and run there. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

/** A registry that does not answer is as good as none. */
const LONGEST_MS = 240_000;

/** Ends with the tests of the file. */
export const place = mkdtempSync(join(tmpdir(), 'keyward-clients-'));
after(() => rmSync(place, { recursive: true, force: true }));

/** `missing`: why it cannot be had here. */
export async function installing(
  name: string,
  files: readonly string[],
  commands: readonly string[],
): Promise<{ readonly folder: string; readonly missing: string | undefined }> {
  const folder = join(place, name);
  mkdirSync(folder);
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
  for (const command of commands) {
    const { exit, out, said } = await shell(command, folder);
    if (exit === 0) continue;
    const [first = ''] = stripVTControlCharacters(`${said}${out}`).trim().split('\n');
    return { folder, missing: `\`${command}\` ended with ${exit}: ${first.slice(0, 240)}` };
  }
  return { folder, missing: undefined };
}

export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly said: string;
}

export async function shell(command: string, cwd: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  // What npm and the runner told this process would mislead those that it starts; which registry there is, would not.
  const told = /^(NODE_(TEST|OPTIONS|CHANNEL)|npm_(?!config_)|npm_config_.*prefix)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)));
  const child = spawn(command, {
    cwd,
    env: { ...inherited, ...environment },
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Detached, it leads a group, which ends with all that it started.
  const tooLong = setTimeout(() => child.pid !== undefined && process.kill(-child.pid), LONGEST_MS);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [exit, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearTimeout(tooLong);
  return { exit, out, said };
}
