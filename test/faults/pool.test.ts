/** Connections that are all held, statements that take too long, locks that are not given: the others are told to come back, not kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../../src/failure/failure.ts';
import { connect } from '../../src/store/connect.ts';
import { testDatabase } from '../support/postgres.ts';

const database = await testDatabase();
const { sql: outside } = database;
const store = connect(database.address, {
  databaseConnections: 3,
  databaseListConnections: 1,
  databasePooled: false,
  databaseWaitSeconds: 1,
});
test.after(() => store.close(1));

/** Runs it while so many connections of the store wait for a lock. */
async function held<T>(connections: number, during: () => Promise<T>): Promise<T> {
  let waiting: Promise<unknown>[] = [];
  const result = await outside.begin(async (sql) => {
    await sql`select pg_advisory_xact_lock(1)`;
    waiting = Array.from({ length: connections }, () => store.run((sql) => sql`select pg_advisory_xact_lock(1)`));
    await pause(100);
    return during();
  });
  await Promise.all(waiting);
  return result as T; // UnwrapPromiseArray<T> of postgres.js is T unless T is an array of promises
}

const refusal = (retryAfter: number | undefined, key: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'unavailable' && error.retryAfter === retryAfter && key.test(error.text);

test('while one connection is free, statements go through it one after another', async () => {
  const rows = await held(2, () => Promise.all(Array.from({ length: 50 }, (_, n) => store.run((sql) => sql`select ${n}::int as n`))));
  assert.deepEqual(
    rows.map(([row]) => row),
    Array.from({ length: 50 }, (_, n) => ({ n })),
  );
});

test('all connections held: who waits is refused in time with a hint, and what was refused is not run', async () => {
  await outside`create table marks (n int)`;
  await held(3, async () => {
    const began = performance.now();
    const waiting = Array.from({ length: 40 }, (_, n) => store.run((sql) => sql`insert into marks values (${n})`));
    for (const answer of waiting) await assert.rejects(answer, refusal(1, /All connections to the database are in use/));
    assert.ok(performance.now() - began < 5000);
    // Lists have connections of their own.
    assert.equal((await store.list((sql) => sql`select 1 as one`)).length, 1);
  });
  await pause(100);
  assert.equal((await outside`select from marks`).length, 0);
  assert.equal((await store.run((sql) => sql`select 1 as one`)).length, 1);
});

test('who has a deadline waits no longer than that, and nothing is sent after it', async () => {
  await outside`create table late (n int)`;
  await held(3, async () => {
    const began = performance.now();
    await assert.rejects(
      store.run((sql) => sql`insert into late values (1)`, Date.now() + 100),
      Failure,
    );
    assert.ok(performance.now() - began < 900);
  });
  await pause(100);
  assert.equal((await outside`select from late`).length, 0);
});

test('a statement beyond the statement timeout, a lock that is not given: unavailable, with a hint', async () => {
  const own = { ...database.address, applicationName: 'short' };
  await outside.unsafe(`alter role current_user in database "${own.database}" set statement_timeout = '300ms'`);
  await outside.unsafe(`alter role current_user in database "${own.database}" set lock_timeout = '100ms'`);
  const short = connect(own, { databaseConnections: 2, databaseListConnections: 1, databasePooled: false });
  try {
    await assert.rejects(
      short.run((sql) => sql`select pg_sleep(5)`),
      refusal(1, /did not answer in time/),
    );
    await outside.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(2)`;
      await assert.rejects(
        short.run((sql) => sql`select pg_advisory_xact_lock(2)`),
        refusal(1, /is being changed by others/),
      );
    });
    assert.equal((await short.run((sql) => sql`select 1 as one`)).length, 1, 'the connection goes on');
  } finally {
    await short.close(1);
  }
});
