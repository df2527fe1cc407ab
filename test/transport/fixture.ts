/** A server on a port of its own, with a pipeline that the test writes, and plain senders for both versions of HTTP. */
import http from 'node:http';
import http2 from 'node:http2';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { methods } from '../../src/contract/contract.ts';
import { DeactivateUserResponseSchema } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import type { Incoming, Invoke } from '../../src/transport/invoke.ts';
import { createServer, type ServerOptions } from '../../src/transport/server.ts';

export const deactivate = '/zitadel.user.v2.UserService/DeactivateUser';

export interface Served {
  readonly base: string;
  readonly port: number;
  /** What the pipeline was given, call by call. */
  readonly seen: Incoming[];
  close(): Promise<void>;
}

/** The pipeline answers what `answer` gives, by default a DeactivateUserResponse. */
export async function serve(answer: Invoke = deactivated, options: Partial<ServerOptions> = {}): Promise<Served> {
  const seen: Incoming[] = [];
  const server = createServer({
    methods,
    invoke: async (incoming) => {
      seen.push(incoming);
      return answer(incoming);
    },
    ...options,
  });
  const [address] = await server.listen(0, ['127.0.0.1']);
  if (address === undefined) throw new Error('the server listens nowhere');
  const { port } = address;
  return { base: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, seen, close: () => server.close() };
}

export const response: MessageInitShape<typeof DeactivateUserResponseSchema> = { details: { sequence: 7n, resourceOwner: 'org' } };
export const deactivated: Invoke = async () => create(DeactivateUserResponseSchema, response);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

const answerOf = (status: number, headers: Answer['headers'], trailers: Answer['trailers'], bytes: Buffer): Answer => ({
  status,
  headers,
  trailers,
  bytes,
  get text() {
    return bytes.toString();
  },
  get json() {
    return JSON.parse(bytes.toString());
  },
});

/** One exchange over HTTP/1.1, on a connection of its own. */
export function http1({ port }: Served, { method = 'POST', path, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = http.request(
      { host: '127.0.0.1', port, method, path, agent: false, headers: { ...length, ...mutable(headers) } },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => resolve(answerOf(answer.statusCode ?? 0, answer.headers, answer.trailers, Buffer.concat(parts))));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** One exchange over HTTP/2 with prior knowledge, on a connection of its own. */
export function http2c({ base }: Served, { method = 'POST', path, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(base);
    session.on('error', reject);
    const stream = session.request({ ':method': method, ':path': path, ...mutable(headers) });
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let trailers: http2.IncomingHttpHeaders = {};
    const parts: Buffer[] = [];
    stream.on('response', (got) => {
      head = got;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve(answerOf(head[':status'] ?? 0, head, trailers, Buffer.concat(parts)));
    });
    stream.end(body);
  });
}

/** Node's types want lists that could be changed. */
const mutable = (headers: NonNullable<Sent['headers']>): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]));

/** A message in the frame of gRPC. */
export function framed(message: string | Uint8Array, flag = 0): Buffer {
  const bytes = Buffer.from(message);
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
