/** Which RPCs of v2beta are served, given those of v2 that are: for the docs and the tests. Reads all descriptors of v2beta. */
import { betaMethods } from '../legacy.ts';
import type { Method } from '../method.ts';
import { twinOf } from './twin.ts';

export async function servedBeta(isServed: (path: string) => boolean): Promise<readonly Method[]> {
  return [...(await betaMethods()).values()].filter((method) => {
    const twin = twinOf(method);
    return isServed(method.path) || (typeof twin !== 'string' && isServed(twin.method.path));
  });
}
