/** The queue before the hashes: what it refuses, and that it holds nobody up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../failure/failure.ts';
import { OUR_EFFORT } from './argon2.ts';
import { HashPool } from './pool.ts';

const compare = (encoded: string) => ({ kind: 'compare', encoded, password: 'Password1!' }) as const;
/** Of 12, which no cheap one is. */
const DEAR = '$2b$12$abcdefghijklmnopqrstuuM1NmTCB1Wc9MzZ0IYiSbJIE3Z1fsbhG';

async function settled(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
}

test('more than can be done soon is refused at once, with a hint when to come again; what was accepted is done', async () => {
  const pool = new HashPool(2);
  const order: string[] = [];
  const all = Array.from({ length: 600 }, async () => {
    const outcome = await settled(pool.run({ kind: 'hash', password: 'Password1!' }, OUR_EFFORT));
    order.push(outcome);
  });
  await Promise.all(all);
  const refused = order.filter((outcome) => outcome === 'resource_exhausted').length;
  assert.ok(refused > 100 && refused < 600, `${refused} refused`);
  assert.equal(order.indexOf('done'), refused, 'the refusals came first');
  assert.equal(order.filter((outcome) => outcome === 'done').length, 600 - refused);
  assert.equal(await settled(pool.run({ kind: 'hash', password: 'Password1!' }, OUR_EFFORT)), 'done');
});

test('a refusal says after how many seconds a retry may succeed', async () => {
  const pool = new HashPool(2);
  const first = settled(pool.run(compare(DEAR), 5000));
  const refusal = await pool.run(compare(DEAR), 5000).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof Failure);
  assert.equal(refusal.code, 'resource_exhausted');
  assert.ok(refusal.retryAfter !== undefined && refusal.retryAfter >= 1 && refusal.retryAfter <= 5);
  await first;
});

test('dear hashes leave a thread to the others', async () => {
  const pool = new HashPool(2);
  const order: string[] = [];
  const dear = Array.from({ length: 3 }, async () => {
    await pool.run(compare(DEAR), 250);
    order.push('dear');
  });
  const cheap = pool.run({ kind: 'hash', password: 'Password1!' }, OUR_EFFORT).then(() => order.push('cheap'));
  await Promise.all([...dear, cheap]);
  assert.notEqual(order.at(-1), 'cheap');
});

test('quick comparisons say nothing of how long a hash takes', async () => {
  const pool = new HashPool(2);
  for (let n = 0; n < 20; n++) await pool.run(compare('2ac9cb7dc02b3c0083eb70898e549b63'), 0.002);
  const hashes = Array.from({ length: 20 }, () => settled(pool.run({ kind: 'hash', password: 'Password1!' }, OUR_EFFORT)));
  assert.deepEqual([...new Set(await Promise.all(hashes))], ['done']);
});

test('the event loop turns while a thread compares', async () => {
  const pool = new HashPool(2);
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  // Its rounds are written in JavaScript.
  await settled(pool.run(compare(`$5$rounds=100000$salt$${'.'.repeat(43)}`), 200));
  clearInterval(turning);
  assert.ok(turns > 10, `${turns} turns`);
});

test('a hash that cannot be read is an error of this comparison alone', async () => {
  const pool = new HashPool(1);
  await assert.rejects(pool.run(compare('none'), 1), /no known format/);
  assert.equal(await pool.run(compare('2ac9cb7dc02b3c0083eb70898e549b63'), 1), false);
});
