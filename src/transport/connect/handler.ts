/** Connect unary: a bare message in, a bare message out, JSON or protobuf. */
import type { Message } from '@bufbuild/protobuf';
import { codes, Failure } from '../../failure/failure.ts';
import { decode, encode } from '../codec.ts';
import { decompress, gzip, isGzip, takesGzip } from '../compression.ts';
import type { ContentType } from '../content-type.ts';
import { corsHeaders } from '../cors.ts';
import type { ServedCall } from '../served-call.ts';
import { connectError } from './error.ts';
import { connectTimeout } from './timeout.ts';

export async function serveConnect(call: ServedCall, type: ContentType): Promise<void> {
  const { exchange, method } = call;
  try {
    checkVersion(exchange.header('connect-protocol-version'));
    call.waitsFor(connectTimeout(exchange.header('connect-timeout-ms')));
    const zipped = isGzip(exchange.header('content-encoding'));
    const body = await exchange.body(call.bodyLimit);
    const message = read(call, type, zipped && body.length > 0 ? await decompress('gzip', body, call.bodyLimit) : body);
    const answer = await call.run(message, (name) => exchange.header(name));
    const bytes = encode(type.codec, method.rpc.output, answer);
    const head = ['content-type', type.echo, 'cache-control', 'no-store', 'accept-encoding', 'gzip', 'x-request-id', call.requestId];
    head.push(...corsHeaders(exchange));
    if (zipped || takesGzip(exchange.header('accept-encoding')))
      exchange.send(200, [...head, 'content-encoding', 'gzip'], await gzip(bytes));
    else exchange.send(200, head, bytes);
    call.end('ok');
  } catch (thrown) {
    const failure = call.failure(thrown);
    if (failure !== undefined) {
      const head = ['content-type', 'application/json', 'accept-encoding', 'gzip', 'x-request-id', call.requestId];
      if (failure.retryAfter !== undefined) head.push('retry-after', String(failure.retryAfter));
      exchange.send(codes[failure.code].http, [...head, ...corsHeaders(exchange)], connectError(failure));
    }
    call.end(failure?.code ?? 'canceled');
  }
}

function checkVersion(version: string | undefined): void {
  if (version === undefined || version === '' || version === '1') return;
  throw new Failure({ code: 'invalid_argument', key: `Connect-Protocol-Version must be "1": got ${JSON.stringify(version)}` });
}

function read({ method }: ServedCall, { codec }: ContentType, bytes: Uint8Array): Message {
  if (codec === 'json' && bytes.length === 0) {
    throw new Failure({ code: 'invalid_argument', key: 'unmarshal message: zero-length payload is not a valid JSON object' });
  }
  return decode(codec, method.rpc.input, bytes);
}
