/**
 * A message of v2beta beside its twin of v2, field by field: derived from the descriptors once, then read in both directions. Two fields are
 * twins if their names are equal (or stand in the table of differences) and their types are; numbers do not count, these are no bytes.
 */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { alone, forgotten, otherNames } from './differences.ts';

/** A message as protobuf-es keeps it, or as `create` takes it. */
type Fields = Record<string, unknown>;
type Read = (value: unknown) => unknown;

export interface Pair {
  readonly toV2: (message: object) => Fields;
  readonly toBeta: (message: object) => Fields;
}

interface Twins {
  readonly beta: DescField;
  /** From the message to the field; all but the last are messages. */
  readonly v2: readonly DescField[];
  readonly toV2: Read;
  readonly toBeta: Read;
}

/** The pair, or what of the message of v2beta has no twin in v2; what v2 has beside is not told in v2beta. */
export function pair(beta: DescMessage, v2: DescMessage, known = new Map<string, Pair>()): Pair | { readonly missing: readonly string[] } {
  const key = `${beta.typeName} ${v2.typeName}`;
  const before = known.get(key);
  if (before) return before;
  let twins: readonly Twins[] = [];
  const made: Pair = {
    toV2: (message) => read(message as Fields, twins, 'toV2'), // a message is an object of its fields
    toBeta: (message) => read(message as Fields, twins, 'toBeta'),
  };
  known.set(key, made); // types may contain themselves
  const found = beta.fields.filter((field) => !table(alone, beta)?.includes(field.name)).map((field) => twinsOf(field, beta, v2, known));
  const missing = found.filter((each) => typeof each === 'string');
  twins = found.filter((each) => typeof each !== 'string');
  return missing.length > 0 ? { missing } : made;
}

function table<T>(all: Readonly<Record<string, T>>, { typeName }: DescMessage): T | undefined {
  return all[typeName.replace(/^zitadel\./, '')];
}

function twinsOf(beta: DescField, owner: DescMessage, v2: DescMessage, known: Map<string, Pair>): Twins | string {
  const names = (table(otherNames, owner)?.[beta.name] ?? beta.name).split('.');
  const way: DescField[] = [];
  let inside: DescMessage | undefined = v2;
  for (const name of names) {
    const field: DescField | undefined = inside?.fields.find((one) => one.name === name);
    if (field === undefined) return `${owner.typeName}.${beta.name}`;
    way.push(field);
    inside = field.message;
  }
  const last = way.at(-1) as DescField; // there is at least one name
  const reads = readsOf(beta, last, known);
  return typeof reads === 'string' ? `${owner.typeName}.${beta.name}${reads}` : { beta, v2: way, ...reads };
}

const same: Read = (value) => value;

function readsOf(beta: DescField, v2: DescField, known: Map<string, Pair>): Pick<Twins, 'toV2' | 'toBeta'> | string {
  if (beta.fieldKind !== v2.fieldKind) return unwrapped(beta, v2) ?? `: ${beta.fieldKind}, not ${v2.fieldKind}`;
  if (beta.message && v2.message) {
    const { message: one } = beta;
    if (one.typeName.startsWith('google.protobuf.')) return one.typeName === v2.message.typeName ? { toV2: same, toBeta: same } : ': type';
    const inner = pair(one, v2.message, known);
    if ('missing' in inner) return ` (${inner.missing.join(', ')})`;
    const each = (read: (message: object) => Fields): Read => {
      // As the descriptor says.
      if (beta.fieldKind === 'list') return (value) => (value as readonly object[]).map(read);
      if (beta.fieldKind === 'map')
        return (value) => Object.fromEntries(Object.entries(value as Record<string, object>).map(([key, one]) => [key, read(one)]));
      return (value) => read(value as object);
    };
    return { toV2: each(inner.toV2), toBeta: each(inner.toBeta) };
  }
  if (beta.enum && v2.enum) {
    const unknown = beta.enum.values.filter(({ number }) => !v2.enum?.values.some((value) => value.number === number));
    const named = unknown.filter(({ name }) => !forgotten.includes(name));
    if (named.length > 0) return `: ${named.map(({ name }) => name).join(', ')}`;
    if (unknown.length === 0) return { toV2: same, toBeta: same };
    const isKnown = (value: unknown): boolean => !unknown.some(({ number }) => number === value);
    return { toV2: (value) => (Array.isArray(value) ? value.filter(isKnown) : isKnown(value) ? value : 0), toBeta: same };
  }
  return beta.scalar === v2.scalar ? { toV2: same, toBeta: same } : ': scalar';
}

/** A message of one field where v2 has the field itself. */
function unwrapped(beta: DescField, v2: DescField): Pick<Twins, 'toV2' | 'toBeta'> | undefined {
  const [only, ...others] = beta.fieldKind === 'message' ? beta.message.fields : [];
  if (only === undefined || others.length > 0 || v2.fieldKind !== 'scalar' || only.scalar !== v2.scalar) return undefined;
  return { toV2: (value) => (value as Fields)[only.localName], toBeta: (value) => ({ [only.localName]: value }) }; // that message
}

function read(source: Fields, twins: readonly Twins[], direction: 'toV2' | 'toBeta'): Fields {
  const target: Fields = {};
  for (const each of twins) {
    const [from, to] = direction === 'toV2' ? [[each.beta], each.v2] : [each.v2, [each.beta]];
    const value = valueAt(source, from);
    if (value !== undefined) put(target, to, each[direction](value));
  }
  return target;
}

function valueAt(message: Fields, way: readonly DescField[]): unknown {
  return way.reduce<unknown>((inside, field) => (inside === undefined ? undefined : memberOf(inside as Fields, field)), message); // all but the last are messages
}

/** Undefined where the field is not set. */
function memberOf(message: Fields, field: DescField): unknown {
  if (field.oneof === undefined) return message[field.localName];
  const member = message[field.oneof.localName] as { readonly case: string | undefined; readonly value?: unknown } | undefined; // the shape of every oneof
  return member?.case === field.localName ? member.value : undefined;
}

function put(message: Fields, way: readonly DescField[], value: unknown): void {
  const [field, ...rest] = way;
  if (field === undefined) return;
  if (rest.length > 0) {
    const inside = (message[field.localName] as Fields | undefined) ?? {}; // put there before
    message[field.localName] = inside;
    return put(inside, rest, value);
  }
  if (field.oneof === undefined) message[field.localName] = value;
  else message[field.oneof.localName] = { case: field.localName, value };
}
