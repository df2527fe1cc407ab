/** The seam between the codecs and the pipeline: each codec decodes to an Incoming and encodes what comes back. */
import type { Message } from '@bufbuild/protobuf';
import type { Method } from '../contract/method.ts';

export type Protocol = 'rest' | 'connect' | 'grpc' | 'grpc-web';

export interface Incoming {
  readonly method: Method;
  readonly message: Message;
  readonly protocol: Protocol;
  /** The host that selects the tenant, as the client sent it (with port). */
  readonly host: string;
  /** Request header by lower-case name; the first value where there are several. Over REST `grpc-metadata-x` also serves `x`. */
  readonly header: (name: string) => string | undefined;
  /** Moment (ms since epoch) after which nobody waits for the answer. */
  readonly deadline: number | undefined;
  readonly requestId: string;
  /** Filled by the pipeline as it learns them; read by the transport for the line that tells of the call. */
  readonly seen: Seen;
}

export interface Seen {
  instance: string | undefined;
  caller: string | undefined;
}

/** Runs a decoded call and gives the response message; rejects with a Failure only. */
export type Invoke = (incoming: Incoming) => Promise<Message>;
