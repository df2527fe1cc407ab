/**
 * Fills URL templates of links: the part of Go's text/template (https://pkg.go.dev/text/template) that a link can need: fields, pipelines,
 * the predeclared functions, variables, comments and trim marks. Control structures are refused.
 */

/** The text is no template: known before any value is. */
export class TemplateSyntaxError extends Error {}
/** The template cannot be filled with these fields. */
export class TemplateFieldError extends Error {}

export type Fields = Readonly<Record<string, string>>;

/**
 * The template with its fields filled in. A field that stands alone behind the `?` or `#` of a URL is escaped as part of a query; what goes
 * through a pipeline or function is taken as it comes out (the original escapes nothing, reference/user-credentials-v2.md 0.3).
 */
export function fillTemplate(template: string, fields: Fields): string {
  const variables = new Map<string, Value>();
  let filled = '';
  for (const part of split(template)) {
    if (typeof part === 'string') filled += part;
    else {
      const [tokens, isBareField] = [tokensOf(part.action), /^\s*\$?\.\w+\s*$/.test(part.action)];
      const value = new Evaluation(tokens, fields, variables).action();
      if (value !== undefined) filled += isBareField && /[?#]/.test(filled) ? encodeURIComponent(shown(value)) : shown(value);
    }
  }
  return filled;
}

type Value = string | number | boolean | Fields | undefined;

/** Texts and actions in turn; comments are gone, and blanks beside a trim mark. */
function split(template: string): readonly (string | { readonly action: string })[] {
  const parts: (string | { readonly action: string })[] = [];
  let at = 0;
  let trims = false;
  for (;;) {
    const start = template.indexOf('{{', at);
    const text = template.slice(at, start < 0 ? undefined : start);
    const trimmed = trims ? text.trimStart() : text;
    if (start < 0) return [...parts, trimmed];
    const end = endOf(template, start + 2);
    let action = template.slice(start + 2, end);
    const trimsBefore = /^-\s/.test(action);
    trims = /\s-$/.test(action);
    if (trimsBefore) action = action.slice(1);
    if (trims) action = action.slice(0, -1);
    parts.push(trimsBefore ? trimmed.trimEnd() : trimmed);
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(action)) parts.push({ action });
    at = end + 2;
  }
}

/** Where an action ends: its `}}`, not one inside of a quoted text or comment. */
function endOf(template: string, start: number): number {
  const piece = /\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\}\}|[\s\S]/y;
  piece.lastIndex = start;
  for (let match = piece.exec(template); match; match = piece.exec(template)) if (match[0] === '}}') return match.index;
  throw new TemplateSyntaxError('an action has no end');
}

type Token =
  | { readonly kind: 'name' | 'variable' | 'mark'; readonly text: string }
  /** `follows`: without a blank, so that it is a field of what stands before it (`$.Code`, `(print .Code).Code`). */
  | { readonly kind: 'field'; readonly text: string; readonly follows: boolean }
  | { readonly kind: 'literal'; readonly value: string | number };

const TOKEN = /\s*(?:(\.[A-Za-z_]\w*|\.)|(\$\w*)|([A-Za-z_]\w*)|("(?:[^"\\\n]|\\.)*")|`([^`]*)`|([-+]?\d+(?:\.\d+)?)|(:=|[|(),=]))/y;

function tokensOf(action: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (action.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(action);
    if (!match) throw new TemplateSyntaxError('an unexpected character');
    const [, field, variable, name, quoted, raw, number, mark] = match;
    if (field !== undefined) tokens.push({ kind: 'field', text: field, follows: start > 0 && action[start] === '.' });
    else if (variable !== undefined) tokens.push({ kind: 'variable', text: variable });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (quoted !== undefined) tokens.push({ kind: 'literal', value: unquoted(quoted) });
    else if (raw !== undefined) tokens.push({ kind: 'literal', value: raw });
    else if (number !== undefined) tokens.push({ kind: 'literal', value: Number(number) });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  if (tokens.length === 0) throw new TemplateSyntaxError('an empty action');
  return tokens;
}

function unquoted(quoted: string): string {
  try {
    return JSON.parse(quoted.replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1').replace(/\\'/g, "'")) as string; // of a quoted text
  } catch {
    throw new TemplateSyntaxError('an unknown escape in a quoted text');
  }
}

/** One action, read and computed in one go. */
class Evaluation {
  readonly #tokens: readonly Token[];
  readonly #fields: Fields;
  readonly #variables: Map<string, Value>;
  #at = 0;

  constructor(tokens: readonly Token[], fields: Fields, variables: Map<string, Value>) {
    this.#tokens = tokens;
    this.#fields = fields;
    this.#variables = variables;
  }

