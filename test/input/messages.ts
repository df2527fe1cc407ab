/** Messages of any type with values that fit badly: made from the descriptor, so that every field of every RPC is met. */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { nasty } from './cases.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** Numbers from 0 to 1, always the same ones for a seed (mulberry32). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T; // within the list
  }
  below(share: number): boolean {
    return this.next() < share;
  }
}

const numbers: readonly JsonValue[] = [
  0,
  1,
  -1,
  7,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  '9223372036854775807',
  '-9223372036854775808',
  '18446744073709551615',
  1e300,
  0.5,
];
const times: readonly string[] = [
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '1969-12-31T23:59:59.5Z',
  '2030-06-30T12:00:00.123456789+14:00',
  '2024-02-29T00:00:00Z',
];
const durations: readonly string[] = ['0s', '1s', '-1s', '315576000000s', '-315576000000.999999999s', '0.000000001s', '3600s'];

/** `ids`: of what there is, so that calls get as far as they can. */
export function anyMessage(desc: DescMessage, dice: Dice, ids: readonly string[], depth = 0): JsonValue {
  const json: { [name: string]: JsonValue } = {};
  const chosen = new Map(desc.oneofs.map((oneof) => [oneof, dice.one(oneof.fields)]));
  for (const field of desc.fields) {
    if (field.oneof ? chosen.get(field.oneof) !== field : dice.below(0.3)) continue;
    if (depth > 4 && field.message) continue;
    json[dice.below(0.8) ? field.jsonName : field.name] = dice.below(0.03)
      ? dice.one<JsonValue>([...numbers, ...nasty, [], {}, true])
      : anyField(field, dice, ids, depth);
  }
  return json;
}

function anyField(field: DescField, dice: Dice, ids: readonly string[], depth: number): JsonValue {
  if (field.fieldKind === 'map') return { [dice.one(nasty)]: dice.one(nasty) };
  if (field.fieldKind === 'list') return Array.from({ length: dice.one([0, 1, 1, 2, 3]) }, () => anyValue(field, dice, ids, depth));
  return anyValue(field, dice, ids, depth);
}

function anyValue(field: DescField, dice: Dice, ids: readonly string[], depth: number): JsonValue {
  const { message } = field;
  if (message) {
    if (message.typeName === 'google.protobuf.Timestamp') return dice.one(times);
    if (message.typeName === 'google.protobuf.Duration') return dice.one(durations);
    if (message.typeName === 'google.protobuf.Struct') return { a: [null, 1, { b: 'c' }] };
    return anyMessage(message, dice, ids, depth + 1);
  }
  if (field.enum) return dice.one<JsonValue>([...field.enum.values.map((value) => value.name), 0, 1, 99, -1]);
  switch (field.scalar) {
    case ScalarType.BOOL:
      return dice.below(0.5);
    case ScalarType.STRING:
      return /id(s|_hint)?$/i.test(field.name) && dice.below(0.7)
        ? dice.one(ids)
        : dice.below(0.3)
          ? likely(field.name, dice)
          : dice.one(nasty);
    case ScalarType.BYTES:
      return dice.one(['', 'AA==', 'AAEC', '_w']);
    default:
      return dice.one(numbers);
  }
}

/** A value that passes the rules of many fields. */
function likely(name: string, dice: Dice): string {
  const text = dice.one(['Ada', 'name-', 'x.y', 'ü']) + Math.floor(dice.next() * 1e9);
  if (/email/.test(name)) return `${text.replace('ü', 'u')}@example.com`;
  return /phone|number/.test(name) ? '+41791234567' : text;
}
