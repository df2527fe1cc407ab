/** PowerShell 7 (what the 5 of Windows lacks is the status beside the answer). */
import { type SampleCall, urlOf } from './call.ts';
import { jsonText } from './json.ts';

export function powershell(call: SampleCall): string {
  const { body } = call;
  // Between @' and '@ nothing is escaped or expanded; no line of JSON begins with a quote of this kind.
  const content = body === undefined ? '' : `  ContentType = 'application/json'\n  Body = @'\n${jsonText(body, { ascii: true })}\n'@\n`;
  return `# TOKEN holds the access token; run with: pwsh sample.ps1
$call = @{
  Method = '${call.method}'
  Uri = '${urlOf(call)}'
  Headers = @{ Authorization = "Bearer $env:TOKEN" }
${content}  SkipHttpErrorCheck = $true
  StatusCodeVariable = 'status'
}
$answer = Invoke-RestMethod @call
$answer | ConvertTo-Json -Depth 100
$status
if ($status -ge 400) { exit 1 }
`;
}
