/** The life of the process: what was started is ended in reverse order, once; a second signal ends it at once. */
import type { Log } from '../log/log.ts';

interface Part {
  readonly name: string;
  readonly close: () => Promise<void>;
  readonly kill?: () => void;
}

/** `npm start` passes a Ctrl-C on that its child has had from the terminal already; only a later signal is a second one. */
const SAME_SIGNAL_MS = 500;

export class Life {
  readonly #parts: Part[] = [];
  readonly #log: Log;
  #ending: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** What must be ended with the program; at once, if that is under way already. */
  async add(part: Part): Promise<void> {
    this.#parts.push(part);
    if (this.#ending) await this.#ending.then(() => this.#close(part));
  }

  /** SIGINT and SIGTERM end the program with code 0, in order. */
  followSignals(): void {
    let first: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (first === undefined) {
          first = Date.now();
          this.#log.info({ signal }, 'ending; a second signal ends at once');
          void this.exit(0);
        } else if (Date.now() - first > SAME_SIGNAL_MS) {
          this.killAll();
          process.exit(signal === 'SIGINT' ? 130 : 143);
        }
      });
    }
  }

  /** What nobody caught leaves the program in an unknown state: it is ended, in order, so that the embedded database is too. */
  followErrors(): void {
    process.on('uncaughtException', (error) => {
      this.#log.fatal({ err: error }, 'unexpected error; ending');
      void this.exit(1);
    });
  }

  async exit(code: number): Promise<never> {
    await this.end();
    process.exit(code);
  }

  end(): Promise<void> {
    this.#ending ??= (async () => {
      for (const part of this.#parts.toReversed()) await this.#close(part);
    })();
    return this.#ending;
  }

  killAll(): void {
    for (const { kill } of this.#parts.toReversed()) kill?.();
  }

  async #close({ name, close }: Part): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#log.error({ err: error }, `could not end ${name} in order`);
    }
  }
}
