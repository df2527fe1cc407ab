/** The server: methods and a pipeline in, a listening port out. Everything of the transport is put together here. */
import type { AddressInfo } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import type { Endpoints } from '../contract/endpoint.ts';
import { betaMethods, legacyMethods, legacyPrefixOf, legacyServices } from '../contract/legacy.ts';
import type { Method } from '../contract/method.ts';
import { createDispatch } from './dispatch.ts';
import { hostReader } from './host.ts';
import type { Invoke } from './invoke.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createListener, type Tls } from './listener.ts';
import { type Gather, Metrics } from './metrics.ts';
import type { Ready } from './operations.ts';
import type { CallRecord, Unexpected } from './served-call.ts';
import { createStreams } from './streams.ts';

export interface ServerOptions {
  /** The methods of v2, by path; those of v1 and v2beta are loaded on first use. */
  readonly methods: ReadonlyMap<string, Method>;
  readonly invoke: Invoke;
  /** What is served beside the methods; nothing by default. */
  readonly endpoints?: Endpoints;
  /** Whether calls can be served (`/debug/ready`). */
  readonly ready?: Ready;
  /** Told of every exception that is no Failure. */
  readonly log?: (unexpected: Unexpected) => void;
  /** Told of every call when it is over. */
  readonly onCall?: (record: CallRecord) => void;
  readonly limits?: Partial<Limits>;
  /** Networks whose forwarded headers count (`10.0.0.0/8`); none by default. */
  readonly trustedProxies?: readonly string[];
  /** TLS on the port; plain text without. */
  readonly tls?: Tls | undefined;
  /** The metrics of all processes that share the port; by default this is the only one. */
  readonly gather?: Gather | undefined;
}

export interface Server {
  /** Loopback of IPv4 and IPv6 by default; port 0 takes any. Rejects where the port is taken. */
  listen(port: number, hosts?: readonly string[]): Promise<readonly AddressInfo[]>;
  /** Resolves when the last call is answered, or cut after `limits.closeMs`. */
  close(): Promise<void>;
  readonly metrics: Metrics;
}

export function createServer(options: ServerOptions): Server {
  const {
    methods,
    invoke,
    endpoints = () => undefined,
    ready = async () => true,
    log = () => {},
    onCall = () => {},
    trustedProxies = [],
  } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const metrics = new Metrics(options.gather);
  const closing = new AbortController();

  const services = servicesOf(methods);
  const names = new Set([...services.map(({ typeName }) => typeName), ...legacyServices]);
  const isKnown = (service: string): boolean => service === '' || names.has(service);
  const streams = createStreams({ services, names, loadRest }, closing.signal);

  const around = { invoke, hostOf: hostReader(trustedProxies), limits, metrics, log, onCall };
  const listener = createListener(createDispatch(around, { methods, endpoints, ready, streams, isKnown }), limits, options.tls);
  return {
    metrics,
    listen: (port, hosts = ['127.0.0.1', '::1']) => listener.listen(port, hosts),
    close() {
      closing.abort();
      return listener.close();
    },
  };
}

const servicesOf = (methods: ReadonlyMap<string, Method>): DescService[] => [
  ...new Set([...methods.values()].map(({ rpc }) => rpc.parent)),
];

async function loadRest(): Promise<readonly DescService[]> {
  const books = await Promise.all([betaMethods(), ...[...legacyPrefixOf.values()].map(legacyMethods)]);
  return books.flatMap(servicesOf);
}
