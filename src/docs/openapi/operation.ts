/** One RPC as operations of OpenAPI: a REST route, or the path of Connect. */
import type { DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Route } from '../../contract/method.ts';
import type { Entry } from '../catalog.ts';
import { errorBody, type KnownError } from '../errors.ts';
import { exampleAnswer, exampleCall, exampleRequest } from '../example.ts';
import type { SampleCall } from '../samples/call.ts';
import { samples } from '../samples/index.ts';
import { headersOf, pathParameters, queryParameters, variablesOf } from './parameters.ts';
import { isRequired, type Schemas } from './schema.ts';

/** What a status means, of those that every operation names. */
export const statuses: Readonly<Record<number, string>> = {
  400: 'The request is not valid, or what it names is not in a state that allows it.',
  401: 'There is no token, or one that is not good any more.',
  403: 'The caller lacks the permission.',
  404: 'What the request names is not there.',
  409: 'It is there already, or was changed by another call at the same time.',
  429: 'Too much at once: failed attempts, or a body beyond the limit.',
};

export const otherwise =
  'Anything else: 500 with the id of the log line, 501 for what is not served, 503 and 504 where the server cannot answer in time.';

export function restOperation(entry: Entry, route: Route, schemas: Schemas, origin: string, index: number): JsonObject {
  const { method, packageName } = entry;
  const { input } = method.rpc;
  const parameters = [
    ...pathParameters(route, input, schemas),
    ...(route.body === '' ? queryParameters(route, input, schemas) : []),
    ...headersOf(entry),
  ];
  return {
    ...common(entry),
    operationId: `${packageName}.${method.name}${index === 0 ? '' : `.${index + 1}`}`,
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody(input, route) && { requestBody: requestBody(entry, schemas, variablesOf(route), exampleCall(method, route).body) }),
    responses: responses(entry, schemas, method.successCode, 'rest'),
    'x-codeSamples': codeSamples(entry, route, origin),
  };
}

export function connectOperation(entry: Entry, schemas: Schemas, origin: string): JsonObject {
  const { method, packageName, routes } = entry;
  return {
    ...common(entry),
    operationId: `${packageName}.${method.name}.connect`,
    ...(headersOf(entry).length > 0 && { parameters: [...headersOf(entry)] }),
    requestBody: requestBody(entry, schemas, [], exampleRequest(method)),
    responses: responses(entry, schemas, 200, 'connect'),
    ...(routes.length === 0 && { 'x-codeSamples': codeSamples(entry, undefined, origin) }),
  };
}

function common({ packageName, title, text, permission, method }: Entry): JsonObject {
  return {
    tags: [packageName],
    summary: title,
    description: `${text}\n\nPermission: ${permission.text}\n\ngRPC: \`${method.path.slice(1)}\``,
    ...(permission.isPublic && { security: [] }),
    'x-permission': permission.short,
    'x-grpc': method.path.slice(1),
  };
}

function requestBody({ method }: Entry, schemas: Schemas, variables: readonly string[], example: JsonValue | undefined): JsonObject {
  const { input } = method.rpc;
  const required = input.fields.some((field) => !variables.includes(field.name) && isRequired(field));
  const schema = variables.length === 0 ? schemas.message(input, 'request') : schemas.object(input, 'request', variables);
  return { ...(required && { required }), content: { 'application/json': { schema, ...(example !== undefined && { example }) } } };
}

type Form = 'rest' | 'connect';
const errorSchema: Readonly<Record<Form, JsonObject>> = {
  rest: { $ref: '#/components/schemas/Error' },
  connect: { $ref: '#/components/schemas/ConnectError' },
};

function responses({ method, permission, errors }: Entry, schemas: Schemas, success: number, form: Form): JsonObject {
  const known = Map.groupBy(errors, ({ status }) => status);
  const refused = Object.keys(statuses)
    .map(Number)
    .filter((status) => !(permission.isPublic && (status === 401 || status === 403)))
    .map((status) => [String(status), refusal(statuses[status] ?? '', known.get(status) ?? [], form)] as const);
  const others = errors.filter(({ status }) => statuses[status] === undefined);
  return {
    [String(success)]: {
      description: 'Done.',
      content: { 'application/json': { schema: schemas.message(method.rpc.output, 'answer'), example: exampleAnswer(method) } },
    },
    ...Object.fromEntries(refused),
    default: refusal(otherwise, others, form),
  };
}

/** Whether a body can say more than the path has said. */
export const hasBody = ({ fields }: DescMessage, route: Route): boolean => route.body === '*' && fields.length > variablesOf(route).length;

/** With the real bodies by error id. Over Connect the ids are the same; the bodies are not told twice. */
function refusal(description: string, errors: readonly KnownError[], form: Form): JsonObject {
  const ids = errors.map(({ id }) => `\`${id}\``);
  return {
    description: ids.length === 0 ? description : `${description} Error ids: ${[...new Set(ids)].join(', ')}.`,
    content: {
      'application/json': {
        schema: errorSchema[form],
        ...(form === 'rest' && errors.length > 0 && { examples: Object.fromEntries(errors.map(exampleOf)) }),
      },
    },
  };
}

const exampleOf = (error: KnownError): [string, JsonObject] => [`${error.id}.${error.code}`, { value: errorBody(error) }];

/** The call as samples show it: over its first REST route, else over Connect. */
export function sampleCall({ method }: Entry, route: Route | undefined, origin: string): SampleCall {
  const message = exampleRequest(method);
  const rpc = { service: method.service, name: method.name, message };
  if (route === undefined) return { method: 'POST', path: method.path, body: message, origin, rpc };
  return { method: route.verb, ...exampleCall(method, route), origin, rpc };
}

function codeSamples(entry: Entry, route: Route | undefined, origin: string): JsonObject[] {
  const call = sampleCall(entry, route, origin);
  return samples.map(({ id, label, render }) => ({ lang: id, label, source: render(call) }));
}
