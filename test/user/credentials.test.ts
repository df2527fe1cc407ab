/** What a user proves himself with: codes, TOTP, one-time and recovery codes, keys, invites; made, redeemed, void (DESIGN.md 4 and 8). */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { AuthenticationMethodType } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { type Answer, Client, type Refusal, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People, type Person } from '../support/people.ts';

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const [client, other] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const admin = { token: cluster.adminPat };

const human = () => people.person({ kind: 'human' });
const returnCode = { case: 'returnCode', value: {} } as const;
const notActive: Refusal = { code: 'failed_precondition', text: 'Errors.User.NotActive (SESSION-Gj4ko)', id: 'SESSION-Gj4ko' };
const wrongContact: Refusal = { code: 'invalid_argument', text: 'Code is invalid (COMMAND-eis9R)', id: 'COMMAND-eis9R' };
const wrongInvite: Refusal = { code: 'invalid_argument', text: 'Code is invalid (COMMAND-Wgn4q)', id: 'COMMAND-Wgn4q' };
const wrongReset: Refusal = { code: 'invalid_argument', text: 'Code is invalid (CODE-woT0xc)', id: 'CODE-woT0xc' };
const noReset: Refusal = { code: 'failed_precondition', text: 'Code not found (COMMAND-2M9fs)', id: 'COMMAND-2M9fs' };
const wrongTotp: Refusal = { code: 'invalid_argument', text: 'Invalid code (EVENT-8isk2)', id: 'EVENT-8isk2' };

/** A code of the same form that is not this one. */
const changed = (code: string) => `${code[0] === 'A' ? 'B' : 'A'}${code.slice(1)}`;
const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };

/** Codes that somebody redeems: how one is asked for, how it is redeemed, and what a wrong one is answered with. */
const codes = {
  email: {
    ask: async ({ userId }: Person) => (await client.get(user.sendEmailCode, { userId, verification: returnCode }, admin)).verificationCode,
    redeem: (via: Client, { userId }: Person, verificationCode: string) => via.ask(user.verifyEmail, { userId, verificationCode }, admin),
    wrong: wrongContact,
    dead: wrongContact,
    tries: 10,
  },
  phone: {
    ask: async ({ userId }: Person) =>
      (await client.get(user.setPhone, { userId, phone: nextNumber(), verification: returnCode }, admin)).verificationCode,
    redeem: (via: Client, { userId }: Person, verificationCode: string) => via.ask(user.verifyPhone, { userId, verificationCode }, admin),
    wrong: wrongContact,
    dead: wrongContact,
    tries: 10,
  },
  password: {
    ask: async ({ userId }: Person) => (await client.get(user.passwordReset, { userId, medium: returnCode }, admin)).verificationCode,
    redeem: (via: Client, { userId }: Person, code: string) =>
      via.ask(
        user.setPassword,
        { userId, newPassword: { password: 'A-new-passw0rd' }, verification: { case: 'verificationCode', value: code } },
        admin,
      ),
    wrong: wrongReset,
    dead: noReset,
    tries: 10,
  },
  invite: {
    ask: async ({ userId }: Person) => (await client.get(user.createInviteCode, { userId, verification: returnCode }, admin)).inviteCode,
    redeem: (via: Client, { userId }: Person, verificationCode: string) =>
      via.ask(user.verifyInviteCode, { userId, verificationCode }, admin),
    wrong: wrongInvite,
    dead: wrongInvite,
    tries: 3,
  },
} as const;

let numbers = 0;
function nextNumber(): string {
  return `+4179${String(1_000_000 + numbers++)}`;
}

