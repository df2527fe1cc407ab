/**
 * Logging in: passwords against what this machine can hash, calls about sessions with more and more live ones, and switching off a user who
 * has ten thousand of them against one who has none.
 */
import { availableParallelism } from 'node:os';
import { hashPassword } from '../src/crypto/password.ts';
import type { HashingPlan } from './hashing.ts';
import { type Keyward, startKeyward } from './keyward.ts';
import type { LoadPlan, LoadResult, WireCall } from './load/plan.ts';
import { deactivate, operations, reactivate, setPassword } from './operations.ts';
import { addLiveSessions, addMachines, addSubjects, asHumans } from './people.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';
import { inTurns } from './turns.ts';

export interface SessionRow {
  readonly title: string;
  readonly value: number;
  readonly unit: '/s' | 'ms';
  /** What it is held against: the rate of the machine, or the same call with few sessions. */
  readonly against: number;
  readonly ratio: number;
  readonly bar: string;
  readonly failures: number;
  readonly met: boolean;
}

/** Least part of the machine's rate of hashes. */
const HASH_PART = 0.8;
const ROUNDS = 5;
/** Most that a call may cost with all live sessions, against few. */
const LARGEST_GROWTH = 1.5;
const PASSWORD = 'Secret#2026';
/** Of the user who has many. */
const MANY = 10_000;

export async function measureSessions(dataDir: string, options: Options, tell: (row: SessionRow) => void): Promise<SessionRow[]> {
  const rows: SessionRow[] = [];
  const row = (next: SessionRow): void => {
    rows.push(next);
    tell(next);
  };
  const load = new Helper<LoadPlan, LoadResult>('load/main.ts');
  const keyward = await startKeyward(dataDir);
  try {
    if (options.wants('SetSession, password')) row(await atHashRate(keyward, load, options));
    for (const next of await withMore(keyward, load, options)) row(next);
    if (options.wants('Deactivate, ten thousand sessions')) row(await cutting(keyward, load, options));
  } finally {
    await keyward.stop();
    await load.end();
  }
  return rows;
}

/** Right passwords, each in a session of its own, with twice as many in flight as there are cores. */
async function atHashRate(keyward: Keyward, load: Helper<LoadPlan, LoadResult>, { seconds }: Options): Promise<SessionRow> {
  const hash = await hashPassword(PASSWORD);
  const hashing = new Helper<HashingPlan, number>('hashing.ts');
  const inFlight = 2 * availableParallelism();
  const subjects = await addSubjects(keyward, 'hash', 16 * inFlight);
  await asHumans(
    keyward,
    subjects.map(({ userId }) => userId),
    hash,
  );
  const slots = Array.from({ length: inFlight }, (_, slot) =>
    subjects.filter((_, n) => n % inFlight === slot).map(({ sessionId }) => setPassword('grpc', sessionId, PASSWORD)),
  );
  let failures = 0;
  const logIn = async (warmSeconds: number): Promise<number> => {
    const result = await load.ask({ ...planOf(keyward, slots), warmSeconds, seconds });
    failures += result.failures;
    return result.perSecond;
  };
  await logIn(2); // compiles what serves it
  const [perSecond = 0, rate = 0] = await inTurns(ROUNDS, [
    () => logIn(0.3),
    () => hashing.ask({ atOnce: availableParallelism(), seconds }),
  ]).finally(() => hashing.end());
  const ratio = perSecond / rate;
  const met = ratio >= HASH_PART && failures === 0;
  return { title: 'SetSession, password', value: perSecond, unit: '/s', against: rate, ratio, bar: `at least ${HASH_PART}`, failures, met };
}

const COUNTED = ['createSession', 'getSession', 'bearer'] as const;

/** One call after the other; live sessions as many as `options.sizes` says. */
async function withMore(keyward: Keyward, load: Helper<LoadPlan, LoadResult>, options: Options): Promise<SessionRow[]> {
  const named = (name: (typeof COUNTED)[number], size: number) => `${operations[name].title}, ${size / 1000} k sessions`;
  const wanted = COUNTED.filter((name) => options.sizes.some((size) => options.wants(named(name, size))));
  if (wanted.length === 0) return [];
  const subjects = await addSubjects(keyward, 'few', 256);
  const owners = await addMachines(keyward, 'owner', 1000);
  const measured = new Map<string, LoadResult>();
  let there = 0;
  for (const size of options.sizes) {
    await addLiveSessions(keyward, owners, there + 1, size);
    there = size;
    for (const name of wanted) {
      const { as, calls } = operations[name];
      const token = as === 'session' ? subjects[0]!.token : keyward.token;
      const plan = { ...planOf(keyward, [calls('grpc', subjects, keyward.orgId)]), token, seconds: Math.max(options.listSeconds, 1) };
      measured.set(named(name, size), await load.ask(plan));
    }
  }
  const [first = 0] = options.sizes;
  return wanted.flatMap((name) =>
    options.sizes.slice(1).map((size) => {
      const [few, many] = [measured.get(named(name, first))!, measured.get(named(name, size))!];
      return grown(named(name, size), few, many);
    }),
  );
}

/** Deactivate and reactivate, one after the other: users with many live sessions each, and users without. */
async function cutting(keyward: Keyward, load: Helper<LoadPlan, LoadResult>, options: Options): Promise<SessionRow> {
  const [few, many] = [await addMachines(keyward, 'none', 4), await addMachines(keyward, 'many', 4)];
  const cycle = async (userIds: readonly string[]): Promise<LoadResult> =>
    load.ask({
      ...planOf(keyward, [userIds.flatMap((userId) => [deactivate('grpc', userId), reactivate('grpc', userId)])]),
      seconds: Math.max(options.listSeconds, 1),
    });
  const without = await cycle(few);
  await addLiveSessions(keyward, many, 5_000_001, 5_000_000 + many.length * MANY);
  return grown('Deactivate, ten thousand sessions', without, await cycle(many));
}

function grown(title: string, few: LoadResult, many: LoadResult): SessionRow {
  const ratio = many.p50 / few.p50;
  const failures = few.failures + many.failures;
  const met = ratio <= LARGEST_GROWTH && failures === 0;
  return { title, value: many.p50, unit: 'ms', against: few.p50, ratio, bar: `at most ${LARGEST_GROWTH}`, failures, met };
}

const planOf = (keyward: Keyward, slots: readonly (readonly WireCall[])[]) =>
  ({ protocol: 'grpc', port: keyward.port, token: keyward.token, connections: 1, slots, warmSeconds: 0.5 }) as const;
