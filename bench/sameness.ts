/**
 * Whether the time of a refusal tells what stood behind it: unknown name, wrong password, no password, deactivated, locked, tried in turn
 * at random. Two of them are alike where knowing how long one call took is no help: of a call of each, the slower one is either as often.
 */
import { hashPassword } from '../src/crypto/password.ts';
import { type Keyward, startKeyward } from './keyward.ts';
import { addMachines, asHumans } from './people.ts';
import type { Options } from './run.ts';

export interface SamenessRow {
  readonly title: string;
  readonly tries: number;
  /** Milliseconds, median. */
  readonly p50: number;
  /** How often a call of this kind takes longer than one with a wrong password: 0.5 is as often as not. */
  readonly slower: number;
  readonly met: boolean;
}

const PASSWORD = 'Secret#2026';
/** So far from a half, chance included. */
const MOST_APART = 0.06;
const TRIES = { full: 600, quick: 60 };

const KINDS = ['unknown name', 'wrong password', 'no password', 'deactivated', 'locked'] as const;
type Kind = (typeof KINDS)[number];

export async function measureSameness(
  dataDir: string,
  { quick, wants }: Options,
  tell: (row: SamenessRow) => void,
): Promise<SamenessRow[]> {
  if (!wants('Refused logins')) return [];
  const keyward = await startKeyward(dataDir, 1, { KEYWARD_THROTTLE_USER_FAILURES: '1000000' });
  try {
    const names = await prepare(keyward);
    const times = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
    const each = quick ? TRIES.quick : TRIES.full;
    for (let round = 0; round < each + WARM; round++) {
      for (const kind of shuffled(KINDS)) {
        const ms = await refused(keyward, names[kind], kind === 'wrong password' ? 'Wrong#2026' : PASSWORD);
        if (round >= WARM) times.get(kind)?.push(ms);
      }
    }
    const wrong = times.get('wrong password') ?? [];
    return [...times].map(([kind, ms]) => {
      const slower = oftenSlower(ms, wrong);
      const row = {
        title: `Refused logins, ${kind}`,
        tries: ms.length,
        p50: median(ms),
        slower,
        met: Math.abs(slower - 0.5) <= MOST_APART,
      };
      tell(row);
      return row;
    });
  } finally {
    await keyward.stop();
  }
}

/** Each of the connections to the database plans a statement anew for the first five times. */
const WARM = 100;

/** The login name of each kind. */
async function prepare(keyward: Keyward): Promise<Readonly<Record<Kind, string>>> {
  const [wrong, none, off, locked] = await addMachines(keyward, 'same', 4);
  if (!wrong || !none || !off || !locked) throw new Error('users are missing');
  await asHumans(keyward, [wrong, off, locked], await hashPassword(PASSWORD));
  await asHumans(keyward, [none], undefined);
  await keyward.sql`update users set state = 2 where instance_id = ${keyward.instanceId} and user_id = ${off}`;
  await keyward.sql`update users set state = 4 where instance_id = ${keyward.instanceId} and user_id = ${locked}`;
  return { 'unknown name': 'same9', 'wrong password': wrong, 'no password': none, deactivated: off, locked };
}

async function refused({ port, token }: Keyward, loginName: string, password: string): Promise<number> {
  const body = JSON.stringify({ checks: { user: { loginName }, password: { password } } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const begun = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/v2/sessions`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  const ms = performance.now() - begun;
  if (response.ok || response.status === 429) throw new Error(`${loginName} was answered ${response.status}`);
  return ms;
}

/** The part of all pairs in which the first is the slower one (Mann and Whitney's U over the number of pairs). */
function oftenSlower(one: readonly number[], other: readonly number[]): number {
  const sorted = [...one.map((ms) => ({ ms, first: true })), ...other.map((ms) => ({ ms, first: false }))].sort((a, b) => a.ms - b.ms);
  let [before, slower] = [0, 0];
  for (const { first } of sorted) {
    if (first) slower += before;
    else before++;
  }
  return one === other ? 0.5 : slower / (one.length * other.length);
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
