/**
 * URL templates of links: Go's text/template over a few known fields, checked by a dry run before anything else
 * (reference/user-credentials-v2.md 0.3). What the check lets through: `{{.Field}}`, pipelines and function calls over known fields.
 */
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';

/** The placeholders of links that carry a code to a user. */
export const codeFields = ['UserID', 'OrgID', 'Code'] as const;

/** One action: blanks, trim marks, then words, fields, quoted texts, numbers, pipes and brackets. */
const ACTION = /^-?\s*(?:[.$]?[A-Za-z_][\w.]*|\.|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[|(),=:]|-?\d+(?:\.\d+)?|\s+)+\s*-?$/;
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
}

const isComment = (action: string) => /^-?\s*\/\*[\s\S]*\*\/\s*-?$/.test(action);

function checkAction(action: string, fields: readonly string[]): void {
  if (action.trim() === '' || !ACTION.test(action)) throw new Failure(errors.templateSyntax);
  const bare = action.replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, '""');
  for (const [, name] of bare.matchAll(/(?<![.\w$])([A-Za-z_]\w*)/g)) {
    if (!FUNCTIONS.has(name!)) throw new Failure(errors.templateSyntax);
  }
  for (const [, name] of bare.matchAll(FIELD)) {
    if (!fields.includes(name!)) throw new Failure(errors.templateField);
  }
}
