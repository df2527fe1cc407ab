/** PHP with its curl extension. */
import { type SampleCall, urlOf } from './call.ts';
import { type Literals, literal, quoted } from './literal.ts';

export function php(call: SampleCall): string {
  const { body } = call;
  const content = body === undefined ? '' : ', "Content-Type: application/json"';
  return `<?php // TOKEN holds the access token; run with: php sample.php
$request = curl_init(${text(urlOf(call))});
curl_setopt_array($request, [
    CURLOPT_CUSTOMREQUEST => "${call.method}",
    CURLOPT_HTTPHEADER => ["Authorization: Bearer " . getenv("TOKEN")${content}],
${body === undefined ? '' : `    CURLOPT_POSTFIELDS => json_encode(${literal(body, literals, '    ')}),\n`}    CURLOPT_RETURNTRANSFER => true,
]);
$answer = curl_exec($request);
$status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
echo $answer === false ? curl_error($request) : $answer, "\\n", $status, "\\n";
exit($status >= 200 && $status < 300 ? 0 : 1);
`;
}

const literals: Literals = {
  quote: '"',
  escapes: { '"': '\\"', '\\': '\\\\', $: '\\$', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  unseen: (code) => `\\u{${code.toString(16)}}`,
  constants: { true: 'true', false: 'false', null: 'null' },
  indent: '    ',
  list: ['[', ']'],
  map: ['[', ']'],
  emptyMap: '(object) []',
  padding: '',
  lastComma: ',',
  key: (key) => `${text(key)} => `,
  // Keys that look like numbers become numbers, and an array with 0, 1, … would be a list in JSON.
  cast: (keys) => (keys.some((key) => /^-?\d+$/.test(key)) ? '(object) ' : ''),
};

const text = (value: string): string => quoted(value, literals);
