/** `@connectrpc/connect-web` as it comes from npm, with the platform's `fetch`; in a browser: test/browser. */
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { overTransport } from './connect.ts';
import { deactivatesAsDocumented } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const protocols = { Connect: createConnectTransport, 'gRPC-Web': createGrpcWebTransport };

for (const [protocol, create] of Object.entries(protocols))
  for (const useBinaryFormat of [true, false]) {
    const name = `@connectrpc/connect-web, ${protocol} with ${useBinaryFormat ? 'protobuf' : 'JSON'}`;
    const deactivate = overTransport((interceptors) => create({ baseUrl: keyward.url, useBinaryFormat, interceptors }));
    deactivatesAsDocumented(name, keyward, deactivate);
  }
