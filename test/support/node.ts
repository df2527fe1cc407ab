/** Real Keyward nodes for tests: processes of their own on one database, each with its own port and data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Pool } from '../../src/store/connect.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';

export interface KeywardNode {
  readonly port: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** A database with the first instance in it, and nodes that serve it. */
export interface Cluster {
  readonly database: TestDatabase;
  readonly sql: Pool;
  readonly nodes: readonly [KeywardNode, ...KeywardNode[]];
  readonly instanceId: string;
  readonly orgId: string;
  /** PAT of the first instance's machine owner. */
  readonly adminPat: string;
}

/** The master key of every test: no secret, since its databases live for seconds. */
const MASTERKEY = 'a master key for tests, 32 bytes';
const main = join(import.meta.dirname, '../../src/main.ts');

/** Ended with the tests of the file (or suite) that calls it. `environment` holds settings beyond database, port and folder. */
export async function startCluster(size: number, environment: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const database = await testDatabase();
  const first = await startNode(database, environment);
  const others = await Promise.all(Array.from({ length: size - 1 }, () => startNode(database, environment)));
  const [instance] = await database.sql<
    { instance_id: string; default_org_id: string }[]
  >`select instance_id, default_org_id from instances`;
  return {
    database,
    sql: database.sql,
    nodes: [first, ...others],
    instanceId: instance!.instance_id,
    orgId: instance!.default_org_id,
    adminPat: readFileSync(join(first.dataDir, 'credentials', 'admin.pat'), 'utf8').trim(),
  };
}

/** `keyward start` in a process of its own; resolves when it says that it is ready. */
export async function startNode(database: TestDatabase, environment: Readonly<Record<string, string>> = {}): Promise<KeywardNode> {
  const port = await freePort();
  const dataDir = newDataDir();
  const child = keyward(['start'], { ...settings(database, dataDir), KEYWARD_PORT: String(port), ...environment });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  after(stop);
  let said = '';
  child.stderr?.on('data', (data) => {
    said += data;
  });
  await new Promise<void>((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (data) => {
      out += data;
      if (out.includes('is ready')) resolve();
    });
    void ended.then(() => reject(new Error(`the node ended before it was ready: ${said}`)));
  });
  child.stderr?.pipe(process.stderr); // an error that a node logs is told with the tests
  return { port, dataDir, stop };
}

/** Runs another command of the command line to its end and gives what it printed; rejects where it fails. */
export async function runKeyward(database: TestDatabase, args: readonly string[]): Promise<string> {
  const child = keyward(args, settings(database, newDataDir()));
  let out = '';
  let said = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    said += data;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${code}: ${said}`);
  return out;
}

function keyward(args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_') && !name.startsWith('NODE_')),
  );
  return spawn(process.execPath, [...observed, main, ...args], {
    env: { ...clean, ...environment, ...observation },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** With KEYWARD_TEST_OBSERVED=file, nodes append to it what they refuse: what `npm run observe` makes docs of (observe.ts). */
const observation = process.env.KEYWARD_TEST_OBSERVED ? { KEYWARD_TEST_OBSERVED: process.env.KEYWARD_TEST_OBSERVED } : {};
const observed = process.env.KEYWARD_TEST_OBSERVED ? ['--import', import.meta.resolve('./observe.ts')] : [];

const settings = ({ url }: TestDatabase, dataDir: string) => ({
  KEYWARD_DATABASE_URL: url,
  KEYWARD_DATA_DIR: dataDir,
  KEYWARD_MASTERKEY: MASTERKEY,
  KEYWARD_HOST: '127.0.0.1',
  KEYWARD_LOG_LEVEL: 'error',
  KEYWARD_SHUTDOWN_SECONDS: '1',
});

function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-node-'));
  chmodSync(folder, 0o755);
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  await new Promise((resolve) => server.close(resolve));
  return port;
}
