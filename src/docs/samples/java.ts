/** Java with its own client: one file that needs no build. */
import { type SampleCall, urlOf } from './call.ts';
import { jsonText } from './json.ts';

export function java(call: SampleCall): string {
  const { body } = call;
  return `// TOKEN holds the access token; run with: java Sample.java (Java 17 or newer)
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class Sample {
    public static void main(String[] args) throws Exception {
${body === undefined ? '' : `        var body = """\n            ${textBlock(body)}""";\n`}        var request = HttpRequest.newBuilder(URI.create("${urlOf(call)}"))
            .method("${call.method}", BodyPublishers.${body === undefined ? 'noBody()' : 'ofString(body)'})
            .header("Authorization", "Bearer " + System.getenv("TOKEN"))
${body === undefined ? '' : '            .header("Content-Type", "application/json")\n'}            .build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        System.out.println(answer.body());
        System.out.println(answer.statusCode());
        System.exit(answer.statusCode() < 400 ? 0 : 1);
    }
}
`;
}

/** In JSON three quotes never follow one another, so none ends the block (JLS 3.10.6); its indentation is no part of it. */
const textBlock = (body: Parameters<typeof jsonText>[0]): string =>
  jsonText(body, { ascii: true, margin: '            ' }).replaceAll('\\', '\\\\');
