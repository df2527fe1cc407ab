/**
 * One answer of `/debug/metrics` for all workers of a port: whichever worker is asked asks the first process, which has every worker tell its
 * own, and passes them all on. Sums of what only some told would look like counters that begin anew, so that there is rather no answer.
 */
import type { Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Gather } from '../transport/metrics.ts';

/** What a worker counts, as prom-client writes it. */
type Counts = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** From a worker to the first process. */
export type Asked = { readonly wantCounts: number } | { readonly counts: Counts; readonly round: number };
/** From the first process to a worker; `all` is null where somebody did not tell his. */
type Answer = { readonly tellCounts: number } | { readonly haveCounts: number; readonly all: readonly Counts[] | null };

/** A worker that needs longer has too much to do, or hangs. */
const LONGEST_MS = 2000;

interface Round {
  readonly asker: Worker;
  readonly wanted: number;
  readonly missing: Set<Worker>;
  readonly told: Counts[];
  readonly late: NodeJS.Timeout;
}

/** In the first process. */
export class Gathering {
  readonly #rounds = new Map<number, Round>();
  #next = 0;

  /** `serving`: the workers that have said so; who asks is one as well. */
  hear(asker: Worker, asked: Asked, serving: ReadonlySet<Worker>): void {
    if ('counts' in asked) {
      this.#rounds.get(asked.round)?.told.push(asked.counts);
      return this.#tick(asked.round, asker);
    }
    const round = this.#next++;
    const workers = new Set([...serving, asker]);
    const late = setTimeout(() => this.#end(round), LONGEST_MS);
    this.#rounds.set(round, { asker, wanted: asked.wantCounts, missing: new Set(workers), told: [], late });
    for (const worker of workers) send(worker, { tellCounts: round });
  }

  /** Who has ended tells no more, and is not waited for. */
  forget(worker: Worker): void {
    for (const round of this.#rounds.keys()) this.#tick(round, worker);
  }

  #tick(id: number, worker: Worker): void {
    const round = this.#rounds.get(id);
    if (round?.missing.delete(worker) && round.missing.size === 0) this.#end(id);
  }

  #end(id: number): void {
    const round = this.#rounds.get(id);
    if (!round) return;
    this.#rounds.delete(id);
    clearTimeout(round.late);
    send(round.asker, { haveCounts: round.wanted, all: round.missing.size === 0 ? round.told : null });
  }
}

function send(worker: Worker, answer: Answer): void {
  if (worker.isConnected()) worker.send(answer);
}

/** In a worker. */
export const gatherFromAll: Gather = (own) => {
  const waiting = new Map<number, (all: readonly Counts[] | null) => void>();
  let next = 0;
  process.on('message', async (message: Answer | string) => {
    if (typeof message === 'string') return; // it is told to stop
    if ('haveCounts' in message) {
      waiting.get(message.haveCounts)?.(message.all);
      waiting.delete(message.haveCounts);
    } else if ('tellCounts' in message) {
      ask({ round: message.tellCounts, counts: await own.getMetricsAsJSON() });
    }
  });
  return async () => {
    const wanted = next++;
    const all = await new Promise<readonly Counts[] | null>((resolve) => {
      waiting.set(wanted, resolve);
      ask({ wantCounts: wanted });
    });
    return all === null ? undefined : await AggregatorRegistry.aggregate([...all]).metrics();
  };
};

function ask(asked: Asked): void {
  if (process.connected) process.send?.(asked);
}
