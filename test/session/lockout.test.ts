/** Too many wrong tries lock a user, however many come at once and through whatever door; right ones never do (reference/session-service-v2.md 6.8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { type Answer, Client, user } from '../support/ask.ts';
import { nth } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { byPassword, byUser, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const cluster = await startCluster(2, { KEYWARD_THROTTLE_USER_FAILURES: '100000' });
const { sql } = cluster;
const logins = new Logins(cluster);
const { admin, people } = logins;
const clients = cluster.nodes.map((node) => new Client(node));
const [here, there] = clients as [Client, Client]; // of two nodes
const WRONG = 'Wrong#2026';

/** The policy, for the tests of this file one after the other. */
const limits = (passwords: number, codes: number) =>
  sql.unsafe(`
    create or replace function lockout_limits(instance_id text, org_id text) returns table (passwords integer, codes integer)
      language sql stable parallel safe as 'select ${passwords}, ${codes}'`);
await limits(5, 3);

const tooMany = { code: 'resource_exhausted', text: 'Too many failed attempts; try again later (KEYWARD-tries)', id: 'KEYWARD-tries' };
const guess = (client: Client, me: Person, password = WRONG) =>
  client.ask(session.createSession, { checks: byPassword(me, password) }, admin);
const change = (client: Client, { userId }: Person, current: string) =>
  client.ask(
    user.setPassword,
    { userId, newPassword: { password: 'Changed#2026' }, verification: { case: 'currentPassword', value: current } },
    admin,
  );
const tally = (answers: readonly { readonly code: string; readonly id?: string | undefined }[]) =>
  answers.reduce<Record<string, number>>((all, { code, id = code }) => Object.assign(all, { [id]: (all[id] ?? 0) + 1 }), {});
const eventsOf = async ({ userId }: Person) => (await logins.events('user', userId)).filter((type) => /check|locked/.test(type));

/** As REST tells it. */
async function failedAttempts(path: string, body: object): Promise<{ id?: string; failedAttempts?: number }> {
  const headers = { authorization: `Bearer ${cluster.adminPat}`, 'content-type': 'application/json' };
  return JSON.parse((await there.send('POST', path, headers, JSON.stringify(body))).body).details?.[0] ?? {};
}

test('the failure that reaches the limit locks the user, ends what he holds, and says still that the password is wrong', async () => {
  const me = await logins.human();
  const { sessionToken: token, sessionId } = await logins.login(here, me);
  for (let n = 0; n < 4; n++) assert.deepEqual(await guess(nth(clients, n), me), refusals.wrongPassword);
  assert.equal(await people.state(me), 'active');
  assert.deepEqual(await guess(here, me), refusals.wrongPassword);
  assert.equal(await people.state(me), 'locked');
  assert.deepEqual((await eventsOf(me)).slice(-2), ['user.human.password.check.failed', 'user.locked']);
  for (const client of clients) {
    assert.deepEqual(await guess(client, me, PASSWORD), refusals.notActive);
    assert.deepEqual(await client.ask(user.getUserByID, { userId: me.userId }, { token }), refusals.gone);
    assert.deepEqual(await client.ask(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin), refusals.locked);
  }
});

test('how many failures led to a lock is told, of a lock by hand none; after the unlock the count begins anew', async () => {
  const [me, other] = [await logins.human(), await logins.human()];
  const wrong = { checks: { user: { userId: me.userId }, password: { password: WRONG } } };
  for (let n = 1; n <= 5; n++) assert.equal((await failedAttempts('/v2/sessions', wrong)).failedAttempts, n);
  const changing = { newPassword: { password: 'Changed#2026' }, currentPassword: PASSWORD };
  assert.deepEqual(pick(await failedAttempts(`/v2/users/${me.userId}/password`, changing)), { id: 'COMMAND-JLK35', failedAttempts: 5 });
  await guess(here, other);
  await here.get(user.lockUser, { userId: other.userId }, admin);
  assert.deepEqual(pick(await failedAttempts(`/v2/users/${other.userId}/password`, changing)), {
    id: 'COMMAND-JLK35',
    failedAttempts: undefined,
  });
  await here.get(user.unlockUser, { userId: me.userId }, admin);
  assert.equal((await failedAttempts('/v2/sessions', wrong)).failedAttempts, 1);
  assert.equal((await guess(here, me, PASSWORD)).code, 'ok');
  assert.equal((await failedAttempts('/v2/sessions', wrong)).failedAttempts, 1);
});

