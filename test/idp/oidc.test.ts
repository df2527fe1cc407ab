/** OpenID Connect against a real provider: the whole way of a browser, and what is not a login. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, test } from 'node:test';
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import type { Json } from '../../src/store/events.ts';
import { user } from '../support/ask.ts';
import { freePort } from '../support/node.ts';
import { admin, Browser, FAILURE, locationOf, Setting, SUCCESS } from './setting.ts';

const setting = await Setting.start();
const { here, owner, people } = setting;
const callback = `${setting.origin}/idps/callback`;

const claims = {
  sub: 'ada-id',
  preferred_username: 'ada',
  given_name: 'Ada',
  family_name: 'Lovelace',
  name: 'Ada Lovelace',
  nickname: 'countess',
  locale: 'de-CH',
  email: 'ada@idp.example',
  email_verified: true,
  phone_number: '+41791234567',
  phone_number_verified: false,
};

/** Ada logs in there without being asked. */
async function provider({ selects }: { readonly selects: boolean }): Promise<{ readonly issuer: string; readonly close: () => void }> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const client = (client_id: string, more: object = {}) => ({
    client_id,
    client_secret: 'a secret with : and +',
    redirect_uris: [callback],
    response_types: ['code' as const],
    grant_types: ['authorization_code', 'refresh_token'],
    ...more,
  });
  const configuration: Configuration = {
    clients: [client('basic'), client('post', { token_endpoint_auth_method: 'client_secret_post' })],
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'given_name', 'family_name', 'name', 'nickname', 'locale'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => false },
    cookies: { keys: ['a key of a test'] },
    conformIdTokenClaims: true,
    ...(!selects && { discovery: { prompt_values_supported: ['none', 'login', 'consent'] } }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}`, ...(selects && { policy: withSelection() }) },
    findAccount: async (_, accountId) => ({ accountId, claims: async () => claims }),
  };
  const oidc = new Provider(issuer, configuration);
  const handle = oidc.callback();
  const server: Server = createServer(async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response);
    const { prompt, params, session } = await oidc.interactionDetails(request, response);
    if (prompt.name !== 'consent') {
      const denied = params.login_hint === 'nobody';
      const result = denied
        ? { error: 'access_denied', error_description: 'nobody is here' }
        : { login: { accountId: claims.sub }, select_account: {} };
      return oidc.interactionFinished(request, response, result);
    }
    const grant = new oidc.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    return oidc.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  after(close);
  return { issuer, close };
}

/** A provider that can ask which account it shall be. */
function withSelection(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  return policy;
}

const { issuer } = await provider({ selects: true });
const { issuer: plain } = await provider({ selects: false });

const options = { isLinkingAllowed: true, isCreationAllowed: true };
async function added(more: object = {}): Promise<string> {
  const asked = {
    name: 'OIDC',
    issuer,
    clientId: 'basic',
    clientSecret: 'a secret with : and +',
    scopes: ['openid', 'profile', 'email', 'phone'],
    ...more,
  };
  return (await here.get(admin.addGenericOIDCProvider, { ...asked, providerOptions: options }, setting.v1())).id;
}

test('a login there leads back with an intent, which tells who it was and how to make a user of him', async () => {
  const idpId = await added();
  const begin = await setting.authUrl(idpId);
  assert.equal(begin.origin, issuer);
  assert.equal(begin.searchParams.get('redirect_uri'), callback);
  assert.equal(begin.searchParams.get('prompt'), 'select_account');
  const end = await new Browser().follow(begin, SUCCESS.slice(0, 20));
  assert.deepEqual([...end.searchParams.keys()], ['id', 'kept', 'token']);
  const { idpInformation, userId, userAction, addHumanUser, details } = await setting.found(end);
  assert.equal(userId, '');
  assert.equal(details?.resourceOwner, setting.cluster.instanceId);
  assert.equal(idpInformation?.idpId, idpId);
  assert.equal(idpInformation?.userId, 'ada-id');
  assert.equal(idpInformation?.userName, 'ada');
  assert.deepEqual(idpInformation?.rawInformation, claims);
  assert.equal(idpInformation?.access.case, 'oauth');
  assert.notEqual(idpInformation?.access.value.accessToken, '');
  assert.equal(idpInformation?.access.value.idToken?.split('.').length, 3);
  if (userAction.case !== 'createUser' || userAction.value.userType.case !== 'human') throw new Error('nobody to create');
  assert.equal(userAction.value.username, 'ada');
  const { profile, email, phone, idpLinks } = userAction.value.userType.value;
  assert.deepEqual(
    [profile?.givenName, profile?.familyName, profile?.displayName, profile?.nickName, profile?.preferredLanguage],
    ['Ada', 'Lovelace', 'Ada Lovelace', 'countess', 'de-CH'],
  );
  assert.deepEqual([email?.email, email?.verification.case], ['ada@idp.example', 'isVerified']);
  assert.deepEqual([phone?.phone, phone?.verification.case], ['+41791234567', 'sendCode']);
  assert.deepEqual([idpLinks[0]?.idpId, idpLinks[0]?.userId, idpLinks[0]?.userName], [idpId, 'ada-id', 'ada']);
  assert.deepEqual(addHumanUser?.email, email);

  // As it was told, the user can be made, and the intent opens a session for him.
  const made = await here.get(user.createUser, { ...userAction.value, organizationId: people.orgId, username: 'ada' }, owner);
  const intent = { intent_id: end.searchParams.get('id') ?? '', token: end.searchParams.get('token') ?? '' };
  assert.equal((await setting.login({ userId: made.id, orgId: people.orgId }, intent)).code, 'ok');
  assert.deepEqual(await setting.events('idpintent', intent.intent_id), ['idpintent.started', 'idpintent.succeeded', 'idpintent.consumed']);
});

test('whose account is linked already is named, and what he may be changed to', async () => {
  const idpId = await added({ clientId: 'post' });
  const me = await people.person({ kind: 'human' });
  await setting.link(me, idpId, 'ada-id');
  const end = await new Browser().follow(await setting.authUrl(idpId), SUCCESS.slice(0, 20));
  assert.equal(end.searchParams.get('user'), me.userId);
  const { userId, userAction, updateHumanUser } = await setting.found(end);
  assert.equal(userId, me.userId);
  if (userAction.case !== 'updateUser' || userAction.value.userType.case !== 'human') throw new Error('nobody to update');
  assert.deepEqual([userAction.value.userId, userAction.value.username], [me.userId, 'ada']);
  assert.equal(userAction.value.userType.value.profile?.givenName, 'Ada');
  assert.equal(updateHumanUser?.profile?.familyName, 'Lovelace');
});

const ways: readonly (readonly [string, object])[] = [
  ['with PKCE', { usePkce: true }],
  ['by the claims of the id token alone', { isIdTokenMapping: true }],
  ['without scopes of its own', { scopes: [] }],
  ['at a provider that says it cannot ask which account it shall be', { issuer: plain }],
];
for (const [name, more] of ways) {
  test(`a login ${name}`, async () => {
    const begin = await setting.authUrl(await added(more));
    assert.equal(begin.searchParams.get('code_challenge_method'), 'usePkce' in more ? 'S256' : null);
    assert.equal(begin.searchParams.has('prompt'), !('issuer' in more));
    assert.match(begin.searchParams.get('scope') ?? '', /openid/);
    const { idpInformation } = await setting.found(await new Browser().follow(begin, SUCCESS.slice(0, 20)));
    assert.equal(idpInformation?.userId, 'ada-id');
  });
}

test('a login hint takes the place of the question which account; the refusal of the provider is told as it came', async () => {
  const begin = await setting.authUrl(await added(), { loginHint: 'nobody' });
  assert.deepEqual([begin.searchParams.get('login_hint'), begin.searchParams.get('prompt')], ['nobody', null]);
  const end = await new Browser().follow(begin, FAILURE);
  assert.deepEqual([end.searchParams.get('error'), end.searchParams.get('error_description')], ['access_denied', 'nobody is here']);
  const id = end.searchParams.get('id') ?? '';
  assert.deepEqual(await setting.events('idpintent', id), ['idpintent.started', 'idpintent.failed']);
});

test('a callback counts once, and only with what the provider was given', async () => {
  const browser = new Browser();
  const back = await browser.follow(await setting.authUrl(await added()), callback);
  const state = back.searchParams.get('state') ?? '';
  const at = (query: Record<string, string>) => fetch(`${callback}?${new URLSearchParams(query)}`, { redirect: 'manual' });
  const missing = await at({ code: 'x' });
  assert.deepEqual([missing.status, (await missing.text()).trim()], [400, 'ID=IDP-Hk38e Message=Errors.Intent.StateMissing']);
  for (const wrong of ['404', state.split('.')[0] ?? '', `${state}x`, '\0', "1.a' or 1=1"]) {
    const unknown = await at({ state: wrong, code: 'x' });
    assert.deepEqual([unknown.status, (await unknown.text()).trim()], [400, 'ID=IDP-gy3ctgkqe7 Message=Errors.Intent.NotStarted']);
  }
  const answers = (await Promise.all(Array.from({ length: 5 }, () => fetch(back, { redirect: 'manual' })))).map(locationOf);
  assert.equal(answers.filter((to) => to.searchParams.has('token')).length, 1);
  assert.deepEqual(
    answers.flatMap((to) => to.searchParams.get('error') ?? []),
    Array(4).fill('IDP-Sfrgs'),
  );
});

test('a code of another login is none: the id token holds the nonce of its own', async () => {
  const idpId = await added();
  const [mine, other] = [
    await new Browser().follow(await setting.authUrl(idpId), callback),
    await new Browser().follow(await setting.authUrl(idpId), callback),
  ];
  mine.searchParams.set('code', other.searchParams.get('code') ?? '');
  const end = locationOf(await fetch(mine, { redirect: 'manual' }));
  assert.deepEqual(
    [end.searchParams.get('error'), end.searchParams.get('error_description')],
    ['KEYWARD-idpAnswer', 'Errors.User.ExternalIDP.LoginFailed'],
  );
  assert.equal(end.searchParams.has('token'), false);
});

test('an answer names the provider that was asked, as that one says it does in each', async () => {
  const wrong = { 'of another': 'https://other.example', 'without a name': undefined, 'with an empty one': '' };
  for (const [name, iss] of Object.entries(wrong)) {
    for (const refusal of [false, true]) {
      const back = await new Browser().follow(await setting.authUrl(await added(), refusal ? { loginHint: 'nobody' } : {}), callback);
      assert.equal(back.searchParams.get('iss'), issuer);
      if (iss === undefined) back.searchParams.delete('iss');
      else back.searchParams.set('iss', iss);
      const end = locationOf(await fetch(back, { redirect: 'manual' }));
      assert.equal(end.searchParams.get('error'), 'KEYWARD-idpAnswer', name);
    }
  }
});

test('a provider that is away, or another than it says, is told without its addresses', async () => {
  const away = {
    code: 'failed_precondition',
    text: 'The identity provider cannot be reached, or does not answer as one (KEYWARD-idpAway)',
    id: 'KEYWARD-idpAway',
  };
  const port = await freePort();
  assert.deepEqual(await setting.start(await added({ issuer: `http://127.0.0.1:${port}` })), away);
  assert.deepEqual(await setting.start(await added({ issuer: issuer.replace('127.0.0.1', 'localhost') })), away);
  assert.deepEqual(await setting.start(await added({ issuer: 'http://169.254.169.254' })), away);
});

