/** Passwords that were hashed elsewhere: taken over, good for a login, hashed anew by it; and what happens when many log in at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { SetPasswordSchema } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { byPassword, Logins, PASSWORD, refusals, session } from '../session/logins.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster, startNode } from '../support/node.ts';

const cluster = await startCluster(1);
const logins = new Logins(cluster);
const { admin } = logins;
const client = new Client(cluster.nodes[0]);

/** All of PASSWORD (`Password1!`): by crypt() of libxcrypt 4.4.33, OpenSSL 3.0.19, passlib 1.7.4, and Drupal's steps over hashlib of Python 3.11. */
const hashes = {
  bcrypt: '$2a$10$abcdefghijklmnopqrstuuM1NmTCB1Wc9MzZ0IYiSbJIE3Z1fsbhG',
  scrypt: '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0MTIzNA$nmwg85Ji8QJt2CnfuicFQKSL5pJ5vhbQ6sJxsdvE23s',
  'scrypt of crypt(3)': '$7$C6..../....saltsaltsalt$VyPixgTlBdzzl1H1xoCUq.SxU2l9snWRk/74vEWeUAD',
  pbkdf2: '$pbkdf2-sha256$29000$c2FsdHNhbHRzYWx0MTIzNA$fU0Uj6BjAhUOMvP0vWib0maFKGPUJYf3xE54j9YNqco',
  'sha256-crypt': '$5$saltstr1$9TmfTNUfQwjintvIvv/z9n8NsM4zVSWL4BiW8BJPwn4',
  'sha512-crypt': '$6$saltstr1$C1HgSuUDhpFTthycEBjuE6r5zkbfVBu1CmeTgdV6ftfHV9SEyMPkDN3KRnhmF7NXuR89Lsllg9w4B86.lePN0/',
  phpass: '$P$Bsaltsalt1lyTVNJsmDqGoHelGuc20.',
  drupal7: '$S$Dsaltsalt6TGI/c0GhEb11YLKJBrROeW0UhFVmf2NQtIjFLIf8WC',
} as const;
const MD5 = '$1$saltstr1$KIjLXn.GDoSvRFJsM0h1z.';

/** A human whose password comes as a hash. */
async function imported(hash: string): Promise<{ readonly userId: string }> {
  const userId = logins.people.newId();
  await client.get(
    user.addHumanUser,
    {
      userId,
      profile: { givenName: 'Ada', familyName: 'Test' },
      email: { email: `${userId}@example.com`, verification: { case: 'isVerified', value: true } },
      passwordType: { case: 'hashedPassword', value: { hash, changeRequired: false } },
    },
    admin,
  );
  return { userId };
}

async function stored({ userId }: { readonly userId: string }): Promise<string | null> {
  const [row] = await cluster.sql<{ password_hash: string | null }[]>`select password_hash from profiles where user_id = ${userId}`;
  return row?.password_hash ?? null;
}

/** Of the user, from the first login on. */
async function checks({ userId }: { readonly userId: string }): Promise<readonly string[]> {
  return (await logins.events('user', userId)).filter((type) => /\.password\.(?:check|hash)\./.test(type));
}

const SUCCEEDED = 'user.human.password.check.succeeded';
const UPDATED = 'user.human.password.hash.updated';

for (const [name, hash] of Object.entries(hashes))
  test(`a password that was imported as ${name} opens a session, and is hashed anew by it, once`, async () => {
    const me = await imported(hash);
    assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me, 'Password2!') }, admin), refusals.wrongPassword);
    assert.equal(await stored(me), hash);
    const { sessionToken: token } = await client.get(session.createSession, { checks: byPassword(me) }, admin);
    assert.match((await stored(me)) ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal((await client.ask(user.getUserByID, { userId: me.userId }, { token })).code, 'ok', 'its session goes on');
    await client.get(session.createSession, { checks: byPassword(me) }, admin);
    assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me, 'Password2!') }, admin), refusals.wrongPassword);
    assert.deepEqual((await checks(me)).slice(1), [SUCCEEDED, UPDATED, SUCCEEDED, 'user.human.password.check.failed']);
  });