  /** What the action prints; undefined where it only sets a variable. */
  action(): Value {
    const [first, second] = this.#tokens;
    const sets = first?.kind === 'variable' && second?.kind === 'mark' && (second.text === ':=' || second.text === '=');
    if (sets) {
      if (second.text === '=' && !this.#variables.has(first.text)) throw new TemplateSyntaxError(`an unknown variable ${first.text}`);
      this.#at = 2;
    }
    const value = this.#pipeline();
    if (this.#at < this.#tokens.length) throw new TemplateSyntaxError('more than a pipeline');
    if (sets) this.#variables.set(first.text, value);
    return sets ? undefined : value;
  }

  #pipeline(): Value {
    let piped = this.#command([]);
    while (this.#isMark('|')) {
      this.#at++;
      const next = this.#tokens[this.#at];
      if (next?.kind === 'field') throw new TemplateFieldError('arguments to what is no function');
      if (next?.kind !== 'name' || !isFunction(next.text)) throw new TemplateSyntaxError('a pipe must lead to a function');
      piped = this.#command([piped]);
    }
    return piped;
  }

  /** A function with its arguments (the piped value is the last of them), or an operand alone. */
  #command(piped: readonly Value[]): Value {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'name' && isFunction(token.text)) {
      this.#at++;
      const given: Value[] = [];
      while (this.#at < this.#tokens.length && !this.#isMark('|') && !this.#isMark(')')) given.push(this.#operand());
      return functions[token.text]?.([...given, ...piped]);
    }
    const value = this.#operand();
    const more = this.#at < this.#tokens.length && !this.#isMark('|') && !this.#isMark(')');
    if (more) throw new TemplateFieldError('arguments to what is no function');
    return value;
  }

  #operand(): Value {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new TemplateSyntaxError('a value is missing');
    if (token.kind === 'literal') return token.value;
    if (token.kind === 'field') return this.#below(token.text === '.' ? this.#fields : fieldOf(this.#fields, token.text));
    if (token.kind === 'variable') return this.#below(this.#variable(token.text));
    if (token.kind === 'name') {
      if (token.text === 'true' || token.text === 'false') return token.text === 'true';
      if (isFunction(token.text)) return functions[token.text]?.([]);
      if (token.text === 'nil') throw new TemplateFieldError('nil is no value that can be shown');
      throw new TemplateSyntaxError(`an unknown function ${token.text}`);
    }
    if (token.text !== '(') throw new TemplateSyntaxError(`an unexpected ${token.text}`);
    const value = this.#pipeline();
    if (!this.#isMark(')')) throw new TemplateSyntaxError('a bracket is not closed');
    this.#at++;
    return this.#below(value);
  }

  /** Fields that follow: `$.Code`. */
  #below(value: Value): Value {
    const next = this.#tokens[this.#at];
    if (next?.kind !== 'field' || !next.follows) return value;
    const before = this.#tokens[this.#at - 1];
    if (next.text === '.' || (before?.kind === 'field' && before.text === '.')) throw new TemplateSyntaxError('an unexpected point');
    this.#at++;
    return this.#below(fieldOf(value, next.text));
  }

  #variable(name: string): Value {
    if (name === '$') return this.#fields;
    if (!this.#variables.has(name)) throw new TemplateSyntaxError(`an unknown variable ${name}`);
    return this.#variables.get(name);
  }

  #isMark(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'mark' && token.text === text;
  }
}

function fieldOf(value: Value, field: string): string {
  const name = field.slice(1);
  const found = typeof value === 'object' && Object.hasOwn(value, name) ? value[name] : undefined;
  if (found === undefined) throw new TemplateFieldError(`there is no field ${name}`);
  return found;
}

type Function = (args: readonly Value[]) => Value;

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;', '\0': '\uFFFD' };
const order = (wanted: (sign: number) => boolean): Function =>
  exactly(2, ([a, b]) => {
    if (typeof a !== typeof b || typeof a === 'object' || a === undefined || b === undefined)
      throw new TemplateFieldError('values that cannot be compared');
    return wanted(a === b ? 0 : a < b ? -1 : 1);
  });