for (const [purpose, { ask, redeem, wrong, dead, tries }] of Object.entries(codes)) {
  const asked = async (person: Person) => (await ask(person)) ?? assert.fail('no code was told');

  test(`a code for ${purpose} that is redeemed five times at once counts once`, async () => {
    const person = await human();
    const code = await asked(person);
    const answers = await Promise.all([client, other, client, other, client].map((via) => redeem(via, person, code)));
    assert.equal(answers.filter((answer) => answer.code === 'ok').length, 1);
  });

  test(`a code for ${purpose} is good after ${tries - 1} wrong tries, and not after ${tries}; a new one is`, async () => {
    for (const [made, outcome] of [
      [tries - 1, 'ok'],
      [tries, 'dead'],
    ] as const) {
      const person = await human();
      const code = await asked(person);
      for (let n = 0; n < made; n++) assert.deepEqual(await redeem(client, person, changed(code)), wrong);
      const answer = await redeem(other, person, code);
      if (outcome === 'ok') assert.equal(answer.code, 'ok');
      else assert.deepEqual(answer, dead);
      assert.equal((await redeem(client, person, await asked(person))).code, 'ok');
    }
  });

  test(`wrong tries for ${purpose} at once are all counted`, async () => {
    const person = await human();
    const code = await asked(person);
    await Promise.all(Array.from({ length: tries }, (_, n) => redeem(n % 2 ? client : other, person, changed(code))));
    assert.deepEqual(await redeem(client, person, code), dead);
  });

  for (const [off, on] of [
    [user.deactivateUser, user.reactivateUser],
    [user.lockUser, user.unlockUser],
  ] as const) {
    test(`a code for ${purpose} from before ${off.name} opens nothing, during and after`, async () => {
      const person = await human();
      const code = await asked(person);
      await client.get(off, { userId: person.userId }, admin);
      assert.deepEqual(await redeem(other, person, code), purpose === 'password' ? notActive : dead);
      await client.get(on, { userId: person.userId }, admin);
      assert.deepEqual(await redeem(other, person, code), dead);
    });
  }

  test(`a code for ${purpose} that has run out is refused`, async () => {
    const person = await human();
    const code = await asked(person);
    await cluster.sql`update user_codes set expires_at = now() where instance_id = ${cluster.instanceId} and user_id = ${person.userId}`;
    const answer = await redeem(client, person, code);
    assert.equal(answer.code, purpose === 'password' ? 'failed_precondition' : 'invalid_argument');
  });

  test(`a code for ${purpose} stands in neither table nor log`, async () => {
    const person = await human();
    const code = await asked(person);
    const rows = await cluster.sql`
      select to_jsonb(k)::text as text from user_codes k where user_id = ${person.userId}
      union all select payload::text from events where aggregate_id = ${person.userId}`;
    assert.ok(!rows.some(({ text }) => text?.includes(code)));
  });
}

/** What hands out something new that could give access: refused for whoever is off, with the same answer for each. */
const handedOut: Readonly<Record<string, (person: Person, by: { readonly token: string }) => Promise<{ code: 'ok' } | Refusal>>> = {
  PasswordReset: ({ userId }, by) => client.ask(user.passwordReset, { userId, medium: returnCode }, by),
  SendEmailCode: ({ userId }, by) => client.ask(user.sendEmailCode, { userId, verification: returnCode }, by),
  ResendEmailCode: ({ userId }, by) => client.ask(user.resendEmailCode, { userId, verification: returnCode }, by),
  ResendPhoneCode: ({ userId }, by) => client.ask(user.resendPhoneCode, { userId, verification: returnCode }, by),
  RegisterTOTP: ({ userId }, by) => client.ask(user.registerTOTP, { userId }, by),
  GenerateRecoveryCodes: ({ userId }, by) => client.ask(user.generateRecoveryCodes, { userId, count: 1 }, by),
  CreateInviteCode: ({ userId }, by) => client.ask(user.createInviteCode, { userId, verification: returnCode }, by),
  ResendInviteCode: ({ userId }, by) => client.ask(user.resendInviteCode, { userId }, by),
};

for (const [name, ask] of Object.entries(handedOut)) {
  test(`${name} is refused for a user who is off, and tells one without permission nothing of it`, async () => {
    const nobody = await people.caller();
    for (const state of ['inactive', 'locked'] as const) {
      const person = await people.person({ kind: 'human', state });
      assert.deepEqual(await ask(person, admin), notActive);
      const answer = await ask(person, nobody);
      assert.equal(answer.code, 'permission_denied');
    }
  });
}

