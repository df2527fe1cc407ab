/** What the page does, in the browser: DeactivateUser through `@connectrpc/connect-web`, and whatever else a test asks `fetch` for. */
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { overTransport } from '../clients/connect.ts';
import type { Deactivate } from '../clients/deactivate.ts';

const transports = { Connect: createConnectTransport, 'gRPC-Web': createGrpcWebTransport };

export interface Way {
  readonly protocol: keyof typeof transports;
  readonly format: 'protobuf' | 'JSON';
  readonly baseUrl: string;
}

declare global {
  interface Window {
    deactivate(way: Way, ...call: Parameters<Deactivate>): ReturnType<Deactivate>;
  }
}

window.deactivate = ({ protocol, format, baseUrl }, userId, token) =>
  overTransport((interceptors) => transports[protocol]({ baseUrl, useBinaryFormat: format === 'protobuf', interceptors }))(userId, token);
