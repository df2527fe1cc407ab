/** The only streams of the API, `grpc.health.v1.Health/Watch` and server reflection, served by @connectrpc/connect-node on their own paths. */
import { constants, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Health, HealthCheckResponse_ServingStatus } from '../contract/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../contract/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../contract/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { type Exchange, Http1Exchange, Http2Exchange } from './exchange.ts';

export interface Streams {
  /** Whether the path is served here. */
  readonly has: (path: string) => boolean;
  readonly serve: (exchange: Exchange) => void;
}

/** What the streams tell of: the services with their descriptors, and the names of those whose descriptors take a moment to load. */
export interface Told {
  readonly services: readonly DescService[];
  readonly names: ReadonlySet<string>;
  readonly loadRest: () => Promise<readonly DescService[]>;
}

export function createStreams(told: Told, closing: AbortSignal): Streams {
  let files: Files | undefined;
  const reflect = (requests: AsyncIterable<Question>, context: HandlerContext) => {
    noStore(context);
    files ??= new Files(told);
    return answers(until(requests, context.signal), files);
  };
  const adapter = connectNodeAdapter({
    connect: false,
    grpcWeb: true,
    grpc: true,
    shutdownSignal: closing,
    readMaxBytes: 64 * 1024,
    routes: (router) =>
      router
        .service(Health, {
          async *watch({ service }, context) {
            noStore(context);
            const { SERVING, SERVICE_UNKNOWN } = HealthCheckResponse_ServingStatus;
            yield { status: service === '' || told.names.has(service) ? SERVING : SERVICE_UNKNOWN };
            await ended(context.signal);
          },
        })
        .service(ServerReflection, { serverReflectionInfo: reflect })
        .service(ServerReflectionAlpha, { serverReflectionInfo: reflect }),
  });
  const streamed = [Health, ServerReflection, ServerReflectionAlpha].flatMap((service) =>
    service.methods.filter(({ methodKind }) => methodKind !== 'unary'),
  );
  const paths = new Set(streamed.map(({ parent, name }) => `/${parent.typeName}/${name}`));
  return { has: (path) => paths.has(path), serve: (exchange) => handOver(exchange, adapter) };
}

