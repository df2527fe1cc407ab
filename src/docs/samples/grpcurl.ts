/** `grpcurl`, which asks the server what its services are (reflection): no file is needed. */
import type { SampleCall } from './call.ts';
import { jsonText } from './json.ts';

export function grpcurl({ origin, rpc: { service, name, message } }: SampleCall): string {
  const [scheme, host = ''] = origin.split('://');
  const isPlain = scheme === 'http';
  const address = /:\d+$/.test(host) ? host : `${host}:${isPlain ? 80 : 443}`;
  return `${[
    `grpcurl ${isPlain ? '-plaintext ' : ''}-H "Authorization: Bearer $TOKEN"`,
    `-d '${jsonText(message, { foreign: "'" })}'`,
    `'${address}' ${service}/${name}`,
  ].join(' \\\n  ')}\n`;
}
