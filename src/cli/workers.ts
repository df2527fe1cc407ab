/** The worker processes that share the port: begun, told what they need, begun again when they die, ended together. */
import cluster, { type Worker } from 'node:cluster';
import type { DatabaseAddress } from '../config/database-url.ts';
import type { Config } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import type { Log } from '../log/log.ts';
import { type Asked, Gathering } from './gathering.ts';

/** Sent to each worker over its own channel: command lines and environments can be read by others. */
interface Secrets {
  readonly address: DatabaseAddress;
  readonly masterkey: string;
}

type Report = { readonly ready: true } | { readonly failed: string } | Asked;

/** A worker that lived this long was not broken from the start; the pause before the next begins anew. */
const HEALTHY_MS = 10_000;
const LONGEST_PAUSE_MS = 10_000;

export class Workers {
  readonly #config: Config;
  readonly #secrets: Secrets;
  readonly #log: Log;
  readonly #exits = new Set<Promise<void>>();
  readonly #serving = new Set<Worker>();
  readonly #gathering = new Gathering();
  #stopping = false;

  constructor(config: Config, secrets: Secrets, log: Log) {
    this.#config = config;
    this.#secrets = secrets;
    this.#log = log;
  }

  /** Resolves when all are ready; CannotStart if one of these first ones cannot serve. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#config.workers }, () => this.#begin(100)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const worker of this.#living()) if (worker.isConnected()) worker.send('stop');
    const late = setTimeout(() => this.kill(), (this.#config.shutdownSeconds + 5) * 1000);
    await Promise.all(this.#exits);
    clearTimeout(late);
  }

  kill(): void {
    this.#stopping = true;
    for (const worker of this.#living()) worker.process.kill('SIGKILL');
  }

  #living(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  }

  #begin(pauseMs: number): Promise<void> {
    const worker = cluster.fork();
    const since = Date.now();
    const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#exits.add(exit);
    worker.send({ ...this.#secrets, host: this.#config.host });

    return new Promise((resolve, reject) => {
      let ready = false;
      worker.on('message', (report: Report) => {
        if ('failed' in report) return reject(new CannotStart(report.failed));
        if (!('ready' in report)) return this.#gathering.hear(worker, report, this.#serving);
        ready = true;
        this.#serving.add(worker);
        resolve();
      });
      worker.once('exit', (code, signal) => {
        this.#exits.delete(exit);
        this.#serving.delete(worker);
        this.#gathering.forget(worker);
        if (this.#stopping) return resolve();
        if (!ready) return reject(new CannotStart(`A worker ended before it was ready (${signal ?? code}).`));
        this.#log.error({ pid: worker.process.pid, code, signal }, 'a worker ended and is begun again');
        this.#beginAgain(Date.now() - since > HEALTHY_MS ? 100 : pauseMs);
      });
    });
  }

  #beginAgain(pauseMs: number): void {
    setTimeout(() => {
      if (this.#stopping) return;
      const next = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      this.#begin(next).catch((error: unknown) => {
        this.#log.error({ err: error }, 'a worker cannot be begun again');
        this.#beginAgain(next);
      });
    }, pauseMs);
  }
}
