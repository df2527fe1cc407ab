/** A text of a query or path → the value of a field, in the forms that Go's parsers take (reference/transport.md 5.2). */
import { create, type DescEnum, type DescField, ScalarType } from '@bufbuild/protobuf';
import { type Duration, DurationSchema, FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { scalars, timestamp } from '../json/scalars.ts';

/** A value, JSON text from which the value is to be read, or what is wrong with the text. */
export type Parsed = { readonly value: unknown } | { readonly json: string } | { readonly fault: string };

export function parseText(field: DescField, text: string): Parsed {
  if (field.enum !== undefined) return parseEnum(field, field.enum, text);
  if (field.message !== undefined) return parseMessage(field.message.typeName, text);
  const { scalar } = field;
  if (scalar === undefined) return { fault: 'no such type' };
  if (scalar === ScalarType.BOOL) return parseBool(text);
  const value = scalars[scalar](text);
  if (value === undefined) return { fault: `parsing ${JSON.stringify(text)}: invalid syntax` };
  return { value: 'longAsString' in field && field.longAsString ? String(value) : value };
}

const bools: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

function parseBool(text: string): Parsed {
  const value = bools.get(text);
  return value === undefined ? { fault: `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax` } : { value };
}

/** By name or number; unlike in JSON, both must be known. */
function parseEnum(field: DescField, desc: DescEnum, text: string): Parsed {
  const known = desc.values.find((value) => value.name === text || String(value.number) === text);
  if (known !== undefined) return { value: known.number };
  return { fault: field.fieldKind === 'list' ? `${JSON.stringify(text)} is not a valid value` : `${text} is not a valid value` };
}

function parseMessage(type: string, text: string): Parsed {
  switch (type) {
    case 'google.protobuf.Timestamp':
      return orFault(timestamp(text), text);
    case 'google.protobuf.Duration':
      return orFault(goDuration(text), text);
    case 'google.protobuf.FieldMask':
      return { value: create(FieldMaskSchema, { paths: text === '' ? [] : text.split(',') }) };
    case 'google.protobuf.Struct':
    case 'google.protobuf.Value':
    case 'google.protobuf.DoubleValue':
    case 'google.protobuf.FloatValue':
    case 'google.protobuf.Int32Value':
    case 'google.protobuf.UInt32Value':
      return { json: text };
    case 'google.protobuf.BoolValue': {
      const value = bools.get(text);
      return value === undefined ? { fault: `parsing ${JSON.stringify(text)}: invalid syntax` } : { json: String(value) };
    }
    case 'google.protobuf.StringValue':
    case 'google.protobuf.BytesValue':
    case 'google.protobuf.Int64Value':
    case 'google.protobuf.UInt64Value':
      return { json: JSON.stringify(text) };
    default:
      return { fault: `unsupported message type: ${JSON.stringify(type)}` };
  }
}

const orFault = (value: unknown, text: string): Parsed =>
  value === undefined ? { fault: `parsing ${JSON.stringify(text)}: invalid value` } : { value };

const nanoseconds: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `5s`, `1h30m`, `-1.5h` */
function goDuration(text: string): Duration | undefined {
  if (!/^[+-]?(?:0|(?:(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return undefined;
  let total = 0n;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '0', fraction = ''] = amount.split('.');
    const size = BigInt(nanoseconds[unit] ?? 0);
    total += BigInt(whole || '0') * size + (BigInt(fraction.padEnd(9, '0')) * size) / 1_000_000_000n;
  }
  // Go holds 64 bits of nanoseconds.
  if (total > 2n ** 63n - 1n) return undefined;
  const signed = text.startsWith('-') ? -total : total;
  return create(DurationSchema, { seconds: signed / 1_000_000_000n, nanos: Number(signed % 1_000_000_000n) });
}
