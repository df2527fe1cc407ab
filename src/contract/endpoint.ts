/**
 * What is served beside the RPCs: the endpoints of OAuth and OpenID Connect, and the docs, each with its door. The seam between the transport, which
 * knows of HTTP alone, and the rooms of the protocols, which know nothing of it.
 */
import type { Code, Failure } from '../failure/failure.ts';
import type { Door } from './method.ts';

export interface EndpointRequest {
  readonly method: string;
  /** Decoded and clean. */
  readonly path: string;
  /** Without the question mark, as it was sent. */
  readonly query: string;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  /** The host that selects the tenant, with port. */
  readonly host: string;
  /** Filled as they become known, for the line that tells of the request. */
  readonly seen: { instance: string | undefined; caller: string | undefined };
}

export interface EndpointAnswer {
  readonly status: number;
  /** Names and values in turn, names in lower case. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
  /** The outcome, as logs and metrics tell it. */
  readonly code: Code | 'ok';
}

export interface Endpoint {
  /** By which logs and metrics know it: one of few, whatever was asked. */
  readonly path: string;
  readonly door: Door;
  /** By which logs and metrics know the kind. */
  readonly protocol?: 'oauth' | 'docs';
  /** Rejects with a Failure, or with what is a fault of ours. */
  readonly answer: (request: EndpointRequest) => Promise<EndpointAnswer>;
  /** Tells a Failure in the way of the protocol. */
  readonly refuse: (failure: Failure) => EndpointAnswer;
}

/** The endpoint of a path (decoded, clean); undefined where it is none of theirs. */
export type Endpoints = (path: string) => Endpoint | undefined;
