/** Bounds of the listener: what a client may send, how long it may take, how long it may stay. */

export interface Limits {
  /** Bytes of a request body, before and after decompression. */
  readonly bodyBytes: number;
  /** Bytes of all request headers together. */
  readonly headerBytes: number;
  /** Calls at once on one HTTP/2 connection. */
  readonly streams: number;
  /** Milliseconds from the first byte (or the connection) to the end of the headers. */
  readonly headersMs: number;
  /** Milliseconds for the request body to arrive whole. */
  readonly bodyMs: number;
  /** Milliseconds for the client to take an answer that lies ready. */
  readonly answerMs: number;
  /** Milliseconds that a connection may be silent. */
  readonly idleMs: number;
  /** Milliseconds that calls in flight are given when the server closes. */
  readonly closeMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 4 * 1024 * 1024,
  headerBytes: 64 * 1024,
  streams: 256,
  headersMs: 10_000,
  bodyMs: 30_000,
  answerMs: 30_000,
  idleMs: 120_000,
  closeMs: 5_000,
};
