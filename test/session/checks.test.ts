/** The checks of a session beyond the password: keys, TOTP, codes by message and mail, recovery codes; each good once, on any node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { UserVerificationRequirement } from '../../src/contract/gen/zitadel/session/v2/session_pb.js';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { Client, type Refusal, user } from '../support/ask.ts';
import { publicKeyOf, SoftwareAuthenticator, type Wrong } from '../support/authenticator.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { byPassword, byUser, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const cluster = await startCluster(2, { KEYWARD_EXTERNAL_DOMAIN: 'localhost' });
const logins = new Logins(cluster);
const { admin } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const nodes = [here, there, here, there, here];

const refused = (code: Refusal['code'], text: string, id: string): Refusal => ({ code, text: `${text} (${id})`, id });
const assertionWrong = refused('invalid_argument', 'Error on validate login credentials', 'WEBAU-3M9si');
const unreadable = refused('invalid_argument', 'Error on validate login credentials', 'WEBAU-ADgv4');
const noChallenge = refused('failed_precondition', 'Session without WebAuthN challenge', 'COMMAND-Ioqu5');
const noKey = refused('failed_precondition', 'WebAuthN begin login failed', 'WEBAU-4G8sw');
const totpWrong = refused('invalid_argument', 'Invalid code', 'EVENT-8isk2');
const codeWrong = refused('invalid_argument', 'Code is invalid', 'CODE-woT0xc');
const codeNone = refused('failed_precondition', 'Code not found', 'COMMAND-S34gh');
const codeExpired = refused('failed_precondition', 'Code is expired', 'CODE-QvUQ4P');
const recoveryWrong = refused('invalid_argument', 'Invalid recovery code provided', 'DOMAIN-6uvh0');
const otpNotReady = (id: string) => refused('failed_precondition', "Multifactor OTP (OneTimePassword) isn't ready", id);

const { REQUIRED, PREFERRED, DISCOURAGED } = UserVerificationRequirement;
type Set = MessageInitShape<typeof session.setSession.input>;
type Checks = Set['checks'];
type Challenges = Set['challenges'];

const set = (via: Client, sessionId: string, request: { checks?: Checks; challenges?: Challenges }) =>
  via.ask(session.setSession, { sessionId, ...request }, admin);
const factors = async (sessionId: string) => (await here.get(session.getSession, { sessionId }, admin)).session?.factors;
const opens = ({ userId }: Person, token: string) => there.ask(user.getUserByID, { userId }, { token });
const succeeded = (answers: readonly { readonly code: string }[]) => answers.filter(({ code }) => code === 'ok').length;

async function withKey(kind: 'passkey' | 'u2f', { userId }: Person, key = new SoftwareAuthenticator()): Promise<SoftwareAuthenticator> {
  if (kind === 'passkey') {
    const begun = await here.get(user.registerPasskey, { userId, domain: 'localhost' }, admin);
    const publicKeyCredential = key.create(begun.publicKeyCredentialCreationOptions);
    await here.get(user.verifyPasskeyRegistration, { userId, passkeyId: begun.passkeyId, passkeyName: 'mine', publicKeyCredential }, admin);
  } else {
    const begun = await here.get(user.registerU2F, { userId, domain: 'localhost' }, admin);
    const publicKeyCredential = key.create(begun.publicKeyCredentialCreationOptions);
    await here.get(user.verifyU2FRegistration, { userId, u2fId: begun.u2fId, tokenName: 'mine', publicKeyCredential }, admin);
  }
  return key;
}

const keyChallenge = (userVerificationRequirement = REQUIRED, domain = 'localhost') => ({
  webAuthN: { domain, userVerificationRequirement },
});
const answered = (key: SoftwareAuthenticator, options: JsonObject | undefined, wrong?: Wrong) => ({
  webAuthN: { credentialAssertionData: key.get(options, wrong) },
});

/** A session of this user that waits for his key. */
async function challenged(person: Person, requirement = REQUIRED) {
  const begun = await here.get(session.createSession, { checks: byUser(person), challenges: keyChallenge(requirement) }, admin);
  return { ...begun, options: begun.challenges?.webAuthN?.publicKeyCredentialRequestOptions };
}

