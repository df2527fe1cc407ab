/** The load process: opens the connections of a plan, sends its calls in a closed or an open loop, and tells what it measured. */
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '../processes.ts';
import { openGrpc } from './grpc.ts';
import type { Connection, LoadPlan, LoadResult, WireCall } from './plan.ts';
import { openRest } from './rest.ts';

serve(async (plan: LoadPlan): Promise<LoadResult> => {
  const open = plan.protocol === 'grpc' ? openGrpc : openRest;
  const connections = await Promise.all(Array.from({ length: plan.connections }, () => open(plan)));
  try {
    return plan.rate === undefined ? await closedLoop(plan, connections) : await openLoop(plan, plan.rate, connections);
  } finally {
    for (const connection of connections) connection.close();
  }
});

/** Each slot sends its next call when its last one is answered; counted is what is answered while the clock runs. */
async function closedLoop(plan: LoadPlan, connections: readonly Connection[]): Promise<LoadResult> {
  const tally = new Tally();
  const begin = performance.now() + plan.warmSeconds * 1000;
  const end = begin + plan.seconds * 1000;
  await Promise.all(
    plan.slots.map(
      (calls, slot) =>
        new Promise<void>((resolve) => {
          const connection = connections[slot % connections.length]!;
          let n = 0;
          const next = (): void => {
            const sent = performance.now();
            connection.send(calls[n++ % calls.length]!, (good, message) => {
              const now = performance.now();
              tally.answered++;
              if (now >= begin && now < end) tally.add(now - sent, good, message);
              if (now < end && !connection.lost) next();
              else resolve();
            });
          };
          next();
        }),
    ),
  );
  return tally.result(plan.seconds);
}

/** Calls are due at fixed moments; the wait counts from then, also where the call could only be sent later. */
async function openLoop(plan: LoadPlan, rate: number, connections: readonly Connection[]): Promise<LoadResult> {
  const tally = new Tally();
  const calls: readonly WireCall[] = plan.slots[0] ?? [];
  const due = (n: number): number => begin + (n * 1000) / rate;
  const begin = performance.now() + 10;
  const warm = plan.warmSeconds * rate;
  for (let n = 0; n < calls.length; ) {
    for (; n < calls.length && due(n) <= performance.now(); n++) {
      const [at, counts] = [due(n), n >= warm];
      connections[n % connections.length]!.send(calls[n]!, (good, message) => {
        tally.answered++;
        if (counts) tally.add(performance.now() - at, good, message);
      });
    }
    await pause(1);
  }
  const sent = (performance.now() - begin) / 1000 - plan.warmSeconds;
  for (let waited = 0; tally.answered < calls.length && waited < 5000; waited++) await pause(1);
  return tally.result(sent);
}

class Tally {
  readonly #ms: number[] = [];
  #failures = 0;
  answered = 0;
  #sample: Uint8Array = new Uint8Array(0);

  add(ms: number, good: boolean, message: Uint8Array): void {
    if (!good) this.#failures++;
    else if (this.#ms.push(ms) === 1) this.#sample = Uint8Array.from(message);
  }

  result(seconds: number): LoadResult {
    const sorted = Float64Array.from(this.#ms).sort();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
    return {
      perSecond: sorted.length / seconds,
      p50: at(0.5),
      p99: at(0.99),
      failures: this.#failures,
      answered: this.answered,
      sample: this.#sample,
    };
  }
}
