/**
 * A pool of connections with a bounded queue before it, and a watch over it. No more statements are with the database than there are
 * places: the driver would send more behind those that run, where they can neither be taken back nor bounded. When a connection is
 * lost, its pool is given up and a new one takes its place (a connection of postgres.js 3.4 that is written to while it closes never
 * answers again); until one probe gets through, statements are refused at once, so that nobody storms a database that is starting.
 */
import type { DatabaseAddress } from '../config/database-url.ts';
import { Failure } from '../failure/failure.ts';
import type { Pool } from './connect.ts';
import { failureOf, isLoss } from './errors.ts';
import { greet } from './greet.ts';

export interface LaneOptions {
  readonly address: DatabaseAddress;
  readonly open: () => Pool;
  /** Statements that are with the database at once: the connections of the pool, or a multiple where none of them can hold up another. */
  readonly places: number;
  /** How long a statement waits for a place, in ms. */
  readonly waitMs: number;
  /** How long statements on the other connections of a pool that lost one may still run. */
  readonly drainSeconds: number;
}

/** Statements that wait at once; each holds the request that asked for it. */
const MOST_WAITING = 10_000;
/** Between two looks at a database that is away. */
const PROBE_PAUSE_MS = 250;
/** A database that answers a greeting later than this counts as away. */
const PROBE_MS = 1000;

const FULL = { code: 'unavailable', key: 'Errors.Database.Full' } as const;
const AWAY = { code: 'unavailable', key: 'Errors.Database.Unavailable' } as const;

export class Lane {
  readonly #options: LaneOptions;
  #pool: Pool;
  #free: number;
  readonly #waiting = new Set<Waiter>();
  /** Pools that lost a connection and still serve statements on others. */
  readonly #draining = new Set<Pool>();
  #away = false;
  #probe: Promise<void> | undefined;
  #nextProbe = 0;
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#pool = options.open();
    this.#free = options.places;
  }

  /** To build statements with; what it sends itself is not bounded. */
  get sql(): Pool {
    return this.#pool;
  }

  /** Runs `work` when a place is free. `deadline` (ms since epoch): after it the work is not begun. */
  async run<T>(work: (pool: Pool) => PromiseLike<T>, deadline = Number.POSITIVE_INFINITY): Promise<T> {
    const end = performance.now() + Math.min(this.#options.waitMs, deadline - Date.now());
    await this.#enter(end);
    const pool = this.#pool;
    try {
      return await work(pool);
    } catch (error) {
      if (isLoss(error)) this.#lose(pool);
      throw error;
    } finally {
      this.#leave();
    }
  }

  async close(seconds: number): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#pool, ...this.#draining].map((pool) => pool.end({ timeout: seconds })));
  }

  async #enter(end: number): Promise<void> {
    for (;;) {
      if (this.#away) await this.#back(end);
      if (this.#free > 0) {
        this.#free--;
        return;
      }
      await this.#place(end);
      if (!this.#away) return;
      this.#leave();
    }
  }

  /** Gives the place to who waits longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) this.#free++;
    else {
      this.#waiting.delete(next);
      next.enter();
    }
  }

  #place(end: number): Promise<void> {
    const ms = end - performance.now();
    if (ms <= 0 || this.#waiting.size >= MOST_WAITING) throw new Failure(FULL, { retryAfter: 1 });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new Failure(FULL, { retryAfter: 1 }));
      }, ms);
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(late);
          resolve();
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** Resolves when a probe finds the database; many wait for one probe. */
  async #back(end: number): Promise<void> {
    if (!this.#probe) {
      if (performance.now() < this.#nextProbe) throw away();
      this.#look();
    }
    await within(this.#probe, end - performance.now());
  }

  #lose(pool: Pool): void {
    if (pool !== this.#pool || this.#closed) return; // it is given up already
    this.#renew(this.#options.drainSeconds);
    this.#away = true;
    this.#look();
  }

  #look(): void {
    const probe = this.#probeOnce().finally(() => {
      this.#probe = undefined;
    });
    probe.catch(() => undefined); // told to those who wait for it, if anybody does
    this.#probe = probe;
  }

  async #probeOnce(): Promise<void> {
    try {
      await greet(this.#options.address, PROBE_MS);
      await within(this.#pool`select 1`, PROBE_MS);
      this.#away = false;
    } catch (error) {
      this.#nextProbe = performance.now() + PROBE_PAUSE_MS;
      // Whatever is still open on a database that is away is dead, even where the driver does not notice.
      for (const pool of this.#draining) void pool.end({ timeout: 0 });
      if (!this.#closed) this.#renew(0);
      throw failureOf(error)?.code === 'unavailable' ? failureOf(error) : away(error);
    }
  }

  #renew(drainSeconds: number): void {
    const old = this.#pool;
    this.#pool = this.#options.open();
    this.#draining.add(old);
    void old.end({ timeout: drainSeconds }).finally(() => this.#draining.delete(old));
  }
}

interface Waiter {
  readonly enter: () => void;
}

const away = (cause?: unknown): Failure => new Failure(AWAY, { retryAfter: 1, cause });

function within<T>(work: PromiseLike<T> | undefined, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(away()), Math.max(ms, 0));
    Promise.resolve(work)
      .then(() => resolve(), reject)
      .finally(() => clearTimeout(timer));
  });
}
