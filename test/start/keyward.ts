/** Runs Keyward's command line as a process of its own, around the small server of fake-main.ts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What came out until now. */
  readonly out: { stdout: string; stderr: string };
  readonly ended: Promise<Outcome>;
}

const main = join(import.meta.dirname, 'fake-main.ts');

/** What a failed test leaves running would keep this process waiting. */
const alive = new Set<ChildProcess>();
after(() => {
  for (const child of alive) child.kill('SIGTERM');
});

export function keyward(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_') && !name.startsWith('NODE_')),
  );
  const child = spawn(process.execPath, [main, ...args], { env: { ...clean, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  child.stdout.on('data', (data) => (out.stdout += data));
  child.stderr.on('data', (data) => (out.stderr += data));
  const ended = new Promise<Outcome>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...out })));
  return { child, out, ended };
}

/** Starts it and waits until it says that it is ready. */
export async function started(environment: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Running> {
  const running = keyward(['start', ...args], environment);
  const ready = new Promise<void>((resolve, reject) => {
    running.child.stdout?.on('data', () => running.out.stdout.includes('is ready') && resolve());
    void running.ended.then(({ code, stderr }) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  await ready;
  return running;
}

export async function stopped(running: Running): Promise<Outcome> {
  running.child.kill('SIGTERM');
  return running.ended;
}

/** A folder that the user of the embedded PostgreSQL can enter, if this is root. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-start-'));
  chmodSync(folder, 0o755);
  return folder;
}

export async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** On a connection of its own. */
export function get(port: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpGet({ host: '127.0.0.1', port, path, agent: false }, async (response) => resolve(await text(response)));
    request.once('error', reject);
  });
}
