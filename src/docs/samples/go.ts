/** Go with its standard library. */
import { type SampleCall, urlOf } from './call.ts';
import { jsonText } from './json.ts';

export function go(call: SampleCall): string {
  const { body } = call;
  const imports = ['fmt', 'io', 'log', 'net/http', 'os', ...(body === undefined ? [] : ['strings'])];
  return `// TOKEN holds the access token; run with: go run sample.go
package main

import (
${imports.map((name) => `\t"${name}"\n`).join('')})

func main() {
${body === undefined ? '' : `\tbody := strings.NewReader(\`${jsonText(body, { foreign: '`' })}\`)\n`}\trequest, err := http.NewRequest("${call.method}", "${urlOf(call)}", ${body === undefined ? 'nil' : 'body'})
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
${body === undefined ? '' : '\trequest.Header.Set("Content-Type", "application/json")\n'}	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	fmt.Println(answer.StatusCode)
	if answer.StatusCode >= 400 {
		os.Exit(1)
	}
}
`;
}