test('an administrator prepares a machine that is off: its key is there when it is back', async () => {
  const { userId } = await people.person({ state: 'inactive' });
  assert.equal((await client.ask(user.addKey, { userId, expirationDate: until }, admin)).code, 'ok');
  assert.equal((await client.ask(user.addSecret, { userId }, admin)).code, 'ok');
  await client.get(user.reactivateUser, { userId }, admin);
  const filters = [{ filter: { case: 'userIdFilter' as const, value: { id: userId } } }];
  assert.equal((await client.get(user.listKeys, { filters }, admin)).result.length, 1);
});

test('a returned code goes to those who may write the user, never to himself', async () => {
  const me = await people.caller({ kind: 'human' });
  const { userId } = me;
  for (const answer of [
    await client.ask(user.sendEmailCode, { userId, verification: returnCode }, me),
    await client.ask(user.resendEmailCode, { userId, verification: returnCode }, me),
    await client.ask(user.resendPhoneCode, { userId, verification: returnCode }, me),
    await client.ask(user.createInviteCode, { userId, verification: returnCode }, me),
    await client.ask(user.passwordReset, { userId, medium: returnCode }, me),
  ]) {
    assert.equal(answer.code, 'permission_denied');
  }
  assert.equal((await client.ask(user.sendEmailCode, { userId }, me)).code, 'ok', 'a mail he may ask for');
});

/** What gives or takes a way to prove oneself: for a member of the instance not by an administrator of the organization (DESIGN.md 8). */
const onMember: Readonly<Record<string, (userId: string, by: { readonly token: string }) => Promise<Answer<never> | { code: string }>>> = {
  SendEmailCode: (userId, by) => client.ask(user.sendEmailCode, { userId, verification: returnCode }, by),
  RegisterTOTP: (userId, by) => client.ask(user.registerTOTP, { userId }, by),
  VerifyTOTPRegistration: (userId, by) => client.ask(user.verifyTOTPRegistration, { userId, code: '123456' }, by),
  RemoveTOTP: (userId, by) => client.ask(user.removeTOTP, { userId }, by),
  AddOTPEmail: (userId, by) => client.ask(user.addOTPEmail, { userId }, by),
  RemoveOTPEmail: (userId, by) => client.ask(user.removeOTPEmail, { userId }, by),
  AddOTPSMS: (userId, by) => client.ask(user.addOTPSMS, { userId }, by),
  GenerateRecoveryCodes: (userId, by) => client.ask(user.generateRecoveryCodes, { userId, count: 1 }, by),
  RemoveRecoveryCodes: (userId, by) => client.ask(user.removeRecoveryCodes, { userId }, by),
  CreateInviteCode: (userId, by) => client.ask(user.createInviteCode, { userId, verification: returnCode }, by),
  ResendInviteCode: (userId, by) => client.ask(user.resendInviteCode, { userId }, by),
  AddKey: (userId, by) => client.ask(user.addKey, { userId, expirationDate: until }, by),
  RemoveKey: (userId, by) => client.ask(user.removeKey, { userId, keyId: '1' }, by),
  RemoveSecret: (userId, by) => client.ask(user.removeSecret, { userId }, by),
  AddIDPLink: (userId, by) => client.ask(user.addIDPLink, { userId }, by),
  RemoveIDPLink: (userId, by) => client.ask(user.removeIDPLink, { userId, idpId: '1', linkedUserId: '1' }, by),
};

test('an ORG_OWNER gives and takes nothing by which a member of the instance proves himself', async () => {
  const orgOwner = await people.caller({ orgRoles: { [cluster.orgId]: ['ORG_OWNER'] } });
  for (const [name, ask] of Object.entries(onMember)) {
    const kind = /Key|Secret/.test(name) ? 'machine' : 'human';
    const member = await people.person({ kind, instanceRoles: ['IAM_OWNER_VIEWER'] });
    const plain = await people.person({ kind });
    assert.equal((await ask(member.userId, orgOwner)).code, 'permission_denied', name);
    assert.notEqual((await ask(plain.userId, orgOwner)).code, 'permission_denied', name);
  }
});

