/** Prometheus metrics: those of the process, and calls by method, protocol and code with their duration. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Code } from '../failure/failure.ts';
import type { Protocol } from './invoke.ts';

/** What was called: a method of the API, or an endpoint beside it; one object each, for as long as the process runs. */
export interface Called {
  readonly path: string;
}

/** What `/debug/metrics` answers, from the registry of this process; undefined where it cannot be told now. */
export type Gather = (own: Registry) => () => Promise<string | undefined>;

/** Where no other process shares the port. */
const alone: Gather = (own) => () => own.metrics();

export class Metrics {
  readonly registry = new Registry();
  readonly text: () => Promise<string | undefined>;
  readonly #calls: Counter<'method' | 'protocol' | 'code'>;
  readonly #seconds: Histogram<'method'>;
  /** Series by their labels: looking one up by key is cheaper than by a label object. */
  readonly #counters = new Map<string, { inc(): void }>();
  readonly #timers = new Map<Called, { observe(seconds: number): void }>();

  constructor(gather: Gather = alone) {
    this.text = gather(this.registry);
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#calls = new Counter({
      name: 'keyward_calls_total',
      help: 'Calls by method, protocol and code.',
      labelNames: ['method', 'protocol', 'code'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'keyward_call_seconds',
      help: 'Duration of calls by method.',
      labelNames: ['method'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
  }

  observe(method: Called, protocol: Protocol | 'oauth' | 'docs', code: Code | 'ok', ms: number): void {
    const key = `${method.path} ${protocol} ${code}`;
    const counter = this.#counters.get(key) ?? kept(this.#counters, key, this.#calls.labels(method.path, protocol, code));
    counter.inc();
    const timer = this.#timers.get(method) ?? kept(this.#timers, method, this.#seconds.labels(method.path));
    timer.observe(ms / 1000);
  }
}

function kept<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}
