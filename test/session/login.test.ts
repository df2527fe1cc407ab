/** Logging in step by step, and what the token of a session is good for, on two nodes and in every protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { Client, protocols, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { byName, byPassword, byUser, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const cluster = await startCluster(2);
const logins = new Logins(cluster);
const { people, admin } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes

test('a session with a password opens the API for its user on every node and in every protocol, and nothing more', async () => {
  const [me, other] = [await logins.human(), await people.person({ kind: 'human' })];
  const { sessionToken: token } = await logins.login(here, me);
  for (const client of [here, there])
    for (const protocol of protocols) {
      const { user: shown } = await client.get(user.getUserByID, { userId: me.userId }, { token, protocol });
      assert.equal(shown?.userId, me.userId);
      assert.deepEqual(await client.ask(user.getUserByID, { userId: other.userId }, { token, protocol }), refusals.noMembership);
      assert.deepEqual(await client.ask(session.createSession, {}, { token, protocol }), refusals.noMembership);
    }
});

test('the roles of its user count for a session', async () => {
  const owner = await logins.human({ instanceRoles: ['IAM_OWNER'] });
  const { sessionToken: token } = await logins.login(here, owner);
  const target = await people.person();
  assert.equal((await there.ask(user.deactivateUser, { userId: target.userId }, { token })).code, 'ok');
});

test('a login in two steps: who, then the password; each step replaces the token on every node', async () => {
  const me = await logins.human();
  const begun = await here.get(session.createSession, { checks: byName(me.userId.toUpperCase()) }, admin);
  const knock = (client: Client, token: string) => client.ask(user.getUserByID, { userId: me.userId }, { token });
  assert.deepEqual(await knock(there, begun.sessionToken), refusals.noFactor);
  const known = await here.get(session.setSession, { sessionId: begun.sessionId, checks: typed(PASSWORD) }, admin);
  assert.equal((await knock(there, known.sessionToken)).code, 'ok');
  assert.deepEqual(await knock(there, begun.sessionToken), refusals.replaced);
  const again = await there.get(session.setSession, { sessionId: begun.sessionId, lifetime: { seconds: 3600n } }, admin);
  for (const client of [here, there]) {
    assert.equal((await knock(client, again.sessionToken)).code, 'ok');
    assert.deepEqual(await knock(client, known.sessionToken), refusals.replaced);
  }
  assert.deepEqual(await logins.events('session', begun.sessionId), [
    'session.added',
    'session.user.checked',
    'session.token.set',
    'session.password.checked',
    'session.token.set',
    'session.lifetime.set',
    'session.token.set',
  ]);
});

test('a token that was cut or changed is none, whatever the session', async () => {
  const me = await logins.human();
  const { sessionToken: token, sessionId } = await logins.login(here, me);
  const forged = [
    token.slice(0, -2),
    `${token.slice(0, -6)}AAAAAA`,
    token.replace(/_(\d)/, (_, digit) => `_${(Number(digit) % 9) + 1}`),
    `sess_${sessionId}_${'A'.repeat(32)}${'0'.repeat(16)}`,
  ];
  for (const bad of forged) assert.deepEqual(await here.ask(user.getUserByID, { userId: me.userId }, { token: bad }), refusals.noToken);
});

test('after its end a session is dead on every node, for its token and for everyone', async () => {
  const me = await logins.human();
  const { sessionToken: token, sessionId } = await logins.login(here, me);
  await there.get(user.getUserByID, { userId: me.userId }, { token });
  await here.get(session.deleteSession, { sessionId }, { token });
  for (const client of [there, here]) {
    assert.deepEqual(await client.ask(user.getUserByID, { userId: me.userId }, { token }), refusals.gone);
    assert.deepEqual(await client.ask(session.getSession, { sessionId }, admin), refusals.notFound);
    assert.deepEqual(await client.ask(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin), refusals.terminated);
  }
  const before = await logins.events('session', sessionId);
  await here.get(session.deleteSession, { sessionId, sessionToken: token }, admin);
  assert.deepEqual(await logins.events('session', sessionId), before);
});

test('a session that has run out is shown and can be ended, but opens nothing and takes nothing', async () => {
  const me = await logins.human();
  const made = await here.get(session.createSession, { checks: byPassword(me), lifetime: { seconds: 600n } }, admin);
  const [{ sessionId }, token] = [made, made.sessionToken];
  await there.get(user.getUserByID, { userId: me.userId }, { token });
  const short = await here.get(session.setSession, { sessionId, lifetime: { nanos: 1 } }, admin);
  assert.deepEqual(await there.ask(user.getUserByID, { userId: me.userId }, { token: short.sessionToken }), refusals.ranOut);
  assert.deepEqual(await there.ask(session.setSession, { sessionId, lifetime: { seconds: 60n } }, admin), refusals.expired);
  assert.equal((await there.get(session.getSession, { sessionId, sessionToken: short.sessionToken }, admin)).session?.id, sessionId);
  await there.get(session.deleteSession, { sessionId, sessionToken: short.sessionToken }, admin);
});

test('a password that was changed since proves nothing any more, on a node that knew the session too', async () => {
  const me = await logins.human();
  const { sessionToken: token, sessionId } = await logins.login(here, me);
  await there.get(user.getUserByID, { userId: me.userId }, { token });
  const newPassword = { password: 'Changed#2026', changeRequired: false };
  await here.get(user.setPassword, { userId: me.userId, newPassword }, admin);
  assert.deepEqual(await there.ask(user.getUserByID, { userId: me.userId }, { token }), refusals.noFactor);
  const { session: shown } = await there.get(session.getSession, { sessionId }, admin);
  assert.equal(shown?.factors?.password, undefined);
  assert.equal(shown?.factors?.user?.id, me.userId);
  const renewed = await there.get(session.setSession, { sessionId, checks: typed('Changed#2026') }, admin);
  assert.equal((await here.ask(user.getUserByID, { userId: me.userId }, { token: renewed.sessionToken })).code, 'ok');
});

/** The count of a CredentialsCheckError, as REST tells it. */
async function failedAttempts(client: Client, userId: string, password: string): Promise<unknown> {
  const body = JSON.stringify({ checks: { user: { userId }, password: { password } } });
  const headers = { authorization: `Bearer ${cluster.adminPat}`, 'content-type': 'application/json' };
  const answer = await client.send('POST', '/v2/sessions', headers, body);
  return JSON.parse(answer.body).details?.[0]?.failedAttempts;
}

