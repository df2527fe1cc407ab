/** The database is away, in every way that a database can be: refused with a hint within a second, found again without a storm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { testDatabase } from '../support/postgres.ts';
import { openRoad, type Road } from './road.ts';
import { Asker, adminPat, type Reply, startServer, tcpUrl } from './server.ts';

const database = await testDatabase();
const road = await openRoad(database.address);
const server = await startServer({ KEYWARD_DATABASE_URL: tcpUrl(database.address, road.port), KEYWARD_DATABASE_WAIT_SECONDS: '1' });
const asker = new Asker(server, adminPat(server));

const get = (): Promise<Reply> => asker.ask('POST', '/v2/users', { query: { limit: 1 } });
const pat = (): Promise<Reply> => asker.ask('POST', '/v2/users/nobody/deactivate');

/** Asks for `ms` by several clients. */
async function asked(ms: number, call: () => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  const end = performance.now() + ms;
  const client = async () => {
    while (performance.now() < end) {
      replies.push(await call());
      await pause(5);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return replies;
}

/** Resolves when both pools of connections (lists, all else) serve again. */
async function found(): Promise<void> {
  const end = performance.now() + 10_000;
  while ((await get()).status !== 200 || (await pat()).status !== 404) {
    assert.ok(performance.now() < end, 'not back after 10 s');
    await pause(10);
  }
}

const AWAY_MS = 1500;

for (const [state, how] of [
  ['gone', 'nothing listens there'],
  ['cut', 'a proxy takes connections and cuts them'],
] as const satisfies readonly (readonly [Road, string])[]) {
  test(`${how}: every call is refused with a hint, few connections are tried, and it is found again at once`, async (t) => {
    await road.set(state);
    const before = road.count();
    const replies = [...(await asked(AWAY_MS, get)), ...(await asked(AWAY_MS, pat))];
    // What was under way or was asked before the loss was seen included: all of it is refused.
    for (const { status, retryAfter, json } of replies) assert.deepEqual([status, retryAfter, json.code], [503, '1', 14]);
    assert.equal((await asker.ask('GET', '/debug/ready')).status, 412);
    const tried = road.count() - before;
    // Two pools, each with one probe in a quarter of a second, and what comes of the first loss.
    assert.ok(tried < 60, `${tried} connections were tried in ${2 * AWAY_MS} ms`);

    await road.set('open');
    const began = performance.now();
    await found();
    const back = Math.round(performance.now() - began);
    const all = await asked(500, pat);
    assert.ok(all.every(({ status }) => status === 404));
    const slowest = Math.round(Math.max(...replies.map(({ ms }) => ms)));
    t.diagnostic(`${replies.length} calls refused, after ${slowest} ms at most; ${tried} connections tried; back after ${back} ms`);
  });
}

test('the network swallows everything: a call is answered at its deadline, others are refused when no connection comes free', async (t) => {
  await road.set('silent');
  const early = await asker.ask('POST', '/v2/users/nobody/deactivate', undefined, { 'grpc-timeout': '300m' });
  assert.equal(early.json.code, 4, 'deadline exceeded');
  // Sixteen connections wait for an answer that does not come; who comes later waits a second for a free one.
  const held = Array.from({ length: 16 }, pat);
  await pause(50);
  const refused = await Promise.all(Array.from({ length: 20 }, pat));
  for (const { status, retryAfter } of refused) assert.deepEqual([status, retryAfter], [503, '1']);
  t.diagnostic(`refused after ${Math.round(Math.max(...refused.map(({ ms }) => ms)))} ms`);
  await road.set('gone'); // the network notices
  for (const { status } of await Promise.all(held)) assert.equal(status, 503);
  await road.set('open');
  await found();
});

test('one connection is cut while others work: the pool is renewed, no later call notices', async () => {
  const [own] = await database.sql<{ pid: number }[]>`
    select pid from pg_stat_activity where datname = current_database() and application_name = 'keyward' and pid <> pg_backend_pid() and state = 'idle'
    order by backend_start desc limit 1`;
  assert.ok(own);
  const running = asked(600, pat);
  await pause(200);
  await database.sql`select pg_terminate_backend(${own.pid})`;
  const replies = await running;
  // The statement that ran on the connection is refused, no more.
  const refused = replies.filter(({ status }) => status !== 404);
  assert.ok(refused.length <= 1, JSON.stringify(refused.slice(0, 3)) + refused.length);
});

test('a connection that is lost inside a transaction ends the call, not the server', async () => {
  const made = await asker.ask('POST', '/v2/users/new', { organizationId: await orgId(), machine: { name: 'owner' } });
  const userId: string = made.json.id;
  assert.equal((await asker.ask('POST', '/admin/v1/members', { userId, roles: ['IAM_OWNER'] })).status, 200);
  for (let round = 0; round < 3; round++) {
    // The deactivation of an owner is a transaction that waits for the lock of the instance.
    const reply = await database.sql.begin(async (sql) => {
      await sql`select from instances for update`;
      const waiting = asker.ask('POST', `/v2/users/${userId}/deactivate`);
      for (;;) {
        const killed = await database.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%from instances%'`;
        if (killed.length > 0) return await waiting;
        await pause(5);
      }
    });
    assert.deepEqual([reply.status, reply.retryAfter], [503, '1']);
    assert.equal((await asker.ask('GET', `/v2/users/${userId}`)).json.user.state, 'USER_STATE_ACTIVE', 'nothing happened');
  }
  assert.equal((await asker.ask('POST', `/v2/users/${userId}/deactivate`)).status, 200);
  assert.equal(server.ended(), false);
});

test('a database that is away at the start is one clear line, whichever way it is away', async () => {
  for (const [state, says] of [
    ['gone', /nothing listens there/],
    ['cut', /the connection was cut/],
    ['silent', /the host does not answer/],
  ] as const satisfies readonly (readonly [Road, RegExp])[]) {
    await road.set(state);
    await assert.rejects(startServer({ KEYWARD_DATABASE_URL: `${tcpUrl(database.address, road.port)}&connect_timeout=1` }), says);
  }
  await road.set('open');
});

async function orgId(): Promise<string> {
  const [org] = await database.sql<{ org_id: string }[]>`select org_id from orgs`;
  return org?.org_id ?? '';
}
