/** A Keyward of its own process that a fault test may kill: started, watched, asked over REST by connections that outlive nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { DatabaseAddress } from '../../src/config/database-url.ts';
import { freePort } from '../support/node.ts';

export interface Server {
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** What it logged (stderr) until now. */
  log(): string;
  /** Whether the process has ended. */
  ended(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL by default; resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const main = join(import.meta.dirname, '../../src/main.ts');
/** The master key of every test: no secret, since its databases live for seconds. */
const MASTERKEY = 'a master key for tests, 32 bytes';

/** Ended after the tests of the file that calls it. Without KEYWARD_DATABASE_URL it runs on the embedded database in its data folder. */
export async function startServer(environment: Readonly<Record<string, string>> = {}, nodeOptions = ''): Promise<Server> {
  const port = Number(environment.KEYWARD_PORT ?? (await freePort()));
  const dataDir = environment.KEYWARD_DATA_DIR ?? newFolder();
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_') && !name.startsWith('NODE_')),
  );
  const child = spawn(process.execPath, [main, 'start'], {
    env: {
      ...clean,
      NODE_OPTIONS: nodeOptions,
      KEYWARD_DATA_DIR: dataDir,
      KEYWARD_MASTERKEY: MASTERKEY,
      KEYWARD_HOST: '127.0.0.1',
      KEYWARD_LOG_LEVEL: 'error',
      KEYWARD_SHUTDOWN_SECONDS: '1',
      ...environment,
      KEYWARD_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await end;
  };
  after(() => kill('SIGTERM'));
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  await readiness(child, end, () => said);
  return {
    port,
    pid: child.pid ?? 0,
    dataDir,
    log: () => said,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    signal: (signal) => child.kill(signal),
    kill,
  };
}

function readiness(child: ChildProcess, end: Promise<void>, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (data) => {
      out += data;
      if (out.includes('is ready')) resolve();
    });
    void end.then(() => reject(new Error(`the server ended before it was ready: ${said()}`)));
  });
}

/** A folder that the user of the embedded PostgreSQL can enter, if this is root. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-faults-'));
  chmodSync(folder, 0o755);
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const adminPat = ({ dataDir }: Pick<Server, 'dataDir'>): string =>
  readFileSync(join(dataDir, 'credentials', 'admin.pat'), 'utf8').trim();

export interface Reply {
  /** 0: no answer (the connection was refused or cut). */
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
  readonly retryAfter: string | undefined;
  readonly ms: number;
}

/** Asks over REST; what comes back is told, whatever it is. */
export class Asker {
  readonly #port: number;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor({ port }: Pick<Server, 'port'>, token: string) {
    this.#port = port;
    this.#token = token;
    after(() => this.#agent.destroy());
  }

  ask(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const sent = body === undefined ? '' : JSON.stringify(body);
    const began = performance.now();
    return new Promise((resolve) => {
      const none = () => resolve({ status: 0, json: undefined, retryAfter: undefined, ms: performance.now() - began });
      const request = httpRequest({
        host: '127.0.0.1',
        port: this.#port,
        method,
        path,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.#token}`,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(sent)),
          ...headers,
        },
      });
      request.once('error', none);
      request.once('response', (response) => {
        text(response).then((said) => {
          const ms = performance.now() - began;
          resolve({ status: response.statusCode ?? 0, json: jsonOf(said), retryAfter: response.headers['retry-after'], ms });
        }, none);
      });
      request.end(sent);
    });
  }
}

function jsonOf(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

/** What KEYWARD_DATABASE_URL says for a server that listens on TCP. */
export const tcpUrl = ({ user, password, database }: DatabaseAddress, port: number): string =>
  `postgres://${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}@127.0.0.1:${port}/${database}?sslmode=disable`;
