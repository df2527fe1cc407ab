/** The arrows between the files of src/: they point down (floors.ts), no circle of rooms or files, no package that is not installed in production. */
import { posix } from 'node:path';
import { floors } from './floors.ts';
import { files, placeOf, textOf } from './repository.ts';

export interface Arrow {
  /** `src/user/state.ts:7` */
  readonly at: string;
  readonly from: string;
  /** A path from the root; `node_modules/…` for what a package gives. */
  readonly to: string;
  /** `types`: gone when the program runs (`import type`). */
  readonly holds: 'values' | 'types';
}

/** The packages that package.json asks for: of production, and those that only who works on Keyward has. */
interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function checkArrows(): readonly string[] {
  const sources = files().filter((name) => /^(?:src|test|scripts|bench)\/.*\.[jt]s$/.test(name) && !name.startsWith('src/contract/gen/'));
  return wrongArrows(
    sources.flatMap((name) => arrowsOf(name, textOf(name))),
    // What npm itself reads; a package.json of another shape installs nothing.
    JSON.parse(textOf('package.json')) as Packages,
  );
}

export function wrongArrows(arrows: readonly Arrow[], packages: Packages): readonly string[] {
  const inside = arrows.filter(({ from, to }) => from.startsWith('src/') && to.startsWith('src/'));
  const between = inside.filter(({ from, to }) => roomOf(from) !== roomOf(to));
  return [
    ...[...new Set(inside.flatMap(({ from, to }) => [roomOf(from), roomOf(to)]))]
      .filter((room) => floorOf(room) === -1)
      .map((room) => `src/${room} is on no floor: give it a place in scripts/check/floors.ts`),
    ...between.flatMap((arrow) => wrongDirection(arrow) ?? []),
    ...arrows.flatMap((arrow) => wrongDestination(arrow, packages) ?? []),
    ...circles(between.map(({ from, to }) => [roomOf(from), roomOf(to)])).map((circle) => `a circle of rooms: ${circle.join(' → ')}`),
    ...circles(inside.filter(({ holds }) => holds === 'values').map(({ from, to }) => [from, to])).map(
      (circle) => `a circle of files: ${circle.join(' → ')}`,
    ),
  ];
}

/** With names, with all (`export *`), for its effect, or at run time. */
const importing =
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

export function arrowsOf(from: string, text: string): readonly Arrow[] {
  return [...text.matchAll(importing)].map((match) => {
    const named = match[1] ?? match[2] ?? match[3] ?? '';
    const to = named.startsWith('.') ? posix.join(posix.dirname(from), named) : `node_modules/${named}`;
    return {
      at: placeOf(from, text, match.index + match[0].lastIndexOf(named)),
      from,
      to,
      holds: /^\s*(?:im|ex)port\s+type\b/.test(match[0]) ? 'types' : 'values',
    };
  });
}

function wrongDirection({ at, from, to }: Arrow): string | undefined {
  const [own, other] = [floorOf(roomOf(from)), floorOf(roomOf(to))];
  if (own === -1 || other === -1 || own < other) return undefined;
  if (own > other) return `${at}: ${roomOf(from)} imports ${to}, which lies above it`;
  if (floors[own]?.siblings === 'apart') return `${at}: ${roomOf(from)} imports ${to}, its neighbour; these rooms stay apart`;
  return /\/service\.[jt]s$/.test(to) ? `${at}: ${to} is for the server; import what it is made of` : undefined;
}

function wrongDestination({ at, from, to }: Arrow, { dependencies, devDependencies }: Packages): string | undefined {
  const isServed = from.startsWith('src/') && !from.endsWith('.test.ts');
  const [, specifier] = to.split(/^node_modules\//);
  if (specifier === undefined) return isServed && !to.startsWith('src/') ? `${at}: ${to} is not part of src` : undefined;
  if (specifier.startsWith('node:')) return undefined;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const isAskedFor = name in dependencies || (!isServed && name in devDependencies);
  return isAskedFor ? undefined : `${at}: ${name} is not among the ${isServed ? 'dependencies' : '(dev)Dependencies'} of package.json`;
}

/** `user` of src/user/state.ts, `main` of src/main.ts. */
function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.[jt]s$/, '');
}

function floorOf(room: string): number {
  return floors.findIndex(({ rooms }) => rooms.includes(room));
}

/** One circle for each arrow that closes one, by a depth-first walk. */
export function circles(arrows: readonly (readonly [string, string])[]): readonly (readonly string[])[] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const found: (readonly string[])[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  function walk(node: string): void {
    if (done.has(node)) return;
    if (path.includes(node)) {
      found.push([...path.slice(path.indexOf(node)), node]);
      return;
    }
    path.push(node);
    for (const following of next.get(node) ?? []) walk(following);
    path.pop();
    done.add(node);
  }
  for (const node of next.keys()) walk(node);
  return found;
}