test('failed attempts are counted from the last success, over sessions and nodes; a new password begins anew', async () => {
  const me = await logins.human();
  assert.deepEqual(await here.ask(session.createSession, { checks: byPassword(me, 'Wrong#2026') }, admin), refusals.wrongPassword);
  assert.equal(await failedAttempts(there, me.userId, 'Wrong#2026'), 2);
  assert.equal(await failedAttempts(here, me.userId, 'Wrong#2026'), 3);
  await logins.login(there, me);
  assert.equal(await failedAttempts(here, me.userId, 'Wrong#2026'), 1);
  await here.get(user.setPassword, { userId: me.userId, newPassword: { password: 'Changed#2026', changeRequired: false } }, admin);
  assert.equal(await failedAttempts(there, me.userId, PASSWORD), 1);
  const checks = (await logins.events('user', me.userId)).filter((type) => type.includes('.check.')).map((type) => type.split('.').at(-1));
  assert.deepEqual(checks, ['failed', 'failed', 'failed', 'succeeded', 'failed', 'failed']);
});

test('twenty wrong guesses at once are all counted, and none of them makes a session', async () => {
  const me = await logins.human();
  const counts = await Promise.all(Array.from({ length: 20 }, (_, n) => failedAttempts([here, there][n % 2]!, me.userId, 'Wrong#2026')));
  assert.deepEqual(
    counts.map(Number).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  const [{ count }] = await cluster.sql<[{ count: string }]>`select count(*)::text as count from sessions where user_id = ${me.userId}`;
  assert.equal(count, '0');
});

test('twenty right logins of one user at once all succeed', async () => {
  const me = await logins.human();
  const made = await Promise.all(Array.from({ length: 20 }, (_, n) => logins.login([here, there][n % 2]!, me)));
  for (const { sessionToken: token } of made) assert.equal((await here.ask(user.getUserByID, { userId: me.userId }, { token })).code, 'ok');
});

test('who cannot be checked: unknown, without a password, a machine, nobody, somebody else', async () => {
  const [me, other, plain, machine] = [
    await logins.human(),
    await logins.human(),
    await people.person({ kind: 'human' }),
    await people.person(),
  ];
  const create = (checks: Parameters<typeof byPassword>[0] | undefined) =>
    here.ask(session.createSession, { checks: checks ? byPassword(checks) : typed(PASSWORD) }, admin);
  assert.deepEqual(await create({ userId: '404' }), refusals.userNotFound);
  assert.deepEqual(await create(plain), refusals.noPassword);
  assert.deepEqual(await create(machine), refusals.noHuman);
  assert.deepEqual(await create(undefined), refusals.userMissing);
  const { sessionId } = await logins.begin(here, me);
  const change = await here.ask(session.setSession, { sessionId, checks: byUser(other) }, admin);
  assert.deepEqual(change, { code: 'invalid_argument', text: 'user change not possible ()', id: '' });
  assert.deepEqual(await here.ask(session.setSession, { sessionId: '404', lifetime: { seconds: 60n } }, admin), refusals.notFound);
});

test('checks and challenges of what a user has not set up are refused, and leave nothing behind', async () => {
  const me = await logins.human();
  const { sessionId, details } = await logins.begin(here, me);
  const asked = [
    { checks: { totp: { code: '123456' } } },
    { checks: { recoveryCode: { code: 'abc' } } },
    { checks: { webAuthN: { credentialAssertionData: { id: 'x' } } } },
    { checks: { otpEmail: { code: '12345678' } } },
    { challenges: { otpSms: { returnCode: true } } },
  ];
  for (const part of asked) assert.equal((await here.ask(session.setSession, { sessionId, ...part }, admin)).code, 'failed_precondition');
  const idpIntent = { idpIntentId: '1', idpIntentToken: 'abc' };
  assert.equal((await here.ask(session.setSession, { sessionId, checks: { idpIntent } }, admin)).code, 'permission_denied');
  assert.equal((await here.get(session.getSession, { sessionId }, admin)).session?.sequence, details?.sequence);
});

test('metadata is merged, an empty value takes its key away, and what changes nothing gives no token', async () => {
  const bytes = (text: string) => Buffer.from(text);
  const { sessionId } = await here.get(session.createSession, { metadata: { a: bytes('1'), b: bytes('2'), none: bytes('') } }, admin);
  const set = (metadata: Record<string, Uint8Array>) => there.get(session.setSession, { sessionId, metadata }, admin);
  const shown = async () => {
    const { metadata } = (await here.get(session.getSession, { sessionId }, admin)).session!;
    return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value).toString()]));
  };
  assert.deepEqual(await shown(), { a: '1', b: '2' });
  assert.notEqual((await set({ b: bytes('3'), c: bytes('4'), a: bytes('') })).sessionToken, '');
  assert.deepEqual(await shown(), { b: '3', c: '4' });
  assert.equal((await set({ b: bytes('3'), unknown: bytes('') })).sessionToken, '');
  assert.equal((await there.get(session.setSession, { sessionId }, admin)).sessionToken, '');
});

