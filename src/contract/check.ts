/** One value against its rules: each check gives the reason text of the first violation (reference/transport.md 14). */
import type { DescEnum, DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import { emailFault } from './email.ts';
import type {
  BoolRules,
  BytesRules,
  DurationRules,
  EnumRules,
  NumberRules,
  RepeatedRules,
  Rules,
  StringRules,
} from './gen/keyward/v1/options_pb.js';
import { uriFault } from './uri.ts';

/** The descriptor of the field says which type the value has; each check below names that type at its start. */
export type Check = (value: unknown) => string | undefined;

type Embedded = (message: DescMessage) => ((message: Message) => string | undefined) | undefined;

/** A single value; undefined where nothing can be violated. */
export function checkValue(field: DescField, rules: Rules | undefined, embedded: Embedded): Check | undefined {
  return field.message === undefined ? checkScalar(field.enum, rules, 'single') : checkMessage(field.message, rules, embedded);
}

/** A list: its length, then each item; the reason of an item begins with its index in brackets. */
export function checkItems(field: DescField, rules: Rules | undefined, embedded: Embedded): Check | undefined {
  const list = rules?.kind.case === 'repeated' ? rules.kind.value : undefined;
  const length = list && checkCount(list);
  const item =
    field.message === undefined ? checkScalar(field.enum, list?.items, 'item') : checkMessage(field.message, list?.items, embedded);
  const isUnique = list?.unique === true;
  if (length === undefined && item === undefined && !isUnique) return undefined;
  return (value) => {
    const items = value as readonly unknown[];
    const wrongLength = length?.(items.length);
    if (wrongLength !== undefined) return wrongLength;
    const seen = new Set<unknown>();
    for (const [index, each] of items.entries()) {
      if (isUnique) {
        if (seen.has(each)) return `[${index}]: repeated value must contain unique items`;
        seen.add(each);
      }
      const reason = item?.(each);
      if (reason !== undefined) return `[${index}]: ${reason}`;
    }
    return undefined;
  };
}

/** The values of a map, by sorted key. The contract has rules for such values only within messages. */
export function checkMapValues(field: DescField, embedded: Embedded): Check | undefined {
  const check = field.message && checkMessage(field.message, undefined, embedded);
  if (check === undefined) return undefined;
  return (value) => {
    const map = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(map).sort()) {
      const reason = check(map[key]);
      if (reason !== undefined) return `[${key}]: ${reason}`;
    }
    return undefined;
  };
}

function checkMessage(type: DescMessage, rules: Rules | undefined, embedded: Embedded): Check | undefined {
  const kind = rules?.kind;
  if (kind?.case === 'duration') return checkDuration(kind.value);
  const isRequired = (kind?.case === 'message' || kind?.case === 'timestamp') && kind.value.required;
  const inner = embedded(type);
  if (!isRequired && inner === undefined) return undefined;
  return (value) => {
    if (value === undefined) return isRequired ? 'value is required' : undefined;
    const reason = inner?.(value as Message);
    return reason && `embedded message failed validation | caused by: ${reason}`;
  };
}

function checkScalar(type: DescEnum | undefined, rules: Rules | undefined, place: 'single' | 'item'): Check | undefined {
  const kind = rules?.kind;
  switch (kind?.case) {
    case 'string':
      return checkString(kind.value);
    case 'bytes':
      return checkBytes(kind.value);
    case 'bool':
      return checkBool(kind.value);
    case 'enum':
      return type && checkEnum(type, kind.value, place);
    case 'int32':
    case 'uint32':
    case 'uint64':
      return checkNumber(kind.value);
    default:
      return undefined;
  }
}

