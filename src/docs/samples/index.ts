/** Request samples, one template a language. */
import type { SampleCall } from './call.ts';

export const samples: readonly { readonly id: string; readonly label: string; readonly render: (call: SampleCall) => string }[] = [
  {
    id: 'curl',
    label: 'curl',
    render: ({ method, origin, path, body }) =>
      [
        `curl -X ${method} '${origin}${path}'`,
        "  -H 'Authorization: Bearer TOKEN'",
        ...(body === undefined ? [] : ["  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(body)}'`]),
      ].join(' \\\n'),
  },
];
