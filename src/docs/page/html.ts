/** HTML as tagged templates: what is put in is escaped, unless it is HTML itself. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | undefined | false | readonly Value[];

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(strings.map((part, i) => part + shown(values[i])).join(''));
}

function shown(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(shown).join('');
  return value === undefined || value === false ? '' : escaped(String(value));
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/** A path or name that may be broken where its parts end. */
export const breakable = (text: string): Html => new Html(escaped(text).replace(/[/.](?=\w|\{)/g, '$&<wbr>'));

/** A text with names in backticks. */
export function prose(text: string): Html[] {
  return text.split('`').map((part, i) => (i % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}

/** Code with its strings and comments marked: enough to read by, in every language. A string stays whole, so that it can be searched for. */
export function code(text: string): Html {
  const parts = text.split(/("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<=^|\s)(?:#|\/\/) .*$)/m);
  return new Html(
    parts
      .map((part, i) => {
        if (i % 2 === 0) return escaped(part);
        return `<span class="${/^["']/.test(part) ? 's' : 'c'}">${escaped(part)}</span>`;
      })
      .join(''),
  );
}
