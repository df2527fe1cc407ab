/** What the load process is asked to do, and what it tells. */

export type Protocol = 'grpc' | 'rest';

/** One call as bytes: over gRPC the message, over REST the body. */
export interface WireCall {
  readonly verb: string;
  readonly path: string;
  readonly body: Uint8Array;
}

export interface LoadPlan {
  readonly protocol: Protocol;
  readonly port: number;
  readonly token: string;
  readonly connections: number;
  /** Each slot has one call in flight and goes round its own list. */
  readonly slots: readonly (readonly WireCall[])[];
  /** Before the clock runs. */
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Calls a second, sent whether or not answers come (an open loop); the first slot's list is gone through once. Undefined: as fast as answers come. */
  readonly rate?: number | undefined;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
  /** Calls that were answered at all, those of the warm-up too: what CPU time is divided by. */
  readonly answered: number;
  /** The message of a good answer, so that the bare server can send one as long. */
  readonly sample: Uint8Array;
}

/** A connection as the loops see it. */
export interface Connection {
  /** Sends a call; `done` is told when its answer has come whole. */
  send(call: WireCall, done: Done): void;
  close(): void;
  /** The server has ended it: nothing will be answered any more. */
  readonly lost: boolean;
}

export type Done = (good: boolean, message: Uint8Array) => void;

/** Stands in a body where each call must say something new; as long as what is put there. */
export const NEW = 'new-00000000';
let stamped = 0;

/** Puts the next new text into a copy of the bytes; the bytes as they are where they do not ask for one. */
export function renewed(bytes: Buffer): Buffer {
  const at = bytes.indexOf(NEW);
  if (at < 0) return bytes;
  const copy = Buffer.from(bytes);
  copy.write(String(++stamped).padStart(8, '0'), at + NEW.length - 8, 'latin1');
  return copy;
}