test('a passkey alone opens the API for its user, on another node than that which asked for it', async () => {
  const me = await logins.human();
  const key = await withKey('passkey', me);
  const { sessionId, sessionToken, options } = await challenged(me);
  const { challenge, ...asked } = publicKeyOf(options);
  assert.match(challenge, /^[\w-]{43}$/);
  const allowCredentials = [{ id: key.credentialId.toString('base64url'), type: 'public-key' }];
  assert.deepEqual(asked, { allowCredentials, rpId: 'localhost', timeout: 300_000, userVerification: 'required' });
  assert.deepEqual(await opens(me, sessionToken), refusals.noFactor);
  const inside = await there.get(session.setSession, { sessionId, checks: answered(key, options) }, admin);
  assert.equal((await factors(sessionId))?.webAuthN?.userVerified, true);
  assert.equal((await opens(me, inside.sessionToken)).code, 'ok');
});

test('a challenge that is answered five times at once is answered once', async () => {
  const me = await logins.human();
  const key = await withKey('passkey', me);
  const { sessionId, options } = await challenged(me);
  const checks = answered(key, options);
  const answers = await Promise.all(nodes.map((via) => set(via, sessionId, { checks })));
  assert.equal(succeeded(answers), 1);
  assert.deepEqual(await set(here, sessionId, { checks }), noChallenge);
});

/** Assertions that must not pass. */
const wrongs: Readonly<Record<string, Wrong>> = {
  'of another challenge': { challenge: 'A'.repeat(43) },
  'on another origin': { origin: 'https://evil.example.com' },
  'for another domain': { rpId: 'example.com' },
  'by another key': { key: new SoftwareAuthenticator().keys.privateKey },
  'of a credential that nobody has': { credentialId: Buffer.alloc(32, 7) },
  'of a registration': { type: 'webauthn.create' },
  'without anybody present': { flags: 0x04 },
  'without its user verified': { flags: 0x01 },
  'with the handle of somebody else': { handle: 'bm9ib2R5' },
};

test('a wrong assertion is refused, and the right one still counts', async () => {
  const [me, other] = [await logins.human(), await logins.human()];
  const [key, theirs] = [await withKey('passkey', me), await withKey('passkey', other)];
  const { sessionId, options } = await challenged(me);
  for (const [what, but] of Object.entries(wrongs))
    assert.deepEqual(await set(here, sessionId, { checks: answered(key, options, but) }), assertionWrong, what);
  assert.deepEqual(await set(here, sessionId, { checks: answered(theirs, options) }), assertionWrong);
  for (const credentialAssertionData of [{}, { id: 'x' }, { id: 'AA', rawId: 'AA', type: 'public-key', response: 'x' }])
    assert.deepEqual(await set(here, sessionId, { checks: { webAuthN: { credentialAssertionData } } }), unreadable);
  assert.equal((await set(here, sessionId, { checks: answered(key, options) })).code, 'ok');
});

test('a key whose counter does not go on is refused, also in two sessions at once', async () => {
  const me = await logins.human();
  const key = await withKey('passkey', me);
  const next = async (counter: number) => {
    const { sessionId, options } = await challenged(me);
    return () => set(there, sessionId, { checks: answered(key, options, { counter }) });
  };
  assert.equal((await (await next(10))()).code, 'ok');
  for (const counter of [10, 9, 0]) assert.deepEqual(await (await next(counter))(), assertionWrong);
  const together = await Promise.all([1, 2, 3].map(() => next(11)));
  assert.equal(succeeded(await Promise.all(together.map((answer) => answer()))), 1);
  assert.deepEqual((await logins.events('user', me.userId)).slice(-2), Array(2).fill('user.human.passwordless.token.signcount.changed'));
});

test('an authenticator that does not count is taken each time', async () => {
  const me = await logins.human();
  const key = new SoftwareAuthenticator();
  const begun = await here.get(user.registerPasskey, { userId: me.userId, domain: 'localhost' }, admin);
  const publicKeyCredential = key.create(begun.publicKeyCredentialCreationOptions, { counter: 0 });
  const { passkeyId } = begun;
  await here.get(user.verifyPasskeyRegistration, { userId: me.userId, passkeyId, passkeyName: 'mine', publicKeyCredential }, admin);
  for (const _ of [1, 2]) {
    const { sessionId, options } = await challenged(me);
    assert.equal((await set(here, sessionId, { checks: answered(key, options, { counter: 0 }) })).code, 'ok');
  }
});

