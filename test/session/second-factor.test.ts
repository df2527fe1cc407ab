/** How many factors a session's token needs, by what its user has set up and what the login policy says (reference/authn-authz-oidc.md 1.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults, type LoginPolicy, secondFactorTypes } from '../../src/access/policy.ts';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { byPassword, Logins, refusals, session } from './logins.ts';

const cluster = await startCluster(2);
const { sql, instanceId } = cluster;
const logins = new Logins(cluster);
const { admin } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes

interface Policy {
  readonly forceMfa?: boolean;
  readonly localOnly?: boolean;
  readonly secondFactors?: readonly (keyof typeof secondFactorTypes)[];
}

/** Sets the login policy, as whoever changes one does: with the version of what it is for. */
async function policy({ forceMfa = false, localOnly = false, secondFactors = ['totp', 'u2f'] }: Policy): Promise<void> {
  const login: LoginPolicy = {
    ...defaults.login,
    forceMfa,
    forceMfaLocalOnly: localOnly,
    secondFactors: secondFactors.map((factor) => secondFactorTypes[factor]),
  };
  await sql`
    insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
    values (${instanceId}, '', 'login', ${JSON.stringify(login)}::text::jsonb, 0, now(), now())
    on conflict (instance_id, kind, org_id) do update set value = excluded.value`;
  await sql`update instances set access_version = nextval('epochs') where instance_id = ${instanceId}`;
}

/** What the token says on a node that knew it, and on one that did not. */
async function knock({ userId }: Person, token: string): Promise<string[]> {
  const answers = await Promise.all([here, there].map((client) => client.ask(user.getUserByID, { userId }, { token })));
  return answers.map((answer) => (answer.code === 'ok' ? 'ok' : answer.text));
}
const [open, required] = [
  ['ok', 'ok'],
  [refusals.mfaRequired.text, refusals.mfaRequired.text],
];

async function withTotp({ userId }: Person): Promise<(steps: number) => string> {
  const { secret } = await here.get(user.registerTOTP, { userId }, admin);
  const codeOf = (steps: number) => totpCode(decodeBase32(secret) ?? assert.fail(), BigInt(Math.floor(Date.now() / 30_000) + steps));
  await here.get(user.verifyTOTPRegistration, { userId, code: codeOf(0) }, admin);
  return codeOf;
}

test('where the policy asks everybody for a second factor, a password alone opens nothing any more, also on a node that let it in', async () => {
  const me = await logins.human();
  const { sessionToken } = await logins.login(here, me);
  assert.deepEqual(await knock(me, sessionToken), open);
  for (const forced of [{ forceMfa: true }, { localOnly: true }, { forceMfa: true, localOnly: true }]) {
    await policy(forced);
    assert.deepEqual(await knock(me, sessionToken), required);
  }
  const codeOf = await withTotp(me);
  const both = await here.get(session.createSession, { checks: { ...byPassword(me), totp: { code: codeOf(1) } } }, admin);
  assert.deepEqual(await knock(me, both.sessionToken), open);
  const [code = ''] = (await here.get(user.generateRecoveryCodes, { userId: me.userId, count: 1 }, admin)).recoveryCodes;
  const recovered = await here.get(session.createSession, { checks: { ...byPassword(me), recoveryCode: { code } } }, admin);
  assert.deepEqual(await knock(me, recovered.sessionToken), open);
  await policy({});
});

test('one who came by a provider is asked for a second factor only where the policy is not for passwords alone', async () => {
  const me = await logins.human();
  const { sessionId, sessionToken } = await logins.login(here, me);
  await sql`update sessions set intent_checked_at = password_checked_at, password_checked_at = null where session_id = ${sessionId}`;
  for (const [forced, expected] of [
    [{ localOnly: true }, open],
    [{ forceMfa: true, localOnly: true }, open],
    [{ forceMfa: true }, required],
  ] as const) {
    await policy(forced);
    assert.deepEqual(await knock(me, sessionToken), expected, JSON.stringify(forced));
  }
  await policy({});
});

test('what is set up asks for itself only where the policy allows it; recovery codes never do', async () => {
  const [me, other] = [await logins.human(), await logins.human()];
  await withTotp(me);
  await here.get(user.addOTPEmail, { userId: other.userId }, admin);
  await here.get(user.generateRecoveryCodes, { userId: other.userId, count: 3 }, admin);
  const [mine, theirs] = [await logins.login(here, me), await logins.login(here, other)];
  assert.deepEqual(await knock(me, mine.sessionToken), required);
  assert.deepEqual(await knock(other, theirs.sessionToken), open);
  await policy({ secondFactors: ['otpEmail'] });
  assert.deepEqual(await knock(me, mine.sessionToken), open);
  assert.deepEqual(await knock(other, theirs.sessionToken), required);
  await policy({ secondFactors: [] });
  assert.deepEqual(await knock(other, theirs.sessionToken), open);
  await policy({});
});
