/** What a page shows: its fenced blocks, and whether an answer is the one that stands there, whatever the ids, dates and numbers are. */

export interface Block {
  readonly language: string;
  /** What stands behind the language, which no renderer shows: `server=first` or `needs=nginx`, see guide.ts. */
  readonly notes: Readonly<Record<string, string>>;
  readonly code: string;
  readonly line: number;
}

export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^```(?<language>\w+)(?<notes>[^\n]*)\n(?<code>.*?)^```$/gms)].map(({ index, groups }) => ({
    language: groups?.language ?? '',
    notes: Object.fromEntries([...(groups?.notes ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
    code: groups?.code ?? '',
    line: page.slice(0, index).split('\n').length,
  }));
}

/** The same value with what differs from call to call replaced: numbers, ids, moments. */
export function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'code' ? inner : formOf(inner)]));
  if (typeof value === 'number') return 'a number';
  if (typeof value !== 'string') return value;
  if (/^\d+$/.test(value)) return 'digits';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? 'a moment' : value;
}

/** What is left out of JSON that is shown: as a text any other, as a name `"…": "…"` any further fields. */
const LEFT_OUT = '…';

/** Whether JSON is the one that is shown. */
export function fits(said: unknown, shown: unknown): boolean {
  if (typeof shown === 'string' && shown.includes(LEFT_OUT)) return typeof said === 'string' && patternOf(shown).test(said);
  if (Array.isArray(shown)) return Array.isArray(said) && said.length === shown.length && shown.every((item, at) => fits(said[at], item));
  if (typeof shown !== 'object' || shown === null) return JSON.stringify(formOf(said)) === JSON.stringify(formOf(shown));
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return false;
  const [have, want] = [new Map<string, unknown>(Object.entries(said)), new Map<string, unknown>(Object.entries(shown))];
  const open = want.delete(LEFT_OUT);
  if (!open && have.size !== want.size) return false;
  return [...want].every(([name, inner]) => {
    if (!have.has(name)) return false;
    return name === 'code' ? have.get(name) === inner : fits(have.get(name), inner);
  });
}

/** Whether text is the one that is shown: `…` in a line is anything, as a line of its own any lines. */
export function fitsText(said: string, shown: string): boolean {
  const lines = shown.trim().split('\n');
  const pattern = lines.map((line) => (line.trim() === LEFT_OUT ? '(?:[^\\n]*\\n)*?' : `${sourceOf(line.trimEnd())}[ \\t]*\\n`));
  return new RegExp(`^${pattern.join('')}$`).test(`${said.trim()}\n`);
}

const patternOf = (text: string): RegExp => new RegExp(`^${sourceOf(text)}$`);
const sourceOf = (text: string): string =>
  text
    .split(LEFT_OUT)
    .map((part) => RegExp.escape(part))
    .join('[^\\n]*');
