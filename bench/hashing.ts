/** The bare loop: how many passwords this machine hashes a second with the library alone, on all cores, with the parameters of the product. */
import { hash } from '@node-rs/argon2';
import { OURS } from '../src/crypto/hash/argon2.ts';
import { serve } from './processes.ts';

export interface HashingPlan {
  readonly atOnce: number;
  readonly seconds: number;
}

serve(async ({ atOnce, seconds }: HashingPlan): Promise<number> => {
  const end = performance.now() + seconds * 1000;
  let counted = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, n) => {
      for (let round = 0; performance.now() < end; round++) {
        await hash(`Passw0rd!${n}-${round}`, OURS);
        if (performance.now() < end) counted++;
      }
    }),
  );
  return counted / seconds;
});
