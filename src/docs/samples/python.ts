/** Python 3 with its standard library. */
import { type SampleCall, urlOf } from './call.ts';
import { type Literals, literal, quoted } from './literal.ts';

export function python(call: SampleCall): string {
  const { body } = call;
  const headers = [
    `"Authorization": f"Bearer {os.environ['TOKEN']}"`,
    ...(body === undefined ? [] : ['"Content-Type": "application/json"']),
  ].join(', ');
  return `# TOKEN holds the access token; run with: python3 sample.py
${body === undefined ? '' : 'import json\n'}import os
import sys
import urllib.error
import urllib.request

request = urllib.request.Request(
    ${text(urlOf(call))},
    method="${call.method}",
    headers={${headers}},
${body === undefined ? '' : `    data=json.dumps(${literal(body, literals, '    ')}).encode(),\n`})
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as refused:
    answer = refused
print(answer.read().decode())
print(answer.status)
sys.exit(answer.status >= 400)
`;
}

const literals: Literals = {
  quote: '"',
  escapes: { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  unseen: (code) => (code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`),
  constants: { true: 'True', false: 'False', null: 'None' },
  indent: '    ',
  list: ['[', ']'],
  map: ['{', '}'],
  emptyMap: '{}',
  padding: '',
  lastComma: ',',
  key: (key) => `${text(key)}: `,
};

const text = (value: string): string => quoted(value, literals);