function noStore({ responseHeader }: HandlerContext): void {
  responseHeader.set('cache-control', 'no-store');
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

/** To a handler for Node's own requests. */
function handOver(exchange: Exchange, handler: ReturnType<typeof connectNodeAdapter>): void {
  if (exchange instanceof Http1Exchange) handler(exchange.raw.request, exchange.raw.response);
  if (exchange instanceof Http2Exchange) {
    const { stream, headers, list } = exchange.raw;
    handler(new Http2ServerRequest(stream, headers, {}, list), new Http2ServerResponse(stream));
    // The answer is whole with its trailers: a client that goes on asking is told that nobody listens (RFC 9113 8.1).
    stream.once('wantTrailers', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
  }
}

/** What both versions of reflection ask; their messages differ in the package alone. */
interface Question {
  readonly host: string;
  readonly messageRequest:
    | { case: 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType' | 'listServices'; value: string }
    | { case: 'fileContainingExtension'; value: { containingType: string; extensionNumber: number } }
    | { case: undefined; value?: undefined };
}

async function* answers(questions: AsyncIterable<Question>, files: Files) {
  const sent = new Set<string>();
  for await (const question of questions) {
    const { host } = question;
    yield {
      validHost: host,
      originalRequest: { host, messageRequest: question.messageRequest },
      messageResponse: await files.answer(question, sent),
    };
  }
}

/** What is asked until the stream is over, or the server closes: a client that only keeps it open does not hold up the end. */
async function* until<T>(asked: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const questions = asked[Symbol.asyncIterator]();
  const over = ended(signal).then((): IteratorReturnResult<undefined> => ({ done: true, value: undefined }));
  for (;;) {
    const next = await Promise.race([questions.next(), over]);
    if (next.done) return;
    yield next.value;
  }
}

/** The files that define the services, with all that they import. */
class Files {
  readonly #names: readonly string[];
  readonly #byName = new Map<string, DescFile>();
  readonly #bySymbol = new Map<string, DescFile>();
  readonly #told: Told;
  #rest: Promise<void> | undefined;

  constructor(told: Told) {
    this.#told = told;
    const own = [Health, ServerReflection, ServerReflectionAlpha];
    this.#names = [...told.names, ...own.map((service) => service.typeName)].sort();
    for (const { file } of [...told.services, ...own]) this.#add(file);
  }

  async answer(question: Question, sent: Set<string>) {
    const answer = this.#answer(question, sent);
    if (answer.case !== 'errorResponse') return answer;
    // It may be of a service that is loaded on first use.
    this.#rest ??= this.#told.loadRest().then((services) => {
      for (const { file } of services) this.#add(file);
    });
    await this.#rest;
    return this.#answer(question, sent);
  }

  #answer({ messageRequest: asked }: Question, sent: Set<string>) {
    switch (asked.case) {
      case 'listServices':
        return { case: 'listServicesResponse' as const, value: { service: this.#names.map((name) => ({ name })) } };
      case 'fileByFilename':
        return this.#file(this.#byName.get(asked.value), `file ${asked.value}`, sent);
      case 'fileContainingSymbol':
        return this.#file(this.#bySymbol.get(asked.value.replace(/^\./, '')), `symbol ${asked.value}`, sent);
      case 'fileContainingExtension': {
        const extension = this.#extensions(asked.value.containingType).find(({ number }) => number === asked.value.extensionNumber);
        return this.#file(extension?.file, `extension ${asked.value.extensionNumber} of ${asked.value.containingType}`, sent);
      }
      case 'allExtensionNumbersOfType':
        if (!this.#bySymbol.has(asked.value)) return notFound(`type ${asked.value}`);
        return {
          case: 'allExtensionNumbersResponse' as const,
          value: { baseTypeName: asked.value, extensionNumber: this.#extensions(asked.value).map(({ number }) => number) },
        };
      case undefined:
        return { case: 'errorResponse' as const, value: { errorCode: Code.InvalidArgument, errorMessage: 'no question' } };
    }
  }

  /** The file and what it imports, without what this stream has sent before. */
  #file(file: DescFile | undefined, what: string, sent: Set<string>) {
    if (file === undefined) return notFound(what);
    const wanted = [file, ...imports(file)].filter(({ proto }, i) => i === 0 || !sent.has(proto.name));
    for (const { proto } of wanted) sent.add(proto.name);
    return {
      case: 'fileDescriptorResponse' as const,
      value: { fileDescriptorProto: wanted.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
    };
  }

  #extensions(typeName: string) {
    return [...this.#byName.values()]
      .flatMap((file) => [...nestedTypes(file)].filter((type) => type.kind === 'extension'))
      .filter(({ extendee }) => extendee.typeName === typeName);
  }

  #add(file: DescFile): void {
    if (this.#byName.has(file.proto.name)) return;
    this.#byName.set(file.proto.name, file);
    for (const type of nestedTypes(file)) {
      this.#bySymbol.set(type.typeName, file);
      if (type.kind === 'message') for (const field of type.fields) this.#bySymbol.set(`${type.typeName}.${field.name}`, file);
      if (type.kind === 'service') for (const method of type.methods) this.#bySymbol.set(`${type.typeName}.${method.name}`, file);
    }
    for (const imported of file.dependencies) this.#add(imported);
  }
}

const notFound = (what: string) => ({
  case: 'errorResponse' as const,
  value: { errorCode: Code.NotFound, errorMessage: `${what} not found` },
});

/** All files that a file imports, directly or not, each once. */
function imports(file: DescFile, seen = new Set<DescFile>()): DescFile[] {
  return file.dependencies.flatMap((next) => {
    if (seen.has(next)) return [];
    seen.add(next);
    return [next, ...imports(next, seen)];
  });
}
