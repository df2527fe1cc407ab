/** What must not stand in a file of the repository, as a table of patterns. */
import { hostname } from 'node:os';
import { files, placeOf, root, textOf } from './repository.ts';

interface Rule {
  readonly in: RegExp;
  readonly find: RegExp;
  readonly says: string;
}

const everywhere = /^(?!.*\.(?:png|ico|woff2?|gz)$)/;
const own = /^(?!src\/contract\/gen\/).*\.[jt]sx?$/;
const tests = /\.test\.ts$|^test\/.*\.ts$/;

const rules: readonly Rule[] = [
  { in: everywhere, find: /(?<![\w.}-])\/(?:work|root)\//, says: 'a path of the machine on which it was written' },
  {
    in: everywhere,
    find: /registry\.(?:npmjs|yarnpkg|npmmirror)\.\w+|\b(?:[a]rtifactory|[v]erdaccio|[j]frog\.io)\b/i,
    says: 'a package registry',
  },
  {
    in: /(?:^|\/)package-lock\.json$/,
    find: /"resolved": *"http/,
    says: 'a registry host (`npm install --omit-lockfile-registry-resolved`)',
  },
  { in: own, find: /\bbiome-ignore(?:-\w+)?\s+(?![\w/]+: (?!<)\S.{14})/, says: 'a suppressed rule without the reason' },
  { in: own, find: /@ts-(?:ignore|nocheck)\b/, says: 'a suppressed type error' },
  { in: own, find: /@ts-expect[-]error(?! .{15})/, says: 'an expected type error without the reason' },
  {
    in: tests,
    find: /\b(?:test|it|describe|suite|t|context)\.(?:only|skip|todo)\b/,
    says: 'a test that does not run, or keeps others from it',
  },
  {
    in: tests,
    find: /\b(?:only|todo): *(?:true|['"`])|\bskip: *(?:true|['"`])/,
    says: 'a test that does not run, or keeps others from it',
  },
  { in: /^(?:src|migrations|proto\/keyward)\//, find: /\b(?:TODO|FIXME)\b/, says: 'work that is left undone' },
];

export function checkWording(): readonly string[] {
  const all = [...rules, ...ofThisMachine()];
  return files().flatMap((name) => {
    const text = textOf(name);
    return all
      .filter((rule) => rule.in.test(name))
      .flatMap(({ find, says }) =>
        [...text.matchAll(new RegExp(find, `${find.flags}g`))].map(
          ({ index }) => `${placeOf(name, text, index)}: ${says}: ${lineOf(text, index)}`,
        ),
      );
  });
}

/** Where this checkout lies, the name of this machine, the registry that its npm is set to: nobody else has them. */
function ofThisMachine(): readonly Rule[] {
  const registry = process.env.npm_config_registry;
  const host = registry === undefined ? undefined : URL.parse(registry)?.host;
  const texts = [root.split('/').length > 2 ? `${root}/` : undefined, hostname().length > 7 ? hostname() : undefined, host];
  return texts
    .filter((text) => text !== undefined)
    .map((text) => ({ in: everywhere, find: new RegExp(RegExp.escape(text)), says: 'something that only this machine has' }));
}

function lineOf(text: string, index: number): string {
  return (text.slice(text.lastIndexOf('\n', index) + 1).split('\n', 1)[0] ?? '').trim().slice(0, 120);
}
