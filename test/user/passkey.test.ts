/** Passkeys and security keys: registered by an authenticator that does as it should, and by many that do not (DESIGN.md 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@bufbuild/protobuf';
import { AuthenticationMethodType, AuthFactorState } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Client, type Refusal, user } from '../support/ask.ts';
import { publicKeyOf, SoftwareAuthenticator, type Wrong } from '../support/authenticator.ts';
import { startCluster } from '../support/node.ts';
import { People, type Person } from '../support/people.ts';

const cluster = await startCluster(2, { KEYWARD_EXTERNAL_DOMAIN: 'localhost' });
const people = new People(cluster.sql, cluster);
const [client, other] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const admin = { token: cluster.adminPat };
const human = () => people.person({ kind: 'human' });

const refused = (code: Refusal['code'], text: string, id: string): Refusal => ({ code, text: `${text} (${id})`, id });
const wrong = refused('invalid_argument', 'Error on create credentials', 'WEBAU-3Vb9s');
const unreadable = refused('invalid_argument', 'Error on parse credential data', 'WEBAU-sEr8c');
const nothingPending = refused('invalid_argument', 'WebAuthN Token could not be found', 'WEBAU-5M9so');
const unknown = refused('not_found', 'WebAuthN Token could not be found', 'COMMAND-DAfb2');
const noCode = refused('invalid_argument', 'Code is invalid', 'COMMAND-Eeb2a');
const notActive = refused('failed_precondition', 'Errors.User.NotActive', 'SESSION-Gj4ko');
const noDomain = refused('invalid_argument', 'Errors.User.WebAuthN.ServerConfig', 'WEBAU-UX9ta');
const noMembership = refused('permission_denied', 'membership not found', 'AUTHZ-cdgFk');

const kinds = {
  passkey: {
    begin: async ({ userId }: Person, domain = 'localhost') => {
      const { passkeyId, publicKeyCredentialCreationOptions } = await client.get(user.registerPasskey, { userId, domain }, admin);
      return { id: passkeyId, options: publicKeyCredentialCreationOptions };
    },
    ask: ({ userId }: Person, domain: string, sent = admin) => client.ask(user.registerPasskey, { userId, domain }, sent),
    finish: (via: Client, { userId }: Person, id: string, publicKeyCredential: JsonObject, sent = admin) =>
      via.ask(user.verifyPasskeyRegistration, { userId, passkeyId: id, passkeyName: 'mine', publicKeyCredential }, sent),
    remove: ({ userId }: Person, id: string) => client.ask(user.removePasskey, { userId, passkeyId: id }, admin),
    method: AuthenticationMethodType.PASSKEY,
    event: 'user.human.passwordless.token',
  },
  'security key': {
    begin: async ({ userId }: Person, domain = 'localhost') => {
      const { u2fId, publicKeyCredentialCreationOptions } = await client.get(user.registerU2F, { userId, domain }, admin);
      return { id: u2fId, options: publicKeyCredentialCreationOptions };
    },
    ask: ({ userId }: Person, domain: string, sent = admin) => client.ask(user.registerU2F, { userId, domain }, sent),
    finish: (via: Client, { userId }: Person, id: string, publicKeyCredential: JsonObject, sent = admin) =>
      via.ask(user.verifyU2FRegistration, { userId, u2fId: id, tokenName: 'mine', publicKeyCredential }, sent),
    remove: ({ userId }: Person, id: string) => client.ask(user.removeU2F, { userId, u2fId: id }, admin),
    method: AuthenticationMethodType.U2F,
    event: 'user.human.mfa.u2f.token',
  },
} as const;

const methods = async ({ userId }: Person, domain?: string) =>
  (await client.get(user.listAuthenticationMethodTypes, { userId, ...(domain && { domainQuery: { domain } }) }, admin)).authMethodTypes;

/** Answers of an authenticator that must not register anything. */
const wrongs: Readonly<Record<string, Wrong>> = {
  'for another challenge': { challenge: 'A'.repeat(43) },
  'on another origin': { origin: 'https://evil.example.com' },
  'on an origin that only looks like it': { origin: 'https://evillocalhost' },
  'on an origin without TLS': { origin: 'http://keyward.example.com' },
  'for another domain': { rpId: 'example.com' },
  'of a login': { type: 'webauthn.get' },
  'without anybody present': { flags: 0x40 },
  'without a key': { flags: 0x01 },
};

