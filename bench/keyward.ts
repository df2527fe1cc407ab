/** Keyward under measurement: the real program in a process of its own, on an embedded PostgreSQL in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../src/config/database-url.ts';
import { openPool, type Pool } from '../src/store/connect.ts';
import { attachEmbedded } from '../src/store/embedded.ts';

export interface Keyward {
  readonly dataDir: string;
  readonly pid: number;
  readonly port: number;
  /** PAT of the machine owner. */
  readonly token: string;
  readonly address: DatabaseAddress;
  readonly sql: Pool;
  readonly instanceId: string;
  readonly orgId: string;
  /** Seconds from the spawn of the process until it said that it is ready. */
  readonly startSeconds: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Whatever ends the bench, no server stays behind. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

export function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-bench-'));
  chmodSync(folder, 0o755); // as root, PostgreSQL runs as another user
  return folder;
}

export async function startKeyward(dataDir: string, workers = 1, environment: Readonly<Record<string, string>> = {}): Promise<Keyward> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'start'], {
    env: {
      ...others(process.env),
      KEYWARD_DATA_DIR: dataDir,
      KEYWARD_PORT: String(port),
      KEYWARD_HOST: '127.0.0.1',
      KEYWARD_WORKERS: String(workers),
      KEYWARD_LOG_LEVEL: 'warn',
      KEYWARD_SHUTDOWN_SECONDS: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  await ready(child);
  const startSeconds = (performance.now() - begun) / 1000;
  const address = attachEmbedded(dataDir);
  if (!address) throw new Error('the embedded database does not run');
  const sql = openPool(address, { max: 1, prepare: false });
  const [instance] = await sql<{ instance_id: string; default_org_id: string }[]>`select instance_id, default_org_id from instances`;
  return {
    dataDir,
    pid: child.pid!,
    port,
    token: readFileSync(join(dataDir, 'credentials', 'admin.pat'), 'utf8').trim(),
    address,
    sql,
    instanceId: instance!.instance_id,
    orgId: instance!.default_org_id,
    startSeconds,
    stop: async () => {
      await sql.end({ timeout: 1 });
      if (child.exitCode !== null) return;
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exit;
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`keyward ended with ${code} before it was ready`)));
    child.stdout?.on('data', (data) => String(data).includes('is ready') && resolve());
  });
}

/** What configures a server of the person at the terminal is none of ours. */
const others = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('KEYWARD_')));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