test('a security key is a second factor: alone it does not open the API, and without it a password does no more', async () => {
  const me = await logins.human();
  const before = await logins.login(here, me);
  assert.equal((await opens(me, before.sessionToken)).code, 'ok');
  const key = await withKey('u2f', me, new SoftwareAuthenticator({ verifies: false }));
  assert.deepEqual(await opens(me, before.sessionToken), refusals.mfaRequired);
  const { sessionId, options } = await challenged(me, DISCOURAGED);
  assert.equal(publicKeyOf(options).timeout, 120_000);
  const touched = await here.get(session.setSession, { sessionId, checks: answered(key, options) }, admin);
  assert.equal((await factors(sessionId))?.webAuthN?.userVerified, false);
  assert.deepEqual(await opens(me, touched.sessionToken), refusals.mfaRequired);
  const both = await here.get(session.setSession, { sessionId, checks: typed(PASSWORD) }, admin);
  assert.equal((await opens(me, both.sessionToken)).code, 'ok');
});

test('a challenge needs a key of its kind, registered on its domain', async () => {
  const [me, second, none] = [await logins.human(), await logins.human(), await logins.human()];
  await withKey('passkey', me);
  await withKey('u2f', second);
  const ask = (person: Person, requirement: UserVerificationRequirement, domain = 'localhost') =>
    here.ask(session.createSession, { checks: byUser(person), challenges: keyChallenge(requirement, domain) }, admin);
  for (const requirement of [PREFERRED, DISCOURAGED]) assert.deepEqual(await ask(me, requirement), noKey);
  assert.deepEqual(await ask(second, REQUIRED), noKey);
  assert.deepEqual(await ask(none, REQUIRED), noKey);
  assert.deepEqual(await ask(me, REQUIRED, 'example.com'), noKey);
  assert.equal((await ask(second, PREFERRED)).code, 'ok');
});

test('a newer challenge takes the place of the one before, and an old one counts no more', async () => {
  const me = await logins.human();
  const key = await withKey('passkey', me);
  const { sessionId, options } = await challenged(me);
  const newer = await here.get(session.setSession, { sessionId, challenges: keyChallenge() }, admin);
  assert.deepEqual(await set(here, sessionId, { checks: answered(key, options) }), assertionWrong);
  await cluster.sql`update sessions set challenges = jsonb_set(challenges, '{web_auth_n,expires_at}', '1') where session_id = ${sessionId}`;
  const checks = answered(key, newer.challenges?.webAuthN?.publicKeyCredentialRequestOptions);
  assert.deepEqual(await set(here, sessionId, { checks }), noChallenge);
});

test('a passkey that was asked for before its user was switched off opens nothing, then or later', async () => {
  const me = await logins.human();
  const { userId } = me;
  const key = await withKey('passkey', me);
  const { sessionId, options } = await challenged(me);
  await here.get(user.deactivateUser, { userId }, admin);
  assert.deepEqual(await set(there, sessionId, { checks: answered(key, options) }), refusals.notActive);
  assert.deepEqual(await set(there, sessionId, { challenges: keyChallenge() }), refusals.notActive);
  await here.get(user.reactivateUser, { userId }, admin);
  assert.deepEqual(await set(there, sessionId, { checks: answered(key, options) }), refusals.terminated);
  const anew = await challenged(me);
  assert.equal((await set(there, anew.sessionId, { checks: answered(key, anew.options) })).code, 'ok');
});

test('a key that is answered while its user is switched off leaves no session that lives', async () => {
  for (let round = 0; round < 10; round++) {
    const me = await logins.human();
    const { userId } = me;
    const key = await withKey('passkey', me);
    const { sessionId, options } = await challenged(me);
    const [inside] = await Promise.all([
      set(here, sessionId, { checks: answered(key, options) }),
      there.get(user.deactivateUser, { userId }, admin),
    ]);
    await here.get(user.reactivateUser, { userId }, admin);
    if (inside.code === 'ok') assert.deepEqual(await opens(me, inside.message.sessionToken), refusals.gone);
  }
});

/** A proven TOTP of a user; its code of this half minute is used up, so that the next is good: clocks may differ by one. */
async function withTotp({ userId }: Person): Promise<(steps: number) => string> {
  const { secret } = await here.get(user.registerTOTP, { userId }, admin);
  const key = decodeBase32(secret) ?? assert.fail();
  const codeOf = (steps: number) => totpCode(key, BigInt(Math.floor(Date.now() / 30_000) + steps));
  await here.get(user.verifyTOTPRegistration, { userId, code: codeOf(0) }, admin);
  return codeOf;
}

