/** What an intent opens, and what it does not: once, in its time, for whom it is, and for nobody who was switched off since. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Sent, user } from '../support/ask.ts';
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
  assert.equal((await setting.link(me, idpId, 'fresh')).code, 'ok');
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
  await here.get(user.removeIDPLink, { userId: me.userId, idpId, linkedUserId: 'unlinked' }, owner);
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

describe('who may not make sessions for everybody', async () => {
  await cluster.sql`
    insert into instance_domains (instance_id, domain) values (${cluster.instanceId}, 'own.example')`;
  await cluster.sql`
    insert into instance_trusted_domains (instance_id, domain) values (${cluster.instanceId}, 'Trusted.example')`;
  const nobody = await people.caller();
  const begin = async (successUrl: string, failureUrl: string, sent: Sent) => {
    const answer = await here.ask(
      user.startIdentityProviderIntent,
      { idpId, content: { case: 'urls', value: { successUrl, failureUrl } } },
      sent,
    );
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  const leads: Readonly<Record<string, 'ok' | 'foreign'>> = {
    '/done?kept=1': 'ok',
    done: 'ok',
    '//localhost:3000/done': 'ok',
    'http://localhost:3000/done': 'ok',
    'https://own.example/done': 'ok',
    'https://trusted.example/done': 'ok',
    'https://app.example/done': 'foreign',
    '//app.example/done': 'foreign',
    '/%5Capp.example': 'ok', // a path
    'http:app.example': 'foreign',
    'https://localhost@app.example': 'foreign',
    'https://localhost.app.example': 'foreign',
    'https://sub.own.example': 'foreign',
    'app://localhost/done': 'foreign',
    'javascript:alert(1)': 'foreign',
    'data:text/html,x': 'foreign',
  };
  for (const [url, outcome] of Object.entries(leads)) {
    test(`${outcome === 'ok' ? 'is' : 'is not'} led to ${url}`, async () => {
      assert.equal(await begin(url, '/', nobody), outcome === 'ok' ? 'ok' : 'COMMAND-x8j3bk');
      assert.equal(await begin('/', url, nobody), outcome === 'ok' ? 'ok' : 'COMMAND-x8j4bk');
    });
  }

  test('the role of a login page is led anywhere; that of an organization is not', async () => {
    const page = await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] });
    const orgOwner = await people.caller({ orgRoles: { [people.orgId]: ['ORG_OWNER'] } });
    assert.equal(await begin('https://app.example', 'https://app.example', page), 'ok');
    assert.equal(await begin('https://app.example', 'https://app.example', orgOwner), 'COMMAND-x8j3bk');
  });
});

test('who links an account to himself has begun its login and come with its token, as he still stands', async () => {
  const me = await people.caller({ kind: 'human' });
  const self = { token: me.token };
  const began = async () => {
    const value = { successUrl: '/done', failureUrl: '/failed' };
    await here.get(user.startIdentityProviderIntent, { idpId, content: { case: 'urls', value } }, self);
    const [row] = await cluster.sql<{ intent_id: string }[]>`
      select intent_id from idp_intents where creator = ${me.userId} order by created_at desc limit 1`;
    return row!.intent_id;
  };
  const answeredAs = async (account: string) => setting.simulate('saml', idpId, { intent_id: await began(), idp_user_id: account });
  const linked = async (account: string) => {
    const answer = await setting.link(me, idpId, account, self);
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  assert.equal(await linked('somebody'), 'KEYWARD-linkProof');
  // Somebody was led to the page, and answered there.
  const { intent_id: idpIntentId, token: idpIntentToken } = await answeredAs('somebody');
  assert.equal(await linked('somebody'), 'KEYWARD-linkProof');
  assert.equal((await setting.retrieve(idpIntentId, idpIntentToken)).code, 'ok');
  assert.equal(await linked('somebody'), 'KEYWARD-linkProof');
  assert.equal((await there.ask(user.retrieveIdentityProviderIntent, { idpIntentId, idpIntentToken }, self)).code, 'ok');
  assert.equal(await linked('another'), 'KEYWARD-linkProof');
  assert.equal(await linked('somebody'), 'ok');
  // What he has shown ends with him.
  const later = await answeredAs('later');
  const asked = { idpIntentId: later.intent_id, idpIntentToken: later.token };
  assert.equal((await there.ask(user.retrieveIdentityProviderIntent, asked, self)).code, 'ok');
  await here.get(user.deactivateUser, { userId: me.userId }, owner);
  await here.get(user.reactivateUser, { userId: me.userId }, owner);
  self.token = await people.pat(me);
  assert.equal(await linked('later'), 'KEYWARD-linkProof');
});

test('a provider of an organization is for who lives in it, and for who makes sessions for everybody', async () => {
  const orgId = await people.org();
  const { id: own } = await here.get(
    management.addJWTProvider,
    {
      name: 'Own',
      issuer: 'https://idp.example',
      jwtEndpoint: 'https://idp.example/jwt',
      keysEndpoint: 'https://idp.example/keys',
      headerName: 'x-jwt',
    },
    { ...setting.v1(), headers: { 'x-zitadel-orgid': orgId } },
  );
  const begin = async (sent: Sent) => {
    const value = { successUrl: '/done', failureUrl: '/failed' };
    const answer = await here.ask(user.startIdentityProviderIntent, { idpId: own, content: { case: 'urls', value } }, sent);
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  assert.equal(await begin(await people.caller({ orgId })), 'ok');
  assert.equal(await begin(await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] })), 'ok');
  assert.equal(await begin(await people.caller()), 'COMMAND-as02jin');
  assert.equal(await begin(await people.caller({ orgRoles: { [people.orgId]: ['ORG_OWNER'] } })), 'COMMAND-as02jin');
});

const cases: Readonly<
  Record<string, { readonly provider: () => Promise<string>; readonly same: readonly string[]; readonly others: readonly string[] }>
> = {
  'of OAuth to the byte': { provider: () => setting.oauthProvider(), same: [], others: ['ADA', 'Ada', '\u00c4DA'] },
  'of LDAP but for the case of ASCII': {
    provider: async () =>
      (
        await here.get(
          admin.addLDAPProvider,
          {
            name: 'LDAP',
            servers: ['ldaps://idp.example'],
            baseDn: 'dc=example',
            bindDn: 'x',
            bindPassword: 'x',
            userBase: 'dn',
            userObjectClasses: ['person'],
            userFilters: ['uid'],
            attributes: { idAttribute: 'uid' },
          },
          setting.v1(),
        )
      ).id,
    same: ['ADA', 'Ada'],
    others: ['\u00e4da', 'ad\u0391', '\u212ada'],
  },
};
for (const [name, { provider, same, others }] of Object.entries(cases)) {
  test(`an account is told from others by its id, ${name}`, async () => {
    const id = await provider();
    const [me, other] = [await human(), await human()];
    assert.equal((await setting.link(me, id, 'ada')).code, 'ok');
    for (const account of same) {
      assert.equal((await setting.link(other, id, account)).code, 'already_exists', account);
      assert.equal(
        (await here.ask(user.removeIDPLink, { userId: me.userId, idpId: id, linkedUserId: account }, owner)).code,
        'ok',
        account,
      );
      assert.equal((await setting.link(me, id, 'ada')).code, 'ok');
    }
    for (const account of others) {
      assert.equal(
        (await here.ask(user.removeIDPLink, { userId: me.userId, idpId: id, linkedUserId: account }, owner)).code,
        'not_found',
        account,
      );
      assert.equal((await setting.link(other, id, account)).code, 'ok', account);
      const made = await setting.simulate('oauth', id, { idp_user_id: account });
      assert.equal((await setting.login(me, made)).code, 'failed_precondition', account);
      assert.equal((await setting.login(other, made)).code, 'ok', account);
    }
  });
}