const pick = ({ id, failedAttempts: count }: { id?: string; failedAttempts?: number }) => ({ id, failedAttempts: count });

test('of a thousand wrong guesses at once, on two nodes and through both doors, five are compared; then the user is locked', async () => {
  const me = await logins.human();
  const answers: Answer<typeof session.createSession | typeof user.setPassword>[] = await Promise.all(
    Array.from({ length: 1000 }, (_, n) =>
      n % 4 === 3 ? change(nth(clients, n), me, `${WRONG}${n}`) : guess(nth(clients, n), me, `${WRONG}${n}`),
    ),
  );
  const told = tally(answers);
  assert.equal(told['COMMAND-3M0fs'], 5, JSON.stringify(told));
  // Once he is locked a refusal costs a hash, for which not all can wait.
  const others = ['KEYWARD-tries', 'SESSION-Gj4ko', 'COMMAND-JLK35', 'KEYWARD-hashQueue'];
  assert.ok(
    Object.keys(told).every((id) => id === 'COMMAND-3M0fs' || others.includes(id)),
    JSON.stringify(told),
  );
  assert.ok((told['KEYWARD-tries'] ?? 0) > 0);
  assert.deepEqual(await eventsOf(me), [...Array(5).fill('user.human.password.check.failed'), 'user.locked']);
  assert.equal(await people.state(me), 'locked');
});

test('a hundred right logins at once lock nobody, and leave no failure and no reservation', async () => {
  const me = await logins.human();
  await guess(here, me);
  const told = tally(await Promise.all(Array.from({ length: 100 }, (_, n) => guess(nth(clients, n), me, PASSWORD))));
  assert.ok((told.ok ?? 0) >= 4, JSON.stringify(told));
  assert.equal((told.ok ?? 0) + (told['KEYWARD-tries'] ?? 0), 100, JSON.stringify(told));
  assert.equal(await people.state(me), 'active');
  const rows = await sql`select failed, cardinality(reserved) as reserved from failed_checks where user_id = ${me.userId}`;
  assert.deepEqual([...rows], [{ failed: 0, reserved: 0 }]);
});

test('a try that is refused for another reason gives its place back; that of a node that died ends by itself', async () => {
  const me = await logins.human();
  for (let n = 0; n < 8; n++) {
    const checks = { ...byPassword(me), recoveryCode: { code: 'abc' } };
    assert.equal((await here.ask(session.createSession, { checks }, admin)).code, 'failed_precondition');
  }
  const [row] =
    await sql`select failed, cardinality(reserved) as reserved from failed_checks where user_id = ${me.userId} and kind = 'password'`;
  assert.deepEqual(row, { failed: 0, reserved: 0 });
  await sql`update failed_checks set reserved = array_fill(now() + interval '1 minute', array[5]) where user_id = ${me.userId} and kind = 'password'`;
  assert.deepEqual(await guess(here, me, PASSWORD), tooMany);
  await sql`update failed_checks set reserved = array_fill(now(), array[5]) where user_id = ${me.userId} and kind = 'password'`;
  assert.equal((await guess(here, me, PASSWORD)).code, 'ok');
});

test('a wrong current password counts with those at login, also by one who may not read the user, and locks', async () => {
  const [me, stranger] = [await logins.human(), await people.caller()];
  await limits(2, 3);
  const wrong = await here.ask(
    user.setPassword,
    { userId: me.userId, newPassword: { password: 'Changed#2026' }, verification: { case: 'currentPassword', value: WRONG } },
    stranger,
  );
  assert.deepEqual(wrong, refusals.wrongPassword);
  assert.deepEqual(await guess(there, me), refusals.wrongPassword);
  await limits(5, 3);
  assert.equal(await people.state(me), 'locked');
});

