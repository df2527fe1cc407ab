/** What a call can fail with: one closed union of codes, one class, one text table. Encoded by each protocol in its own way (transport/). */
import { english } from './texts.ts';

/** Code → its number in gRPC and its HTTP status (REST and Connect), as in reference/transport.md 8.1. */
export const codes = {
  canceled: { grpc: 1, http: 499 },
  unknown: { grpc: 2, http: 500 },
  invalid_argument: { grpc: 3, http: 400 },
  deadline_exceeded: { grpc: 4, http: 504 },
  not_found: { grpc: 5, http: 404 },
  already_exists: { grpc: 6, http: 409 },
  permission_denied: { grpc: 7, http: 403 },
  resource_exhausted: { grpc: 8, http: 429 },
  failed_precondition: { grpc: 9, http: 400 },
  aborted: { grpc: 10, http: 409 },
  out_of_range: { grpc: 11, http: 400 },
  unimplemented: { grpc: 12, http: 501 },
  internal: { grpc: 13, http: 500 },
  unavailable: { grpc: 14, http: 503 },
  data_loss: { grpc: 15, http: 500 },
  unauthenticated: { grpc: 16, http: 401 },
} as const;

export type Code = keyof typeof codes;

/** One row of a slice's error table: code, message key (or a literal text), id. Without an id the message stands alone and carries no detail. */
export interface Reason {
  readonly code: Code;
  readonly key: string;
  readonly id?: string;
}

/** Beyond the reason: what is told to the client, and what is told to the log alone. */
export interface FailureOptions {
  /** Makes the detail a `zitadel.v1.CredentialsCheckError` with this count. */
  readonly failedAttempts?: number;
  /** Seconds after which a retry may succeed (`retry-after`). */
  readonly retryAfter?: number;
  /** For the log; never sent. */
  readonly cause?: unknown;
}

/** Thrown once, at the check that failed; caught only by the transport. */
export class Failure extends Error {
  readonly code: Code;
  /** The translated text without the id: what the detail repeats. */
  readonly text: string;
  readonly id: string | undefined;
  readonly failedAttempts: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(reason: Reason, options: FailureOptions = {}) {
    const text = english[reason.key] ?? bounded(reason.key);
    super(reason.id === undefined ? text : `${text} (${reason.id})`, { cause: options.cause });
    this.code = reason.code;
    this.text = text;
    this.id = reason.id;
    this.failedAttempts = options.failedAttempts;
    this.retryAfter = options.retryAfter;
  }
}

/** Some texts quote what the client sent. They travel in headers, and nobody reads further. */
const LONGEST = 1000;

const bounded = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`);
