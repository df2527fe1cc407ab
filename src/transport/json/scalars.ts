/** JSON values of single fields → their values in a message, by the rules of ProtoJSON as the original keeps them (reference/transport.md 6). Undefined: no such value. */
import { create, protoInt64, ScalarType } from '@bufbuild/protobuf';
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { Digits, type Json } from './parse.ts';

export type Scalar = string | boolean | number | bigint | Uint8Array;
type ReadScalar = (json: Json) => Scalar | undefined;

const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number as it was written: as JSON number, or as a number in a text. */
function digits(json: Json): string | undefined {
  if (typeof json === 'number') return String(json);
  if (json instanceof Digits) return json.text;
  return typeof json === 'string' && decimal.test(json) ? json : undefined;
}

function integer(json: Json, min: bigint, max: bigint): bigint | undefined {
  const text = digits(json);
  // Longer ones are out of range anyhow, and slow to read.
  if (text === undefined || text.length > 40) return undefined;
  const value = /^-?\d+$/.test(text) ? BigInt(text) : wholeNumber(Number(text));
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** `1.0`, `1e3`: whole although written otherwise. */
const wholeNumber = (value: number): bigint | undefined => (Number.isInteger(value) ? BigInt(value) : undefined);

function int32(min: number, max: number): ReadScalar {
  return (json) => {
    if (typeof json === 'number' && Number.isInteger(json) && json >= min && json <= max) return json;
    const value = integer(json, BigInt(min), BigInt(max));
    return value === undefined ? undefined : Number(value);
  };
}

const int64: ReadScalar = (json) => integer(json, -(2n ** 63n), 2n ** 63n - 1n);
const uint64: ReadScalar = (json) => integer(json, 0n, 2n ** 64n - 1n);
const sint32 = int32(-(2 ** 31), 2 ** 31 - 1);
const uint32 = int32(0, 2 ** 32 - 1);

function float(max: number): ReadScalar {
  return (json) => {
    if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json);
    const value = Number(digits(json) ?? Number.NaN);
    return Math.abs(value) <= max ? value : undefined;
  };
}

/** Standard or URL alphabet, padded or not. */
const bytes: ReadScalar = (json) => {
  if (typeof json !== 'string') return undefined;
  try {
    return Uint8Array.fromBase64(json, { alphabet: /[-_]/.test(json) ? 'base64url' : 'base64' });
  } catch {
    return undefined;
  }
};

export const scalars: Readonly<Record<ScalarType, ReadScalar>> = {
  [ScalarType.STRING]: (json) => (typeof json === 'string' ? json : undefined),
  [ScalarType.BOOL]: (json) => (typeof json === 'boolean' ? json : undefined),
  [ScalarType.BYTES]: bytes,
  [ScalarType.DOUBLE]: float(Number.MAX_VALUE),
  [ScalarType.FLOAT]: float(3.4028234663852886e38),
  [ScalarType.INT32]: sint32,
  [ScalarType.SINT32]: sint32,
  [ScalarType.SFIXED32]: sint32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
};

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

export function timestamp(json: Json): Timestamp | undefined {
  const match = typeof json === 'string' ? rfc3339.exec(json) : null;
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [fraction = '', sign = '+', hours = '0', minutes = '0'] = match.slice(7);
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  const exists = month >= 1 && local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60);
  const seconds = local.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
  // From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
  if (seconds < -62135596800 || seconds > 253402300799) return undefined;
  return create(TimestampSchema, { seconds: protoInt64.parse(seconds), nanos: Number(fraction.padEnd(9, '0')) });
}

export function duration(json: Json): Duration | undefined {
  const [, sign, whole, fraction = ''] = (typeof json === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(json) : null) ?? [];
  // About ten thousand years, as google.protobuf.Duration says.
  if (whole === undefined || Number(whole) > 315_576_000_000) return undefined;
  const factor = sign === '-' ? -1 : 1;
  return create(DurationSchema, {
    seconds: protoInt64.parse(Number(whole) * factor || 0),
    nanos: Number(fraction.padEnd(9, '0')) * factor || 0,
  });
}
