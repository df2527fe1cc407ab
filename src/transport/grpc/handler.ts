/** gRPC: one framed message in, one out, the status in trailers. The same over HTTP/2 and (for v2 services) HTTP/1.1. */
import { decode, encode } from '../codec.ts';
import { gzip, isGzip, takesGzip } from '../compression.ts';
import type { ContentType } from '../content-type.ts';
import { corsHeaders } from '../cors.ts';
import type { Exchange, HeaderList } from '../exchange.ts';
import type { ServedCall } from '../served-call.ts';
import { grpcError, grpcHead, refusedEncoding } from './error.ts';
import { compressedFrame, frame, headLength, unframe } from './frame.ts';
import { grpcTimeout } from './timeout.ts';

const statusOk: HeaderList = ['grpc-status', '0'];
/** Smaller messages are sent as they are: a frame says of itself whether it is packed. */
const worthPacking = 1024;

export async function serveGrpc(call: ServedCall, type: ContentType): Promise<void> {
  const { exchange, method } = call;
  try {
    call.waitsFor(grpcTimeout(exchange.header('grpc-timeout')));
    const zipped = isGzip(exchange.header('grpc-encoding'));
    const body = await exchange.body(call.bodyLimit + headLength);
    const unframed = unframe(body, zipped, call.bodyLimit);
    const message = decode(type.codec, method.rpc.input, unframed instanceof Uint8Array ? unframed : await unframed);
    const answer = await call.run(message, (name) => exchange.header(name));
    const bytes = encode(type.codec, method.rpc.output, answer);
    const head = grpcHead(type.echo, call.requestId);
    head.push('cache-control', 'no-store', ...crossOrigin(call));
    if (zipped || takesGzip(exchange.header('grpc-accept-encoding'))) {
      head.push('grpc-encoding', 'gzip');
      exchange.sendWithTrailers(head, bytes.length < worthPacking ? frame(bytes) : compressedFrame(await gzip(bytes)), statusOk);
    } else {
      exchange.sendWithTrailers(head, frame(bytes), statusOk);
    }
    call.end('ok');
  } catch (thrown) {
    const failure = call.failure(thrown);
    if (failure !== undefined) {
      const head = [...grpcHead(type.echo, call.requestId), ...grpcError(failure), ...refusedEncoding(exchange.header('grpc-encoding'))];
      if (call.family === 'native') head.push('cache-control', 'no-store');
      exchange.send(200, [...head, ...crossOrigin(call)]);
    }
    call.end(failure?.code ?? 'canceled');
  }
}

/** Services of v1 know browsers by gRPC-Web only. */
const crossOrigin = (call: ServedCall): HeaderList => (call.family === 'native' ? [] : corsHeaders(call.exchange));

/** 12, with a text of which of both is unknown. */
export function sendUnimplemented(exchange: Exchange, type: string, message: string): void {
  exchange.send(200, ['content-type', type, 'grpc-status', '12', 'grpc-message', message]);
}