for (const [name, { begin, ask, finish, remove, method, event }] of Object.entries(kinds)) {
  test(`a ${name} is begun, proven on another node, counted, and removed`, async () => {
    const person = await human();
    const { id, options } = await begin(person);
    assert.deepEqual(await methods(person), []);
    assert.equal((await finish(other, person, id, new SoftwareAuthenticator().create(options))).code, 'ok');
    assert.deepEqual(await methods(person), [method]);
    assert.deepEqual(await methods(person, 'example.com'), []);
    assert.deepEqual(await finish(client, person, id, new SoftwareAuthenticator().create(options)), nothingPending);
    assert.equal((await remove(person, id)).code, 'ok');
    assert.deepEqual(await methods(person), []);
    assert.deepEqual(await remove(person, id), unknown);
    const events = await cluster.sql<{ type: string }[]>`select type from events where aggregate_id = ${person.userId} order by sequence`;
    assert.deepEqual(
      events.slice(1).map(({ type }) => type),
      [`${event}.added`, `${event}.verified`, `${event}.removed`],
    );
  });

  test(`a ${name} that attests itself is registered; with the signature of another key it is not`, async () => {
    const person = await human();
    const key = new SoftwareAuthenticator({ attestation: 'packed', verifies: false });
    const { id, options } = await begin(person);
    const foreign = key.create(options, { key: new SoftwareAuthenticator().keys.privateKey });
    assert.deepEqual(await finish(client, person, id, foreign), wrong);
    assert.equal((await finish(client, person, id, key.create(options))).code, 'ok');
  });

  test(`a ${name} whose answer is wrong is refused, and the right answer still counts`, async () => {
    const person = await human();
    const { id, options } = await begin(person);
    const key = new SoftwareAuthenticator();
    for (const [what, but] of Object.entries(wrongs))
      assert.deepEqual(await finish(client, person, id, key.create(options, but)), wrong, what);
    const none = { type: 'public-key', id: 'AAAA', rawId: 'AAAA' };
    for (const given of [{}, none, { ...none, response: {} }, { ...none, id: '*', rawId: '*', response: { clientDataJSON: '*' } }])
      assert.deepEqual(await finish(client, person, id, given), unreadable);
    for (const junk of ['AAAA', Buffer.from('{}').toString('base64url'), Buffer.from('null').toString('base64url')])
      assert.deepEqual(await finish(client, person, id, { ...none, response: { clientDataJSON: junk, attestationObject: 'AAAA' } }), wrong);
    assert.deepEqual(await finish(client, person, 'another-id', key.create(options)), nothingPending);
    assert.equal((await finish(client, person, id, key.create(options, { origin: 'https://login.localhost:8443' }))).code, 'ok');
  });

  test(`a ${name} is registered by one of five who finish at once, and belongs to one user alone`, async () => {
    const [person, second] = [await human(), await human()];
    const key = new SoftwareAuthenticator();
    const { id, options } = await begin(person);
    const answers = await Promise.all([client, other, client, other, client].map((via) => finish(via, person, id, key.create(options))));
    assert.equal(answers.filter(({ code }) => code === 'ok').length, 1);
    const theirs = await begin(second);
    assert.deepEqual(await finish(client, second, theirs.id, key.create(theirs.options)), wrong);
  });

  test(`of two registrations of a ${name} the newer counts`, async () => {
    const person = await human();
    const [first, newer] = [await begin(person), await begin(person)];
    const key = new SoftwareAuthenticator();
    assert.deepEqual(await finish(client, person, first.id, key.create(first.options)), nothingPending);
    assert.deepEqual(await finish(client, person, newer.id, key.create(first.options)), wrong);
    assert.equal((await finish(client, person, newer.id, key.create(newer.options))).code, 'ok');
  });

  test(`a ${name} is not begun on a domain that is none of the instance's; without one it is the primary`, async () => {
    const person = await human();
    for (const domain of ['example.com', 'http://localhost', 'x'.repeat(300)]) assert.deepEqual(await ask(person, domain), noDomain);
    const { options } = await begin(person, '');
    assert.deepEqual(publicKeyOf(options).rp, { id: 'localhost', name: 'Keyward' });
  });

  for (const [verb, back] of [
    ['deactivateUser', 'reactivateUser'],
    ['lockUser', 'unlockUser'],
  ] as const)
    test(`a ${name} that was begun before its user was switched off (${verb}) is void, and stays so`, async () => {
      const person = await human();
      const { userId } = person;
      const { id, options } = await begin(person);
      const key = new SoftwareAuthenticator();
      await client.get(user[verb], { userId }, admin);
      assert.deepEqual(await finish(other, person, id, key.create(options)), wrong);
      assert.deepEqual(await ask(person, 'localhost'), notActive);
      await client.get(user[back], { userId }, admin);
      assert.deepEqual(await finish(other, person, id, key.create(options)), wrong);
      assert.deepEqual(await methods(person), []);
    });

  test(`a ${name} is begun and finished by its user, and by no other without the permission`, async () => {
    const [me, stranger] = [await people.caller({ kind: 'human' }), await people.caller()];
    assert.deepEqual(await ask(me, 'localhost', stranger), noMembership);
    assert.equal((await ask(me, 'localhost', me)).code, 'ok');
    const { id, options } = await begin(me);
    const answer = new SoftwareAuthenticator().create(options);
    assert.deepEqual(await finish(client, me, id, answer, stranger), noMembership);
    assert.equal((await finish(client, me, id, answer, me)).code, 'ok');
  });
}

