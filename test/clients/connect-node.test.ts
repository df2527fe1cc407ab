/** `@connectrpc/connect-node` as it comes from npm: three protocols, two versions of HTTP, two formats. */
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { overTransport } from './connect.ts';
import { deactivatesAsDocumented } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const protocols = { Connect: createConnectTransport, gRPC: createGrpcTransport, 'gRPC-Web': createGrpcWebTransport };

for (const [protocol, create] of Object.entries(protocols))
  for (const httpVersion of ['1.1', '2'] as const)
    for (const useBinaryFormat of [true, false]) {
      const name = `@connectrpc/connect-node, ${protocol} over HTTP/${httpVersion} with ${useBinaryFormat ? 'protobuf' : 'JSON'}`;
      const deactivate = overTransport((interceptors) => create({ baseUrl: keyward.url, httpVersion, useBinaryFormat, interceptors }));
      deactivatesAsDocumented(name, keyward, deactivate);
    }