test('a TOTP is good once, in one session of five, and the password with it', async () => {
  const me = await logins.human();
  const codeOf = await withTotp(me);
  const code = codeOf(1);
  const log = () => here.ask(session.createSession, { checks: { ...byPassword(me), totp: { code } } }, admin);
  const answers = await Promise.all([log(), log(), log(), log(), log()]);
  assert.equal(succeeded(answers), 1);
  for (const answer of answers) if (answer.code === 'ok') assert.equal((await opens(me, answer.message.sessionToken)).code, 'ok');
  assert.deepEqual(await log(), totpWrong);
  const events = (await logins.events('user', me.userId)).filter((type) => type.includes('.check.'));
  assert.deepEqual(
    events.filter((type) => type.endsWith('succeeded')),
    ['user.human.password.check.succeeded', 'user.human.mfa.otp.check.succeeded'],
  );
});

test('of a right password beside a wrong TOTP only the failure is written, and both counts are kept apart', async () => {
  const me = await logins.human();
  await withTotp(me);
  await here.ask(session.createSession, { checks: byPassword(me, 'Wrong-passw0rd') }, admin);
  for (const _ of [1, 2])
    assert.deepEqual(await here.ask(session.createSession, { checks: { ...byPassword(me), totp: { code: 'abcdef' } } }, admin), totpWrong);
  const counts = await cluster.sql`select kind, failed from failed_checks where user_id = ${me.userId} order by kind`;
  assert.deepEqual(
    [...counts],
    [
      { kind: 'password', failed: 1 },
      { kind: 'totp', failed: 2 },
    ],
  );
});

test('one who may log others in logs himself in with his own factors', async () => {
  const me = await logins.people.caller({ kind: 'human', instanceRoles: ['IAM_LOGIN_CLIENT'] });
  const codeOf = await withTotp(me);
  const checks = { ...byUser(me), totp: { code: codeOf(1) } };
  assert.equal((await here.ask(session.createSession, { checks }, me)).code, 'ok');
  assert.deepEqual(await here.ask(session.createSession, { checks }, me), totpWrong);
});

test('a recovery code is good once; of those that are used up, and of none, something else is said', async () => {
  const me = await logins.human();
  const { userId } = me;
  const log = (via: Client, code: string) => via.ask(session.createSession, { checks: { ...byUser(me), recoveryCode: { code } } }, admin);
  assert.deepEqual(await log(here, 'abcde-12345'), refused('failed_precondition', 'Recovery codes are not ready for use', 'COMMAND-84rgg'));
  const [code = ''] = (await here.get(user.generateRecoveryCodes, { userId, count: 1 }, admin)).recoveryCodes;
  assert.deepEqual(await log(here, code.replace('-', '')), recoveryWrong);
  assert.equal(succeeded(await Promise.all(nodes.map((via) => log(via, code)))), 1);
  assert.deepEqual(await log(here, code), recoveryWrong);
  assert.equal((await here.get(user.generateRecoveryCodes, { userId, count: 10 }, admin)).recoveryCodes.length, 10);
});

const otps = {
  'by message': {
    check: 'otpSms',
    challenge: { otpSms: { returnCode: true } },
    answer: 'otpSms',
    id: 'COMMAND-BJ2g3',
    add: user.addOTPSMS,
    remove: user.removeOTPSMS,
  },
  'by mail': {
    check: 'otpEmail',
    challenge: { otpEmail: { deliveryType: { case: 'returnCode', value: {} } } },
    answer: 'otpEmail',
    id: 'COMMAND-JKLJ3',
    add: user.addOTPEmail,
    remove: user.removeOTPEmail,
  },
} as const;

let numbers = 0;

