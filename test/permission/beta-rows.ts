/**
 * The rows of v2beta: those of v2, where the twin is served. The request is the same, as v2beta words it; the permission too, but where v2beta asks
 * for one before the handler does.
 */
import { create, type DescMethodUnary, equals } from '@bufbuild/protobuf';
import { pair } from '../../src/contract/beta/pair.ts';
import { servedBeta } from '../../src/contract/beta/served.ts';
import { twinOf } from '../../src/contract/beta/twin.ts';
import type { Method } from '../../src/contract/method.ts';
import { services } from '../../src/server.ts';
import { type On, pathOf, type Row, rows } from './rows.ts';

const served = new Set(services.flatMap((part) => [...part.keys()]));

export const isServedInBeta: readonly Method[] = await servedBeta((path) => served.has(path));

/** On what a permission of the method's option is held, by its first word; what is of the system is held on every instance. */
const places: Readonly<Record<string, On>> = { system: 'instance', iam: 'instance', org: 'context', user: 'context' };

/** One for each row of the twin that can be asked in v2beta. */
export const betaRows: readonly Row[] = isServedInBeta.flatMap((method) => {
  const twin = twinOf(method);
  if (typeof twin === 'string') throw new Error(twin);
  const words = pair(method.rpc.input, twin.method.rpc.input);
  if ('missing' in words) throw new Error(words.missing.join());
  const { input } = twin.method.rpc;
  // What v2beta has no word for is not asked in it.
  const canBeAsked = (row: Row): boolean => {
    const asked = create(input, row.message({ userId: '1', orgId: '1' }) as Record<string, unknown>);
    return equals(input, asked, create(input, words.toV2(create(method.rpc.input, words.toBeta(asked)))));
  };
  return rows
    .filter((row) => pathOf(row) === twin.method.path && canBeAsked(row))
    .map((row) => ({
      ...row,
      ...gate(method, twin.method),
      rpc: method.rpc as DescMethodUnary, // every RPC of the API is one
      message: (target) => words.toBeta(create(input, row.message(target) as Record<string, unknown>)),
    }));
});

function gate(
  beta: Method,
  v2: Method,
): { readonly on: On; readonly needs: string; readonly or: undefined; readonly self?: undefined } | undefined {
  if (beta.permission === v2.permission || beta.permission === undefined || beta.permission === 'authenticated') return undefined;
  const on = places[beta.permission.split('.')[0] ?? ''];
  if (on === undefined) throw new Error(`${beta.path} asks for ${beta.permission}`);
  return { on, needs: beta.permission, or: undefined, self: undefined };
}
