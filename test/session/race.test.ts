/**
 * A password is checked on one node while another switches the user off: whatever the order, no session is usable after the answer, nor
 * after the user is back. 100 rounds; 5,000 with `npm test -- test/session --full`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { hashPassword } from '../../src/crypto/password.ts';
import type { Sql } from '../../src/store/connect.ts';
import { type Answer, Client, user } from '../support/ask.ts';
import { full, nth } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { byPassword, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const ROUNDS = full ? 5000 : 100;
const LANES = 4;

const cluster = await startCluster(2);
const logins = new Logins(cluster);
const { admin } = logins;
const clients = cluster.nodes.map((node) => new Client(node));

const cuts = [
  { cut: user.deactivateUser, back: user.reactivateUser },
  { cut: user.lockUser, back: user.unlockUser },
] as const;
const REFUSED: readonly string[] = [refusals.notActive.text, refusals.locked.text];

for (const { cut, back } of cuts) {
  test(`${cut.name} while the password is checked on another node leaves no usable session, for good`, async (t) => {
    let made = 0;
    const lane = async (first: number) => {
      const me = await logins.human();
      const { userId } = me;
      // How long a login takes, so that the cut falls into it and behind it.
      let usual = 100;
      for (let n = first; n < ROUNDS / cuts.length; n += LANES) {
        const [here, there] = [nth(clients, n), nth(clients, n + 1)];
        const begun = n % 2 === 0 ? await logins.begin(there, me) : undefined;
        const start = performance.now();
        const login = begun
          ? there.ask(session.setSession, { sessionId: begun.sessionId, checks: typed(PASSWORD) }, admin)
          : there.ask(session.createSession, { checks: byPassword(me) }, admin);
        const entering = login.finally(() => {
          usual = performance.now() - start;
        });
        await pause(Math.random() * 2 * usual);
        await here.get(cut, { userId }, admin);
        const entered = await entering;
        const { sessionId, sessionToken: token } =
          entered.code === 'ok'
            ? { sessionId: begun?.sessionId, ...entered.message }
            : { sessionId: begun?.sessionId, sessionToken: undefined };
        if (entered.code === 'ok') made++;
        else assert.ok(REFUSED.includes(entered.text), entered.text);

        const dead = async () => {
          for (const client of [there, here]) {
            if (token) assert.deepEqual(await client.ask(user.getUserByID, { userId }, { token }), refusals.gone);
            if (sessionId) assert.deepEqual(await client.ask(session.getSession, { sessionId }, admin), refusals.notFound);
          }
        };
        await dead();
        await there.get(back, { userId }, admin);
        await dead();
        if (sessionId)
          assert.deepEqual(await here.ask(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin), refusals.terminated);
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)));
    t.diagnostic(`${made} logins were faster than the cut`);
  });
}

/** Begins a login while a change of its user is not committed yet; the change ends when the login waits for it. */
async function during(change: (sql: Sql, userId: string) => Promise<unknown>): Promise<Answer<typeof session.createSession>> {
  const me = await logins.human();
  let entering: Promise<Answer<typeof session.createSession>> | undefined;
  await cluster.sql.begin(async (sql) => {
    await change(sql, me.userId);
    entering = nth(clients, 0).ask(session.createSession, { checks: byPassword(me) }, admin);
    const waits = async () =>
      (await cluster.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).length > 0;
    while (!(await waits())) await pause(5);
  });
  assert.ok(entering);
  return entering;
}

test('a login that waits for the deactivation of its user is refused', async () => {
  const answer = await during((sql, userId) => sql`update users set state = 2, epoch = nextval('epochs') where user_id = ${userId}`);
  assert.deepEqual(answer, refusals.notActive);
});

test('a login that waits for a change of the password needs the new one', async () => {
  const other = await hashPassword('Changed#2026');
  const answer = await during(async (sql, userId) => {
    await sql`update users set sequence = sequence + 1 where user_id = ${userId}`;
    await sql`update profiles set password_hash = ${other} where user_id = ${userId}`;
  });
  assert.deepEqual(answer, refusals.wrongPassword);
});

test('a login that waits for a change of something else goes on', async () => {
  const answer = await during((sql, userId) => sql`update users set sequence = sequence + 1 where user_id = ${userId}`);
  assert.equal(answer.code, 'ok');
});
