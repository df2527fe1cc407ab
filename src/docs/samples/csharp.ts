/** C# as one file, which .NET 10 runs without a project. */
import { type SampleCall, urlOf } from './call.ts';
import { jsonText } from './json.ts';

export function csharp(call: SampleCall): string {
  const { body } = call;
  const verb = call.method[0] + call.method.slice(1).toLowerCase();
  return `// TOKEN holds the access token; run with: dotnet run sample.cs (.NET 10 or newer)
using System.Net.Http.Headers;
${body === undefined ? '' : 'using System.Text;\n'}
using var client = new HttpClient();
using var request = new HttpRequestMessage(HttpMethod.${verb}, "${urlOf(call)}");
request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("TOKEN"));
${body === undefined ? '' : `var body = """\n    ${jsonText(body, { margin: '    ' })}\n    """;\nrequest.Content = new StringContent(body, Encoding.UTF8, "application/json");\n`}using var answer = await client.SendAsync(request);
Console.WriteLine(await answer.Content.ReadAsStringAsync());
Console.WriteLine((int)answer.StatusCode);
return answer.IsSuccessStatusCode ? 0 : 1;
`;
}