test('a callback of a provider that is gone by then, or whose intent ran out, leads to failure', async () => {
  const idpId = await added();
  const back = await new Browser().follow(await setting.authUrl(idpId), callback);
  const late = await new Browser().follow(await setting.authUrl(idpId), callback);
  await setting.cluster
    .sql`update idp_intents set expires_at = now() where intent_id = ${late.searchParams.get('state')?.split('.')[0] ?? ''}`;
  assert.equal(locationOf(await fetch(late, { redirect: 'manual' })).searchParams.get('error'), 'IDP-SAf42');
  await here.get(admin.deleteProvider, { id: idpId }, setting.v1());
  assert.equal(locationOf(await fetch(back, { redirect: 'manual' })).searchParams.get('error'), 'COMMAND-as02jin');
});

test('only GET and POST reach the callback: what a browser looks up beforehand uses nothing up', async () => {
  const back = await new Browser().follow(await setting.authUrl(await added()), callback);
  const head = await fetch(back, { method: 'HEAD', redirect: 'manual' });
  assert.equal(head.status, 405);
  const form = { method: 'POST', body: new URLSearchParams(back.searchParams), redirect: 'manual' } as const;
  assert.ok(locationOf(await fetch(callback, form)).searchParams.has('token'));
});

test('secrets and tokens are not in the log, nor readable in the tables', async () => {
  const { sql } = setting.cluster;
  const logged: readonly { payload: Json }[] = await sql`select payload from events where aggregate_type in ('idpintent', 'instance')`;
  assert.doesNotMatch(JSON.stringify(logged), /a secret with|code_?verifier|eyJ/i);
  const [row] = await sql`select secrets from idps where config ->> 'clientId' = 'basic' limit 1`;
  assert.equal(row?.secrets.includes('a secret with'), false);
});
