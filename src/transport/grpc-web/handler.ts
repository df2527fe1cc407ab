/** gRPC-Web: the frames of gRPC, with the trailers as a last frame of the body; as text, all of it in base64 (v1 services only). */
import { Failure } from '../../failure/failure.ts';
import { decode, encode } from '../codec.ts';
import { gzip, isGzip, takesGzip } from '../compression.ts';
import type { ContentType } from '../content-type.ts';
import { corsHeaders } from '../cors.ts';
import type { Exchange, HeaderList } from '../exchange.ts';
import { grpcHead, refusedEncoding } from '../grpc/error.ts';
import { compressedFrame, frame, headLength, trailerFrame, unframe } from '../grpc/frame.ts';
import { grpcTimeout } from '../grpc/timeout.ts';
import type { ServedCall } from '../served-call.ts';
import { grpcWebError } from './error.ts';

/** How the frames lie in the body. */
export type Framing = 'binary' | 'text';

const statusOk = trailerFrame('grpc-status: 0\r\n');
const worthPacking = 1024;

export async function serveGrpcWeb(call: ServedCall, type: ContentType, framing: Framing = 'binary'): Promise<void> {
  const { exchange, method } = call;
  try {
    call.waitsFor(grpcTimeout(exchange.header('grpc-timeout')));
    const zipped = isGzip(exchange.header('grpc-encoding'));
    const limit = call.bodyLimit + headLength;
    const body = framing === 'text' ? fromText(await exchange.body(Math.ceil(limit / 3) * 4)) : await exchange.body(limit);
    const unframed = unframe(body, zipped, call.bodyLimit);
    const message = decode(type.codec, method.rpc.input, unframed instanceof Uint8Array ? unframed : await unframed);
    const answer = await call.run(message, (name) => exchange.header(name));
    const bytes = encode(type.codec, method.rpc.output, answer);
    const head = [...grpcHead(type.echo, call.requestId), 'cache-control', 'no-store'];
    let framed = frame(bytes);
    if (zipped || takesGzip(exchange.header('grpc-accept-encoding'))) {
      head.push('grpc-encoding', 'gzip');
      if (bytes.length >= worthPacking) framed = compressedFrame(await gzip(bytes));
    }
    const whole = Buffer.concat([framed, statusOk]);
    exchange.send(200, [...head, ...crossOrigin(call, head)], framing === 'text' ? whole.toString('base64') : whole);
    call.end('ok');
  } catch (thrown) {
    const failure = call.failure(thrown);
    if (failure !== undefined) {
      const head = [...grpcHead(type.echo, call.requestId), ...grpcWebError(failure), ...refusedEncoding(exchange.header('grpc-encoding'))];
      if (call.family === 'native') head.push('cache-control', 'no-store');
      exchange.send(200, [...head, ...crossOrigin(call, head)]);
    }
    call.end(failure?.code ?? 'canceled');
  }
}

/** Base64, whole or in pieces that were padded each. */
function fromText(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw new Failure({ code: 'invalid_argument', key: 'protocol error: the body is no base64' });
  return Buffer.concat((text.match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, 'base64')));
}

const crossOrigin = (call: ServedCall, head: HeaderList): HeaderList =>
  call.family === 'native' ? wrapperHeaders(call.exchange, head) : corsHeaders(call.exchange);

/** Services of v1 let a page read every header of theirs (reference/transport.md 3.3, 10.1). */
function wrapperHeaders({ headers: { origin } }: Exchange, head: HeaderList): HeaderList {
  const names = new Set(['Content-Type', 'Date', 'Grpc-Message', 'Grpc-Status', 'Vary', 'X-Robots-Tag', 'grpc-message', 'grpc-status']);
  for (let i = 0; i < head.length; i += 2) if (head[i]?.startsWith('x-') || head[i]?.endsWith('-bin')) names.add(head[i] ?? '');
  const list = ['vary', 'Origin', 'access-control-expose-headers', [...names].join(', ')];
  return origin === undefined ? list : [...list, 'access-control-allow-origin', origin, 'access-control-allow-credentials', 'true'];
}

/** 12 in the headers, for what no service of ours is. */
export function sendUnimplementedWeb(exchange: Exchange, type: string, message: string): void {
  const head = ['content-type', type, 'grpc-status', '12', 'grpc-message', message];
  exchange.send(200, [...head, ...wrapperHeaders(exchange, head)]);
}
