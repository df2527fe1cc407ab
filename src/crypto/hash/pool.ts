/**
 * The threads that hash passwords, and the queue before them. A hash takes a core for its time, so no more run at once than there are cores,
 * and who would have to wait long is refused at once. Dear ones (imported) cannot take all threads: they have a queue of their own.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../../failure/failure.ts';
import type { Outcome, Work } from './work.ts';

/** Who would wait longer is refused, in ms. */
const MOST_WAIT = 3000;
/** From this effort on, in ms, a hash is dear: about six of ours, two of bcrypt with cost 10. */
const DEAR = 100;
/** How long a thread without work is kept, in ms. */
const IDLE = 60_000;
/** How much of a measured time counts in what is expected of the next, and from which effort on, in ms, it is measured at all. */
const LEARNING = 0.1;
const MEASURED = 5;

const BUSY = { code: 'resource_exhausted', key: 'Errors.Password.Busy', id: 'KEYWARD-hashQueue' } as const;

interface Job {
  readonly work: Work;
  readonly effort: number;
  /** When it came, as `performance.now()`. */
  readonly came: number;
  readonly resolve: (value: string | boolean) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly job: Job;
  readonly since: number;
}

/** One of the two queues. */
interface Lane {
  /** Threads that it may fill. */
  readonly most: number;
  readonly waiting: Job[];
  running: number;
  /** Ms on this machine, at the load of the moment, for one of effort. */
  pace: number;
}

export class HashPool {
  readonly #size: number;
  readonly #cheap: Lane;
  readonly #dear: Lane;
  readonly #idle: Thread[] = [];
  readonly #busy = new Map<Thread, Running>();

  /** At least two threads, so that one is left where a dear hash runs. */
  constructor(threads: number) {
    this.#size = Math.max(2, threads);
    this.#cheap = { most: this.#size, waiting: [], running: 0, pace: 1 };
    this.#dear = { most: Math.floor(this.#size / 2), waiting: [], running: 0, pace: 1 };
  }

  /** Fails with `resource_exhausted` where the wait would be too long, with an Error where the hash cannot be read. */
  run(work: Work, effort: number): Promise<string | boolean> {
    const lane = this.#laneOf(effort);
    const wait = this.#waitIn(lane);
    if (wait > MOST_WAIT) return Promise.reject(new Failure(BUSY, { retryAfter: Math.ceil(wait / 1000) }));
    return new Promise((resolve, reject) => {
      lane.waiting.push({ work, effort, came: performance.now(), resolve, reject });
      this.#next();
    });
  }

  #laneOf(effort: number): Lane {
    return effort < DEAR ? this.#cheap : this.#dear;
  }

  /** Expected, in ms; none where a thread is free. The dear have the cheap before them, too. */
  #waitIn(lane: Lane): number {
    const isDear = lane === this.#dear;
    const threads = isDear ? lane.most : this.#size - this.#dear.running;
    if (lane.waiting.length === 0 && lane.running < threads && this.#busy.size < this.#size) return 0;
    const now = performance.now();
    const left = [...this.#busy.values()]
      .filter(({ job }) => this.#laneOf(job.effort) === lane)
      .reduce((sum, { job, since }) => sum + Math.max(0, job.effort * lane.pace - (now - since)), 0);
    const ahead = lane.waiting.reduce((sum, { effort }) => sum + effort * lane.pace, 0);
    return (left + ahead) / threads + (isDear ? this.#waitIn(this.#cheap) : 0);
  }

  /** Gives threads to those who came first. */
  #next(): void {
    while (this.#busy.size < this.#size) {
      const [lane] = [this.#cheap, this.#dear]
        .filter(({ waiting, running, most }) => waiting.length > 0 && running < most)
        .sort((one, other) => one.waiting[0]!.came - other.waiting[0]!.came); // both have one who waits
      if (!lane) return;
      this.#begin(lane, lane.waiting.shift()!);
    }
  }

  #begin(lane: Lane, job: Job): void {
    const thread = this.#idle.pop() ?? new Thread((gone) => this.#forget(gone));
    const since = performance.now();
    this.#busy.set(thread, { job, since });
    lane.running++;
    thread.run(job.work, (outcome) => {
      this.#busy.delete(thread);
      lane.running--;
      if (outcome instanceof Error) {
        job.reject(outcome);
      } else {
        this.#rest(thread);
        if (job.effort >= MEASURED) lane.pace += LEARNING * (outcome.took / job.effort - lane.pace);
        if ('error' in outcome) job.reject(new Error(outcome.error));
        else job.resolve(outcome.value);
      }
      this.#next();
    });
  }

  #rest(thread: Thread): void {
    this.#idle.push(thread);
    thread.endAfter(IDLE);
  }

  #forget(thread: Thread): void {
    const at = this.#idle.indexOf(thread);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}

/** One worker thread. It keeps the process alive only while it works. */
class Thread {
  readonly #worker = new Worker(new URL('./thread.ts', import.meta.url), { env: {} });
  readonly #gone: (thread: Thread) => void;
  #done: ((outcome: Outcome | Error) => void) | undefined;
  #ending: NodeJS.Timeout | undefined;

  /** `gone` is called as soon as it takes no work any more. */
  constructor(gone: (thread: Thread) => void) {
    this.#gone = gone;
    this.#worker.on('message', (outcome: Outcome) => this.#end(outcome));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => {
      gone(this);
      this.#end(new Error('the thread ended'));
    });
  }

  /** `done` is called once: with what came of it, or with an Error where the thread is lost. */
  run(work: Work, done: (outcome: Outcome | Error) => void): void {
    clearTimeout(this.#ending);
    this.#done = done;
    this.#worker.ref();
    this.#worker.postMessage(work);
  }

  endAfter(ms: number): void {
    this.#ending = setTimeout(() => {
      this.#gone(this);
      void this.#worker.terminate();
    }, ms).unref();
  }

  #end(outcome: Outcome | Error): void {
    const done = this.#done;
    this.#done = undefined;
    this.#worker.unref();
    done?.(outcome);
  }
}
