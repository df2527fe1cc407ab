/** Clients that keep a stream open (Postman's reflection, a watch of the health) do not hold up the end of the server. */
import { it } from 'node:test';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Health } from '../../src/contract/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../../src/contract/gen/grpc/reflection/v1/reflection_pb.js';
import { startCluster } from '../support/node.ts';

it('the server ends while clients keep streams open', { timeout: 30_000 }, async () => {
  const { nodes } = await startCluster(1, { KEYWARD_SHUTDOWN_SECONDS: '3600' });
  const [node] = nodes;
  const leaving = new AbortController();
  const { signal } = leaving;
  const transport = createGrpcTransport({ baseUrl: `http://localhost:${node.port}` });
  const streams = [
    createClient(Health, transport).watch({}, { signal })[Symbol.asyncIterator](),
    createClient(ServerReflection, transport).serverReflectionInfo(oneQuestion(), { signal })[Symbol.asyncIterator](),
  ];
  for (const stream of streams) await stream.next();
  await node.stop();
  leaving.abort();
});

/** And then nothing, for ever. */
async function* oneQuestion() {
  yield { messageRequest: { case: 'listServices' as const, value: '' } };
  await new Promise(() => undefined);
}