// TOTP

const codeOf = (secret: string, steps = 0) =>
  totpCode(decodeBase32(secret) ?? assert.fail(), BigInt(Math.floor(Date.now() / 30_000) + steps));

test('a TOTP is registered, proven by its first code, listed, and removed', async () => {
  const { userId } = await human();
  const { secret, uri } = await client.get(user.registerTOTP, { userId }, admin);
  assert.equal(uri, `otpauth://totp/Keyward:${userId}?algorithm=SHA1&digits=6&issuer=Keyward&period=30&secret=${secret}`);
  assert.deepEqual((await client.get(user.listAuthenticationFactors, { userId }, admin)).result, []);
  assert.deepEqual(await client.ask(user.verifyTOTPRegistration, { userId, code: codeOf(secret, -9) }, admin), wrongTotp);
  await other.get(user.verifyTOTPRegistration, { userId, code: codeOf(secret) }, admin);
  const { authMethodTypes } = await client.get(user.listAuthenticationMethodTypes, { userId }, admin);
  assert.deepEqual(authMethodTypes, [AuthenticationMethodType.TOTP]);
  await client.get(user.removeTOTP, { userId }, admin);
  assert.deepEqual((await other.get(user.listAuthenticationMethodTypes, { userId }, admin)).authMethodTypes, []);
});

test('the seed of a TOTP lies encrypted, and in no event', async () => {
  const { userId } = await human();
  const { secret } = await client.get(user.registerTOTP, { userId }, admin);
  const [row] = await cluster.sql<{ seed: Buffer }[]>`select seed from totps where user_id = ${userId}`;
  assert.ok(row && !row.seed.includes(secret));
  const events = await cluster.sql`select payload::text as text from events where aggregate_id = ${userId}`;
  assert.ok(!events.some(({ text }) => text?.includes(secret)));
});

test('a registration that was begun before a deactivation is void; a proven TOTP comes back with its user', async () => {
  const [begun, proven] = [await human(), await human()];
  const pending = await client.get(user.registerTOTP, { userId: begun.userId }, admin);
  const done = await client.get(user.registerTOTP, { userId: proven.userId }, admin);
  await client.get(user.verifyTOTPRegistration, { userId: proven.userId, code: codeOf(done.secret) }, admin);
  for (const { userId } of [begun, proven]) await client.get(user.deactivateUser, { userId }, admin);
  const verify = () => other.ask(user.verifyTOTPRegistration, { userId: begun.userId, code: codeOf(pending.secret) }, admin);
  assert.deepEqual(await verify(), wrongTotp);
  for (const { userId } of [begun, proven]) await client.get(user.reactivateUser, { userId }, admin);
  assert.deepEqual(await verify(), wrongTotp);
  const { authMethodTypes } = await client.get(user.listAuthenticationMethodTypes, { userId: proven.userId }, admin);
  assert.deepEqual(authMethodTypes, [AuthenticationMethodType.TOTP]);
});

test('a seed that a new user brings along counts as proven', async () => {
  const { id: userId } = await client.get(
    user.createUser,
    {
      organizationId: cluster.orgId,
      userType: {
        case: 'human',
        value: {
          profile: { givenName: 'Ada', familyName: 'Lovelace' },
          email: { email: `${people.newId()}@example.com`, verification: { case: 'isVerified', value: true } },
          totpSecret: 'JBSWY3DPEHPK3PXP',
        },
      },
    },
    admin,
  );
  const { authMethodTypes } = await client.get(user.listAuthenticationMethodTypes, { userId }, admin);
  assert.deepEqual(authMethodTypes, [AuthenticationMethodType.TOTP]);
  assert.equal((await client.ask(user.registerTOTP, { userId }, admin)).code, 'already_exists');
});

// One-time codes, recovery codes

