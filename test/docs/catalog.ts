/** What is served, and the docs of it, for the tests of the docs. */
import { servedBeta } from '../../src/contract/beta/served.ts';
import { catalog } from '../../src/docs/catalog.ts';
import { services as plugged } from '../../src/server.ts';

const own = new Set(plugged.flatMap((service) => [...service.keys()]));
export const isServed = (path: string): boolean => own.has(path);

/** Paths of all RPCs that are served, of every version. */
export const served: readonly string[] = [...own, ...(await servedBeta(isServed)).map(({ path }) => path)].sort();
export const services = await catalog(isServed);
export const entries = services.flatMap((service) => service.entries);
