/** REST: path, query and JSON body in, JSON out, as the gateway of the original maps them (reference/transport.md 5). */
import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { codes, Failure } from '../../failure/failure.ts';
import { decompress, type Encoding } from '../compression.ts';
import { corsHeaders } from '../cors.ts';
import { type Json, parseJson } from '../json/parse.ts';
import { readField, readMessage } from '../json/read.ts';
import { writeMessage } from '../json/write.ts';
import type { ServedCall } from '../served-call.ts';
import { restError, restErrorHead } from './error.ts';
import { fillFromQuery, parseQuery, setVariable } from './query.ts';
import type { Match } from './router.ts';
import { restTimeout } from './timeout.ts';

export async function serveRest(call: ServedCall, match: Match, query: string): Promise<void> {
  const { exchange, method } = call;
  const head = ['content-type', 'application/json', 'x-robots-tag', 'none', 'x-request-id', call.requestId, ...corsHeaders(exchange)];
  try {
    call.waitsFor(restTimeout(exchange.header('grpc-timeout')));
    const body = match.target.route.body === '' ? undefined : await readBody(call);
    const message = assemble(method.rpc.input, match, query, body);
    // Of what could be read; the gateway answers the rest by itself.
    if (call.family === 'native') head.push('cache-control', 'no-store');
    const answer = await call.run(message, (name) => exchange.header(name) ?? exchange.header(`grpc-metadata-${name}`));
    exchange.send(method.successCode, head, writeMessage(method.rpc.output, answer));
    call.end('ok');
  } catch (thrown) {
    const failure = call.failure(thrown);
    if (failure !== undefined) exchange.send(codes[failure.code].http, [...head, ...restErrorHead(failure)], restError(failure));
    call.end(failure?.code ?? 'canceled');
  }
}

/** The first JSON value of the body, of whatever content type; undefined where there is none. */
async function readBody({ exchange, bodyLimit }: ServedCall): Promise<Json | undefined> {
  const packed = await exchange.body(bodyLimit);
  if (packed.length === 0) return undefined;
  const encoding = encodingOf(exchange.header('content-encoding'));
  return parseJson(encoding === undefined ? packed : await decompress(encoding, packed, bodyLimit), 'ignored');
}

function encodingOf(text: string | undefined): Encoding | undefined {
  if (text === undefined || text === '' || text === 'identity') return undefined;
  if (text === 'gzip' || text === 'br') return text;
  throw new Failure({ code: 'unimplemented', key: `unknown compression "${text}": supported encodings are gzip, br` });
}

/** Body, then what it leaves open from the query, then the path over both. */
function assemble(desc: DescMessage, { target: { route, variables }, values }: Match, query: string, body: Json | undefined): Message {
  const message = route.body === '*' && body !== undefined ? readMessage(desc, body) : create(desc);
  if (route.body !== '*') {
    const bodyField = desc.fields.find((field) => field.name === route.body);
    if (bodyField !== undefined && body !== undefined) readField(message, desc, bodyField, body);
    fillFromQuery(message, desc, parseQuery(query), bodyField === undefined ? variables : [...variables, bodyField.name]);
  }
  for (const [i, name] of variables.entries()) setVariable(message, desc, name, values[i] ?? '');
  return message;
}
