/** JSON values as literals of a programming language: how its strings, constants and containers look is data, the walk is one. */
import type { JsonValue } from '@bufbuild/protobuf';

/** Controls, formats (among them the marks that turn the direction of text), unpaired surrogates, unassigned ones, and separators but the space. */
const UNSEEN = /[\p{C}\p{Z}]/u;
/** What holds only plain values stands on one line up to this length. */
const LINE = 60;

export interface Strings {
  readonly quote: string;
  /** Character → what stands for it; the quote and the backslash among them. */
  readonly escapes: Readonly<Record<string, string>>;
  /** What stands for any other character that cannot be seen. */
  readonly unseen: (codePoint: number) => string;
}

export interface Literals extends Strings {
  readonly constants: { readonly true: string; readonly false: string; readonly null: string };
  readonly indent: string;
  readonly list: readonly [open: string, close: string];
  readonly map: readonly [open: string, close: string];
  readonly emptyMap: string;
  /** Between the brackets of a map and what they hold on the same line. */
  readonly padding: '' | ' ';
  /** After the last of several lines. */
  readonly lastComma: '' | ',';
  /** The key with what joins it to its value. */
  readonly key: (key: string) => string;
  /** Where a map with these keys needs more than its brackets (PHP). */
  readonly cast?: (keys: readonly string[]) => string;
}

/** Containers as JSON, JavaScript and Ruby write them. */
export const brackets = {
  indent: '  ',
  list: ['[', ']'],
  map: ['{', '}'],
  emptyMap: '{}',
  padding: ' ',
} as const satisfies Partial<Literals>;

export function quoted(text: string, { quote, escapes, unseen }: Strings): string {
  const shown = (character: string): string =>
    escapes[character] ?? (character !== ' ' && UNSEEN.test(character) ? unseen(character.codePointAt(0) ?? 0) : character);
  return `${quote}${Array.from(text, shown).join('')}${quote}`;
}

/** `margin` is how far its lines but the first are indented. */
export function literal(value: JsonValue, of: Literals, margin = ''): string {
  if (typeof value === 'string') return quoted(value, of);
  if (typeof value === 'number') return String(value);
  if (value === null || typeof value === 'boolean') return of.constants[`${value}`];
  const inner = (item: JsonValue): string => literal(item, of, margin + of.indent);
  if (Array.isArray(value)) return contained(value.map(inner), of.list, '', of, margin);
  const entries = Object.entries(value);
  if (entries.length === 0) return of.emptyMap;
  const items = entries.map(([key, item]) => of.key(key) + inner(item));
  return (of.cast?.(entries.map(([key]) => key)) ?? '') + contained(items, of.map, of.padding, of, margin);
}

function contained(
  items: readonly string[],
  [open, close]: readonly [string, string],
  padding: string,
  { indent, lastComma }: Literals,
  margin: string,
): string {
  if (items.length === 0) return open + close;
  const line = items.join(', ');
  if (line.length <= LINE && !/[\n[{]/.test(line)) return open + padding + line + padding + close;
  const lines = items.map((item) => margin + indent + item).join(',\n');
  return `${open}\n${lines}${lastComma}\n${margin}${close}`;
}
