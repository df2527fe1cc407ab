/**
 * The bare server: what Node alone can serve. It reads a request to its end and sends the same answer each time, over gRPC by `node:http2`,
 * over REST by `node:http`; no routes, no token, no database. With several workers it shares its port as Keyward does.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Protocol } from './load/plan.ts';
import { serve } from './processes.ts';

export interface BarePlan {
  readonly protocol: Protocol;
  readonly workers: number;
  /** The message that is sent. */
  readonly answer: Uint8Array;
}

if (cluster.isPrimary) {
  serve(async ({ workers, ...plan }: BarePlan): Promise<number> => {
    cluster.setupPrimary({ serialization: 'advanced' });
    if (workers === 1) return listen(plan);
    const ports = await Promise.all(Array.from({ length: workers }, () => fork(plan)));
    return ports[0]!;
  });
} else {
  process.once('message', async (plan: Plan) => process.send?.(await listen(plan)));
}

type Plan = Omit<BarePlan, 'workers'>;

function fork(plan: Plan): Promise<number> {
  const worker = cluster.fork();
  worker.send(plan);
  return new Promise((resolve) => worker.once('message', resolve));
}

/** Workers that ask for any port are all given the same one. */
function listen({ protocol, answer }: Plan): Promise<number> {
  const server: Server = protocol === 'grpc' ? grpcServer(answer) : restServer(answer);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function grpcServer(answer: Uint8Array): Server {
  const framed = Buffer.alloc(5 + answer.length);
  framed.writeUInt32BE(answer.length, 1);
  framed.set(answer, 5);
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('data', () => undefined);
    stream.on('end', () => {
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(framed);
    });
  });
  return server;
}

function restServer(answer: Uint8Array): Server {
  return createServer((request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    });
  });
}
