/** What v2 does for an RPC of v2beta: its twin, with the way of its messages there and back. Derived on the first call of each RPC. */
import { create, type Message } from '@bufbuild/protobuf';
import { methods } from '../contract.ts';
import type { Method } from '../method.ts';
import { finish } from './differences.ts';
import { pair } from './pair.ts';
import { twinPath } from './twin-path.ts';

export interface Twin {
  readonly method: Method;
  /** The request as v2 takes it. */
  readonly request: (message: object) => Message;
  /** The answer of v2 as v2beta gives it. */
  readonly answer: (request: object, answer: object) => object;
}

const derived = new Map<string, Twin | string>();

/** The twin of an RPC of v2beta; a text where there is none: what has no place in v2. */
export function twinOf(method: Method): Twin | string {
  const known = derived.get(method.path) ?? derive(method);
  derived.set(method.path, known);
  return known;
}

function derive({ path, rpc }: Method): Twin | string {
  const method = methods.get(twinPath(path));
  if (method === undefined) return `no RPC of v2 is ${twinPath(path)}`;
  const input = pair(rpc.input, method.rpc.input);
  const output = pair(rpc.output, method.rpc.output);
  if ('missing' in input) return `v2 has no ${input.missing.join(', ')}`;
  if ('missing' in output) return `v2 has no ${output.missing.join(', ')}`;
  return {
    method,
    request: (message) => create(method.rpc.input, input.toV2(message)),
    answer(request, v2) {
      const answer = output.toBeta(create(method.rpc.output, v2 as Record<string, unknown>)); // what a handler of that RPC gives
      finish[path]?.(request, v2, answer);
      return answer;
    },
  };
}
