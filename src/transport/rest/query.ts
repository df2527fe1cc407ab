/** Query strings and path variables → fields of a message, with the names, forms and refusals of reference/transport.md 5.2. */
import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { Failure } from '../../failure/failure.ts';
import { parseJsonText } from '../json/parse.ts';
import { readField } from '../json/read.ts';
import { parseText } from './text-value.ts';

/** A message seen as its members, written by local name. */
type Fields = Record<string, unknown>;

/** Keys with their values, in the order sent. */
export function parseQuery(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  if (query === '') return parameters;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) throw refuse('invalid semicolon separator in query');
    const mark = pair.indexOf('=');
    const key = unescaped(mark < 0 ? pair : pair.slice(0, mark));
    const value = mark < 0 ? '' : unescaped(pair.slice(mark + 1));
    const values = parameters.get(key);
    if (values === undefined) parameters.set(key, [value]);
    else values.push(value);
  }
  return parameters;
}

/** Fills what the keys name; unknown names and those that `taken` (path variables, body field) has filled are ignored. */
export function fillFromQuery(
  message: Message,
  desc: DescMessage,
  parameters: ReadonlyMap<string, readonly string[]>,
  taken: readonly string[],
): void {
  for (const [key, values] of parameters) {
    const [, path = key, mapKey] = /^([^[\]]+)\[(.*)\]$/s.exec(key) ?? [];
    const names = path.split('.');
    const first = fieldOf(desc, names[0]);
    if (first !== undefined && !taken.includes(first.name)) fillPath(message as unknown as Fields, desc, names, mapKey, values);
  }
}

/** Sets a field from a path variable. */
export function setVariable(message: Message, desc: DescMessage, name: string, text: string): void {
  const field = fieldOf(desc, name);
  if (field === undefined) return;
  if (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING && field.oneof === undefined) {
    (message as unknown as Fields)[field.localName] = text;
    return;
  }
  try {
    put(message as unknown as Fields, field, single(field, text));
  } catch (error) {
    throw refuse(`type mismatch, parameter: ${name}, error: ${error instanceof Error ? error.message : 'no such value'}`);
  }
}

function fillPath(
  fields: Fields,
  desc: DescMessage,
  names: readonly string[],
  mapKey: string | undefined,
  values: readonly string[],
): void {
  const [name, ...rest] = names;
  const field = fieldOf(desc, name);
  if (field === undefined) return;
  if (rest.length > 0) {
    if (field.fieldKind !== 'message') throw refuse(`invalid path: ${JSON.stringify(name)} is not a message`);
    fillPath(childOf(fields, field), field.message, rest, mapKey, values);
  } else if (field.fieldKind === 'map') {
    putEntry(fields, field, mapKey, values);
  } else if (field.fieldKind === 'list') {
    const list = fields[field.localName] as unknown[];
    for (const value of values) list.push(single(field, value));
  } else {
    const [value = ''] = values;
    if (values.length > 1) throw refuse(`too many values for field ${JSON.stringify(field.name)}: ${values.join(', ')}`);
    put(fields, field, single(field, value));
  }
}

/** The message below, made where it is not there yet. */
function childOf(fields: Fields, field: DescField & { fieldKind: 'message' }): Fields {
  if (field.oneof === undefined) {
    fields[field.localName] ??= create(field.message);
    return fields[field.localName] as Fields;
  }
  const set = fields[field.oneof.localName] as { case?: string; value?: Fields };
  if (set.case === field.localName && set.value !== undefined) return set.value;
  const value = create(field.message) as unknown as Fields;
  put(fields, field, value);
  return value;
}

function put(fields: Fields, field: DescField, value: unknown): void {
  if (field.oneof === undefined) {
    fields[field.localName] = value;
    return;
  }
  const set = fields[field.oneof.localName] as { case?: string };
  if (set.case !== undefined && set.case !== field.localName)
    throw refuse(`field already set for oneof ${JSON.stringify(field.oneof.name)}`);
  fields[field.oneof.localName] = { case: field.localName, value };
}

/** `map[key]=value` */
function putEntry(fields: Fields, field: DescField & { fieldKind: 'map' }, key: string | undefined, values: readonly string[]): void {
  if (key === undefined || values.length !== 1 || field.mapKind === 'message')
    throw refuse(`parsing field ${JSON.stringify(field.name)}: want one key and one value`);
  const value = single(field, values[0] ?? '');
  Object.defineProperty(fields[field.localName], key, { value, enumerable: true, configurable: true, writable: true });
}

function single(field: DescField, text: string): unknown {
  const parsed = parseText(field, text);
  if ('value' in parsed) return parsed.value;
  if ('json' in parsed) return viaJson(field, parsed.json);
  if (field.fieldKind === 'list') throw refuse(`parsing list ${JSON.stringify(field.name)}: ${parsed.fault}`);
  throw refuse(`parsing field ${JSON.stringify(field.name)}: ${parsed.fault}`);
}

/** Wrappers, Struct and their like take the value that JSON would give them. */
function viaJson(field: DescField, text: string): unknown {
  const holder = create(field.parent);
  readField(holder, field.parent, field, parseJsonText(text) ?? null);
  const fields = holder as unknown as Fields;
  if (field.oneof === undefined) return field.fieldKind === 'list' ? (fields[field.localName] as unknown[])[0] : fields[field.localName];
  return (fields[field.oneof.localName] as { value?: unknown }).value;
}

const byName = new WeakMap<DescMessage, Map<string, DescField>>();

function fieldOf(desc: DescMessage, name = ''): DescField | undefined {
  const known = byName.get(desc);
  if (known !== undefined) return known.get(name);
  const fields = new Map(desc.fields.flatMap((field) => [[field.jsonName, field] as const, [field.name, field] as const]));
  byName.set(desc, fields);
  return fields.get(name);
}

function unescaped(text: string): string {
  const [bad] = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text) ?? [];
  if (bad !== undefined) throw refuse(`invalid URL escape ${JSON.stringify(bad)}`);
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refuse('the query contains invalid UTF-8');
  }
}

const refuse = (text: string): Failure => new Failure({ code: 'invalid_argument', key: text });