/** Each kind of code: what sets it up and gives a session, a wrong one and the right one. */
const codes = {
  totp: async ({ userId }: Person) => {
    const { secret } = await here.get(user.registerTOTP, { userId }, admin);
    const codeOf = (steps: number) => totpCode(decodeBase32(secret) ?? assert.fail(), BigInt(Math.floor(Date.now() / 30_000) + steps));
    await here.get(user.verifyTOTPRegistration, { userId, code: codeOf(0) }, admin);
    const { sessionId } = await logins.begin(here, { userId, orgId: '' });
    return { sessionId, wrong: { totp: { code: 'abcdef' } }, right: { totp: { code: codeOf(1) } } };
  },
  otpEmail: async ({ userId }: Person) => {
    await here.get(user.addOTPEmail, { userId }, admin);
    const { sessionId, challenges } = await here.get(
      session.createSession,
      { checks: byUser({ userId }), challenges: { otpEmail: { deliveryType: { case: 'returnCode', value: {} } } } },
      admin,
    );
    return { sessionId, wrong: { otpEmail: { code: 'abcdefgh' } }, right: { otpEmail: { code: challenges?.otpEmail ?? '' } } };
  },
  recoveryCode: async ({ userId }: Person) => {
    const { recoveryCodes } = await here.get(user.generateRecoveryCodes, { userId, count: 1 }, admin);
    const { sessionId } = await logins.begin(here, { userId, orgId: '' });
    return { sessionId, wrong: { recoveryCode: { code: 'abc' } }, right: { recoveryCode: { code: recoveryCodes[0] ?? '' } } };
  },
} as const;

for (const [kind, prepare] of Object.entries(codes)) {
  test(`three wrong codes (${kind}) lock, whatever comes at once; the right one counts no more then; a success in between begins anew`, async () => {
    const me = await logins.human();
    const { sessionId, wrong, right } = await prepare(me);
    const give = (n: number, checks: typeof wrong) => nth(clients, n).ask(session.setSession, { sessionId, checks }, admin);
    for (const n of [0, 1]) assert.equal((await give(n, wrong)).code, 'invalid_argument');
    await guess(here, me); // another count
    assert.equal((await give(0, right)).code, 'ok');
    const again = await prepare(await logins.human());
    const [first] = await sql<{ user_id: string }[]>`select user_id from sessions where session_id = ${again.sessionId}`;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        nth(clients, n).ask(session.setSession, { sessionId: again.sessionId, checks: again.wrong }, admin),
      ),
    );
    assert.equal(answers.filter(({ code }) => code === 'invalid_argument').length, 3, JSON.stringify(tally(answers)));
    assert.equal(await people.state({ userId: first?.user_id ?? '' }), 'locked');
    const late = await here.ask(session.setSession, { sessionId: again.sessionId, checks: again.right }, admin);
    assert.deepEqual(late, refusals.notActive);
  });
}

test('the last active owner is not locked but pauses, another is locked', async () => {
  const [first, second] = [await logins.human({ instanceRoles: ['IAM_OWNER'] }), await logins.human({ instanceRoles: ['IAM_OWNER'] })];
  await sql`update users set is_owner = false where is_owner and user_id not in (${first.userId}, ${second.userId})`;
  for (let n = 0; n < 5; n++) assert.deepEqual(await guess(here, first), refusals.wrongPassword);
  assert.equal(await people.state(first), 'locked');
  for (let n = 0; n < 5; n++) assert.deepEqual(await guess(here, second), refusals.wrongPassword);
  assert.equal(await people.state(second), 'active');
  await sql`update profiles set password_changed_at = now() - interval '1 day' where user_id = ${second.userId}`;
  // far into the pauses of a minute: a slow machine must not be through with one
  const paused = (seconds: number) =>
    sql`update failed_checks set failed = 30, last_at = now() - ${seconds} * interval '1 second' where user_id = ${second.userId}`;
  await paused(0);
  assert.deepEqual(await guess(there, second, PASSWORD), tooMany);
  await paused(61);
  const told = tally(await Promise.all(Array.from({ length: 10 }, (_, n) => guess(nth(clients, n), second))));
  assert.equal(told['COMMAND-3M0fs'], 1, JSON.stringify(told));
  await paused(61);
  assert.equal((await guess(there, second, PASSWORD)).code, 'ok');
});
