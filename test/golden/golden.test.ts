/**
 * Our answers against what the original answered: plays the recorded scenarios on a real node. `npm run test:golden` runs this file alone.
 * The recordings lie beside the repository (../shared/golden, or KEYWARD_TEST_GOLDEN); without them there is nothing to compare, and that is said.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Cluster, startCluster } from '../support/node.ts';

const golden = process.env.KEYWARD_TEST_GOLDEN ?? join(import.meta.dirname, '../../../shared/golden');

/** The scenarios that must not differ, but for what is decided (golden/decided) and what stands in our own list. */
const SCENARIOS = ['10-deactivate-user', '11-lifecycle-matrix'];

const present = existsSync(join(golden, 'run.mjs'));
const accepted = present
  ? [...readdirSync(join(golden, 'decided')).map((file) => join(golden, 'decided', file)), join(import.meta.dirname, 'differences.json')]
  : [];

const cluster = present ? await startCluster(1, { KEYWARD_EXTERNAL_DOMAIN: 'localhost' }) : undefined;

describe('recordings of the original', { skip: cluster ? false : `no recordings at ${golden}` }, () => {
  for (const scenario of SCENARIOS) {
    test(`${scenario}: no difference that is not explained`, async () => {
      const { code, out } = await compare(cluster!, scenario);
      assert.equal(code, 0, out);
    });
  }
});

function compare({ nodes: [node], adminPat }: Cluster, only: string): Promise<{ code: number; out: string }> {
  const tokenFile = join(node.dataDir, 'token');
  writeFileSync(tokenFile, adminPat, { mode: 0o600 });
  const args = [
    join(golden, 'run.mjs'),
    'compare',
    '--base',
    `http://localhost:${node.port}`,
    '--token-file',
    tokenFile,
    '--accept',
    accepted.join(','),
    '--only',
    only,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: `${stdout}${stderr}` });
    });
  });
}
