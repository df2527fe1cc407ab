/** Guessing is slow also where nothing locks: pauses after many failures of a user, and of an address over all users; on every node alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from '@node-rs/argon2';
import { Client, user } from '../support/ask.ts';
import { nth } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { byName, byPassword, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const cluster = await startCluster(2, { KEYWARD_THROTTLE_USER_FAILURES: '4', KEYWARD_THROTTLE_SOURCE_FAILURES: '6' });
const { sql } = cluster;
const logins = new Logins(cluster);
const { admin, people } = logins;
const clients = cluster.nodes.map((node) => new Client(node));
const [here, there] = clients as [Client, Client]; // of two nodes
const WRONG = 'Wrong#2026';
const tooMany = { code: 'resource_exhausted', text: 'Too many failed attempts; try again later (KEYWARD-tries)', id: 'KEYWARD-tries' };

const guess = (client: Client, me: Person, password = WRONG, ip?: string) =>
  client.ask(session.createSession, { checks: byPassword(me, password), ...(ip === undefined ? {} : { userAgent: { ip } }) }, admin);
/** Its last failure was so many seconds ago; below 0: no pause is over, however slow the machine. */
const ago = (seconds: number, { userId }: Person) =>
  sql`update failed_checks set last_at = now() - ${seconds} * interval '1 second' where user_id = ${userId}`;
const fails = async (me: Person, times: number) => {
  // failures of before the last change of a password count no more
  await sql`update profiles set password_changed_at = now() - interval '1 day' where user_id = ${me.userId}`;
  for (let n = 0; n < times; n++) assert.deepEqual(await guess(nth(clients, n), me), refusals.wrongPassword);
};

/** Head and answer of a guess over REST. */
async function retryAfter({ userId }: Person): Promise<{ status: number; seconds: number }> {
  const response = await fetch(`http://localhost:${cluster.nodes[0].port}/v2/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.adminPat}`, 'content-type': 'application/json' },
    body: JSON.stringify({ checks: { user: { userId }, password: { password: PASSWORD } } }),
  });
  await response.body?.cancel();
  return { status: response.status, seconds: Number(response.headers.get('retry-after')) };
}

test('after many failures a user pauses and is told how long; a success ends it', async () => {
  const me = await logins.human();
  await fails(me, 4);
  await ago(-30, me);
  for (const client of clients) assert.deepEqual(await guess(client, me, PASSWORD), tooMany);
  const { status, seconds } = await retryAfter(me);
  assert.equal(status, 429);
  assert.ok(seconds > 1 && seconds <= 31, String(seconds));
  for (let n = 0; n < 3; n++) {
    await ago(61, me);
    assert.deepEqual(await guess(there, me), refusals.wrongPassword);
    await ago(-30, me);
    assert.deepEqual(await guess(here, me), tooMany);
  }
  await ago(61, me);
  assert.equal((await guess(here, me, PASSWORD)).code, 'ok');
  await fails(me, 3);
  assert.equal((await guess(here, me, PASSWORD)).code, 'ok');
});

test('a pause is one for all nodes: of twenty tries after it one is compared', async () => {
  const me = await logins.human();
  await fails(me, 4);
  await sql`update failed_checks set failed = 30 where user_id = ${me.userId}`;
  await ago(61, me);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(nth(clients, n), me)));
  assert.equal(answers.filter(({ code }) => code === 'invalid_argument').length, 1);
  assert.equal(answers.filter(({ code }) => code === 'resource_exhausted').length, 19);
});

test('of many guesses at once the right one counts only before too many others have failed', async () => {
  const me = await logins.human();
  const [{ policy }] = await sql<[{ policy: string }]>`select pg_get_functiondef('lockout_limits'::regproc) as policy`;
  // The others fail behind the statement that looks at the user, which asks for the policy, and before the one that writes the success.
  await sql.unsafe(`
    create or replace function lockout_limits(instance_id text, org_id text) returns table (passwords integer, codes integer) language plpgsql as $others$
    #variable_conflict use_column
    begin
      insert into failed_checks (instance_id, user_id, kind, failed, user_epoch, last_at)
      select u.instance_id, u.user_id, 'password', 4, u.epoch, now() + interval '1 hour' from users u where u.user_id = '${me.userId}'
      on conflict do nothing;
      return query select 0, 0;
    end $others$`);
  const late = await guess(here, me, PASSWORD);
  await sql.unsafe(policy);
  assert.deepEqual(late, tooMany);
  assert.equal((await logins.events('user', me.userId)).includes('user.human.password.check.succeeded'), false);
});

test('where nothing locks, a burst of guesses with the right one in it does not tell which it was', async () => {
  // Each is let in before any is counted: as if as many had failed by the time that it is.
  const guessed = async (password: string) => {
    const me = await logins.human();
    const slow = await hash(PASSWORD, { memoryCost: 65_536, timeCost: 10, parallelism: 1 });
    await sql`update profiles set password_hash = ${slow} where user_id = ${me.userId}`;
    const late = guess(here, me, password);
    await sql`
      insert into failed_checks (instance_id, user_id, kind, failed, user_epoch, last_at)
      select instance_id, user_id, 'password', 4, epoch, now() + interval '5 seconds' from users where user_id = ${me.userId}`;
    return late;
  };
  assert.deepEqual([await guessed(PASSWORD), await guessed(WRONG)], [tooMany, tooMany]);
  const me = await logins.human();
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => guess(nth(clients, n), me, n === 30 ? PASSWORD : `${WRONG}${n}`)));
  const wrong = answers.filter(({ code }) => code === 'invalid_argument').length;
  assert.ok(wrong <= 8, `${wrong} were told that they are wrong`); // four; and as many after a success, if it was among the first
});