test('ten logins at once with an imported hash all succeed, and one of them hashes it anew', async () => {
  const me = await imported(hashes['sha256-crypt']);
  const made = await Promise.all(Array.from({ length: 10 }, () => client.ask(session.createSession, { checks: byPassword(me) }, admin)));
  assert.deepEqual([...new Set(made.map(({ code }) => code))], ['ok']);
  const written = await checks(me);
  assert.equal(written.filter((type) => type === UPDATED).length, 1);
  assert.equal(written.filter((type) => type === SUCCEEDED).length, 10);
});

test('a password that is set while a login hashes the imported one anew stays', async () => {
  for (let n = 0; n < 10; n++) {
    const me = await imported(hashes['sha256-crypt']);
    const newPassword = { password: 'Changed#2026', changeRequired: false };
    await Promise.all([
      client.ask(session.createSession, { checks: byPassword(me) }, admin),
      client.get(user.setPassword, { userId: me.userId, newPassword }, admin),
    ]);
    assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me) }, admin), refusals.wrongPassword);
    await client.get(session.createSession, { checks: byPassword(me, 'Changed#2026') }, admin);
  }
});

test('a login that loses against a deactivation hashes nothing anew', async () => {
  const me = await imported(hashes.bcrypt);
  await client.get(user.deactivateUser, { userId: me.userId }, admin);
  assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me) }, admin), refusals.notActive);
  assert.equal(await stored(me), hashes.bcrypt);
});

test('the current password proves itself to SetPassword in an imported format, too', async () => {
  const me = await imported(hashes.phpass);
  const set = (current: string) =>
    client.ask(
      user.setPassword,
      {
        userId: me.userId,
        newPassword: { password: 'Changed#2026', changeRequired: false },
        verification: { case: 'currentPassword', value: current },
      },
      admin,
    );
  assert.equal((await set('Password2!')).code, 'invalid_argument');
  assert.equal((await set(PASSWORD)).code, 'ok');
});

test('a password of 200 characters is set and opens a session; the last of them counts', async () => {
  const me = await logins.human();
  const long = `Aa1!${'x'.repeat(196)}`;
  await client.get(user.setPassword, { userId: me.userId, newPassword: { password: long, changeRequired: false } }, admin);
  await client.get(session.createSession, { checks: byPassword(me, long) }, admin);
  const other = `${long.slice(0, -1)}y`;
  assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me, other) }, admin), refusals.wrongPassword);
});

test('hashes made with MD5 are refused, and taken by a node that is told to', async () => {
  const told = new Client(await startNode(cluster.database, { KEYWARD_LEGACY_HASHES: 'md5' }));
  const me = await logins.human();
  const password = create(SetPasswordSchema, {
    passwordType: { case: 'hashedPassword', value: { hash: MD5, changeRequired: false } },
  });
  const change = { userId: me.userId, userType: { case: 'human', value: { password } } } as const;
  const refused = await client.ask(user.updateUser, change, admin);
  assert.deepEqual(refused, { code: 'invalid_argument', text: 'Password is invalid (CRYPT-r8Qm2)', id: 'CRYPT-r8Qm2' });
  await told.get(user.updateUser, change, admin);
  assert.equal(await stored(me), MD5);
  await told.get(session.createSession, { checks: byPassword(me) }, admin);
  await client.get(session.createSession, { checks: byPassword(me) }, admin);
});

/** Of nothing that anybody knows; a comparison takes several of ours. */
const DEAR = `$2b$12$${'.'.repeat(21)}O${'.'.repeat(31)}`;

test('where too many passwords wait to be hashed, the next is refused with a hint when to come again, and other calls go on', async () => {
  const [me, other] = [await imported(DEAR), await logins.human()];
  const body = JSON.stringify({ checks: { user: { userId: me.userId }, password: { password: PASSWORD } } });
  const headers = { authorization: `Bearer ${cluster.adminPat}`, 'content-type': 'application/json' };
  const guess = () => fetch(`http://127.0.0.1:${cluster.nodes[0].port}/v2/sessions`, { method: 'POST', headers, body });
  const guesses = Array.from({ length: 60 }, guess);
  for (let n = 0; n < 10; n++) assert.equal((await client.ask(user.getUserByID, other, admin)).code, 'ok');
  await client.get(session.createSession, { checks: byPassword(other) }, admin);
  const answers = await Promise.all(guesses);
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [400, 429]);
  for (const refused of answers.filter(({ status }) => status === 429)) {
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]$/);
    assert.match(await refused.text(), /KEYWARD-hashQueue/);
  }
});
