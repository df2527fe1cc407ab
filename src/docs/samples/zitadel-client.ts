/** `@zitadel/client` (gRPC) on Node.js; where the published package does not know the call, the descriptors of the server take its place. */
import type { SampleCall } from './call.ts';
import { javascriptText, object } from './node.ts';
import { publishedModule } from './published.ts';

export function zitadelClient({ origin, rpc }: SampleCall): string {
  const { service, name, message } = rpc;
  const method = name[0]?.toLowerCase() + name.slice(1);
  const typeName = service.slice(service.lastIndexOf('.') + 1);
  const module = publishedModule(rpc);
  const from = module === undefined ? fromServer(origin, service, typeName) : fromPackage(module, typeName);
  return `// TOKEN holds the access token; run with: node sample.mjs, after: npm install ${from.packages}
${imported('createClientFor, fromJson, toJson', '@zitadel/client')}
${imported('createServerTransport', '@zitadel/client/node')}
${from.imports}

${from.setup}const { ${method} } = ${typeName}.method;
const client = createClientFor(${typeName})(createServerTransport(process.env.TOKEN, { baseUrl: ${javascriptText(origin)} }));
try {
  const answer = await client.${method}(fromJson(${method}.input, ${object(message, '  ')}));
  console.log(JSON.stringify(toJson(${method}.output, answer)));
} catch (error) {
  console.log(error.message); // code, text and id
  process.exitCode = 1;
}
`;
}

const imported = (names: string, module: string): string => `import { ${names} } from '${module}';`;

interface Source {
  readonly packages: string;
  readonly imports: string;
  readonly setup: string;
}

const fromPackage = (module: string, typeName: string): Source => ({
  packages: '@zitadel/client @zitadel/proto',
  imports: imported(typeName, module),
  setup: '',
});

const fromServer = (origin: string, service: string, typeName: string): Source => ({
  packages: '@zitadel/client @bufbuild/protobuf',
  imports: [
    imported('createFileRegistry, fromBinary', '@bufbuild/protobuf'),
    imported('FileDescriptorSetSchema', '@bufbuild/protobuf/wkt'),
  ].join('\n'),
  setup: `// The published package does not know this call yet: the server tells what it looks like.
const files = new Uint8Array(await (await fetch(${javascriptText(`${origin}/docs/keyward.protoset`)})).arrayBuffer());
const ${typeName} = createFileRegistry(fromBinary(FileDescriptorSetSchema, files)).getService('${service}');
`,
});
