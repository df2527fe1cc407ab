/**
 * `npm test [-- path …] [--full] [--only name]`: starts one PostgreSQL, runs all tests (or those of the given files and folders) against
 * databases of their own, and stops it. `--full` runs the long forms. The last line says how many passed and failed.
 */
import { globSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { startTestRun } from '../test/support/postgres.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { full: { type: 'boolean' }, only: { type: 'string' } } });
const root = join(import.meta.dirname, '..');
const files = (positionals.length === 0 ? ['src', 'test'] : positionals).flatMap(testsIn).sort();
if (files.length === 0) throw new Error(`there are no tests in ${positionals.join(', ')}`);

const testRun = await startTestRun();
Object.assign(process.env, testRun.variables, values.full ? { KEYWARD_TEST_FULL: 'true' } : {});
// Tests say what they need; what configures a server of the person at the terminal is none of it.
for (const name of Object.keys(process.env)) if (name.startsWith('KEYWARD_') && !name.startsWith('KEYWARD_TEST_')) delete process.env[name];

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
process.on('SIGTERM', () => stop.abort());

const counts = { passed: 0, failed: 0, skipped: 0 };
const tests = run({
  files,
  cwd: root,
  concurrency: Math.max(2, Math.min(4, availableParallelism())),
  signal: stop.signal,
  timeout: values.full ? Number.POSITIVE_INFINITY : 600_000,
  ...(values.only === undefined ? {} : { testNamePatterns: values.only }),
});
tests.on('test:summary', ({ file, counts: { tests: all, passed, skipped, todo } }) => {
  if (file !== undefined) return; // of one file
  counts.passed = passed;
  counts.failed = all - passed - skipped - todo;
  counts.skipped = skipped + todo;
});
tests.compose(new spec()).pipe(process.stdout, { end: false });
await new Promise((resolve) => tests.once('close', resolve).once('end', resolve));
await new Promise((resolve) => setImmediate(resolve)); // the reporter writes its last lines
await testRun.close();

const incomplete = stop.signal.aborted;
process.exitCode = counts.failed > 0 || counts.passed === 0 || incomplete ? 1 : 0;
const rest = `${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}${incomplete ? ', ended early' : ''}`;
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${rest}\n`);

function testsIn(path: string): string[] {
  const full = join(root, path);
  return statSync(full).isDirectory() ? globSync('**/*.test.ts', { cwd: full }).map((file) => join(full, file)) : [full];
}
