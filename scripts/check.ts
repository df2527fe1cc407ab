/** `npm run check`: everything that can be said of the tree without running it. All problems are shown; the exit code is 1 if there is one. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { checkArrows } from './check/arrows.ts';
import { checkDoors } from './check/doors.ts';
import { git, root } from './check/repository.ts';
import { checkWording } from './check/wording.ts';

interface Check {
  readonly name: string;
  readonly about: string;
  /** What is wrong, a text each; or why nothing can be said. */
  readonly problems: () => Promise<readonly string[] | Skipped> | readonly string[];
}

interface Skipped {
  readonly skipped: string;
}

/** Programs, which run beside one another. */
const programs: readonly Check[] = [
  {
    name: 'generated',
    about: 'generated files are what `npm run generate` writes',
    problems: () => program('node', 'scripts/check/generated.ts'),
  },
  { name: 'types', about: 'tsc --noEmit', problems: () => program('tsc', '--noEmit', '--pretty', 'false') },
  {
    name: 'lint',
    about: 'biome ci (`npx biome check --write` mends most of it)',
    problems: () => program('biome', 'ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=100'),
  },
  { name: 'proto', about: 'buf lint', problems: () => program('buf', 'lint') },
  { name: 'wire', about: 'buf breaking, against the branch main', problems: checkBreaking },
];

/** What runs in this process, beside them, one after another. */
const readings: readonly Check[] = [
  { name: 'arrows', about: 'imports in src point down, without circles', problems: checkArrows },
  { name: 'wording', about: 'nothing of one machine, nothing silenced, skipped or left undone', problems: checkWording },
  { name: 'doors', about: 'every served RPC declares its door', problems: checkDoors },
];

const began = performance.now();
const running = programs.map(report);
const results: boolean[] = [];
for (const reading of readings) results.push(await report(reading));
results.push(...(await Promise.all(running)));
const failed = results.filter((passed) => !passed).length;
console.log(`check: ${failed === 0 ? 'clean' : `${failed} of ${results.length} found problems`} (${seconds(began)})`);
process.exitCode = failed === 0 ? 0 : 1;

async function report({ name, about, problems }: Check): Promise<boolean> {
  const start = performance.now();
  const found = await Promise.resolve()
    .then(problems)
    .catch((error: unknown) => [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  const isSkipped = 'skipped' in found;
  const verdict = isSkipped ? `skipped, ${found.skipped}` : found.length === 0 ? 'ok' : 'wrong';
  console.log(`check: ${name.padEnd(9)} ${about} … ${verdict} (${seconds(start)})`);
  if (isSkipped || found.length === 0) return true;
  console.log(found.map((text) => text.trimEnd().replace(/^/gm, '  ')).join('\n'));
  return false;
}

/** Runs a program of node_modules; what it prints is the problem if it fails. */
function program(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  return new Promise((resolve, reject) => {
    const child = spawn(join(bin, name), args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? [] : [output || `${name} ended with ${code}`]));
  });
}

async function checkBreaking(): Promise<readonly string[] | Skipped> {
  const [main, folder] = [
    git('rev-parse', '--verify', '--quiet', 'main:proto/zitadel'),
    git('rev-parse', '--path-format=absolute', '--git-common-dir'),
  ];
  if (main === undefined || folder === undefined) return { skipped: 'there is no branch main with protos here' };
  return await program('buf', 'breaking', '--against', `${folder.trim()}#format=git,branch=main`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
