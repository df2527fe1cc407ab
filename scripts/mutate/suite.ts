/** Which tests are tried on a mutation, and in which order: first those that are fast and most likely to notice. */
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import type { Kind, Mutation } from './find.ts';

const FIRST: Readonly<Record<Kind, readonly string[]>> = {
  tenant: [
    'test/permission/doors.test.ts',
    'test/permission/operator.test.ts',
    'test/permission/beyond-calls.test.ts',
    'test/permission/tenants.test.ts',
  ],
  guard: ['test/permission/guard.test.ts'],
  join: ['test/permission/tenants.test.ts'],
};
const THEN = ['test/tenant', 'test/access', 'test/permission/guard.test.ts'] as const;

/** Folder of src → tests of its own. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  access: ['test/promise', 'test/session', 'test/v1'],
  instance: ['test/start', 'test/v1', 'test/user/last-owner.test.ts'],
  member: ['test/v1', 'test/user/last-owner.test.ts'],
  org: ['test/v1', 'test/clients', 'test/golden'],
  session: ['test/session', 'test/promise'],
  system: ['test/v1'],
  transport: ['test/v1', 'test/transport'],
  user: ['test/user', 'test/promise'],
};

/** Name of the first test that fails; undefined where none does. */
export async function firstFailure(
  scratch: string,
  { kind, file }: Mutation,
  variables: Readonly<Record<string, string>>,
  { quick, signal }: { readonly quick: boolean; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const folder = file.split('/')[1] ?? '';
  const paths = [...FIRST[kind], ...(quick ? [] : [...THEN, ...(OWN[folder] ?? [`test/${folder}`])])];
  const files = [...new Set(paths.flatMap((path) => testsIn(scratch, path)))];
  for (const one of files) {
    const failed = await failureIn(scratch, one, variables, signal);
    if (failed !== undefined || signal.aborted) return failed;
  }
  return undefined;
}

/** How often a file is tried whose tests do not even begin: on a machine that is busy, not every start succeeds. */
const STARTS = 3;

async function failureIn(
  scratch: string,
  file: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let n = 1; ; n++) {
    const { test, said } = await tried(scratch, file, variables, signal);
    if (test === undefined || test !== join(scratch, file)) return test && `${test} (${file})`;
    if (n === STARTS || signal.aborted) return `${file}, which did not run: ${said}`;
  }
}

/** One file at a time, so that others have a part of the machine. Gives the first test that fails (the file itself, where it ends otherwise). */
async function tried(
  scratch: string,
  file: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ readonly test: string | undefined; readonly said: string }> {
  const stop = new AbortController();
  let failed: string | undefined;
  let said = '';
  const env = { ...process.env, ...variables, KEYWARD_TEST_SEED: '1', KEYWARD_TEST_CALLS: '400' };
  const tests = run({ files: [join(scratch, file)], cwd: scratch, concurrency: 1, env, signal: AbortSignal.any([stop.signal, signal]) });
  tests.on('test:stderr', ({ message }) => {
    said += message;
  });
  tests.on('test:fail', ({ name }) => {
    failed ??= name;
    stop.abort();
  });
  tests.resume();
  await new Promise((resolve) => tests.once('close', resolve).once('end', resolve));
  return { test: failed, said: said.replace(/\s+/g, ' ').slice(0, 300) };
}

function testsIn(scratch: string, path: string): readonly string[] {
  const full = join(scratch, path);
  if (!existsSync(full)) return [];
  return statSync(full).isDirectory()
    ? globSync('**/*.test.ts', { cwd: full })
        .sort()
        .map((file) => join(path, file))
    : [path];
}
