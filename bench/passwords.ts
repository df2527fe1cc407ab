/** Passwords: SetPassword against the hashes that this machine makes at all, and what other calls notice of it. */

import { availableParallelism } from 'node:os';
import { create, toBinary } from '@bufbuild/protobuf';
import { SetPasswordRequestSchema } from '../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import type { HashingPlan } from './hashing.ts';
import { startKeyward } from './keyward.ts';
import { atLeast, atMost, figure, type LifeRow } from './life.ts';
import { type LoadPlan, type LoadResult, NEW, type WireCall } from './load/plan.ts';
import { operations, subjectsOf } from './operations.ts';
import { addHumans, addMachines } from './people.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';
import { inTurns } from './turns.ts';

const LEAST_OF_BARE = 0.9;
const MOST_OF_IDLE = 3;
const ROUNDS = 5;
const READS_PER_SECOND = 500;
/** More than there are cores: the queue is never empty, and far from full. */
const IN_FLIGHT = 8;

export async function measurePasswords(dataDir: string, { seconds: given }: Options): Promise<LifeRow[]> {
  const seconds = given * 2; // few passwords a second
  const keyward = await startKeyward(dataDir);
  const [readers, setters] = [new Helper<LoadPlan, LoadResult>('load/main.ts'), new Helper<LoadPlan, LoadResult>('load/main.ts')];
  const hashing = new Helper<HashingPlan, number>('hashing.ts');
  try {
    await addHumans(keyward, 1, IN_FLIGHT);
    const users = await addMachines(keyward, 'read', Math.ceil((seconds + 1) * READS_PER_SECOND));
    const to = { protocol: 'grpc', port: keyward.port, token: keyward.token, connections: 1, warmSeconds: 1 } as const;
    const slots = [operations.getUserById.calls('grpc', subjectsOf(users), keyward.orgId)];
    const reads = (): Promise<LoadResult> => readers.ask({ ...to, slots, seconds, rate: READS_PER_SECOND });
    await reads(); // compiles what serves them
    const idle = await reads();
    const sets = { ...to, slots: Array.from({ length: IN_FLIGHT }, (_, n) => [setPassword(n + 1)]), seconds };
    const [busy, set] = await Promise.all([reads(), setters.ask(sets)]);
    let failed = 0;
    const [alone = 0, bare = 0] = await inTurns(ROUNDS, [
      async () => {
        const result = await setters.ask({ ...sets, warmSeconds: 0.3, seconds: seconds / 2 });
        failed += result.failures;
        return result.perSecond;
      },
      () => hashing.ask({ atOnce: availableParallelism(), seconds: seconds / 2 }),
    ]);
    return [
      figure('argon2 alone', bare, '/s'),
      figure('SetPassword', alone, '/s'),
      atLeast('SetPassword against argon2 alone', alone / bare, '×', LEAST_OF_BARE),
      figure('SetPassword beside 500 reads/s', set.perSecond, '/s'),
      figure('p99 of GetUserByID at 500/s', idle.p99, 'ms'),
      figure('the same beside SetPassword', busy.p99, 'ms'),
      atMost('beside against alone', busy.p99 / idle.p99, '×', MOST_OF_IDLE),
      atMost('failures', idle.failures + busy.failures + set.failures + failed, '', 0),
    ];
  } finally {
    await Promise.all([readers.end(), setters.end(), hashing.end()]);
    await keyward.stop();
  }
}

/** Of the human number n; a new password each time. */
function setPassword(n: number): WireCall {
  const message = create(SetPasswordRequestSchema, {
    userId: `h${String(n).padStart(9, '0')}`,
    newPassword: { password: `Passw0rd!${NEW}` },
  });
  return { verb: 'POST', path: '/zitadel.user.v2.UserService/SetPassword', body: toBinary(SetPasswordRequestSchema, message) };
}
