/** What an intent opens, and what it does not: once, in its time, for whom it is, and for nobody who was switched off since. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, user } from '../support/ask.ts';
import { startNode } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { startHub } from './hub.ts';
import { admin, locationOf, management, Setting, session } from './setting.ts';

const setting = await Setting.start(2);
const { here, there, owner, people, cluster } = setting;
const idpId = await setting.oauthProvider(await startHub());

const refusals = {
  notSucceeded: { code: 'failed_precondition', text: 'Intent has not succeeded (COMMAND-Df4bw)', id: 'COMMAND-Df4bw' },
  expired: { code: 'failed_precondition', text: 'Intent has expired (COMMAND-SAf42)', id: 'COMMAND-SAf42' },
  ofOther: { code: 'failed_precondition', text: 'Intent meant for another user (COMMAND-O8xk3w)', id: 'COMMAND-O8xk3w' },
  token: { code: 'permission_denied', text: 'Intent Token is invalid (CRYPTO-Sf4gt)', id: 'CRYPTO-Sf4gt' },
} as const;

const human = (): Promise<Person> => people.person({ kind: 'human' });

/** An intent of an account that is linked to this person. */
async function ofLinked(person: Person, account: string) {
  assert.equal((await setting.link(person, idpId, account)).code, 'ok');
  return viaCallback(account);
}

/** As a provider's answer makes it. */
async function viaCallback(account: string) {
  const state = (await setting.authUrl(idpId)).searchParams.get('state') ?? '';
  const query = new URLSearchParams({ state, code: account });
  const end = locationOf(await fetch(`${setting.origin}/idps/callback?${query}`, { redirect: 'manual' }));
  return { intent_id: end.searchParams.get('id') ?? '', token: end.searchParams.get('token') ?? '' };
}

test('an intent opens a session for its user, which counts as a factor', async () => {
  const me = await human();
  const answer = await setting.login(me, await ofLinked(me, 'first'));
  assert.equal(answer.code, 'ok');
  const { sessionId, sessionToken } = answer.message;
  const shown = await there.get(session.getSession, { sessionId }, owner);
  assert.ok(shown.session?.factors?.intent?.verifiedAt);
  assert.equal((await there.ask(user.getUserByID, { userId: me.userId }, { token: sessionToken })).code, 'ok');
  assert.deepEqual(await setting.events('session', sessionId), [
    'session.added',
    'session.user.checked',
    'session.intent.checked',
    'session.token.set',
  ]);
});

test('it is added to a session that has begun', async () => {
  const me = await human();
  const { intent_id, token } = await ofLinked(me, 'later');
  const { sessionId } = await here.get(
    session.createSession,
    { checks: { user: { search: { case: 'userId', value: me.userId } } } },
    owner,
  );
  const checks = { idpIntent: { idpIntentId: intent_id, idpIntentToken: token } };
  assert.equal((await there.ask(session.setSession, { sessionId, checks }, owner)).code, 'ok');
  assert.deepEqual(await here.ask(session.setSession, { sessionId, checks }, owner), refusals.notSucceeded);
});

test('redeemed five times at once on two nodes it opens one session', async () => {
  const me = await human();
  const made = await ofLinked(me, 'race');
  const answers = await Promise.all([here, there, here, there, here].map((client) => setting.login(me, made, client)));
  assert.deepEqual(answers.map(({ code }) => code).sort(), [...Array(4).fill('failed_precondition'), 'ok'].sort());
  for (const answer of answers) if (answer.code !== 'ok') assert.deepEqual(answer, refusals.notSucceeded);
  assert.deepEqual((await setting.events('idpintent', made.intent_id)).slice(-1), ['idpintent.consumed']);
  // What it found is told no more.
  const after = await setting.retrieve(made.intent_id, made.token);
  assert.equal(after.code === 'ok' ? '' : after.id, 'IDP-nme4gszsvx');
});

