/** Request samples: one template a language over a call of the contract. Each prints the answer's body and its status, and fails where the call does. */
import type { SampleCall } from './call.ts';
import { csharp } from './csharp.ts';
import { curl } from './curl.ts';
import { go } from './go.ts';
import { grpcurl } from './grpcurl.ts';
import { java } from './java.ts';
import { node } from './node.ts';
import { php } from './php.ts';
import { powershell } from './powershell.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { zitadelClient } from './zitadel-client.ts';

export interface Sample {
  readonly id: string;
  readonly label: string;
  readonly render: (call: SampleCall) => string;
}

export const samples = [
  { id: 'curl', label: 'curl', render: curl },
  { id: 'python', label: 'Python', render: python },
  { id: 'go', label: 'Go', render: go },
  { id: 'node', label: 'Node.js', render: node },
  { id: 'ruby', label: 'Ruby', render: ruby },
  { id: 'csharp', label: 'C#', render: csharp },
  { id: 'php', label: 'PHP', render: php },
  { id: 'java', label: 'Java', render: java },
  { id: 'powershell', label: 'PowerShell', render: powershell },
  { id: 'grpcurl', label: 'gRPC (grpcurl)', render: grpcurl },
  { id: 'zitadel-client', label: '@zitadel/client', render: zitadelClient },
] as const satisfies readonly Sample[];

export type SampleId = (typeof samples)[number]['id'];
