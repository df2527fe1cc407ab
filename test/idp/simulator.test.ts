/** The identity simulator: what it makes of each kind is told as a login at a real provider is; whoever may not use it is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { inAnHour, Setting, type SimulatedKind } from './setting.ts';

const setting = await Setting.start();
const idpId = await setting.oauthProvider();
const schema = user.retrieveIdentityProviderIntent.output;
type Expected = MessageInitShape<typeof schema>;
type Information = NonNullable<Expected['idpInformation']>;
type Known = Pick<Information, 'rawInformation' | 'access'> & { readonly userName?: string };

const expiry = '2030-01-02T03:04:05Z';
const tokens = { case: 'oauth', value: { accessToken: 'accessToken', idToken: 'idToken', refreshToken: 'refreshToken' } } as const;
const assertion =
  '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="id" IssueInstant="0001-01-01T00:00:00Z" Version=""><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion" NameQualifier="" SPNameQualifier="" Format="" SPProvidedID=""></Issuer>' +
  `<Conditions NotBefore="0001-01-01T00:00:00Z" NotOnOrAfter="${expiry}"></Conditions></Assertion>`;

interface Kind {
  readonly information: Known;
  readonly profile?: {
    readonly givenName?: string;
    readonly familyName?: string;
    readonly displayName?: string;
    readonly preferredLanguage?: string;
  };
  readonly email?: string;
}

/** As reference/user-credentials-v2.md 8.3 and the issue say. */
const kinds: Readonly<Record<SimulatedKind, Kind>> = {
  oauth: { information: { rawInformation: { RawInfo: { id: 'id', preferred_username: 'username' } }, access: tokens } },
  oidc: { information: { userName: 'username', rawInformation: { sub: 'id', preferred_username: 'username' }, access: tokens } },
  azuread: {
    information: {
      userName: 'username',
      rawInformation: {
        id: 'id',
        userPrincipalName: 'username',
        displayName: 'displayname',
        givenName: 'firstname',
        surname: 'lastname',
        mail: 'email@email.com',
      },
      access: tokens,
    },
    profile: { givenName: 'firstname', familyName: 'lastname', displayName: 'displayname' },
    email: 'email@email.com',
  },
  saml: {
    information: {
      rawInformation: { id: 'id', attributes: { attribute1: ['value1'] } },
      access: { case: 'saml', value: { assertion: Buffer.from(assertion) } },
    },
  },
  ldap: {
    information: {
      userName: 'username',
      rawInformation: { id: 'id', preferredUsername: 'username', preferredLanguage: 'en' },
      access: { case: 'ldap', value: { attributes: { id: ['id'], username: ['username'], language: ['en'] } } },
    },
    profile: { preferredLanguage: 'en' },
  },
  jwt: { information: { rawInformation: { sub: 'id' }, access: { case: 'oauth', value: { idToken: 'idToken' } } } },
};

/** Compared as JSON, without the details. */
function comparable(message: Expected) {
  const { details: _, ...rest } = toJson(schema, create(schema, message)) as Record<string, unknown>; // a message is an object
  return rest;
}

