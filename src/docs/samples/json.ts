/** JSON text that may stand in the source of a language: what would mean something there, or cannot be seen, is written as JSON's own `\uXXXX`. */
import type { JsonValue } from '@bufbuild/protobuf';
import { brackets, type Literals, literal, quoted } from './literal.ts';

interface Where {
  /** Characters that the language may not meet. They only ever stand inside strings of JSON, where its escapes are understood. */
  readonly foreign?: string;
  /** For compilers and shells that do not read their source as UTF-8 everywhere. */
  readonly ascii?: boolean;
  /** Before each line but the first. */
  readonly margin?: string;
}

export function jsonText(value: JsonValue, { foreign = '', ascii = false, margin = '' }: Where = {}): string {
  const own = Object.fromEntries(Array.from(foreign, (character) => [character, escaped(character)]));
  const text = literal(value, literalsWith({ ...escapes, ...own }), margin);
  return ascii ? text.replace(/[^\0-\x7e]/g, escaped) : text;
}

const escapes = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const literalsWith = (special: Readonly<Record<string, string>>): Literals => {
  const strings = { quote: '"', escapes: special, unseen: (code: number) => escaped(String.fromCodePoint(code)) };
  return {
    ...strings,
    constants: { true: 'true', false: 'false', null: 'null' },
    ...brackets,
    lastComma: '',
    key: (key) => `${quoted(key, strings)}: `,
  };
};

/** UTF-16 unit by unit, as JSON does. */
const escaped = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
