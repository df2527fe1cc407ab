/**
 * Delivers what lies in the outbox, at least once, beside the calls: begun by a signal after a commit on this process, and by a look every
 * few seconds (for what other nodes left, and for retries). A message that a node took and did not finish is due again after a minute.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type Config, LOCAL } from '../config/settings.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Log } from '../log/log.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { originOf, type Ways } from './channel.ts';
import { codePlace } from './outbox.ts';
import { again, bury, counts, done, dueInstances, LEASE_SECONDS, purge, type TakenRow, take } from './queue.ts';
import { Refused } from './refused.ts';
import { type Message, type Rendered, render } from './render.ts';
import { onPosted } from './signal.ts';
import { together } from './together.ts';

export interface DeliveryParts {
  readonly store: Store;
  readonly masterkey: Masterkey;
  readonly config: Pick<Config, 'externalDomain' | 'externalPort' | 'externalSecure'>;
  readonly ways: Ways;
  /** SQL over the alias m (a row of the outbox): whether it may still go out (`Standing` of queue.ts). */
  readonly standing: (sql: Sql) => Fragment;
  readonly log: Log;
  readonly registry: Registry;
}

/** Messages that one process delivers at once; it takes new ones as soon as half of the places are free. */
const AT_ONCE = 16;
/** What comes within so long of the last taking is taken together: a statement for each message would cost the calls more than the message does. */
const GATHER_MS = 250;
/** Between two looks; drawn anew each time from three quarters to five quarters of it, so that nodes do not look together. */
const LOOK_MS = 5000;
const PURGE_MS = 3_600_000;
/** An attempt that takes longer is given up, while the row is still this node's. */
const ATTEMPT_MS = (LEASE_SECONDS - 15) * 1000;
const LONGEST_PAUSE_SECONDS = 600;

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #counter: Counter<'kind' | 'channel' | 'outcome'>;
  /** Instances that may have something due, longest known first. */
  readonly #due = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #taking = false;
  /** When the last taking began, as `performance.now()`. */
  #tookAt = 0;
  /** Those that end at about the same time are forgotten together. */
  readonly #forget = together((rows: readonly TakenRow[]) => this.#forgetAll(rows));
  #silence: () => void = () => undefined;
  #looks: Promise<void> = Promise.resolve();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    const registers = [parts.registry];
    this.#counter = new Counter({
      name: 'keyward_notifications_total',
      help: 'Messages to users by kind, channel and outcome of an attempt: delivered, retried, dead, void.',
      labelNames: ['kind', 'channel', 'outcome'],
      registers,
    });
    const { store } = parts;
    new Gauge({
      name: 'keyward_outbox_messages',
      help: 'Messages in the outbox of the whole database: waiting, and dead (not delivered in time, or refused).',
      labelNames: ['state'],
      registers,
      aggregator: 'max', // of the workers of a port, each of which tells the whole
      async collect() {
        const now = await counts(store).catch(() => undefined); // a database that is away says nothing
        if (now === undefined) return this.reset();
        this.set({ state: 'waiting' }, now.waiting);
        this.set({ state: 'dead' }, now.dead);
      },
    });
  }

  start(): void {
    this.#silence = onPosted((instanceId) => this.#wake(instanceId));
    this.#looks = this.#lookAgainAndAgain();
  }

  /** Takes nothing more, and lets what is under way end, for `seconds` at most; another node then delivers it. */
  async close(seconds: number): Promise<void> {
    this.#silence();
    this.#closing.abort();
    const late = new AbortController();
    await Promise.race([
      Promise.all([this.#looks, ...this.#running]),
      pause(seconds * 1000, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  async #lookAgainAndAgain(): Promise<void> {
    let purged = Date.now();
    while (!this.#isClosing) {
      try {
        for (const instanceId of await dueInstances(this.#parts.store)) this.#wake(instanceId);
        if (Date.now() - purged > PURGE_MS) {
          purged = Date.now();
          await purge(this.#parts.store);
        }
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'the outbox cannot be looked into');
      }
      await this.#rest(LOOK_MS * (0.75 + Math.random() / 2));
    }
  }

  #wake(instanceId: string): void {
    this.#due.add(instanceId);
    if (!this.#taking && !this.#isClosing) void this.#takeAll();
  }

  get #hasRoom(): boolean {
    return !this.#isClosing && this.#running.size <= AT_ONCE / 2;
  }

  /** One at a time a process: fills the free places, instance by instance in turn. */
  async #takeAll(): Promise<void> {
    this.#taking = true;
    try {
      while (this.#due.size > 0 && this.#hasRoom) {
        await this.#rest(this.#tookAt + GATHER_MS - performance.now());
        this.#tookAt = performance.now();
        for (const instanceId of [...this.#due]) {
          if (!this.#hasRoom) return;
          this.#due.delete(instanceId);
          await this.#takeSome(instanceId, AT_ONCE - this.#running.size);
        }
      }
    } finally {
      this.#taking = false;
    }
  }

  /** Until then, or until this process stops. */
  async #rest(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  async #takeSome(instanceId: string, most: number): Promise<void> {
    const { store, standing, config, log } = this.#parts;
    try {
      const rows = await take(store, instanceId, most, { standing, externalDomain: config.externalDomain ?? LOCAL });
      for (const row of rows) this.#begin(row);
      if (rows.length < most) return;
      this.#due.add(instanceId);
      this.#tookAt = 0; // more are there already
    } catch (error) {
      log.warn({ instanceId, err: error }, 'the outbox cannot be read'); // the next look tries again
    }
  }

  #begin(row: TakenRow): void {
    const running = this.#handle(row)
      .catch((error: unknown) => this.#parts.log.error({ ...named(row), err: error }, 'a message is left to another attempt'))
      .finally(() => {
        this.#running.delete(running);
        if (this.#due.size > 0 && !this.#taking && this.#hasRoom) void this.#takeAll();
      });
    this.#running.add(running);
  }

  async #handle(row: TakenRow): Promise<void> {
    const { log } = this.#parts;
    if (row.standing === 'void') return this.#settle(row, 'void', () => this.#forget(row));
    if (row.standing === 'expired') return this.#die(row, 'its code expired before it could be delivered');
    let rendered: Rendered;
    try {
      rendered = this.#render(row);
    } catch (error) {
      return this.#die(row, `it cannot be written: ${reasonOf(error)}`);
    }
    try {
      await this.#parts.ways[row.channel].send(rendered, AbortSignal.timeout(ATTEMPT_MS));
    } catch (error) {
      if (error instanceof Refused) return this.#die(row, reasonOf(error));
      return this.#retry(row, reasonOf(error));
    }
    await this.#settle(row, 'delivered', () => this.#forget(row));
    log.debug(named(row), 'message delivered');
  }

  #render(row: TakenRow): Rendered {
    const { masterkey, config } = this.#parts;
    const message: Message = {
      id: row.message_id,
      instanceId: row.instance_id,
      userId: row.user_id,
      orgId: row.org_id,
      kind: row.kind,
      channel: row.channel,
      recipient: row.recipient,
      language: row.language,
      code: row.code === null ? undefined : masterkey.decrypt(row.code, codePlace(row.instance_id, row.message_id)).toString(),
      data: row.data,
      createdAt: new Date(row.created_at),
    };
    return render(message, originOf(config, row.domain ?? config.externalDomain ?? LOCAL), row.default_language);
  }

  async #retry(row: TakenRow, error: string): Promise<void> {
    const { store, log } = this.#parts;
    const seconds = Math.min(2 ** (row.attempts - 1), LONGEST_PAUSE_SECONDS) * (0.8 + Math.random() * 0.4);
    const outcome = await this.#insist(() => again(store, row, seconds, error));
    this.#counter.inc({ kind: row.kind, channel: row.channel, outcome });
    if (outcome === 'dead') log.error({ ...named(row), error }, 'message given up: it could not be delivered for three days');
    else log.warn({ ...named(row), error, nextInSeconds: Math.round(seconds) }, 'message not delivered yet');
    // the first retries come sooner than the next look
    if (seconds * 1000 < LOOK_MS) setTimeout(() => this.#wake(row.instance_id), seconds * 1000 + 10).unref();
  }

  async #die(row: TakenRow, error: string): Promise<void> {
    const { log } = this.#parts;
    await this.#settle(row, 'dead', () => this.#bury(row, error));
    log.error({ ...named(row), error }, 'message given up');
  }

  async #settle(row: TakenRow, outcome: 'delivered' | 'void' | 'dead', work: () => Promise<void>): Promise<void> {
    await work();
    this.#counter.inc({ kind: row.kind, channel: row.channel, outcome });
  }

  async #bury(row: TakenRow, error: string): Promise<void> {
    if (await this.#insist(() => bury(this.#parts.store, row, error))) this.#wake(row.instance_id);
  }

  async #forgetAll(rows: readonly TakenRow[]): Promise<void> {
    for (const [instanceId, some] of Map.groupBy(rows, (row) => row.instance_id))
      if (await this.#insist(() => done(this.#parts.store, instanceId, some))) this.#wake(instanceId);
  }

  /** What became of a message is written down even if the database is away for a moment: else it would go out twice. */
  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let n = 1; ; n++) {
      try {
        return await work();
      } catch (error) {
        if (n === 10 || this.#isClosing) throw error;
        await this.#rest(1000);
      }
    }
  }
}

/** How the log names a message: neither its code nor its address stands there. */
const named = ({ instance_id, message_id, user_id, kind, channel, attempts }: TakenRow) => ({
  instanceId: instance_id,
  messageId: message_id,
  userId: user_id,
  kind,
  channel,
  attempts,
});

/** In one line, of bounded length. */
function reasonOf(error: unknown): string {
  const said =
    error instanceof Error
      ? error.cause instanceof Error && error.message === 'fetch failed'
        ? error.cause.message || error.message
        : error.message
      : String(error);
  return said.replace(/\s+/g, ' ').slice(0, 300);
}