for (const [kind, { information, profile = {}, email = '' }] of Object.entries(kinds) as [SimulatedKind, Kind][]) {
  const idpInformation = { idpId, userId: 'id', ...information } as Information; // known as a whole now
  const named = information.userName === undefined ? {} : { username: information.userName };

  test(`${kind}: somebody new`, async () => {
    const made = await setting.simulate(kind, idpId, { expiry });
    const answer = await setting.retrieve(made.intent_id, made.token);
    assert.equal(answer.code, 'ok');
    const human = {
      profile: { preferredLanguage: 'und', ...profile },
      email: { email, verification: { case: 'sendCode' as const, value: {} } },
      idpLinks: [{ idpId, userId: 'id', userName: information.userName ?? '' }],
    };
    assert.deepEqual(
      comparable(answer.message),
      comparable({
        idpInformation,
        addHumanUser: { ...named, ...human },
        userAction: { case: 'createUser', value: { ...named, userType: { case: 'human', value: human } } },
      }),
    );
    assert.deepEqual(
      [answer.message.details?.sequence, answer.message.details?.resourceOwner],
      [BigInt(made.sequence), setting.cluster.instanceId],
    );
    const { seconds = 0n, nanos = 0 } = answer.message.details?.changeDate ?? {};
    assert.equal(Date.parse(made.change_date), Number(seconds) * 1000 + Math.floor(nanos / 1e6));
  });

  test(`${kind}: a user who is linked`, async () => {
    const me = await setting.people.person({ kind: 'human' });
    const made = await setting.simulate(kind, idpId, { user_id: me.userId, expiry });
    const answer = await setting.retrieve(made.intent_id, made.token);
    assert.equal(answer.code, 'ok');
    const contacts = email === '' ? {} : { email: { email, verification: { case: 'sendCode' as const, value: {} } } };
    const changed = { preferredLanguage: 'und', ...profile };
    assert.deepEqual(
      comparable(answer.message),
      comparable({
        idpInformation,
        userId: me.userId,
        updateHumanUser: { userId: me.userId, ...named, profile: changed, ...contacts },
        userAction: {
          case: 'updateUser',
          value: { userId: me.userId, ...named, userType: { case: 'human', value: { profile: changed, ...contacts } } },
        },
      }),
    );
    assert.equal((await setting.login(me, made)).code, 'ok');
  });
}

test('an intent that has begun is brought to success by its id, once', async () => {
  const begun = await setting.start(idpId);
  assert.equal(begun.code, 'ok');
  const [row] = await setting.cluster.sql<
    { intent_id: string }[]
  >`select intent_id from idp_intents where state = 'started' order by created_at desc limit 1`;
  const intent_id = row!.intent_id;
  assert.equal((await setting.simulate('saml', idpId, { intent_id })).intent_id, intent_id);
  await assert.rejects(setting.simulate('saml', idpId, { intent_id }), /^Error: 400/);
});

test('what is wrong is told with 400, and leaves no intent', async () => {
  const count = async () => (await setting.cluster.sql`select from idp_intents`).length;
  const before = await count();
  const wrongs: readonly Readonly<Record<string, unknown>>[] = [
    { idp_id: '404' },
    { instance_id: '404' },
    { idp_user_id: '' },
    { expiry: 'soon' },
    { user_id: 5 },
  ];
  for (const wrong of wrongs) {
    const body = JSON.stringify({ instance_id: setting.cluster.instanceId, idp_id: idpId, idp_user_id: 'x', expiry: inAnHour(), ...wrong });
    const response = await fetch(setting.simulatorUrl('/intent/successful/oidc'), { method: 'POST', body });
    assert.equal(response.status, 400, JSON.stringify(wrong));
  }
  assert.equal((await fetch(setting.simulatorUrl('/intent/successful/oidc'), { method: 'POST', body: '{' })).status, 400);
  assert.equal((await fetch(setting.simulatorUrl('/intent/successful/other'), { method: 'POST', body: '{}' })).status, 404);
  assert.equal((await fetch(setting.simulatorUrl('/intent/successful/oidc'))).status, 405);
  const foreign = { method: 'POST', body: '{}', headers: { origin: 'https://evil.example' } };
  assert.equal((await fetch(setting.simulatorUrl('/intent/successful/oidc'), foreign)).status, 403);
  assert.equal(await count(), before);
});

test('it is on the loopback addresses alone, and off unless a port is set', async () => {
  const port = new URL(setting.simulatorUrl('/')).port;
  for (const host of ['127.0.0.1', '[::1]']) assert.equal((await fetch(`http://${host}:${port}/`)).status, 404);
  await assert.rejects(fetch(`http://127.0.0.2:${port}/`));
  const cluster = await startCluster(1);
  const response = await fetch(`http://127.0.0.1:${cluster.nodes[0].port}/intent/successful/oidc`, { method: 'POST' });
  assert.equal(response.status, 404);
});
