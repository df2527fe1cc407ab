/** The files of the repository as a checkout shows them: tracked, or new and not ignored. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** What git prints; undefined where there is no git, no repository, or the answer is no. */
export function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  return status === 0 ? stdout : undefined;
}

/** Paths relative to the repository. Without git (a release archive), all but what npm and the server put there. */
export function files(): readonly string[] {
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard')?.split('\0').filter(Boolean);
  const names = listed ?? globSync(['*', '*/**', '.ci/**'], { cwd: root, exclude: ['node_modules/**', 'data/**', '.git/**'] });
  return [...new Set(names)].filter((name) => statSync(join(root, name), { throwIfNoEntry: false })?.isFile()).sort();
}

export function textOf(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** `file:line` of a position in a text, as editors open it. */
export function placeOf(name: string, text: string, index: number): string {
  return `${name}:${text.slice(0, index).split('\n').length}`;
}
