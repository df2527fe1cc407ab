/** The OpenAPI documents: valid, whole, and of one mind with the contract. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromJson, type JsonObject } from '@bufbuild/protobuf';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { exampleAnswer, exampleRequest } from '../../src/docs/example.ts';
import { answeredBy, openApi } from '../../src/docs/openapi/document.ts';
import { entries, served, services } from './catalog.ts';

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonObject; readonly example?: unknown } } };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly 'x-permission': string;
  readonly 'x-grpc': string;
  readonly 'x-codeSamples'?: readonly { readonly label: string; readonly source: string }[];
}

interface Answer {
  /** None where there is no body. */
  readonly content?: {
    readonly 'application/json': {
      readonly schema: JsonObject;
      readonly example?: unknown;
      readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
    };
  };
}

const about = { version: '1', origin: 'https://auth.example.com' };
const answered = answeredBy(services);
const whole = openApi(services, answered, about);
const paths = whole.paths as Readonly<Record<string, Readonly<Record<string, JsonObject & Operation>>>>; // as `openApi` makes them
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({ path, verb, operation })),
);

describe('the OpenAPI documents', () => {
  for (const [name, document] of [
    ['all', whole] as const,
    ...services.map((service) => [service.typeName, openApi([service], answered, about)] as const),
  ])
    it(`are valid OpenAPI 3.1: ${name}`, async () => {
      const { valid, errors } = await new Validator().validate(structuredClone(document));
      assert.deepEqual({ valid, errors }, { valid: true, errors: undefined });
    });

  it('hold every served RPC, and none that is not served', () => {
    assert.deepEqual([...new Set(operations.map(({ operation }) => operation['x-grpc']))].map((name) => `/${name}`).sort(), served);
  });

  it('hold every REST route, and the path of Connect for v2 and v2beta', () => {
    const shapes = new Set(operations.map(({ path, verb }) => `${verb.toUpperCase()} ${path.replace(/\{[^}]*\}/g, '{}')}`));
    for (const { routes, hasConnect, method } of entries) {
      for (const route of routes)
        assert.ok(shapes.has(`${route.verb} ${route.path.replace(/\{[^}]*\}/g, '{}')}`), `${route.verb} ${route.path}`);
      assert.equal(shapes.has(`POST ${method.path}`), hasConnect, method.path);
    }
  });

  it('tell of each operation what it does, its permission, and every status with the body of an error', () => {
    for (const { path, operation } of operations) {
      assert.match(operation.description, /^[A-Z].{15,}\./s, path);
      assert.ok(operation['x-permission'].length > 0, path);
      const refusals = operation['x-permission'] === 'none' ? ['400', '404', '409', '429'] : ['400', '401', '403', '404', '409', '429'];
      assert.deepEqual(
        Object.keys(operation.responses).filter((status) => status !== '200' && status !== '201'),
        [...refusals, ...(operation.operationId.endsWith('.connect') ? ['415'] : []), 'default'].sort(),
        path,
      );
    }
  });

  it('give each operation an id of its own', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('name each variable of a path as a parameter, once', () => {
    for (const { path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name),
        named,
        path,
      );
    }
  });

  it('show the request in every language, once a call', () => {
    for (const { method } of entries) {
      const shown = operations.filter(({ operation }) => operation['x-grpc'] === method.path.slice(1) && operation['x-codeSamples']);
      assert.equal(shown.length, 1, method.path);
      const [only] = shown;
      for (const { label, source } of only?.operation['x-codeSamples'] ?? [])
        assert.match(source, /auth\.example\.com/, `${method.path} in ${label}`);
    }
  });

  it('hold examples that fit their schemas', () => {
    const ajv = new Ajv2020({ strict: false, formats: { uint32: true, uint64: true } }); // those of OpenAPI's registry that ajv-formats lacks
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'https://keyward.example/', components: whole.components });
    const problems: string[] = [];
    const check = (place: string, schema: JsonObject, value: unknown): void => {
      const test = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://keyward.example/#/')));
      if (!test(value)) problems.push(`${place}: ${ajv.errorsText(test.errors)}`);
    };
    for (const { path, verb, operation } of operations) {
      const body = operation.requestBody?.content['application/json'];
      if (body?.example !== undefined) check(`${verb} ${path}`, body.schema, body.example);
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (content === undefined) continue;
        const { schema, example, examples = {} } = content['application/json'];
        if (example !== undefined) check(`${verb} ${path} ${status}`, schema, example);
        for (const [id, { value }] of Object.entries(examples)) check(`${verb} ${path} ${status} ${id}`, schema, value);
      }
    }
    assert.deepEqual(problems, []);
  });

  it('hold examples that the contract takes', () => {
    for (const { method } of entries) {
      assert.equal(method.validate(fromJson(method.rpc.input, exampleRequest(method))), undefined, method.path);
      assert.doesNotThrow(() => fromJson(method.rpc.output, exampleAnswer(method)), method.path);
    }
  });

  it('list the errors that the founding call is refused with, by id', () => {
    const { responses } = paths['/v2/users/{userId}/deactivate']!.post!;
    const idsOf = (status: string): string[] =>
      Object.keys(responses[status]!.content?.['application/json']?.examples ?? {}).map((name) => name.split('.')[0]!);
    assert.ok(idsOf('400').includes('COMMAND-5gunjw0cd7'));
    assert.ok(idsOf('400').includes('KEYWARD-lastOwner'));
    assert.ok(idsOf('401').includes('AUTH-7fs1e'));
    assert.ok(idsOf('403').includes('AUTHZ-cdgFk'));
    assert.ok(idsOf('404').length > 0);
  });
});