function checkString(rules: StringRules): Check {
  const checks = [
    checkRunes(rules),
    rules.maxBytes === undefined ? undefined : checkMaxBytes(rules.maxBytes),
    rules.prefix === undefined ? undefined : checkPrefix(rules.prefix),
    rules.email ? withCause(emailFault, 'value must be a valid email address') : undefined,
    rules.uriRef ? withCause(uriFault, 'value must be a valid URI') : undefined,
    rules.pattern === undefined ? undefined : checkPattern(rules.pattern),
  ].filter((check) => check !== undefined);
  return (value) => {
    const text = value as string;
    if (rules.ignoreEmpty && text === '') return undefined;
    for (const check of checks) {
      const reason = check(text);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

type TextCheck = (text: string) => string | undefined;

function checkRunes({ len, minLen, maxLen }: StringRules): TextCheck | undefined {
  const range = lengths(len, minLen, maxLen, 'runes');
  if (range === undefined) return undefined;
  const { least, most, reason } = range;
  return (text) => {
    // A text never has more code points than UTF-16 units, nor fewer than half of them.
    if (text.length <= most && text.length >= 2 * least) return undefined;
    const runes = countRunes(text);
    return runes < least || runes > most ? reason : undefined;
  };
}

function countRunes(text: string): number {
  let runes = 0;
  for (const _ of text) runes += 1;
  return runes;
}

interface Lengths {
  readonly least: number;
  readonly most: number;
  readonly reason: string;
}

function lengths(
  exact: bigint | undefined,
  min: bigint | undefined,
  max: bigint | undefined,
  unit: 'runes' | 'bytes',
): Lengths | undefined {
  const only = exact ?? (min === max ? min : undefined);
  if (only !== undefined) return { least: Number(only), most: Number(only), reason: `value length must be ${only} ${unit}` };
  if (min !== undefined && max !== undefined) {
    return { least: Number(min), most: Number(max), reason: `value length must be between ${min} and ${max} ${unit}, inclusive` };
  }
  if (min !== undefined)
    return { least: Number(min), most: Number.POSITIVE_INFINITY, reason: `value length must be at least ${min} ${unit}` };
  if (max !== undefined) return { least: 0, most: Number(max), reason: `value length must be at most ${max} ${unit}` };
  return undefined;
}

function checkMaxBytes(max: bigint): TextCheck {
  return (text) => (Buffer.byteLength(text) > max ? `value length must be at most ${max} bytes` : undefined);
}

function checkPrefix(prefix: string): TextCheck {
  const reason = `value does not have prefix ${JSON.stringify(prefix)}`;
  return (text) => (text.startsWith(prefix) ? undefined : reason);
}

function checkPattern(pattern: string): TextCheck {
  const compiled = new RegExp(pattern, 'u');
  const reason = `value does not match regex pattern ${JSON.stringify(pattern)}`;
  return (text) => (compiled.test(text) ? undefined : reason);
}

function withCause(fault: (text: string) => string | undefined, reason: string): TextCheck {
  return (text) => {
    const cause = fault(text);
    return cause && `${reason} | caused by: ${cause}`;
  };
}

function checkBytes({ minLen, maxLen }: BytesRules): Check | undefined {
  const range = lengths(undefined, minLen, maxLen, 'bytes');
  return (
    range &&
    ((value) => {
      const { length } = value as Uint8Array;
      return length < range.least || length > range.most ? range.reason : undefined;
    })
  );
}

function checkBool(rules: BoolRules): Check | undefined {
  return rules.const === undefined ? undefined : (value) => (value === rules.const ? undefined : `value must equal ${rules.const}`);
}

/** In a list the texts show numbers, elsewhere names (seen on the original). */
function checkEnum(type: DescEnum, rules: EnumRules, place: 'single' | 'item'): Check {
  const shown = rules.notIn.map((number) => (place === 'item' ? number : (type.value[number]?.name ?? number)));
  const refused = new Set(rules.notIn);
  return (value) => {
    const number = value as number;
    if (refused.has(number)) return `value must not be in list [${shown.join(' ')}]`;
    return rules.definedOnly && type.value[number] === undefined ? 'value must be one of the defined enum values' : undefined;
  };
}

function checkNumber({ gt, gte, lte }: NumberRules): Check | undefined {
  return checkRange(gt, gte, lte, String);
}

function checkRange(
  gt: bigint | undefined,
  gte: bigint | undefined,
  lte: bigint | undefined,
  show: (value: bigint) => string,
): Check | undefined {
  const test = (isRight: (value: bigint) => boolean, reason: string): Check => {
    return (value) => (isRight(BigInt(value as number | bigint)) ? undefined : reason);
  };
  if (gte !== undefined && lte !== undefined) {
    return test((value) => value >= gte && value <= lte, `value must be inside range [${show(gte)}, ${show(lte)}]`);
  }
  if (gt !== undefined) return test((value) => value > gt, `value must be greater than ${show(gt)}`);
  if (gte !== undefined) return test((value) => value >= gte, `value must be greater than or equal to ${show(gte)}`);
  if (lte !== undefined) return test((value) => value <= lte, `value must be less than or equal to ${show(lte)}`);
  return undefined;
}

function checkCount({ minItems, maxItems }: RepeatedRules): ((count: number) => string | undefined) | undefined {
  const min = minItems === 0n ? undefined : minItems;
  if (min === undefined && maxItems === undefined) return undefined;
  const reason =
    min === undefined
      ? `value must contain no more than ${maxItems} item(s)`
      : maxItems === undefined
        ? `value must contain at least ${min} item(s)`
        : min === maxItems
          ? `value must contain exactly ${min} item(s)`
          : `value must contain between ${min} and ${maxItems} items, inclusive`;
  return (count) => ((min !== undefined && count < min) || (maxItems !== undefined && count > maxItems) ? reason : undefined);
}

const second = 1_000_000_000n;

function checkDuration(rules: DurationRules): Check {
  const exact = nanosOf(rules.const);
  const range = checkRange(nanosOf(rules.gt), nanosOf(rules.gte), nanosOf(rules.lte), goDuration);
  return (value) => {
    if (value === undefined) return rules.required ? 'value is required' : undefined;
    const { seconds, nanos } = value as Duration;
    const total = seconds * second + BigInt(nanos);
    if (exact !== undefined && total !== exact) return `value must equal ${goDuration(exact)}`;
    return range?.(total);
  };
}

/** `270s`, `1.5s` → nanoseconds. */
function nanosOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const [, seconds = '0', fraction = ''] = /^(-?\d+)(?:\.(\d{1,9}))?s$/.exec(text) ?? [];
  return BigInt(seconds) * second + BigInt(fraction.padEnd(9, '0'));
}

/** Go's text of a duration of whole seconds: `0s`, `20s`, `4m30s`, `1h0m0s`. The contract has no other limits. */
function goDuration(nanos: bigint): string {
  const total = nanos / second;
  const [hours, minutes, seconds] = [total / 3600n, (total / 60n) % 60n, total % 60n];
  if (hours > 0n) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0n ? `${minutes}m${seconds}s` : `${seconds}s`;
}
