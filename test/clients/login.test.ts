/** The login of the public guides, step by step with stock clients: who, the password, the code of an app; `@zitadel/client`, and plain `curl`. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createServerTransport } from '@zitadel/client/node';
import { createSessionServiceClient, createUserServiceClient } from '@zitadel/client/v2';
import { createClientTransport } from '@zitadel/client/web';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const PASSWORD = 'Secret#2026';

const codeOf = (secret: string, steps: number): string =>
  totpCode(decodeBase32(secret) ?? assert.fail(), BigInt(Math.floor(Date.now() / 30_000) + steps));

for (const [name, create] of Object.entries({ 'server transport': createServerTransport, 'web transport': createClientTransport })) {
  test(`@zitadel/client on its ${name} logs a user in by password and TOTP; switched off, he is out`, async () => {
    const as = (token: string) => create(token, { baseUrl: keyward.url });
    const [users, sessions] = [createUserServiceClient(as(keyward.owner)), createSessionServiceClient(as(keyward.owner))];
    const userId = await keyward.newUser();
    await users.setPassword({ userId, newPassword: { password: PASSWORD, changeRequired: false } });
    const { secret } = await users.registerTOTP({ userId });
    await users.verifyTOTPRegistration({ userId, code: codeOf(secret, 0) });

    const { sessionId } = await sessions.createSession({ checks: { user: { search: { case: 'userId', value: userId } } } });
    const known = await sessions.setSession({ sessionId, checks: { password: { password: PASSWORD } } });
    const opens = (token: string) => createUserServiceClient(as(token)).getUserByID({ userId });
    await assert.rejects(opens(known.sessionToken), /mfa required \(AUTHZ-Kl3p0\)/);
    await assert.rejects(sessions.setSession({ sessionId, checks: { totp: { code: 'abcdef' } } }), /Invalid code \(EVENT-8isk2\)/);
    const { sessionToken } = await sessions.setSession({ sessionId, checks: { totp: { code: codeOf(secret, 1) } } });
    assert.equal((await opens(sessionToken)).user?.userId, userId);
    const { session } = await sessions.getSession({ sessionId, sessionToken });
    assert.ok(session?.factors?.user && session.factors.password && session.factors.totp);

    await users.deactivateUser({ userId });
    await assert.rejects(opens(sessionToken), /Errors.Session.NotExisting \(QUERY-SFeaa\)/);
    await assert.rejects(sessions.getSession({ sessionId, sessionToken }), /Session does not exist \(QUERY-SFeaa\)/);
  });
}

interface Answer {
  readonly status: number;
  /** What each call reads of its own answer. */
  readonly json: Readonly<Record<'sessionId' | 'sessionToken' | 'secret' | 'message', string>>;
}

async function curl(verb: string, path: string, token: string, body?: object): Promise<Answer> {
  const data = body === undefined ? [] : ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)];
  const args = ['-sS', '-X', verb, keyward.url + path, '-H', `Authorization: Bearer ${token}`, ...data, '-w', '\n%{http_code}'];
  const { stdout } = await promisify(execFile)('curl', args);
  const [, json = '', status] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
  return { status: Number(status), json: JSON.parse(json) };
}

const noCurl = spawnSync('curl', ['--version']).error ? 'there is no curl on this machine' : false;

test('curl logs a user in by password and TOTP; switched off, he is out', { skip: noCurl }, async () => {
  const userId = await keyward.newUser();
  const { owner } = keyward;
  await curl('POST', `/v2/users/${userId}/password`, owner, { newPassword: { password: PASSWORD, changeRequired: false } });
  const { secret } = (await curl('POST', `/v2/users/${userId}/totp`, owner, {})).json;
  assert.equal((await curl('POST', `/v2/users/${userId}/totp/verify`, owner, { code: codeOf(secret, 0) })).status, 200);

  const begun = await curl('POST', '/v2/sessions', owner, { checks: { user: { userId } } });
  assert.equal(begun.status, 201);
  const session = `/v2/sessions/${begun.json.sessionId}`;
  const wrong = await curl('PATCH', session, owner, { checks: { password: { password: 'Wrong#2026' } } });
  assert.deepEqual([wrong.status, wrong.json.message], [400, 'Password is invalid (COMMAND-3M0fs)']);
  assert.equal((await curl('PATCH', session, owner, { checks: { password: { password: PASSWORD } } })).status, 200);
  const { json: inside } = await curl('PATCH', session, owner, { checks: { totp: { code: codeOf(secret, 1) } } });
  assert.equal((await curl('GET', `/v2/users/${userId}`, inside.sessionToken)).status, 200);
  assert.equal((await curl('GET', `${session}?session_token=${inside.sessionToken}`, owner)).status, 200);

  assert.equal((await curl('POST', `/v2/users/${userId}/deactivate`, owner)).status, 200);
  const out = await curl('GET', `/v2/users/${userId}`, inside.sessionToken);
  assert.deepEqual([out.status, out.json.message], [404, 'Errors.Session.NotExisting (QUERY-SFeaa)']);
});
