/** A node holds to its OpenAPI document under requests that fit it and requests that do not: no 5xx, no answer outside its schema. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { answeredBy, openApi } from '../../src/docs/openapi/document.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { Arbitraries, spoiled } from './arbitrary.ts';
import { services } from './catalog.ts';

/** Of each operation, of either kind. */
const REQUESTS = process.env.KEYWARD_TEST_FULL ? 25 : 1;

/** Served, but with parts that answer so for good, as the original does, or until they are served: features of organizations and users, an intent of no kind, applications and administrators of other kinds. */
const UNIMPLEMENTED =
  /FeatureService\/\w+(Organization|User)Features$|\/(StartIdentityProviderIntent|CreateApplication|(Create|Update|Delete)Administrator)$/;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonObject;
}

interface Content {
  readonly content: { readonly 'application/json': { readonly schema: JsonObject } };
}

interface Operation {
  readonly operationId: string;
  /** `zitadel.user.v2.UserService/DeactivateUser` */
  readonly 'x-grpc': string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Partial<Content>>>;
}

const cluster = await startCluster(1);
const origin = `http://localhost:${cluster.nodes[0].port}`;
const document = openApi(services, answeredBy(services), { version: '1', origin });
const { schemas: components } = document.components;
const paths = document.paths as Readonly<Record<string, Readonly<Record<string, JsonObject & Operation>>>>; // as `openApi` makes them

const people = new People(cluster.sql, cluster);
const [human, machine] = await Promise.all([people.person({ kind: 'human', password: 'Secret#2026' }), people.person()]);
const org = await people.org();
// What the fuzzer itself is.
const own = await cluster.sql<{ user_id: string; token_id: string }[]>`select user_id, token_id from pats`;
const arbitraries = new Arbitraries(
  components,
  own.flatMap(({ user_id, token_id }) => [user_id, token_id]),
);
for (const { userId } of [human, machine]) arbitraries.learn({ userId });
for (const id of [cluster.orgId, org]) arbitraries.learn({ organizationId: id, orgId: id });
arbitraries.learn({ instanceId: cluster.instanceId });

const ajv = new Ajv2020({ strict: false, validateFormats: true, formats: { uint32: true, uint64: true } });
addFormats.default(ajv);
ajv.addSchema({ $id: 'https://keyward.example/', components: { schemas: closed(components) } });
const validators = new Map<JsonObject, ValidateFunction>();

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const counts = new Map<number, number>();

for (const [path, item] of Object.entries(paths))
  for (const [verb, operation] of Object.entries(item))
    it(`${operation.operationId} answers as documented`, async () => {
      const fits = request(path, operation, (body) => fc.constant(JSON.stringify(body)));
      const spoils = request(path, operation, spoiled);
      const property = fc.asyncProperty(fits, spoils, async (good, bad) => {
        for (const sent of [good, bad]) await holds(verb.toUpperCase(), sent, operation);
      });
      // No shrinking: each call changes what the next one meets.
      await fc.assert(property, { numRuns: REQUESTS, endOnFailure: true });
    });

after(() => {
  const told = [...counts].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
  console.log(`${[...counts.values()].reduce((sum, count) => sum + count, 0)} requests were answered: ${told.join(', ')}`);
});

function request(
  path: string,
  { parameters = [], requestBody }: Operation,
  textOf: (body: JsonValue) => fc.Arbitrary<string>,
): fc.Arbitrary<Sent> {
  const value = ({ name, schema }: Parameter) => arbitraries.fitting(schema, name);
  const inPath = parameters.filter((one) => one.in === 'path');
  const inQuery = parameters.filter((one) => one.in === 'query');
  const body = requestBody?.content['application/json'].schema;
  return fc
    .record({
      path: fc.record(Object.fromEntries(inPath.map((one) => [one.name, value(one)]))),
      query: fc.record(Object.fromEntries(inQuery.map((one) => [one.name, value(one)])), {
        requiredKeys: inQuery.filter(({ required }) => required).map(({ name }) => name),
      }),
      body: body === undefined ? fc.constant(undefined) : arbitraries.fitting(body).chain(textOf),
    })
    .map(({ path: ids, query, body: text }) => {
      const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(plain(ids[name])));
      const search = new URLSearchParams(Object.entries(query).flatMap(([name, one]) => [one].flat().map((each) => [name, plain(each)])));
      return {
        path: `${filled}${search.size > 0 ? `?${search}` : ''}`,
        headers: text === undefined ? {} : { 'content-type': 'application/json' },
        body: text,
      };
    });
}

/** In a path and a query. An id of `.` or `..` alone would be a step of the path, however it is encoded. */
const plain = (value: unknown): string => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /^\.{1,2}$/.test(text) ? `${text}x` : text.toWellFormed();
};

async function holds(method: string, { path, headers, body }: Sent, { responses, 'x-grpc': rpc }: Operation): Promise<void> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${cluster.adminPat}` },
    ...(body !== undefined && { body }),
  });
  const { status } = response;
  const text = await response.text();
  counts.set(status, (counts.get(status) ?? 0) + 1);
  const shown = `${method} ${path}\n${body ?? ''}\n${status} ${text}`;
  assert.ok(status < 500 || (status === 501 && UNIMPLEMENTED.test(rpc)), shown);
  const documented = responses[status] ?? responses.default;
  assert.ok(documented?.content, `no such answer is documented: ${shown}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/, shown);
  const validate = validatorOf(documented.content['application/json'].schema);
  const answer: JsonValue = JSON.parse(text);
  assert.ok(validate(answer), `${ajv.errorsText(validate.errors)}\n${shown}`);
  if (status < 300) arbitraries.learn(answer);
}

function validatorOf(schema: JsonObject): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://keyward.example/#/')) as AnySchema); // a schema
  validators.set(schema, made);
  return made;
}

/** An answer has no field that the document does not tell of. */
function closed(all: Readonly<Record<string, JsonObject>>): JsonObject {
  const isOpen = ({ type, properties, additionalProperties }: JsonObject): boolean =>
    type === 'object' && properties !== undefined && additionalProperties === undefined;
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, isOpen(one) ? { ...one, additionalProperties: false } : one]));
}
