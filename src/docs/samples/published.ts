/** What the published `@zitadel/proto` knows: whether a call can be made with it, and from which of its modules. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type DescService, fromJson } from '@bufbuild/protobuf';
import type { SampleCall } from './call.ts';

const require = createRequire(import.meta.url);

/** The modules whose names do not follow from the service (`zitadel.user.v2.UserService` → `zitadel/user/v2/user_service_pb.js`). */
const named: Readonly<Record<string, string>> = {
  'zitadel.admin.v1.AdminService': 'zitadel/admin_pb.js',
  'zitadel.auth.v1.AuthService': 'zitadel/auth_pb.js',
  'zitadel.management.v1.ManagementService': 'zitadel/management_pb.js',
  'zitadel.system.v1.SystemService': 'zitadel/system_pb.js',
};

/** Undefined where the package lacks the service, the call, or a field of this request. */
export function publishedModule({ service, name, message }: SampleCall['rpc']): string | undefined {
  const [, folder, version] = service.split('.');
  const module = `@zitadel/proto/${named[service] ?? `zitadel/${folder}/${version}/${folder}_service_pb.js`}`;
  const method = servicesOf(module)
    .find(({ typeName }) => typeName === service)
    ?.methods.find((rpc) => rpc.name === name);
  if (method === undefined) return undefined;
  try {
    fromJson(method.input, message);
    return module;
  } catch {
    return undefined;
  }
}

/** Loaded when asked for, since those of v1 are large; as ES modules, since those for CommonJS lack files that they require. */
function servicesOf(module: string): readonly DescService[] {
  const file = fileURLToPath(import.meta.resolve(module));
  const exported: unknown[] = existsSync(file) ? Object.values(require(file)) : [];
  return exported.filter(isService);
}

const isService = (value: unknown): value is DescService =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'service';