for (const [name, { check, challenge, answer, id, add, remove }] of Object.entries(otps)) {
  const person = async () => {
    const me = await logins.human();
    const verification = { case: 'isVerified', value: true } as const;
    await here.get(user.setPhone, { userId: me.userId, phone: `+4178${String(1_000_000 + numbers++)}`, verification }, admin);
    return me;
  };
  const asked = async (me: Person) => {
    const begun = await here.get(session.createSession, { checks: byUser(me), challenges: challenge }, admin);
    return { ...begun, code: begun.challenges?.[answer] ?? assert.fail('no code was told') };
  };
  const give = (via: Client, sessionId: string, code: string) => set(via, sessionId, { checks: { [check]: { code } } });
  const changed = (code: string) => `${code.startsWith('1') ? '2' : '1'}${code.slice(1)}`;

  test(`a code ${name} is asked for where it is set up, and counts once of five`, async () => {
    const me = await person();
    const { userId } = me;
    const begun = await here.ask(session.createSession, { checks: byUser(me), challenges: challenge }, admin);
    assert.deepEqual(begun, otpNotReady(id));
    await here.get(add, { userId }, admin);
    const { sessionId, code } = await asked(me);
    assert.match(code, /^\d{8}$/);
    assert.deepEqual(await give(here, sessionId, changed(code)), codeWrong);
    assert.equal(succeeded(await Promise.all(nodes.map((via) => give(via, sessionId, code)))), 1);
    assert.ok((await factors(sessionId))?.[answer]?.verifiedAt);
    assert.deepEqual(await give(here, sessionId, code), codeNone);
  });

  test(`a code ${name} counts no more after ten wrong tries, five minutes, a newer one, or without its factor`, async () => {
    const me = await person();
    const { userId } = me;
    await here.get(add, { userId }, admin);
    const tried = await asked(me);
    await Promise.all(Array.from({ length: 10 }, () => give(there, tried.sessionId, changed(tried.code))));
    assert.deepEqual(await give(here, tried.sessionId, tried.code), codeWrong);
    const old = await asked(me);
    await cluster.sql`update sessions set challenges = jsonb_set(challenges, ${[check === 'otpSms' ? 'otp_sms' : 'otp_email', 'expires_at']}::text[], '1') where session_id = ${old.sessionId}`;
    assert.deepEqual(await give(here, old.sessionId, old.code), codeExpired);
    const first = await asked(me);
    const newer = await here.get(session.setSession, { sessionId: first.sessionId, challenges: challenge }, admin);
    if (first.code !== newer.challenges?.[answer]) assert.deepEqual(await give(here, first.sessionId, first.code), codeWrong);
    await here.get(remove, { userId }, admin);
    assert.deepEqual(await give(here, first.sessionId, newer.challenges?.[answer] ?? ''), otpNotReady('COMMAND-d2r52'));
  });

  test(`a code ${name} stands in neither log nor database`, async () => {
    const me = await person();
    await here.get(add, { userId: me.userId }, admin);
    const { sessionId, code } = await asked(me);
    const [{ found } = { found: true }] = await cluster.sql<{ found: boolean }[]>`
      select exists (select from events e where e.aggregate_id = ${sessionId} and e.payload::text like ${`%${code}%`})
        or exists (select from sessions s where s.session_id = ${sessionId} and s::text like ${`%${code}%`}) as found`;
    assert.equal(found, false);
  });
}

test('several factors in one step count together or not at all', async () => {
  const me = await logins.human();
  const { userId } = me;
  await here.get(user.addOTPEmail, { userId }, admin);
  const key = await withKey('passkey', me);
  const codeOf = await withTotp(me);
  const begun = await here.get(
    session.createSession,
    { checks: byUser(me), challenges: { ...keyChallenge(), ...otps['by mail'].challenge } },
    admin,
  );
  const { sessionId } = begun;
  const otpEmail = { code: begun.challenges?.otpEmail ?? '' };
  const keyed = answered(key, begun.challenges?.webAuthN?.publicKeyCredentialRequestOptions);
  assert.deepEqual(await set(here, sessionId, { checks: { ...keyed, otpEmail, totp: { code: 'abcdef' } } }), totpWrong);
  assert.deepEqual(
    Object.keys((await factors(sessionId)) ?? {}).filter((name) => !name.startsWith('$')),
    ['user'],
  );
  const all = await set(here, sessionId, { checks: { ...typed(PASSWORD), ...keyed, otpEmail, totp: { code: codeOf(1) } } });
  assert.equal(all.code, 'ok');
  const shown = Object.keys((await factors(sessionId)) ?? {}).filter((name) => !name.startsWith('$'));
  assert.deepEqual(shown.sort(), ['otpEmail', 'password', 'totp', 'user', 'webAuthN']);
  assert.deepEqual((await logins.events('session', sessionId)).slice(-5), [
    'session.password.checked',
    'session.webAuthN.checked',
    'session.totp.checked',
    'session.otp.email.checked',
    'session.token.set',
  ]);
});
