/**
 * Our answers against what the original answered: plays the recorded scenarios on a real node. `npm run test:golden` runs this file alone.
 * The recordings lie beside the repository (../shared/golden, or KEYWARD_TEST_GOLDEN); without them there is nothing to compare, and that is said.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Cluster, startCluster } from '../support/node.ts';
import { knowing, TESTER, tokenOf } from '../v1/system-user.ts';

const golden = process.env.KEYWARD_TEST_GOLDEN ?? join(import.meta.dirname, '../../../shared/golden');

/** The scenarios that must not differ, but for what is decided (golden/decided) and what stands in our own list. */
const SCENARIOS = [
  '01-transport',
  '02-authentication',
  '10-deactivate-user',
  '11-lifecycle-matrix',
  '12-create-human',
  '13-create-machine',
  '14-update-user',
  '15-get-and-list-users',
  '16-metadata',
  '17-delete-user',
  '18-permissions',
  '19-validation-texts',
  '20-email',
  '21-phone',
  '22-password',
  '23-passkey',
  '24-u2f',
  '25-totp',
  '26-otp',
  '27-recovery-codes',
  '28-machine-credentials',
  '29-invites',
  '30-sessions',
  '31-session-challenges',
  '32-session-list',
  '33-session-token-as-bearer',
  '34-login-doors-when-deactivated',
  '35-session-permissions',
  '36-lockout',
  '40-organizations',
  '41-org-domains',
  '42-org-metadata',
  '43-org-off-cuts-access',
  '44-settings-read',
  '45-settings-write',
  '46-instance',
  '47-features',
  '48-web-keys',
  '49-idp',
  '50-v1-start',
  '51-v1-policies',
  '52-tenant-isolation',
  '53-permission-matrix',
  '54-v1-projects',
];

const present = existsSync(join(golden, 'run.mjs'));
/** Entry of a list of accepted differences, as far as it is read here. */
interface Accepted {
  readonly scenario: string;
  readonly call: string;
  readonly path: string;
}
const listIn = (file: string): readonly Accepted[] => JSON.parse(readFileSync(file, 'utf8')) as readonly Accepted[]; // the form of every list
const own = (name: string) => listIn(join(import.meta.dirname, `${name}.json`));

/** What is decided, without the entries that superseded.json names (the comparer fails where one is not seen), and our own list. */
function accepted(): readonly Accepted[] {
  const superseded = own('superseded');
  const same = (one: Accepted, other: Accepted) => one.scenario === other.scenario && one.call === other.call && one.path === other.path;
  const decided = readdirSync(join(golden, 'decided')).flatMap((file) => listIn(join(golden, 'decided', file)));
  return [...decided.filter((entry) => !superseded.some((gone) => same(entry, gone))), ...own('differences')];
}

/** Of the system; the audience of his token is the node itself, which is known once it runs. */
const SYSTEM_USER = 'tester';
const { KEYWARD_SYSTEM_USERS = '' } = knowing({ [SYSTEM_USER]: TESTER });
const cluster = present ? await startCluster(1, { KEYWARD_EXTERNAL_DOMAIN: 'localhost', KEYWARD_SYSTEM_USERS }) : undefined;

describe('recordings of the original', { skip: cluster ? false : `no recordings at ${golden}` }, () => {
  for (const scenario of SCENARIOS) {
    test(`${scenario}: no difference that is not explained`, async () => {
      const result = await compare(cluster!, scenario);
      assert.equal(result.code, 0, result.out);
    });
  }
});

async function compare({ nodes: [node], adminPat }: Cluster, only: string): Promise<{ code: number; out: string }> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(node.dataDir, name), text, { mode: 0o600 });
    return join(node.dataDir, name);
  };
  const tokenFile = file('token', adminPat);
  const systemTokenFile = file('system-token', await tokenOf(SYSTEM_USER, { aud: [`http://localhost:${node.port}`] }));
  const args = [
    ...['descending-random.ts', 'stand-ins.ts'].flatMap((name) => ['--import', pathToFileURL(join(import.meta.dirname, name)).href]),
    join(golden, 'run.mjs'),
    'compare',
    '--base',
    `http://localhost:${node.port}`,
    '--token-file',
    tokenFile,
    '--system-token-file',
    systemTokenFile,
    '--accept',
    file('accepted.json', JSON.stringify(accepted())),
    '--only',
    only,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: `${stdout}${stderr}` });
    });
  });
}