test('two steps at once on two nodes: both are kept, and one of the tokens is good', async () => {
  const me = await logins.human();
  const { sessionId } = await logins.begin(here, me);
  const steps = await Promise.all([
    here.get(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin),
    there.get(session.setSession, { sessionId, metadata: { a: Buffer.from('1') } }, admin),
  ]);
  const good = await Promise.all(steps.map(({ sessionToken: token }) => here.ask(user.getUserByID, { userId: me.userId }, { token })));
  assert.deepEqual(good.map(({ code }) => code).sort(), ['ok', 'permission_denied']);
  const { session: shown } = await there.get(session.getSession, { sessionId }, admin);
  assert.ok(shown?.factors?.password && shown.metadata.a);
});

test('with a TOTP set up a password alone opens nothing any more, on a node that knew the session too; without it, it does again', async () => {
  const me = await logins.human();
  const { sessionToken: token } = await logins.login(here, me);
  const knock = () => Promise.all([there, here].map((client) => client.ask(user.getUserByID, { userId: me.userId }, { token })));
  assert.deepEqual(
    (await knock()).map(({ code }) => code),
    ['ok', 'ok'],
  );
  const { secret } = await here.get(user.registerTOTP, { userId: me.userId }, { token });
  assert.deepEqual(
    (await knock()).map(({ code }) => code),
    ['ok', 'ok'],
  );
  const code = totpCode(decodeBase32(secret)!, BigInt(Math.floor(Date.now() / 30_000)));
  await here.get(user.verifyTOTPRegistration, { userId: me.userId, code }, { token });
  assert.deepEqual(await knock(), [refusals.mfaRequired, refusals.mfaRequired]);
  await here.get(user.removeTOTP, { userId: me.userId }, admin);
  assert.deepEqual(
    (await knock()).map(({ code }) => code),
    ['ok', 'ok'],
  );
});
