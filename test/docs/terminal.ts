/** The terminal of somebody who follows a guide: each block in a bash of its own, that begins with the folder and the variables which the last one left. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { as, type RunAs } from '../../src/store/embedded-binaries.ts';

export interface Printed {
  readonly stdout: string;
  /** As a person sees it: what went to stderr behind what went to stdout. */
  readonly all: string;
  readonly code: number | null;
}

const root = join(import.meta.dirname, '../..');
const LONGEST_MS = 60_000;

export class Terminal {
  /** Holds what a clone of this repository holds, after `npm ci`. */
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #servers = new Map<string, ChildProcess>();

  constructor(environment: (folder: string) => Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), 'keyward-guide-'));
    chmodSync(this.folder, 0o777); // what PostgreSQL does, it does as another user where this is root
    for (const name of ['package.json', 'src', 'proto', 'migrations', 'node_modules'])
      symlinkSync(join(root, name), join(this.folder, name));
    mkdirSync(join(this.folder, '.state'));
    chmodSync(join(this.folder, '.state'), 0o777);
    const clean = Object.entries(process.env).filter(([name]) => !/^(KEYWARD|NODE|PG|npm)_?/.test(name));
    this.#environment = { ...Object.fromEntries(clean), npm_config_loglevel: 'silent', ...environment(this.folder) };
  }

  /** Runs a block to its end. */
  async run(code: string, user?: RunAs): Promise<Printed> {
    const [before, after] = this.#around();
    const child = this.#bash(`${before}\n${code}\n${after}`, { ...as(user), timeout: LONGEST_MS, killSignal: 'SIGKILL' });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout, all: stdout + stderr, code: await ended };
  }

  /** Begins a block that goes on; gives what it has printed once that is as it should be. */
  async serve(name: string, code: string, fits: (printed: string) => boolean): Promise<string> {
    const [before] = this.#around();
    const child = this.#bash(`${before}\n${code}`, { detached: true });
    this.#servers.set(name, child);
    let printed = '';
    let ended = false;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += data));
    child.once('exit', () => (ended = true));
    const end = Date.now() + LONGEST_MS;
    while (!fits(printed) && !ended && Date.now() < end) await pause(20);
    return printed;
  }

  /** As Ctrl-C does, to all that the block began. */
  async stop(name: string): Promise<void> {
    const child = this.#servers.get(name);
    this.#servers.delete(name);
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    process.kill(-child.pid, 'SIGINT');
    await ended;
  }

  /** Ends what still runs, also what put itself into the background and left its number in a file, and removes the folder. */
  async close(): Promise<void> {
    for (const name of [...this.#servers.keys()].reverse()) await this.stop(name);
    for (const file of globSync(['*.pid', '*/postmaster.pid', '*/*/postmaster.pid'], { cwd: this.folder })) {
      const pid = Number.parseInt(readFileSync(join(this.folder, file), 'utf8'), 10);
      try {
        if (pid > 1) process.kill(pid, 'SIGQUIT');
        for (let i = 0; i < 200 && existsSync(join(this.folder, file)); i++) await pause(20);
      } catch {
        // it has ended
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #bash(code: string, options: SpawnOptions) {
    const child = spawn('bash', ['-c', code], { cwd: this.folder, env: this.#environment, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    return child;
  }

  #around(): readonly [string, string] {
    const state = join(this.folder, '.state', 'variables');
    return [
      // `npm ci` was run before the tests; to do it again would pull the rug from under them.
      `npm() { [ "$1" = ci ] || command npm "$@"; }\n[ -e ${state} ] && . ${state}\nset -eo pipefail`,
      `set +e\n{ export -p; printf 'cd %q\\n' "$PWD"; } > ${state}.next && chmod 666 ${state}.next && mv ${state}.next ${state}`,
    ];
  }
}
