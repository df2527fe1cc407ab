/** Node.js with its own fetch. */
import { type SampleCall, urlOf } from './call.ts';
import { brackets, type Literals, literal, quoted } from './literal.ts';

export function node(call: SampleCall): string {
  const { body } = call;
  const content = body === undefined ? '' : ", 'Content-Type': 'application/json'";
  return `// TOKEN holds the access token; run with: node sample.mjs
const answer = await fetch(${text(urlOf(call))}, {
  method: '${call.method}',
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`${content} },
${body === undefined ? '' : `  body: JSON.stringify(${object(body, '  ')}),\n`}});
console.log(await answer.text());
console.log(answer.status);
process.exitCode = answer.ok ? 0 : 1;
`;
}

const literals: Literals = {
  quote: "'",
  escapes: { "'": "\\'", '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  unseen: (code) => `\\u{${code.toString(16)}}`,
  constants: { true: 'true', false: 'false', null: 'null' },
  ...brackets,
  lastComma: ',',
  // `__proto__: x` would set the prototype of the object.
  key: (key) => `${key === '__proto__' ? `['${key}']` : /^[a-z_$][\w$]*$/i.test(key) ? key : text(key)}: `,
};

const text = (value: string): string => quoted(value, literals);

/** Of JavaScript, for the sample of `@zitadel/client`, too. */
export const object = (value: Parameters<typeof literal>[0], margin: string): string => literal(value, literals, margin);
export const javascriptText = text;
