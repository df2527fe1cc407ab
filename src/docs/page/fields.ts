/** The fields of a message as nested lists: name, type, limits, meaning. */
import { type DescField, type DescMessage, type DescOneof, ScalarType } from '@bufbuild/protobuf';
import type { Rules } from '../../contract/gen/keyward/v1/options_pb.js';
import { anyRules, isRequired, type Side, wellKnown } from '../openapi/schema.ts';
import { fieldText } from '../text/fields.ts';
import { type Html, html, prose } from './html.ts';

/** Messages below this depth are named only; the OpenAPI document holds them whole. */
const DEEPEST = 5;
const SHORT = 5;

export function fieldList(desc: DescMessage, side: Side, without: readonly string[] = []): Html | undefined {
  const fields = desc.fields.filter(({ name }) => !without.includes(name));
  return fields.length === 0 ? undefined : list(fields, side, [desc]);
}

function list(fields: readonly DescField[], side: Side, within: readonly DescMessage[]): Html {
  const told = new Set<DescOneof>();
  return html`<ul class="fields">
${fields.map((field) => {
  const { oneof } = field;
  if (oneof === undefined) return item(field, side, within);
  if (told.has(oneof)) return '';
  told.add(oneof);
  const members = fields.filter((other) => other.oneof === oneof);
  if (members.length === 1) return item(field, side, within, side === 'request' && anyRules.isRequired(oneof));
  const how = side === 'request' && anyRules.isRequired(oneof) ? 'exactly one of' : 'at most one of';
  return html`<li class="choice"><p>${how}</p>
<ul class="fields">
${members.map((member) => item(member, side, within))}</ul></li>
`;
})}</ul>`;
}

function item(field: DescField, side: Side, within: readonly DescMessage[], required = side === 'request' && isRequired(field)): Html {
  const rules = side === 'request' ? anyRules.field(field) : undefined;
  const limits = limitsOf(rules);
  return html`<li><code class="name">${field.jsonName}</code> <span class="type">${typeName(field)}</span>${
    required && html` <span class="required">required</span>`
  }${field.deprecated && html` <span class="type">deprecated</span>`}
<p>${prose(fieldText(field.parent.name, field.jsonName))}${limits !== '' && html` <span class="limits">${limits}.</span>`}</p>
${values(field, rules)}${inner(field, side, within)}</li>
`;
}

function inner({ message }: DescField, side: Side, within: readonly DescMessage[]): Html | '' {
  if (message === undefined || wellKnown[message.typeName] !== undefined || message.fields.length === 0) return '';
  if (within.includes(message)) return html`<p class="limits">As above: it may be nested.</p>`;
  if (within.length >= DEEPEST) return html`<p class="limits">Its fields are in the OpenAPI document: ${message.typeName}.</p>`;
  // What is short is shown at once.
  const open = within.length === 1 && message.fields.length <= SHORT ? html` open` : '';
  return html`<details${open}><summary>${message.fields.length === 1 ? '1 field' : `${message.fields.length} fields`}</summary>
${list(message.fields, side, [...within, message])}</details>`;
}

function values({ enum: desc }: DescField, rules: Rules | undefined): Html | '' {
  if (desc === undefined) return '';
  const of = rules?.kind.case === 'repeated' ? rules.kind.value.items : rules;
  const refused = of?.kind.case === 'enum' ? of.kind.value.notIn : [];
  const names = desc.values.filter(({ number }) => !refused.includes(number)).map(({ name }) => name);
  const shown = names.map((name, i) => html`${i > 0 && ' '}<code>${name}</code>`);
  return names.length <= 6
    ? html`<p class="values">${shown}</p>`
    : html`<details><summary>${names.length} values</summary><p class="values">${shown}</p></details>`;
}

const named: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'time (RFC 3339)',
  'google.protobuf.Duration': 'duration (3.5s)',
  'google.protobuf.Struct': 'object, any',
  'google.protobuf.Value': 'any',
  'google.protobuf.ListValue': 'list, any',
  'google.protobuf.Any': 'object with @type',
  'google.protobuf.FieldMask': 'field names',
};

function typeName(field: DescField): string {
  const single = field.message ? (named[field.message.typeName] ?? 'object') : field.enum ? 'enum' : scalarName(field.scalar);
  if (field.fieldKind === 'list') return `list of ${single}`;
  return field.fieldKind === 'map' ? `map of ${single}` : single;
}

function scalarName(type: ScalarType | undefined): string {
  switch (type) {
    case ScalarType.BOOL:
      return 'boolean';
    case ScalarType.BYTES:
      return 'bytes (base64)';
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return 'number';
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return 'integer as string';
    case ScalarType.STRING:
      return 'string';
    default:
      return 'integer';
  }
}

/** `1 to 200 characters` */
function limitsOf(rules: Rules | undefined): string {
  const kind = rules?.kind;
  switch (kind?.case) {
    case 'string': {
      const { len, minLen, maxLen, maxBytes, prefix, email, uriRef, pattern } = kind.value;
      return sentence(
        range(len ?? minLen, len ?? maxLen, 'characters'),
        range(undefined, maxBytes, 'bytes'),
        prefix !== undefined && `begins with ${prefix}`,
        email && 'an e-mail address',
        uriRef && 'an address (URI)',
        pattern !== undefined && `matches ${pattern}`,
      );
    }
    case 'bytes':
      return sentence(range(kind.value.minLen, kind.value.maxLen, 'bytes'));
    case 'int32':
    case 'uint32':
    case 'uint64':
      return sentence(kind.value.gt !== undefined && `more than ${kind.value.gt}`, range(kind.value.gte, kind.value.lte, ''));
    case 'duration': {
      const { const: exact, gt, gte, lte } = kind.value;
      return sentence(exact !== undefined && `exactly ${exact}`, gt !== undefined && `more than ${gt}`, range(gte, lte, ''));
    }
    case 'bool':
      return kind.value.const === undefined ? '' : `must be ${kind.value.const}`;
    case 'repeated': {
      const each = limitsOf(kind.value.items);
      const { minItems, maxItems, unique } = kind.value;
      return sentence(range(minItems, maxItems, 'entries'), unique && 'no entry twice', each !== '' && `each ${each}`);
    }
    default:
      return '';
  }
}

const sentence = (...parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');

function range(least: bigint | string | undefined, most: bigint | string | undefined, unit: string): string | undefined {
  const of = unit === '' ? '' : ` ${unit}`;
  if (least !== undefined && least === most) return `exactly ${least}${of}`;
  if (least !== undefined && most !== undefined) return `${least} to ${most}${of}`;
  if (most !== undefined) return `at most ${most}${of}`;
  return least === undefined ? undefined : `at least ${least}${of}`;
}