test('nor does a burst of current passwords set a new one after too many have failed', async () => {
  const me = await logins.human();
  const slow = await hash(PASSWORD, { memoryCost: 65_536, timeCost: 10, parallelism: 1 });
  await sql`update profiles set password_hash = ${slow} where user_id = ${me.userId}`;
  const self = { token: await people.pat(me) };
  const verification = { case: 'currentPassword', value: PASSWORD } as const;
  const late = here.ask(user.setPassword, { userId: me.userId, newPassword: { password: 'Changed#2026' }, verification }, self);
  await sql`
    insert into failed_checks (instance_id, user_id, kind, failed, user_epoch, last_at)
    select instance_id, user_id, 'password', 4, epoch, now() + interval '5 seconds' from users where user_id = ${me.userId}`;
  assert.deepEqual(await late, tooMany);
});

test('each kind is paused for itself, and a new password begins anew', async () => {
  const me = await logins.human();
  await fails(me, 4);
  const [code = ''] = (await here.get(user.generateRecoveryCodes, { userId: me.userId, count: 1 }, admin)).recoveryCodes;
  const checks = { user: byPassword(me).user, recoveryCode: { code } };
  assert.equal((await here.ask(session.createSession, { checks }, admin)).code, 'ok');
  await here.get(user.setPassword, { userId: me.userId, newPassword: { password: 'Changed#2026' } }, admin);
  assert.equal((await guess(there, me, 'Changed#2026')).code, 'ok');
});

test('a stranger who tries the current password of a user who pauses learns nothing of it', async () => {
  const [me, stranger] = [await logins.human(), await people.caller()];
  await fails(me, 4);
  await ago(-30, me);
  const ask = (userId: string) =>
    here.ask(
      user.setPassword,
      { userId, newPassword: { password: 'Changed#2026' }, verification: { case: 'currentPassword', value: PASSWORD } },
      stranger,
    );
  assert.deepEqual(await ask(me.userId), refusals.wrongPassword);
  assert.deepEqual(await ask('404'), refusals.wrongPassword);
});

test('who tries current passwords of many users whom he may not write is stopped, and a login page that does so for many is not', async () => {
  const [stranger, page] = [await people.caller(), await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] })];
  const ask = async (by: { token: string }, current: string) => {
    const { userId } = await logins.human();
    const newPassword = { password: 'Changed#2026' };
    const verification = { case: 'currentPassword', value: current } as const;
    return (await here.ask(user.setPassword, { userId, newPassword, verification }, by)).code;
  };
  for (let n = 0; n < 6; n++) for (const by of [stranger, page]) assert.equal(await ask(by, WRONG), 'invalid_argument');
  assert.equal(await ask(stranger, PASSWORD), 'invalid_argument');
  assert.equal(await ask(page, PASSWORD), 'ok');
});

test('failures from one address are counted over users and unknown names, and drain away; others and other addresses go on', async () => {
  const all = await Promise.all(Array.from({ length: 3 }, () => logins.human()));
  const ip = '192.0.2.7';
  for (const [n, me] of all.entries()) assert.deepEqual(await guess(nth(clients, n), me, WRONG, ip), refusals.wrongPassword);
  const unknown = { checks: { ...byName('nobody'), ...typed(WRONG) }, userAgent: { ip } };
  for (let n = 0; n < 3; n++) assert.deepEqual(await nth(clients, n).ask(session.createSession, unknown, admin), refusals.userNotFound);
  const [me] = all as [Person];
  for (const client of clients) assert.deepEqual(await guess(client, me, PASSWORD, ip), tooMany);
  assert.equal((await guess(here, me, PASSWORD, '192.0.2.8')).code, 'ok');
  assert.equal((await guess(here, me, PASSWORD)).code, 'ok');
  const { sessionId } = await here.get(session.createSession, { checks: { user: byPassword(me).user }, userAgent: { ip } }, admin);
  assert.deepEqual(await there.ask(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin), tooMany);
  // one of six in a hundred seconds
  await sql`update failed_sources set last_at = last_at - interval '101 seconds'`;
  assert.equal((await there.ask(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin)).code, 'ok');
});

test('an IPv4 address is one, however it is written', async () => {
  const ways = ['198.51.100.7', '::ffff:198.51.100.7', '::FFFF:c633:6407', '0:0:0:0:0:ffff:c633:6407'];
  for (let n = 0; n < 6; n++) assert.equal((await guess(here, await logins.human(), WRONG, nth(ways, n))).code, 'invalid_argument');
  for (const ip of ways) assert.deepEqual(await guess(here, await logins.human(), PASSWORD, ip), tooMany);
});

test('of IPv6 a network is one address, and this machine is none', async () => {
  const me = await logins.human();
  for (let n = 0; n < 6; n++) assert.equal((await guess(here, await logins.human(), WRONG, `2001:db8::${n + 1}`)).code, 'invalid_argument');
  assert.deepEqual(await guess(here, me, PASSWORD, '2001:db8::ffff'), tooMany);
  assert.equal((await guess(here, me, PASSWORD, '2001:db8:1::1')).code, 'ok');
  for (const ip of ['127.0.0.1', '::1', '0:0::1', '::ffff:127.0.0.1', '::ffff:7f00:1', 'fe80::1%eth0', 'nonsense'])
    for (let n = 0; n < 7; n++) assert.equal((await guess(here, await logins.human(), WRONG, ip)).code, 'invalid_argument');
});
