/**
 * `npm run mutate [-- --only src/user/state.ts] [--sample 10] [--kind tenant|guard|join] [--quick]`: in a scratch copy, takes the condition on the
 * tenant, or apart from that the guard, out of one SQL statement after another, and expects the tests to fail each time (`--quick`: only those that are most likely to notice). Prints those that
 * no test noticed; ends with 1 if there are any beside the equivalent ones of scripts/mutate/equivalent.ts.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestRun } from '../test/support/postgres.ts';
import { equivalenceOf, outdated } from './mutate/equivalent.ts';
import { findMutations, type Mutation, mutated } from './mutate/find.ts';
import { firstFailure } from './mutate/suite.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sample: { type: 'string' },
    kind: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    quick: { type: 'boolean' },
  },
});
const root = join(import.meta.dirname, '..');
const kinds = (values.kind ?? ['tenant', 'guard']) as readonly string[];
const all = findMutations(root);
const chosen = sampled(
  all.filter(({ file, kind }) => kinds.includes(kind) && (values.only?.some((path) => file.startsWith(path)) ?? true)),
  values.sample === undefined ? undefined : Number(values.sample),
);
if (chosen.length === 0) throw new Error('there is nothing to take out');
for (const line of outdated(all)) process.stdout.write(`scripts/mutate/equivalent.ts: ${line}\n`);

if (values.list) for (const mutation of chosen) process.stdout.write(`${describe(mutation)}\n`);
else process.exitCode = await hunt();

/** Gives the exit code. */
async function hunt(): Promise<number> {
  const scratch = copied();
  const testRun = await startTestRun();
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const survivors: Mutation[] = [];
  const counts = { killed: 0, equivalent: 0 };
  try {
    for (const [n, mutation] of chosen.entries()) {
      const said = `${n + 1}/${chosen.length} ${describe(mutation)}`;
      const reason = equivalenceOf(mutation);
      if (reason !== undefined) {
        counts.equivalent++;
        process.stdout.write(`${said}\n    equivalent: ${reason}\n`);
        continue;
      }
      const path = join(scratch, mutation.file);
      writeFileSync(path, mutated(mutation));
      const began = performance.now();
      const failed = await firstFailure(scratch, mutation, testRun.variables, {
        quick: values.quick === true,
        signal: controller.signal,
      });
      writeFileSync(path, mutation.source);
      if (controller.signal.aborted) break;
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      if (failed === undefined) survivors.push(mutation);
      else counts.killed++;
      process.stdout.write(`${said}\n    ${failed === undefined ? 'SURVIVED' : `noticed by: ${failed}`} (${seconds} s)\n`);
    }
  } finally {
    await testRun.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  process.stdout.write(`${counts.killed} noticed, ${survivors.length} survived, ${counts.equivalent} equivalent, of ${chosen.length}\n`);
  for (const survivor of survivors) process.stdout.write(`survived: ${describe(survivor)}\n`);
  return survivors.length > 0 || controller.signal.aborted ? 1 : 0;
}

function describe({ kind, file, line, text }: Mutation): string {
  return `${kind} ${file}:${line} ${text}`;
}

/** Everything but what is installed, which is linked. */
function copied(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'keyward-mutate-'));
  const left = new Set(['node_modules', '.git', 'data']);
  cpSync(root, scratch, { recursive: true, filter: (path) => !left.has(relative(root, path)) });
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  return scratch;
}

/** So many of them, spread evenly and anew each time. */
function sampled(mutations: readonly Mutation[], size: number | undefined): readonly Mutation[] {
  if (size === undefined || size >= mutations.length) return mutations;
  const step = mutations.length / size;
  const start = Math.random() * step;
  return Array.from({ length: size }, (_, n) => mutations[Math.floor(start + n * step)] as Mutation); // within the list
}
