/**
 * Messages as JSON Schema (2020-12), in the JSON form that the server reads and writes (transport/json): lowerCamelCase names, 64-bit numbers as
 * texts, enums by name, bytes as base64, timestamps and durations as texts; members of a oneof side by side, at most one of them.
 * A request has the rules of its fields; what an answer leaves out is unset or nought, so nothing in it is required.
 */
import { type DescField, type DescMessage, type DescOneof, type JsonObject, ScalarType } from '@bufbuild/protobuf';
import { checkItems, checkValue } from '../../contract/check.ts';
import type { Rules } from '../../contract/gen/keyward/v1/options_pb.js';
import { legacyRules } from '../../contract/legacy-options.ts';
import { ownRules, type RuleSource } from '../../contract/rules.ts';
import { fieldText } from '../text/fields.ts';

export type Side = 'request' | 'answer';

/** Descriptors of v2 carry our own options, those of v1 and v2beta the published ones. */
export const anyRules: RuleSource = {
  hasRules: (field) => ownRules.hasRules(field) || legacyRules.hasRules(field),
  field: (field) => ownRules.field(field) ?? legacyRules.field(field),
  isRequired: (oneof) => ownRules.isRequired(oneof) || legacyRules.isRequired(oneof),
};

/** Whether the value that an absent field has would be refused. */
export function isRequired(field: DescField): boolean {
  if (field.oneof !== undefined || field.proto.proto3Optional) return false;
  const rules = anyRules.field(field);
  if (rules === undefined || field.fieldKind === 'map') return false;
  if (field.fieldKind === 'list') return checkItems(field, rules, () => undefined)?.([]) !== undefined;
  return checkValue(field, rules, () => undefined)?.(zero(field)) !== undefined;
}

function zero(field: DescField): unknown {
  if (field.message !== undefined) return undefined;
  if (field.enum !== undefined) return 0;
  switch (field.scalar) {
    case ScalarType.STRING:
      return '';
    case ScalarType.BYTES:
      return new Uint8Array();
    case ScalarType.BOOL:
      return false;
    default:
      return 0n;
  }
}

/** The schemas of one document: what is referred to is added to `components`. */
export class Schemas {
  readonly components: Record<string, JsonObject> = {};
  /** Names of the messages that stand in answers; they have two forms where they have rules. */
  readonly #answered: ReadonlySet<string>;
  readonly #ruled = new Map<DescMessage, boolean>();

  constructor(answered: ReadonlySet<string>) {
    this.#answered = answered;
  }

  /** The schema of a message, as reference where it is one of the API's own. */
  message(desc: DescMessage, side: Side): JsonObject {
    const known = wellKnown[desc.typeName];
    if (known !== undefined) return known;
    const two = side === 'request' && this.#answered.has(desc.typeName) && this.#isRuled(desc);
    const name = `${desc.typeName.replace(/^zitadel\./, '')}${two ? '.Input' : ''}`;
    if (this.components[name] === undefined) {
      this.components[name] = {}; // types may contain themselves
      this.components[name] = this.object(desc, side);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The schema of a message without the fields named, as object. */
  object(desc: DescMessage, side: Side, without: readonly string[] = []): JsonObject {
    const fields = desc.fields.filter(({ name }) => !without.includes(name));
    const required = side === 'request' ? fields.filter(isRequired).map(({ jsonName }) => jsonName) : [];
    const choices: JsonObject[] = desc.oneofs.map((oneof) => choice(oneof, side, without)).filter((one) => one !== undefined);
    return {
      type: 'object',
      ...(fields.length > 0 && { properties: Object.fromEntries(fields.map((field) => [field.jsonName, this.field(field, side)])) }),
      ...(required.length > 0 && { required }),
      ...(choices.length > 1 ? { allOf: choices } : choices[0]),
    };
  }

  field(field: DescField, side: Side): JsonObject {
    const rules = side === 'request' ? anyRules.field(field) : undefined;
    return { ...this.#bare(field, side, rules), description: fieldText(field.parent.name, field.jsonName) };
  }

  #bare(field: DescField, side: Side, rules: Rules | undefined): JsonObject {
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: this.#value(field, side, undefined) };
    if (field.fieldKind !== 'list') return this.#value(field, side, rules);
    const list = rules?.kind.case === 'repeated' ? rules.kind.value : undefined;
    return {
      type: 'array',
      items: this.#value(field, side, list?.items),
      ...(list?.minItems !== undefined && { minItems: Number(list.minItems) }),
      ...(list?.maxItems !== undefined && { maxItems: Number(list.maxItems) }),
      ...(list?.unique && { uniqueItems: true }),
    };
  }

  #value(field: DescField, side: Side, rules: Rules | undefined): JsonObject {
    if (field.message !== undefined) return this.message(field.message, side);
    if (field.enum !== undefined) {
      const refused = rules?.kind.case === 'enum' ? rules.kind.value.notIn : [];
      return { type: 'string', enum: field.enum.values.filter(({ number }) => !refused.includes(number)).map(({ name }) => name) };
    }
    return { ...scalar(field.scalar), ...limits(rules) };
  }

  #isRuled(desc: DescMessage): boolean {
    const known = this.#ruled.get(desc);
    if (known !== undefined) return known;
    const seen = new Set([desc]);
    let found = false;
    for (const type of seen) {
      found ||= type.fields.some(anyRules.hasRules) || type.oneofs.some(anyRules.isRequired);
      for (const { message } of type.fields) if (message !== undefined && wellKnown[message.typeName] === undefined) seen.add(message);
    }
    this.#ruled.set(desc, found);
    return found;
  }
}