/** https://pkg.go.dev/text/template#hdr-Functions */
const functions: Readonly<Record<string, Function>> = {
  and: atLeast(1, (args) => args.find((value) => !holds(value)) ?? args.at(-1)),
  or: atLeast(1, (args) => args.find(holds) ?? args.at(-1)),
  not: exactly(1, ([value]) => !holds(value)),
  len: exactly(1, ([value]) => Buffer.byteLength(text(value))),
  index: exactly(2, ([value, at]) => {
    const byte = Buffer.from(text(value))[whole(at)];
    if (byte === undefined) throw new TemplateFieldError('an index out of range');
    return byte;
  }),
  slice: atLeast(1, ([value, from, to, ...more]) => {
    const bytes = Buffer.from(text(value));
    const [start, end] = [from === undefined ? 0 : whole(from), to === undefined ? bytes.length : whole(to)];
    if (more.length > 0 || start < 0 || start > end || end > bytes.length) throw new TemplateFieldError('a slice out of range');
    return bytes.toString('utf8', start, end);
  }),
  print: atLeast(0, (args) =>
    args.reduce<string>((all, value, n) => {
      const apart = n > 0 && typeof value !== 'string' && typeof args[n - 1] !== 'string'; // as fmt.Sprint
      return all + (apart ? ' ' : '') + shown(value);
    }, ''),
  ),
  println: atLeast(0, (args) => `${args.map(shown).join(' ')}\n`),
  printf: atLeast(1, ([format, ...args]) => printf(text(format), args)),
  html: atLeast(0, (args) =>
    args
      .map(shown)
      .join('')
      .replace(/[<>&'"\0]/g, (c) => ESCAPES[c] ?? c),
  ),
  js: atLeast(0, (args) =>
    args
      .map(shown)
      .join('')
      .replace(/[\\'"<>&=]|\p{Cc}/gu, (c) =>
        /[\\'"]/.test(c) ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
      ),
  ),
  urlquery: atLeast(0, (args) =>
    encodeURIComponent(args.map(shown).join(''))
      .replaceAll('%20', '+')
      .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
  eq: atLeast(2, ([first, ...rest]) => rest.some((value) => value === first)),
  ne: exactly(2, ([a, b]) => a !== b),
  lt: order((sign) => sign < 0),
  le: order((sign) => sign <= 0),
  gt: order((sign) => sign > 0),
  ge: order((sign) => sign >= 0),
  call: () => {
    throw new TemplateFieldError('a call of what is no function');
  },
};

const isFunction = (name: string): boolean => Object.hasOwn(functions, name);

function exactly(count: number, work: Function): Function {
  return (args) => {
    if (args.length !== count) throw new TemplateFieldError('a wrong number of arguments');
    return work(args);
  };
}

function atLeast(count: number, work: Function): Function {
  return (args) => {
    if (args.length < count) throw new TemplateFieldError('a wrong number of arguments');
    return work(args);
  };
}

const holds = (value: Value): boolean => (typeof value === 'object' ? true : Boolean(value));

/** As Go prints it; a struct as its values in braces. */
function shown(value: Value): string {
  if (typeof value === 'object') return `{${Object.values(value).join(' ')}}`;
  return String(value ?? '<no value>');
}

function text(value: Value): string {
  if (typeof value !== 'string') throw new TemplateFieldError('a text was expected');
  return value;
}

function whole(value: Value): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new TemplateFieldError('a whole number was expected');
  return value;
}

/** The verbs of fmt.Printf that texts and numbers need; another one is told in the result, as Go does. */
function printf(format: string, args: readonly Value[]): string {
  let next = 0;
  const filled = format.replace(
    /%([-0+# ]*)(\d*)(?:\.(\d+))?([\s\S]?)/g,
    (_, flags: string, width: string, precision: string, verb: string) => {
      if (verb === '%') return '%';
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const value = args[next++];
      const printed = printedAs(verb, value, precision);
      if (printed === undefined) return `%!${verb}(${typed(value)})`;
      const size = Math.min(Number(width), 200);
      return flags.includes('-') ? printed.padEnd(size) : printed.padStart(size, flags.includes('0') ? '0' : ' ');
    },
  );
  return next < args.length ? `${filled}%!(EXTRA ${args.slice(next).map(typed).join(', ')})` : filled;
}

const GO_TYPES: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', number: 'int' };
const typed = (value: Value): string => `${GO_TYPES[typeof value] ?? 'struct'}=${shown(value)}`;

function printedAs(verb: string, value: Value, precision: string | undefined): string | undefined {
  const cut = (printed: string) => (precision === undefined ? printed : [...printed].slice(0, Number(precision)).join(''));
  if (verb === 'v') return shown(value);
  if (verb === 's' && typeof value === 'string') return cut(value);
  if (verb === 'q' && typeof value === 'string') return JSON.stringify(value);
  if ((verb === 'x' || verb === 'X') && typeof value !== 'object' && typeof value !== 'boolean' && value !== undefined) {
    const printed = typeof value === 'string' ? Buffer.from(value).toString('hex') : value.toString(16);
    return verb === 'X' ? printed.toUpperCase() : printed;
  }
  if (verb === 'd' && typeof value === 'number') return String(value);
  if (verb === 't' && typeof value === 'boolean') return String(value);
  return undefined;
}
