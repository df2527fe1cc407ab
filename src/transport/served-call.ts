/** One call from the moment its method is known: its id, deadline, run, and the line that tells of it. */
import { channel } from 'node:diagnostics_channel';
import type { Message } from '@bufbuild/protobuf';
import type { Method } from '../contract/method.ts';
import { type Code, Failure } from '../failure/failure.ts';
import { type Exchange, Gone } from './exchange.ts';
import type { HostOf } from './host.ts';
import type { Invoke, Protocol, Seen } from './invoke.ts';
import type { Limits } from './limits.ts';
import type { Called, Metrics } from './metrics.ts';
import { newRequestId } from './request-id.ts';

/** What is told of a call when it is over. */
export interface CallRecord extends Readonly<Seen> {
  readonly protocol: Protocol | 'oauth' | 'docs';
  readonly method: Called;
  readonly code: Code | 'ok';
  readonly ms: number;
  readonly requestId: string;
  /** From `traceparent` (W3C Trace Context 3.2). */
  readonly traceId: string | undefined;
}

/** An exception that is no Failure: for the log, never for the client, who gets the id. */
export interface Unexpected {
  readonly requestId: string;
  readonly method: Called | undefined;
  readonly error: unknown;
}

/** Told of every Failure that a client is told (`RefusedCall`), where somebody listens: a tracer, or what collects the errors for the docs. */
const refused = channel('keyward.call.refused');

export interface RefusedCall {
  readonly method: Method;
  readonly failure: Failure;
}

/** What every call needs of the server. */
export interface Surroundings {
  readonly invoke: Invoke;
  readonly hostOf: HostOf;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: (unexpected: Unexpected) => void;
  readonly onCall: (record: CallRecord) => void;
}

/** The services of v2 and v2beta share one look; those of v1 (grpc-go in the original) have another. */
export type Family = 'v2' | 'native';

/** Longer timers fire at once in Node; nobody waits 24 days. */
const longestTimer = 2 ** 31 - 1;

export class ServedCall {
  readonly requestId = newRequestId();
  readonly exchange: Exchange;
  readonly method: Method;
  readonly protocol: Protocol;
  readonly family: Family;
  readonly #around: Surroundings;
  readonly #started = performance.now();
  readonly #seen: Seen = { instance: undefined, caller: undefined };
  #deadline: number | undefined;

  constructor(around: Surroundings, exchange: Exchange, method: Method, protocol: Protocol, family: Family) {
    this.#around = around;
    this.exchange = exchange;
    this.method = method;
    this.protocol = protocol;
    this.family = family;
  }

  get bodyLimit(): number {
    return this.#around.limits.bodyBytes;
  }

  /** Counts from now; less than a millisecond has passed already. */
  waitsFor(timeout: number | undefined): void {
    if (timeout !== undefined) this.#deadline = timeout < 1 ? 0 : Date.now() + timeout;
  }

  /** The answer of the pipeline; rejects when the deadline passes, with nothing asked where it has passed. */
  run(message: Message, header: (name: string) => string | undefined): Promise<Message> {
    const deadline = this.#deadline;
    if (deadline !== undefined && deadline <= Date.now()) return Promise.reject(passed());
    const answer = this.#around.invoke({
      method: this.method,
      message,
      protocol: this.protocol,
      host: this.#around.hostOf(this.exchange),
      header,
      deadline,
      requestId: this.requestId,
      seen: this.#seen,
    });
    return deadline === undefined || deadline - Date.now() > longestTimer ? answer : within(answer, deadline - Date.now());
  }

  /** What the client is told of an exception; undefined where there is no client any more. */
  failure(thrown: unknown): Failure | undefined {
    if (thrown instanceof Failure) {
      if (refused.hasSubscribers) refused.publish({ method: this.method, failure: thrown } satisfies RefusedCall);
      return thrown;
    }
    if (thrown instanceof Gone) return undefined;
    this.#around.log({ requestId: this.requestId, method: this.method, error: thrown });
    return new Failure({ code: 'internal', key: 'Errors.Internal', id: this.requestId }, { cause: thrown });
  }

  /** Once, when the answer is on its way. */
  end(code: Code | 'ok'): void {
    const ms = performance.now() - this.#started;
    this.#around.metrics.observe(this.method, this.protocol, code, ms);
    const { instance, caller } = this.#seen;
    const { protocol, method, requestId } = this;
    this.#around.onCall({ protocol, method, instance, caller, code, ms, requestId, traceId: traceId(this.exchange.header('traceparent')) });
  }
}

const passed = (): Failure => new Failure({ code: 'deadline_exceeded', key: 'context deadline exceeded' });

function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(passed()), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent)?.[1];
}
