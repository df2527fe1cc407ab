/**
 * URL templates of links: Go's text/template over a few known fields, checked by a dry run before anything else
 * (reference/user-credentials-v2.md 0.3). What the check lets through: `{{.Field}}`, pipelines and function calls over known fields.
 */
import { Failure } from '../failure/failure.ts';
import { fillTemplate, TemplateFieldError, TemplateSyntaxError } from '../notification/go-template.ts';
import { errors } from './errors.ts';

/** The placeholders of links that carry a code to a user. */
export const codeFields = ['UserID', 'OrgID', 'Code'] as const;

/** One word of an action: blanks, field, name, quoted text, number, pipe, bracket. */
const TOKEN = /[.$]?[A-Za-z_][\w.]*|\.|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[|(),=:]|-?\d+(?:\.\d+)?|\s+/y;
const FIELD = /(?<![\w")])\.([A-Za-z_]\w*)/g;
const FUNCTIONS = new Set([
  'and',
  'or',
  'not',
  'len',
  'index',
  'slice',
  'print',
  'printf',
  'println',
  'html',
  'js',
  'urlquery',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'call',
  'true',
  'false',
  'nil',
]);

/** Fails where a template cannot be parsed, or names a field that does not exist. */
export function checkTemplate(template: string | undefined, fields: readonly string[] = codeFields): void {
  if (template === undefined || template === '') return;
  for (let at = template.indexOf('{{'); at >= 0; at = template.indexOf('{{', at)) {
    const end = template.indexOf('}}', at);
    if (end < 0) throw new Failure(errors.templateSyntax);
    const action = template.slice(at + 2, end);
    if (!isComment(action)) checkAction(action, fields);
    at = end + 2;
  }
  tryToFill(template, fields);
}

/** What a template is filled with to see whether it can be. */
const SAMPLES: Readonly<Record<string, string>> = { Code: 'ABCDEF' };

function tryToFill(template: string, fields: readonly string[]): void {
  try {
    fillTemplate(template, Object.fromEntries(fields.map((name) => [name, SAMPLES[name] ?? '123456789012345678'])));
  } catch (cause) {
    if (cause instanceof TemplateSyntaxError) throw new Failure(errors.templateSyntax, { cause });
    if (cause instanceof TemplateFieldError) throw new Failure(errors.templateField, { cause });
    throw cause;
  }
}

const isComment = (action: string) => /^-?\s*\/\*[\s\S]*\*\/\s*-?$/.test(action);

/** A trim mark, words, a trim mark. Word by word: one expression for all of it would take for ever on a text that does not fit. */
function isAction(action: string): boolean {
  const start = action.startsWith('-') ? 1 : 0;
  const end = action.endsWith('-') ? action.length - 1 : action.length;
  TOKEN.lastIndex = start;
  while (TOKEN.lastIndex < end) if (!TOKEN.test(action)) return false;
  return TOKEN.lastIndex > start;
}

function checkAction(action: string, fields: readonly string[]): void {
  if (action.trim() === '' || !isAction(action)) throw new Failure(errors.templateSyntax);
  const bare = action.replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, '""');
  for (const [, name] of bare.matchAll(/(?<![.\w$])([A-Za-z_]\w*)/g)) {
    if (!FUNCTIONS.has(name!)) throw new Failure(errors.templateSyntax);
  }
  for (const [, name] of bare.matchAll(FIELD)) {
    if (!fields.includes(name!)) throw new Failure(errors.templateField);
  }
}
