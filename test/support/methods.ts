/** What the contract says of an RPC of any version, and over which protocols the RPC can be called. */
import type { DescMethod } from '@bufbuild/protobuf';
import { methods } from '../../src/contract/contract.ts';
import { betaMethods, legacyMethods, legacyPrefixOf } from '../../src/contract/legacy.ts';
import type { Method } from '../../src/contract/method.ts';

export const protocols = ['rest', 'connect', 'grpc', 'grpc-web'] as const;
export type Protocol = (typeof protocols)[number];

export async function methodFor(rpc: DescMethod): Promise<Method> {
  const service = rpc.parent.typeName;
  const prefix = legacyPrefixOf.get(service);
  const book = prefix ? await legacyMethods(prefix) : service.includes('.v2beta.') ? await betaMethods() : methods;
  const method = book.get(`/${service}/${rpc.name}`);
  if (method === undefined) throw new Error(`${service}/${rpc.name} is not part of the contract`);
  return method;
}

/** The services of v1 are not served over Connect; some RPCs have no route, or one that another RPC answers (reference/transport.md 3). */
export function protocolsOf(method: Method): readonly Protocol[] {
  const isV1 = legacyPrefixOf.has(method.service);
  return protocols.filter((protocol) => (protocol === 'connect' ? !isV1 : protocol !== 'rest' || restRouteOf(method) !== undefined));
}

/** Method and path template of the first REST route, with the prefix of a v1 service. */
export function restRouteOf({ service, routes }: Method): Method['routes'][number] | undefined {
  const prefix = legacyPrefixOf.get(service);
  // Settings of v2beta are annotated with paths of v2, where the v2 service answers.
  const [route] = routes.filter(({ path }) => !service.includes('.v2beta.') || path.startsWith('/v2beta/'));
  return route && prefix ? { ...route, path: `/${prefix}/v1${route.path}` } : route;
}