/** Exactly one member of a required oneof, at most one of any other. */
function choice(oneof: DescOneof, side: Side, without: readonly string[]): JsonObject | undefined {
  const members = oneof.fields.filter(({ name }) => !without.includes(name)).map(({ jsonName }) => ({ required: [jsonName] }));
  if (side === 'request' && anyRules.isRequired(oneof)) return { oneOf: members };
  return members.length < 2 ? undefined : { oneOf: [...members, { not: { anyOf: members } }] };
}

const text: JsonObject = { type: 'string' };
const integer = (format: string): JsonObject => ({ type: 'integer', format });
const longText = (format: string): JsonObject => ({ type: 'string', format, pattern: format === 'uint64' ? '^[0-9]+$' : '^-?[0-9]+$' });

function scalar(type: ScalarType | undefined): JsonObject {
  switch (type) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return integer('int32');
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { ...integer('uint32'), minimum: 0 };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return longText('int64');
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longText('uint64');
    default:
      return text;
  }
}

/** Those that have a JSON form of their own. */
export const wellKnown: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': text,
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': { type: 'object', properties: { '@type': text } },
  'google.protobuf.Empty': { type: 'object' },
  'google.protobuf.BoolValue': { type: 'boolean' },
  'google.protobuf.StringValue': text,
  'google.protobuf.BytesValue': { type: 'string', contentEncoding: 'base64' },
  'google.protobuf.Int32Value': integer('int32'),
  'google.protobuf.UInt32Value': integer('uint32'),
  'google.protobuf.Int64Value': longText('int64'),
  'google.protobuf.UInt64Value': longText('uint64'),
  'google.protobuf.DoubleValue': { type: 'number' },
  'google.protobuf.FloatValue': { type: 'number' },
};

/** The limits of a value as JSON Schema says them; those of durations and bytes only as words (page/fields.ts). */
function limits(rules: Rules | undefined): JsonObject {
  const kind = rules?.kind;
  switch (kind?.case) {
    case 'string': {
      const { len, minLen, maxLen, maxBytes, prefix, email, uriRef, pattern, ignoreEmpty } = kind.value;
      const [least, most] = [len ?? minLen, len ?? maxLen ?? maxBytes]; // a text has no more code points than bytes
      const limited: JsonObject = {
        ...(least !== undefined && { minLength: Number(least) }),
        ...(most !== undefined && { maxLength: Number(most) }),
        ...(pattern !== undefined && { pattern }),
        ...(prefix !== undefined && pattern === undefined && { pattern: `^${prefix.replace(/[^\w/-]/g, '\\$&')}` }),
        ...(email && { format: 'email' }),
        ...(uriRef && { format: 'uri-reference' }),
      };
      return ignoreEmpty ? { anyOf: [{ const: '' }, limited] } : limited;
    }
    case 'bool':
      return kind.value.const === undefined ? {} : { const: kind.value.const };
    case 'int32':
    case 'uint32': {
      const { gt, gte, lte } = kind.value;
      return {
        ...(gt !== undefined && { exclusiveMinimum: Number(gt) }),
        ...(gte !== undefined && { minimum: Number(gte) }),
        ...(lte !== undefined && { maximum: Number(lte) }),
      };
    }
    default:
      return {};
  }
}
