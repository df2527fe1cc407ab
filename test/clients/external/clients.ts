/**
 * Clients that others made, as their registries give them, each installed into a folder of its own and run against a node: a user is created,
 * read and switched off, the second call is refused with its code and id, and what has keys reads with one. Run by `npm run test:clients`,
 * and no part of `npm test`, since it asks registries.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { startKeyward } from '../keyward.ts';

interface Client {
  readonly name: string;
  readonly files: readonly string[];
  /** Commands for the shell, in the folder of the client; where one fails, the client cannot be had here. */
  readonly install: readonly string[];
  readonly run: string;
  /** How this client shows that a call is refused: gRPC's number, or the name of Connect. */
  readonly code: string | number;
  /** It may authenticate with the key of a service account. */
  readonly hasKeys: boolean;
}

const FAILED_PRECONDITION = 9;
/** A registry that does not answer is as good as none. */
const LONGEST_MS = 240_000;
const npm = (...names: readonly string[]): string => `npm install --loglevel=error --no-audit --no-fund ${names.join(' ')}`;

const clients: readonly Client[] = [
  {
    name: 'npm @zitadel/client',
    files: ['zitadel-client.mjs'],
    install: [npm('@zitadel/client', '@zitadel/proto')],
    run: `'${process.execPath}' zitadel-client.mjs`,
    code: FAILED_PRECONDITION,
    hasKeys: false,
  },
  {
    name: 'npm @zitadel/node',
    files: ['zitadel-node.mjs'],
    // It imports protobuf without naming it among its dependencies.
    install: [npm('@zitadel/node', '@bufbuild/protobuf')],
    run: `'${process.execPath}' zitadel-node.mjs`,
    code: FAILED_PRECONDITION,
    hasKeys: true,
  },
  {
    name: 'Go zitadel-go/v3',
    files: ['offboard.go'],
    install: ['go mod init example.com/offboard', 'go get github.com/zitadel/zitadel-go/v3@v3.29.2', 'go mod tidy', 'go build -o offboard'],
    run: './offboard',
    code: FAILED_PRECONDITION,
    hasKeys: true,
  },
  {
    name: 'PyPI zitadel-client',
    files: ['offboard.py'],
    install: ['python3 -m venv venv', 'venv/bin/pip install --quiet zitadel-client'],
    run: 'venv/bin/python offboard.py',
    code: 'failed_precondition',
    hasKeys: true,
  },
  {
    name: 'Maven io.github.zitadel:client',
    files: ['Offboard.java', 'pom.xml'],
    install: ['mvn -q -B -Dstyle.color=never dependency:copy-dependencies', "javac -cp 'target/dependency/*' Offboard.java"],
    run: "java -cp '.:target/dependency/*' Offboard",
    code: 'failed_precondition',
    hasKeys: true,
  },
];

const steps = ['create', 'read', 'deactivate', 'refused', 'key'] as const;
type Step = (typeof steps)[number];

interface Told {
  readonly step: Step;
  readonly userId?: string;
  readonly name?: string;
  readonly code?: string | number;
  readonly id?: string;
}

const keyward = await startKeyward();
const place = mkdtempSync(join(tmpdir(), 'keyward-clients-'));
after(() => rmSync(place, { recursive: true, force: true }));
const keyFile = join(place, 'key.json');
writeFileSync(keyFile, await keyOfAccount());

const verdicts = new Map(clients.map(({ name }) => [name, new Map<Step, string>()]));

const found = await Promise.all(
  clients.map(async (client, index) => {
    const folder = join(place, String(index));
    return { ...client, folder, userId: `client-${index}`, missing: await installed(folder, client.files, client.install) };
  }),
);

for (const { name, run, code, hasKeys, folder, userId, missing } of found) {
  const verdict = verdicts.get(name);
  for (const step of steps) verdict?.set(step, missing === undefined ? 'failed' : 'skipped');
  if (!hasKeys) verdict?.set('key', '–');
  if (missing !== undefined) console.log(`${name} is skipped: ${missing}`);

  describe(name, { ...(missing === undefined ? {} : { skip: missing }) }, () => {
    const told = new Map<Step, Told>();
    let said = '';
    before(async () => {
      const environment = { BASE_URL: keyward.url, TOKEN: keyward.owner, ORG_ID: keyward.orgId, USER_ID: userId, KEY_FILE: keyFile };
      const ran = await shell(run, folder, environment);
      said = ran.said;
      for (const line of ran.out.split('\n').filter((one) => one.startsWith('{'))) {
        const one = JSON.parse(line) as Told; // what the programs of this folder print
        told.set(one.step, one);
      }
    });
    const sees = (step: Step, does: string, expected: Omit<Told, 'step'>): void => {
      it(does, () => {
        assert.deepEqual(told.get(step), { step, ...expected }, said);
        verdict?.set(step, 'ok');
      });
    };
    sees('create', 'creates a user', { userId });
    sees('read', 'reads the user', { userId, name: 'Ada' });
    sees('deactivate', 'switches the user off', {});
    sees('refused', 'reads code and id of the second call', { code, id: 'COMMAND-5gunjw0cd7' });
    if (hasKeys) sees('key', 'reads with the key of a service account', { userId });
  });
}

after(() => {
  const rows = [['client', ...steps], ...[...verdicts].map(([name, verdict]) => [name, ...steps.map((step) => verdict.get(step) ?? '')])];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
});

/** Why this client cannot be had here; undefined where it can. */
async function installed(folder: string, files: readonly string[], commands: readonly string[]): Promise<string | undefined> {
  mkdirSync(folder);
  for (const file of files) copyFileSync(join(import.meta.dirname, file), join(folder, file));
  for (const command of commands) {
    const { exit, out, said } = await shell(command, folder);
    if (exit !== 0) return `\`${command}\` ended with ${exit}: ${`${said}${out}`.trim().split('\n')[0]?.slice(0, 240)}`;
  }
  return undefined;
}

interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly said: string;
}

async function shell(command: string, cwd: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  // What npm and the runner told this process would mislead those that it starts; which registry there is, would not.
  const told = /^(NODE_(TEST|OPTIONS|CHANNEL)|npm_(?!config_)|npm_config_.*prefix)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)));
  const child = spawn(command, {
    cwd,
    env: { ...inherited, ...environment },
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Detached, it leads a group, which ends with all that it started.
  const tooLong = setTimeout(() => child.pid !== undefined && process.kill(-child.pid), LONGEST_MS);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [exit, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearTimeout(tooLong);
  return { exit, out, said };
}

/** A machine that owns the instance, and the file of its key as the API gives it. */
async function keyOfAccount(): Promise<string> {
  const call = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${keyward.owner}`, 'content-type': 'application/json' };
    const response = await fetch(`${keyward.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return (await response.json()) as Answer; // as its caller says
  };
  const { id } = await call<{ id: string }>('/v2/users/new', { organizationId: keyward.orgId, machine: { name: 'client' } });
  await call('/admin/v1/members', { userId: id, roles: ['IAM_OWNER'] });
  const { keyContent } = await call<{ keyContent: string }>(`/v2/users/${id}/keys`, { expirationDate: '2099-01-01T00:00:00Z' });
  return Buffer.from(keyContent, 'base64').toString('utf8');
}
