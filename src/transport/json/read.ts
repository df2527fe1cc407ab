/** JSON → message, compiled per type on first use. ProtoJSON as the original reads it (reference/transport.md 6): unknown members and enum names are ignored, all else that does not fit is refused. */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  mergeFromJson,
  ScalarType,
} from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { Failure } from '../../failure/failure.ts';
import { Digits, type Json, type JsonObject } from './parse.ts';
import { duration, scalars, timestamp } from './scalars.ts';

/** A message seen as its members: the compiled readers write by local name, which the descriptor vouches for. */
type Fields = Record<string, unknown>;
type ReadField = (fields: Fields, json: Json) => void;
/** Gives the value, or `ignored`; fails where there is none. */
type ReadValue = (json: Json) => unknown;
const ignored = Symbol();

/** The message of this type that the JSON value stands for. */
export function readMessage(desc: DescMessage, json: Json): Message {
  const message = create(desc);
  readInto(message as unknown as Fields, desc, json);
  return message;
}

/** Reads a JSON value as the value of one field of the message. */
export function readField(message: Message, desc: DescMessage, field: DescField, json: Json): void {
  readersOf(desc).get(field.jsonName)?.(message as unknown as Fields, json);
}

const compiled = new WeakMap<DescMessage, Map<string, ReadField>>();

function readersOf(desc: DescMessage): Map<string, ReadField> {
  let readers = compiled.get(desc);
  if (readers === undefined) {
    readers = new Map();
    compiled.set(desc, readers);
    for (const field of desc.fields) {
      const read = readerOf(desc, field);
      readers.set(field.name, read).set(field.jsonName, read);
    }
  }
  return readers;
}

function readInto(fields: Fields, desc: DescMessage, json: Json): void {
  if (!isObject(json)) throw refuse(`unexpected token ${shown(json)}`);
  const readers = readersOf(desc);
  let seen: Set<ReadField> | undefined;
  for (const name in json) {
    const read = readers.get(name);
    if (read === undefined) continue;
    seen ??= new Set();
    // The same member by both its names: `userId` and `user_id`.
    if (seen.has(read)) throw refuse(`duplicate field ${JSON.stringify(name)}`);
    seen.add(read);
    const value = json[name];
    if (value !== undefined) read(fields, value);
  }
}

function readerOf(desc: DescMessage, field: DescField): ReadField {
  if (needsLibrary(field)) return byLibrary(desc, field);
  const { localName, oneof } = field;
  if (field.fieldKind === 'list') return listReader(field);
  const read = valueReader(field);
  if (oneof !== undefined) {
    return (fields, json) => {
      if (json === null) return;
      const set = fields[oneof.localName] as { case?: string };
      if (set.case !== undefined)
        throw refuse(`error parsing ${JSON.stringify(field.jsonName)}, oneof ${oneof.parent}.${oneof.name} is already set`);
      const value = read(json);
      if (value !== ignored) fields[oneof.localName] = { case: localName, value };
    };
  }
  return (fields, json) => {
    if (json === null) return;
    const value = read(json);
    if (value !== ignored) fields[localName] = value;
  };
}

function listReader(field: DescField & { fieldKind: 'list' }): ReadField {
  const read = valueReader(field);
  return (fields, json) => {
    if (json === null) return;
    if (!Array.isArray(json)) throw refuse(`unexpected token ${shown(json)}`);
    const list = fields[field.localName] as unknown[];
    for (const item of json) {
      if (item === null) throw refuse('unexpected token null');
      const value = read(item);
      if (value !== ignored) list.push(value);
    }
  };
}

/** Reads one value of a field, or one item of its list. */
function valueReader(field: DescField): ReadValue {
  if (field.message !== undefined) {
    const { message } = field;
    if (message.typeName === 'google.protobuf.Timestamp') return (json) => timestamp(json) ?? fail(message.typeName, json);
    if (message.typeName === 'google.protobuf.Duration') return (json) => duration(json) ?? fail(message.typeName, json);
    return (json) => readMessage(message, json);
  }
  if (field.enum !== undefined) return enumReader(field, field.enum);
  const { scalar } = field;
  if (scalar === undefined) throw new Error(`${field} is neither message, enum nor scalar`);
  const read = scalars[scalar];
  const asText = 'longAsString' in field && field.longAsString;
  return (json) => {
    const value = read(json);
    if (value === undefined)
      throw refuse(`invalid value for ${field.fieldKind === 'list' ? 'list' : 'field'} ${field.jsonName}: ${shown(json)}`);
    return asText ? String(value) : value;
  };
}

function enumReader(field: DescField, desc: DescEnum): ReadValue {
  const numbers = new Map(desc.values.map((value) => [value.name, value.number]));
  return (json) => {
    if (typeof json === 'string') {
      const number = numbers.get(json);
      if (number !== undefined) return number;
      if (!/^-?\d{1,10}$/.test(json)) return ignored;
    }
    return scalars[ScalarType.INT32](json) ?? fail(`enum field ${field.jsonName}`, json);
  };
}

/** Maps and the well-known types with a JSON form of their own, Timestamp and Duration excepted, are read by @bufbuild/protobuf. */
const needsLibrary = (field: DescField): boolean =>
  field.fieldKind === 'map' ||
  (field.message !== undefined &&
    (isWrapperDesc(field.message) || /^google\.protobuf\.(Any|FieldMask|Struct|Value|ListValue)$/.test(field.message.typeName)));

function byLibrary(desc: DescMessage, field: DescField): ReadField {
  return (fields, json) => {
    try {
      // The fields are those of a message of this type.
      mergeFromJson(desc, fields as unknown as Message, { [field.jsonName]: plain(json) }, { ignoreUnknownFields: true });
    } catch (error) {
      throw refuse(`invalid value for field ${field.jsonName}`, error);
    }
  };
}

function plain(json: Json): JsonValue {
  if (json instanceof Digits) return Number(json.text);
  if (Array.isArray(json)) return json.map(plain);
  return isObject(json) ? Object.fromEntries(Object.entries(json).map(([name, value]) => [name, plain(value)])) : json;
}

const isObject = (json: Json): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof Digits);

/** A value in a text, shortened. */
function shown(json: Json): string {
  if (json instanceof Digits) return json.text;
  if (Array.isArray(json)) return '[';
  return isObject(json) ? '{' : JSON.stringify(json).slice(0, 60);
}

function fail(what: string, json: Json): never {
  throw refuse(`invalid ${what} value ${shown(json)}`);
}

const refuse = (reason: string, cause?: unknown): Failure => new Failure({ code: 'invalid_argument', key: `proto: ${reason}` }, { cause });