test('codes by message end with the number, and are not set up for one that is not proven', async () => {
  const { userId } = await human();
  const phone = nextNumber();
  await client.get(user.setPhone, { userId, phone, verification: { case: 'isVerified', value: true } }, admin);
  await client.get(user.addOTPSMS, { userId }, admin);
  await client.get(user.removePhone, { userId }, admin);
  assert.deepEqual((await client.get(user.listAuthenticationMethodTypes, { userId }, admin)).authMethodTypes, []);
  await client.get(user.setPhone, { userId, phone, verification: returnCode }, admin);
  assert.equal((await client.ask(user.addOTPSMS, { userId }, admin)).code, 'failed_precondition');
});

test('recovery codes lie as hashes, ten at most, also when they are asked for at once', async () => {
  const { userId } = await human();
  const answers = await Promise.all(
    [client, other, client, other].map((via) => via.ask(user.generateRecoveryCodes, { userId, count: 4 }, admin)),
  );
  const made = answers.flatMap((answer) => (answer.code === 'ok' ? answer.message.recoveryCodes : []));
  assert.equal(made.length, 8);
  assert.ok(made.every((code) => /^[0-9a-hjkmnp-z]{5}-[0-9a-hjkmnp-z]{5}$/.test(code)));
  const rows = await cluster.sql`select to_jsonb(r)::text as text from recovery_codes r where user_id = ${userId}`;
  assert.equal(rows.length, 8);
  assert.ok(!rows.some(({ text }) => made.some((code) => text.includes(code))));
});

// Keys

test('a generated key comes as a file with its private half, of which nothing is kept', async () => {
  const { userId } = await people.person();
  const { keyId, keyContent } = await client.get(user.addKey, { userId, expirationDate: until }, admin);
  const file = JSON.parse(Buffer.from(keyContent).toString());
  assert.deepEqual(
    { ...file, key: '' },
    { type: 'serviceaccount', keyId, key: '', expirationDate: new Date(Number(until.seconds) * 1000).toISOString(), userId },
  );
  const [row] = await cluster.sql<{ public_key: string }[]>`select public_key from machine_keys where key_id = ${keyId}`;
  const derived = createPublicKey(createPrivateKey(file.key)).export({ type: 'spki', format: 'pem' });
  assert.equal(row?.public_key, derived);
});

test('public keys that sign assertions are taken; others, and private ones, are not', async () => {
  const { userId } = await people.person();
  const spki = { type: 'spki', format: 'pem' } as const;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const good = [
    rsa.publicKey.export(spki),
    rsa.publicKey.export(spki).toString().replaceAll('PUBLIC KEY', 'RSA PUBLIC KEY'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(spki),
    generateKeyPairSync('ed25519').publicKey.export(spki),
  ];
  const bad = [
    'nothing',
    rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
    rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(spki),
    generateKeyPairSync('x25519').publicKey.export(spki),
  ];
  const add = (pem: string | Buffer) =>
    client.ask(user.addKey, { userId, expirationDate: until, publicKey: Buffer.from(pem.toString()) }, admin);
  for (const pem of good) assert.equal((await add(pem)).code, 'ok', pem.toString());
  for (const pem of bad) assert.deepEqual({ ...(await add(pem)), text: '' }, { code: 'invalid_argument', text: '', id: 'COMMAND-5F3h1' });
});

test('a list of keys, and its total, tell only of those that the caller may see', async () => {
  const away = await people.org();
  const [mine, theirs] = [
    await people.caller({ orgRoles: { [cluster.orgId]: ['ORG_OWNER_VIEWER'] } }),
    await people.person({ orgId: away }),
  ];
  for (const { userId } of [mine, theirs]) await client.get(user.addKey, { userId, expirationDate: until }, admin);
  const filters = [{ filter: { case: 'userIdFilter' as const, value: { id: theirs.userId } } }];
  const { pagination, result } = await client.get(user.listKeys, { filters }, mine);
  assert.equal(pagination?.totalResult, 0n);
  assert.deepEqual(result, []);
});

// Invites

test('a changed address ends an invite that went to the one before', async () => {
  const person = await human();
  const { userId } = person;
  const code = (await codes.invite.ask(person)) ?? assert.fail();
  await client.get(user.setEmail, { userId, email: `${people.newId()}@example.com` }, admin);
  assert.deepEqual(await codes.invite.redeem(client, person, code), wrongInvite);
});