test('an id of the other kind is an unknown one', async () => {
  const person = await human();
  const { id, options } = await kinds.passkey.begin(person);
  await kinds.passkey.finish(client, person, id, new SoftwareAuthenticator().create(options));
  assert.deepEqual(await kinds['security key'].remove(person, id), unknown);
  const { result } = await client.get(user.listPasskeys, { userId: person.userId }, admin);
  assert.deepEqual(
    result.map(({ id, state, name }) => ({ id, state, name })),
    [{ id, state: AuthFactorState.READY, name: 'mine' }],
  );
});

test('the code of a link begins one registration, beside the permission; three wrong tries use it up', async () => {
  const person = await human();
  const { userId } = person;
  const link = async () =>
    (await client.get(user.createPasskeyRegistrationLink, { userId, medium: { case: 'returnCode', value: {} } }, admin)).code ??
    assert.fail();
  const begin = (code: { id: string; code: string }, via = client) =>
    via.ask(user.registerPasskey, { userId, domain: 'localhost', code }, admin);
  const [code, second] = [await link(), await link()];
  const answers = await Promise.all([client, other, client, other, client].map((via) => begin(code, via)));
  assert.equal(answers.filter((answer) => answer.code === 'ok').length, 1);
  assert.deepEqual(await begin(code), noCode);
  for (const _ of [1, 2, 3]) assert.deepEqual(await begin({ id: second.id, code: 'wrong' }), noCode);
  assert.deepEqual(await begin(second), noCode);
  const third = await link();
  await client.get(user.deactivateUser, { userId }, admin);
  assert.deepEqual(await client.ask(user.createPasskeyRegistrationLink, { userId }, admin), notActive);
  await client.get(user.reactivateUser, { userId }, admin);
  assert.deepEqual(await begin(third), noCode);
});

test('an owner of one organization gets no link for a user of another, nor for an owner of the instance', async () => {
  const [foreign, chief] = [
    await people.person({ kind: 'human', orgId: await people.org() }),
    await people.person({ kind: 'human', instanceRoles: ['IAM_OWNER'] }),
  ];
  const owner = await people.caller({ orgRoles: { [cluster.orgId]: ['ORG_OWNER'] } });
  const link = ({ userId }: Person) =>
    client.ask(user.createPasskeyRegistrationLink, { userId, medium: { case: 'returnCode', value: {} } }, owner);
  assert.equal((await link(await human())).code, 'ok');
  for (const person of [foreign, chief]) assert.equal((await link(person)).code, 'permission_denied');
});
