/** One RPC through any of the four protocols, with stock clients; what comes back has the same shape in each: code, text, id, message. */
import { Agent, request as httpRequest } from 'node:http';
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  create,
  type DescMethodUnary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import { Code as ConnectCode, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '../../src/contract/gen/zitadel/message_pb.js';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import type { Route } from '../../src/contract/method.ts';
import { type Code, codes } from '../../src/failure/failure.ts';
import { methodFor, type Protocol, protocols, restRouteOf } from './methods.ts';

export const user = UserService.method;

export { type Protocol, protocols };

/** What a client learns. `text` holds the id in brackets, as on the wire; the detail repeats id and text. */
export type Answer<M extends DescMethodUnary> = { readonly code: 'ok'; readonly message: MessageShape<M['output']> } | Refusal;

export interface Refusal {
  readonly code: Code;
  readonly text: string;
  readonly id: string | undefined;
}

export interface Sent {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: Protocol;
}

/** A client of one node under one host name, which selects the tenant. */
export class Client {
  readonly #port: number;
  readonly #host: string;
  readonly #transports = new Map<Protocol, Transport>();

  constructor({ port }: { readonly port: number }, host = 'localhost') {
    this.#port = port;
    this.#host = host;
  }

  async ask<M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, sent: Sent = {}): Promise<Answer<M>> {
    const { protocol = 'connect', token, headers } = sent;
    const all = { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    return protocol === 'rest' ? this.#rest(rpc, message, all) : this.#stock(protocol, rpc, message, all);
  }

  /** As `ask`, where anything but a success is a failure of the test. */
  async get<M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, sent: Sent = {}): Promise<MessageShape<M['output']>> {
    const answer = await this.ask(rpc, message, sent);
    if (answer.code !== 'ok') throw new Error(`${rpc.name}: ${answer.code} ${answer.text}`);
    return answer.message;
  }

  async #stock<M extends DescMethodUnary>(
    protocol: Exclude<Protocol, 'rest'>,
    rpc: M,
    message: MessageInitShape<M['input']>,
    headers: Record<string, string>,
  ): Promise<Answer<M>> {
    const client = createClient(rpc.parent, this.#transport(protocol)) as Record<
      string,
      (message: unknown, options: { headers: Record<string, string> }) => Promise<MessageShape<M['output']>>
    >; // a client has one function for each RPC of its service
    try {
      return { code: 'ok', message: await client[rpc.localName]!(message, { headers }) };
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const [detail] = [...error.findDetails(ErrorDetailSchema), ...error.findDetails(CredentialsCheckErrorSchema)];
      return refusal(ConnectCode[error.code].replace(/(?!^)[A-Z]/g, '_$&').toLowerCase() as Code, error.rawMessage, detail); // both enumerate the codes of gRPC
    }
  }

  #transport(protocol: Exclude<Protocol, 'rest'>): Transport {
    const known = this.#transports.get(protocol);
    if (known) return known;
    const baseUrl = `http://${this.#host}:${this.#port}`;
    const made = {
      connect: () => createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { agent, lookup } }),
      grpc: () => createGrpcTransport({ baseUrl, nodeOptions: { lookup } }),
      'grpc-web': () => createGrpcWebTransport({ baseUrl, httpVersion: '2', nodeOptions: { lookup } }),
    }[protocol]();
    this.#transports.set(protocol, made);
    return made;
  }

  async #rest<M extends DescMethodUnary>(
    rpc: M,
    message: MessageInitShape<M['input']>,
    headers: Record<string, string>,
  ): Promise<Answer<M>> {
    const route = restRouteOf(await methodFor(rpc));
    if (!route) throw new Error(`${rpc.name} has no REST route`);
    const json = toJson(rpc.input, create(rpc.input, message) as never, { useProtoFieldName: true }) as Record<string, JsonValue>; // of the input itself; a message is an object
    const { path, body } = fill(route, json);
    const answer = await this.send(
      route.verb,
      path,
      body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body,
    );
    const said: JsonValue = JSON.parse(answer.body);
    if (answer.status < 300) return { code: 'ok', message: fromJson(rpc.output, said) as MessageShape<M['output']> };
    const failed = said as { code: number; message: string; details?: [{ id?: string; message: string }] }; // as the gateway tells failures
    const code = (Object.keys(codes) as Code[]).find((name) => codes[name].grpc === failed.code); // the keys of a literal object are its names
    if (code === undefined || codes[code].http !== answer.status) throw new Error(`${answer.status} with ${answer.body}`);
    return refusal(code, failed.message, failed.details?.[0]);
  }

  /** A bare HTTP/1.1 request. */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = { host: this.#host, port: this.#port, method, path, agent, lookup, headers: { ...length, ...headers } };
      const request = httpRequest(options, async (response) => resolve({ status: response.statusCode ?? 0, body: await text(response) }));
      request.once('error', reject);
      request.end(body);
    });
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Every host name is this machine. */
const lookup: LookupFunction = (_, options, found) =>
  options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);

/** In JSON an empty id is left out. */
function refusal(code: Code, said: string, detail: { id?: string; message: string } | undefined): Refusal {
  if (detail && said !== `${detail.message} (${detail.id ?? ''})`)
    throw new Error(`"${said}" is not what the detail says: ${detail.message} (${detail.id ?? ''})`);
  return { code, text: said, id: detail?.id };
}

/** Fields of the path go into it; the others into the body, or where there is none into the query. */
function fill({ path, body, verb }: Route, json: Record<string, JsonValue>): { path: string; body: string | undefined } {
  const rest = { ...json };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value ?? ''));
  });
  if (body === '*') return { path: filled, body: JSON.stringify(rest) };
  if (body !== '') return { path: filled, body: JSON.stringify(rest[body] ?? {}) };
  const query = flat(rest);
  const asked = query.length === 0 ? filled : `${filled}?${new URLSearchParams(query)}`;
  return { path: asked, body: verb === 'GET' || verb === 'DELETE' ? undefined : '' };
}

function flat(value: JsonValue, path = ''): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item) => flat(item, path));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
  }
  return [[path, String(value)]];
}
