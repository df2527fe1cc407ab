/** Ruby with its standard library. */
import { type SampleCall, urlOf } from './call.ts';
import { brackets, type Literals, literal, quoted } from './literal.ts';

export function ruby(call: SampleCall): string {
  const { body } = call;
  const verb = call.method[0] + call.method.slice(1).toLowerCase();
  return `# TOKEN holds the access token; run with: ruby sample.rb
${body === undefined ? '' : 'require "json"\n'}require "net/http"

uri = URI(${text(urlOf(call))})
request = Net::HTTP::${verb}.new(uri)
request["Authorization"] = "Bearer #{ENV.fetch("TOKEN")}"
${body === undefined ? '' : `request["Content-Type"] = "application/json"\nrequest.body = JSON.generate(${literal(body, literals)})\n`}answer = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https") { |http| http.request(request) }
puts answer.body, answer.code
exit answer.is_a?(Net::HTTPSuccess)
`;
}

const literals: Literals = {
  quote: '"',
  // `#` begins an interpolation before `{`, `$` and `@`.
  escapes: { '"': '\\"', '\\': '\\\\', '#': '\\#', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  unseen: (code) => `\\u{${code.toString(16)}}`,
  constants: { true: 'true', false: 'false', null: 'nil' },
  ...brackets,
  lastComma: ',',
  key: (key) => `${/^[a-z_]\w*$/i.test(key) ? key : text(key)}: `,
};

const text = (value: string): string => quoted(value, literals);
