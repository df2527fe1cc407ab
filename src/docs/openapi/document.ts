/** OpenAPI 3.1 documents: of one service, or of all. */
import type { DescMessage, JsonObject } from '@bufbuild/protobuf';
import { codes } from '../../failure/failure.ts';
import type { Entry, ServiceEntry } from '../catalog.ts';
import { connectOperation, restOperation } from './operation.ts';
import { jsonPath } from './parameters.ts';
import { Schemas } from './schema.ts';

export interface About {
  readonly version: string;
  /** `https://auth.example.com` */
  readonly origin: string;
}

/** As far as it is read again. */
export interface OpenApi extends JsonObject {
  readonly paths: Record<string, Record<string, JsonObject>>;
  readonly components: { readonly schemas: Record<string, JsonObject>; readonly securitySchemes: JsonObject };
}

/** Names of the messages that stand in answers of any of the services: a request's form of them has a name of its own where it has rules. */
export function answeredBy(services: readonly ServiceEntry[]): ReadonlySet<string> {
  const seen = new Set<DescMessage>(services.flatMap(({ entries }) => entries.map(({ method }) => method.rpc.output)));
  for (const type of seen) for (const { message } of type.fields) if (message !== undefined) seen.add(message);
  return new Set([...seen].map(({ typeName }) => typeName));
}

export function openApi(services: readonly ServiceEntry[], answered: ReadonlySet<string>, { version, origin }: About): OpenApi {
  const schemas = new Schemas(answered);
  const paths = new Paths();
  for (const entry of services.flatMap(({ entries }) => entries)) addEntry(entry, paths, schemas, origin);
  const [only, ...others] = services;
  const title = only !== undefined && others.length === 0 ? `Keyward: ${only.title} (${only.packageName})` : 'Keyward';
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      summary: 'Identity server: where the users of an organisation live, log in, and are switched off.',
      description: services.length === 1 ? (only?.about ?? '') : 'Every served RPC as REST, Connect and gRPC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: origin }],
    security: [{ token: [] }],
    tags: services.map(({ packageName, about }) => ({ name: packageName, description: about })),
    paths: paths.all,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A personal access token, an access token of OAuth, or the token of a session.',
        },
      },
      schemas: { ...errorSchemas, ...schemas.components },
    },
  };
}

function addEntry(entry: Entry, paths: Paths, schemas: Schemas, origin: string): void {
  const { routes, method, hasConnect } = entry;
  for (const [index, route] of routes.entries()) {
    const path = jsonPath(route, method.rpc.input);
    paths.add(path, route.verb.toLowerCase(), restOperation(entry, route, schemas, origin, index));
  }
  if (hasConnect) paths.add(method.path, 'post', connectOperation(entry, schemas, origin));
}

/** Paths that differ by the names of their variables alone are one in OpenAPI: the first one names them. */
class Paths {
  readonly all: Record<string, Record<string, JsonObject>> = {};
  readonly #known = new Map<string, string>();

  add(path: string, verb: string, operation: JsonObject): void {
    const shape = path.replace(/\{[^}]*\}/g, '{}');
    const name = this.#known.get(shape) ?? path;
    this.#known.set(shape, name);
    const item = this.all[name] ?? {};
    // Where two RPCs have one route, the later one answers (reference/transport.md 3.4).
    item[verb] = name === path ? operation : renamed(operation, variables(path), variables(name));
    this.all[name] = item;
  }
}

const variables = (path: string): readonly string[] => [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);

function renamed(operation: JsonObject, from: readonly string[], to: readonly string[]): JsonObject {
  const parameters = (operation.parameters ?? []) as JsonObject[]; // as `restOperation` makes them
  const named = parameters.map((one) =>
    one.in === 'path' ? { ...one, name: to[from.indexOf(String(one.name))] ?? String(one.name) } : one,
  );
  return { ...operation, parameters: named };
}

const typeUrls = ['zitadel.v1.ErrorDetail', 'zitadel.v1.CredentialsCheckError'];
const detailFields: JsonObject = {
  id: { type: 'string', description: 'Which check refused the call: stable, for programs.' },
  message: { type: 'string', description: 'The text without the id.' },
  failedAttempts: { type: 'integer', format: 'int32', description: 'How many attempts have failed in a row (CredentialsCheckError).' },
};

/** As transport/rest/error.ts and transport/connect/error.ts write them. */
const errorSchemas: Record<string, JsonObject> = {
  Error: errorSchema(
    'A refusal over REST.',
    { type: 'integer', enum: Object.values(codes).map(({ grpc }) => grpc), description: 'The status code of gRPC.' },
    {
      required: ['@type', 'message'],
      properties: { '@type': { type: 'string', enum: typeUrls.map((name) => `type.googleapis.com/${name}`) }, ...detailFields },
    },
  ),
  ConnectError: errorSchema(
    'A refusal over Connect.',
    { type: 'string', enum: Object.keys(codes), description: 'The status code by name.' },
    {
      required: ['type', 'value'],
      properties: {
        type: { type: 'string', enum: typeUrls },
        value: { type: 'string', description: 'The detail as protobuf, in base64 without padding.' },
        debug: { type: 'object', required: ['message'], properties: detailFields },
      },
    },
  ),
};

function errorSchema(description: string, code: JsonObject, detail: JsonObject): JsonObject {
  return {
    type: 'object',
    description,
    required: ['code', 'message'],
    properties: {
      code,
      message: { type: 'string', description: 'A text for people; the id stands in parentheses.' },
      details: { type: 'array', maxItems: 1, items: { type: 'object', ...detail } },
    },
  };
}