test('a token that is another, of another intent or none opens nothing', async () => {
  const me = await human();
  const mine = await ofLinked(me, 'mine');
  const other = await setting.simulate('oauth', idpId);
  for (const token of [other.token, `${mine.token}x`, 'abc', mine.token.toLowerCase(), '\u00e9'])
    assert.deepEqual(await setting.login(me, { ...mine, token }), refusals.token);
  assert.deepEqual(await setting.login(me, { ...mine, intent_id: '404' }), refusals.token);
  const retrieved = async (id: string, token: string) => {
    const answer = await setting.retrieve(id, token);
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  assert.equal(await retrieved(mine.intent_id, other.token), 'CRYPTO-CRYPTO');
  assert.equal(await retrieved(mine.intent_id, 'a+b'), 'CRYPTO-Swg31');
  assert.equal(await retrieved('404', mine.token), 'CRYPTO-CRYPTO');
  assert.equal(await retrieved(mine.intent_id, mine.token), 'ok');
  assert.equal(await retrieved(mine.intent_id, mine.token), 'ok');
});

test('after its end it opens nothing, and tells nothing', async () => {
  const me = await human();
  const made = await setting.simulate('oauth', idpId, { user_id: me.userId, expiry: new Date(Date.now() - 1000).toISOString() });
  assert.deepEqual(await setting.login(me, made), refusals.expired);
  const answer = await setting.retrieve(made.intent_id, made.token);
  assert.equal(answer.code === 'ok' ? '' : answer.id, 'IDP-SAf42');
});

test('it is for its own user alone', async () => {
  const [me, other] = [await human(), await human()];
  const made = await ofLinked(me, 'own');
  assert.deepEqual(await setting.login(other, made), refusals.ofOther);
  assert.equal((await setting.login(me, made)).code, 'ok');
});

test('an account that was nobody’s when it succeeded opens the session of whom it is linked to by then', async () => {
  const me = await human();
  const made = await viaCallback('fresh');
  assert.deepEqual(await setting.login(me, made), refusals.ofOther);
  assert.equal((await setting.link(me, idpId, 'FRESH')).code, 'ok');
  assert.equal((await setting.login(me, made, there)).code, 'ok');
});

const cuts: readonly (readonly [string, (person: Person) => Promise<unknown>])[] = [
  [
    'deactivated and reactivated',
    async ({ userId }) => {
      await here.get(user.deactivateUser, { userId }, owner);
      await here.get(user.reactivateUser, { userId }, owner);
    },
  ],
  [
    'locked and unlocked',
    async ({ userId }) => {
      await here.get(user.lockUser, { userId }, owner);
      await here.get(user.unlockUser, { userId }, owner);
    },
  ],
];
for (const [name, cut] of cuts) {
  test(`a user who was ${name} since is opened nothing: by an intent that was his, nor by one that a link made his`, async () => {
    const me = await human();
    const his = await ofLinked(me, `cut-${name}`);
    const unbound = await viaCallback(`free-${name}`);
    assert.equal((await setting.link(me, idpId, `free-${name}`)).code, 'ok');
    await cut(me);
    assert.deepEqual(await setting.login(me, his, there), refusals.ofOther);
    assert.deepEqual(await setting.login(me, unbound, there), refusals.ofOther);
    // The link itself is back with him.
    assert.equal((await setting.login(me, await viaCallback(`cut-${name}`), there)).code, 'ok');
  });
}

test('a user who is off is opened nothing, and what is found meanwhile opens nothing once he is back', async () => {
  const me = await human();
  const made = await setting.simulate('oidc', idpId, { user_id: me.userId, idp_user_id: 'off' });
  await here.get(user.deactivateUser, { userId: me.userId }, owner);
  const answer = await setting.login(me, made);
  assert.equal(answer.code === 'ok' ? '' : answer.id, 'SESSION-Gj4ko');
  const meanwhile = await setting.simulate('oidc', idpId, { user_id: me.userId, idp_user_id: 'off' });
  assert.equal((await setting.retrieve(meanwhile.intent_id, meanwhile.token)).code, 'ok');
  await here.get(user.reactivateUser, { userId: me.userId }, owner);
  assert.deepEqual(await setting.login(me, meanwhile), refusals.ofOther);
});

test('without its link an intent opens nothing any more', async () => {
  const me = await human();
  const made = await ofLinked(me, 'unlinked');
  await here.get(user.removeIDPLink, { userId: me.userId, idpId, linkedUserId: 'UNLINKED' }, owner);
  assert.deepEqual(await setting.login(me, made), refusals.ofOther);
});

test('a provider that is removed, or whose organization was off since, is worth nothing', async () => {
  const orgId = await people.org();
  const me = await human();
  const asked = {
    name: 'Own',
    clientId: 'c',
    clientSecret: 's',
    authorizationEndpoint: 'https://idp.example/a',
    tokenEndpoint: 'https://idp.example/t',
    userEndpoint: 'https://idp.example/u',
    idAttribute: 'id',
  };
  const { id: own } = await here.get(management.addGenericOAuthProvider, asked, { ...setting.v1(), headers: { 'x-zitadel-orgid': orgId } });
  const gone = await setting.oauthProvider();
  const [first, second] = [
    await setting.simulate('oauth', own, { user_id: me.userId }),
    await setting.simulate('oauth', gone, { user_id: me.userId }),
  ];
  await cluster.sql`update orgs set state = 2, epoch = nextval('epochs'), access_version = nextval('epochs') where org_id = ${orgId}`;
  const start = await setting.start(own);
  assert.equal(start.code === 'ok' ? '' : start.id, 'COMMAND-as02jin');
  await cluster.sql`update orgs set state = 1, access_version = nextval('epochs') where org_id = ${orgId}`;
  assert.equal((await setting.start(own)).code, 'ok');
  await here.get(admin.deleteProvider, { id: gone }, setting.v1());
  for (const made of [first, second]) assert.deepEqual(await setting.login(me, made), refusals.notSucceeded);
  const answer = await setting.retrieve(second.intent_id, second.token);
  assert.equal(answer.code === 'ok' ? '' : answer.id, 'COMMAND-as02jin');
});

test('what cannot begin says why', async () => {
  const urls = { successUrl: 'https://a.example', failureUrl: 'https://b.example' };
  const begin = async (content: Parameters<typeof setting.start>[1] | object, id = idpId) => {
    const answer = await here.ask(user.startIdentityProviderIntent, { idpId: id, ...content } as never, owner); // also what no client sends
    return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
  };
  assert.equal(await begin({}), 'unimplemented USERv2-S2g21');
  assert.equal(await begin({ content: { case: 'urls', value: urls } }, '404'), 'failed_precondition COMMAND-as02jin');
  assert.equal(await begin({ content: { case: 'ldap', value: { username: 'a', password: 'b' } } }), 'invalid_argument IDP-9a02j2n2bh');
  assert.equal(await begin({ content: { case: 'urls', value: urls } }), 'ok');
});

test('intents that are long over are swept away by those that begin', async () => {
  const { intent_id } = await setting.simulate('oauth', idpId);
  await cluster.sql`update idp_intents set expires_at = now() - interval '2 days' where intent_id = ${intent_id}`;
  await setting.start(idpId);
  assert.equal((await cluster.sql`select from idp_intents where intent_id = ${intent_id}`).length, 0);
});

test('where hosts are configured a login leads back to these and to the own domains alone', async () => {
  const node = await startNode(cluster.database, {
    KEYWARD_EXTERNAL_DOMAIN: 'localhost',
    KEYWARD_RETURN_HOSTS: 'app.example, other.example',
  });
  const client = new Client(node);
  const begin = async (successUrl: string, failureUrl = 'https://app.example/f') => {
    const content = { case: 'urls' as const, value: { successUrl, failureUrl } };
    const answer = await client.ask(user.startIdentityProviderIntent, { idpId, content }, owner);
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  for (const good of ['https://app.example/s', 'http://OTHER.example:8080/s', 'http://localhost:3000/s', '/here'])
    assert.equal(await begin(good), 'ok', good);
  for (const bad of [
    'https://evil.example/s',
    'https://app.example.evil.example/',
    'https://app.example@evil.example/',
    '//evil.example',
    'app://app.example/s',
  ])
    assert.equal(await begin(bad), 'KEYWARD-returnHost', bad);
  assert.equal(await begin('https://app.example/s', 'https://evil.example'), 'KEYWARD-returnHost');
});
