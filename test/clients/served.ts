/** The README's table of what is served, from the code itself. Run as a program it writes the table anew: `npx node test/clients/served.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { servedBeta } from '../../src/contract/beta/served.ts';
import { methods } from '../../src/contract/contract.ts';
import { betaMethods, legacyMethods, legacyPrefixOf } from '../../src/contract/legacy.ts';
import { services } from '../../src/server.ts';

export const readmeFile = join(import.meta.dirname, '..', '..', 'README.md');
const marks = { begin: '<!-- served: begin (npx node test/clients/served.ts writes it) -->', end: '<!-- served: end -->' };

/** What stands between the marks. */
export function servedIn(readme: string): string {
  const [, table] = readme.split(marks.begin);
  return table?.split(marks.end)[0]?.trim() ?? '';
}

/** What is served whole, in part, and not yet. */
export async function servedTable(): Promise<string> {
  const own = new Set(services.flatMap((service) => [...service.keys()]));
  const served = new Set([...own, ...(await servedBeta((path) => own.has(path))).map(({ path }) => path)]);
  const v1 = await Promise.all([...legacyPrefixOf.values()].map(legacyMethods));
  const all = [methods, ...v1, await betaMethods()].flatMap((some) => [...some.values()]);
  for (const path of served) if (!all.some((method) => method.path === path)) throw new Error(`${path} is served, but is no RPC`);

  /** `user.v2.UserService` → how many of its RPCs are served. */
  const counts = [...Map.groupBy(all, ({ service }) => service)].map(([service, rpcs]) => ({
    service: service.replace(/^zitadel\./, ''),
    all: rpcs.length,
    served: rpcs.filter(({ path }) => served.has(path)).length,
  }));
  const named = (some: typeof counts, told: (count: (typeof counts)[number]) => string): string => some.map(told).join(', ');
  const whole = counts.filter((count) => count.served === count.all);
  const part = counts.filter((count) => count.served > 0 && count.served < count.all);
  const none = counts.filter((count) => count.served === 0);
  return table([
    ['`zitadel.…`', 'Services (RPCs)'],
    ['---', '---'],
    ['served', named(whole, (count) => `${count.service} (${count.all})`)],
    ['served in part', named(part, (count) => `${count.service} (${count.served} of ${count.all})`)],
    ['not yet', named(none, (count) => `${count.service} (${count.all})`)],
  ]);
}

const table = (rows: readonly (readonly string[])[]): string => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');

if (import.meta.main) {
  const readme = readFileSync(readmeFile, 'utf8');
  const [before = '', rest = ''] = readme.split(marks.begin);
  writeFileSync(readmeFile, `${before}${marks.begin}\n${await servedTable()}\n${marks.end}${rest.split(marks.end)[1]}`);
}
