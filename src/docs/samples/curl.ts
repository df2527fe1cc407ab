/** `curl` in any POSIX shell; `--fail-with-body` needs curl 7.76 (2021). */
import { type SampleCall, urlOf } from './call.ts';
import { jsonText } from './json.ts';

export function curl(call: SampleCall): string {
  return `${[
    `curl -sS --fail-with-body -w '\\n%{http_code}\\n' -X ${call.method} '${urlOf(call)}'`,
    '-H "Authorization: Bearer $TOKEN"',
    ...(call.body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${jsonText(call.body, { foreign: "'" })}'`]),
  ].join(' \\\n  ')}\n`;
}
