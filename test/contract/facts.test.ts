/** The descriptors that we serve, held against the facts of the wire, field by field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DescEnum, type DescField, type DescMessage, getOption, hasOption, toJson } from '@bufbuild/protobuf';
import { decide } from '../../scripts/contract/decided.ts';
import { type EnumFacts, type FieldFacts, loadFacts, type MessageFacts, type RpcFacts } from '../../scripts/contract/facts.ts';
import { methods, services } from '../../src/contract/contract.ts';
import { http } from '../../src/contract/gen/google/api/annotations_pb.js';
import { FieldBehavior, field_behavior } from '../../src/contract/gen/google/api/field_behavior_pb.js';
import { access, RulesSchema, required, rules } from '../../src/contract/gen/keyward/v1/options_pb.js';
import { registry, typeOf } from './descriptors.ts';

/** Packages of which v2 needs single types only (scripts/contract/layout.ts). */
const inPart: ReadonlySet<string> = new Set(['zitadel.v1', 'zitadel.authorization.v2beta']);
const all = loadFacts().map(decide);
const whole = all.filter((facts) => !inPart.has(facts.package));

test('every message of the facts is there, with its fields by number, name, type, presence, oneof, rules and marks', () => {
  let fields = 0;
  for (const facts of all) {
    for (const [name, message] of Object.entries(facts.messages)) {
      const type = registry.getMessage(`${facts.package}.${name}`);
      if (type === undefined && inPart.has(facts.package)) continue;
      assert.ok(type, `${facts.package}.${name} is missing`);
      assert.deepEqual(told(type), stated(message), type.typeName);
      fields += type.fields.length;
    }
  }
  assert.ok(fields > 1_500, `only ${fields} fields were compared`);
});

test('every enum of the facts is there, with its values', () => {
  for (const facts of all) {
    for (const [name, values] of Object.entries(facts.enums)) {
      const type = registry.getEnum(`${facts.package}.${name}`);
      if (type === undefined && inPart.has(facts.package)) continue;
      assert.ok(type, `${facts.package}.${name} is missing`);
      assert.deepEqual(toldEnum(type), { values: values.values, alias: values.alias ?? false } satisfies EnumFacts, type.typeName);
    }
  }
});

test('every RPC of the facts is there, with its types, route, permission, organization field, success code and mark', () => {
  let rpcs = 0;
  for (const facts of whole) {
    for (const [service, list] of Object.entries(facts.services)) {
      const type = registry.getService(`${facts.package}.${service}`);
      assert.ok(type, `${facts.package}.${service} is missing`);
      assert.deepEqual(
        type.methods.map((rpc) => rpc.name),
        list.map((rpc) => rpc.name),
        'the same RPCs in the same order',
      );
      for (const rpc of list) {
        assert.deepEqual(toldRpc(`/${type.typeName}/${rpc.name}`), statedRpc(rpc), `${type.typeName}/${rpc.name}`);
        rpcs += 1;
      }
    }
  }
  assert.equal(rpcs, methods.size);
});

test('the contract has nothing that the facts do not have', () => {
  const known = new Set(
    all.flatMap((facts) =>
      [...Object.keys(facts.messages), ...Object.keys(facts.enums), ...Object.keys(facts.services)].map(
        (name) => `${facts.package}.${name}`,
      ),
    ),
  );
  for (const type of registry) {
    if (type.kind === 'extension' || !type.typeName.startsWith('zitadel.')) continue;
    assert.ok(known.has(type.typeName), `${type.typeName} is not of the facts`);
  }
  assert.equal(services.length, whole.flatMap((facts) => Object.keys(facts.services)).length);
});

function stated(message: MessageFacts) {
  return {
    fields: message.fields.map(({ number, name, type, rules: ofField, ...marks }: FieldFacts) => ({
      number,
      name,
      type,
      repeated: marks.repeated ?? false,
      optional: marks.optional ?? false,
      oneof: marks.oneof,
      required: marks.required ?? false,
      deprecated: marks.deprecated ?? false,
      rules: ofField,
    })),
    requiredOneofs: [...(message.requiredOneofs ?? [])].sort(),
    reserved: message.reserved ?? [],
    reservedNames: message.reservedNames ?? [],
  };
}

function told(type: DescMessage): ReturnType<typeof stated> {
  return {
    fields: type.fields.map((field) => ({
      number: field.number,
      name: field.name,
      type: typeOf(field),
      repeated: field.fieldKind === 'list',
      optional: field.proto.proto3Optional,
      oneof: field.oneof?.name,
      required: getOption(field, field_behavior).includes(FieldBehavior.REQUIRED),
      deprecated: field.deprecated,
      rules: rulesOf(field),
    })),
    requiredOneofs: type.oneofs
      .filter((oneof) => getOption(oneof, required))
      .map((oneof) => oneof.name)
      .sort(),
    reserved: type.proto.reservedRange.map(({ start, end }) => [start, end - 1] as const),
    reservedNames: type.proto.reservedName,
  };
}

/** The JSON form of our rules is the form of the facts. */
function rulesOf(field: DescField): FieldFacts['rules'] {
  if (!hasOption(field, rules)) return undefined;
  return narrowed(toJson(RulesSchema, getOption(field, rules))) as FieldFacts['rules'];
}

/** The facts write limits of int32 and uint32 as numbers; our int64 limits give text. */
function narrowed(json: unknown): unknown {
  const table = json as Record<string, Record<string, unknown>>;
  for (const kind of ['int32', 'uint32']) {
    if (table[kind] !== undefined)
      table[kind] = Object.fromEntries(Object.entries(table[kind]).map(([name, value]) => [name, Number(value)]));
  }
  return table;
}

function toldEnum(type: DescEnum): EnumFacts {
  return {
    values: Object.fromEntries(type.values.map((value) => [value.name, value.number])),
    alias: type.proto.options?.allowAlias ?? false,
  };
}

function statedRpc(rpc: RpcFacts) {
  const [route] = rpc.http ?? [];
  const { body, ...verbs } = route ?? {};
  return {
    request: rpc.request,
    response: rpc.response,
    verb: Object.keys(verbs)[0],
    path: Object.values(verbs)[0],
    body: route === undefined ? undefined : (body ?? ''),
    permission: rpc.permission,
    orgField: rpc.orgField,
    successCode: rpc.successCode ?? 200,
    deprecated: rpc.deprecated ?? false,
  };
}

/** As the server reads it; the route as annotated, since not every annotated one is served. */
function toldRpc(path: string): ReturnType<typeof statedRpc> {
  const method = methods.get(path);
  assert.ok(method, `${path} is missing`);
  const route = hasOption(method.rpc, http) ? getOption(method.rpc, http) : undefined;
  return {
    request: method.rpc.input.typeName,
    response: method.rpc.output.typeName,
    verb: route?.pattern.case?.toUpperCase(),
    path: typeof route?.pattern.value === 'string' ? route.pattern.value : undefined,
    body: route?.body,
    permission: getOption(method.rpc, access).permission || undefined,
    orgField: method.orgField,
    successCode: method.successCode,
    deprecated: method.rpc.deprecated,
  };
}
