/**
 * `npm run observe -- file`: adds to src/docs/observed-errors.json what the nodes of a test run refused (test/support/observe.ts):
 * `KEYWARD_TEST_OBSERVED=file npm test`. So the error ids in the docs are those that our own server has answered, not a list by hand. What is
 * not an RPC that is served any more is dropped; `--anew` begins with nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { servedBeta } from '../src/contract/beta/served.ts';
import { services } from '../src/server.ts';

type Told = readonly [path: string, code: string, id: string, text: string];
/** Path → what it was refused with. */
type Observed = Readonly<Record<string, readonly (readonly [code: string, id: string, text: string])[]>>;

const target = new URL('../src/docs/observed-errors.json', import.meta.url);
const { values, positionals } = parseArgs({ allowPositionals: true, options: { anew: { type: 'boolean' } } });

const before = values.anew ? {} : (JSON.parse(readFileSync(target, 'utf8')) as Observed); // written below
const told = [
  ...Object.entries(before).flatMap(([path, errors]) => errors.map((error): Told => [path, ...error])),
  ...positionals.flatMap(
    (file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Told), // written by test/support/observe.ts
  ),
];
const own = new Set(services.flatMap((service) => [...service.keys()]));
const served = new Set([...own, ...(await servedBeta((path) => own.has(path))).map(({ path }) => path)]);
// Some texts end in what the client sent; of one id and code, the first text by order stands for all.
const unique = new Map(
  told
    .filter(([path]) => served.has(path))
    .sort()
    .reverse()
    .map((each) => [each.slice(0, 3).join(' '), each]),
);
const byPath = Map.groupBy([...unique.values()].reverse(), ([path]) => path);
const lines = [...byPath].map(
  ([path, errors]) => `  ${JSON.stringify(path)}: [\n${errors.map(([, ...error]) => `    ${list(error)}`).join(',\n')}\n  ]`,
);
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
process.stdout.write(`observe: ${byPath.size} RPCs with ${unique.size} errors.\n`);

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}
