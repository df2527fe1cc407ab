/** The code flow at providers that are no OpenID providers, and logins by JWT: a server of the test is the other side. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePort } from '../support/node.ts';
import { admin, FAILURE, locationOf, Setting, SUCCESS } from './setting.ts';

const setting = await Setting.start();
const { here } = setting;
const callback = `${setting.origin}/idps/callback`;

const port = await freePort();
const other = `http://127.0.0.1:${port}`;
const signing = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(signing.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
/** What its token endpoint takes as proof of the client, and gives. */
let takes: 'header' | 'form' = 'header';
let gives: { readonly type: string; readonly body: string } = { type: 'application/json', body: '' };
const asked: { readonly path: string; readonly authorization: string | undefined; readonly form: URLSearchParams }[] = [];

const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
  const path = request.url ?? '';
  const form = new URLSearchParams(await text(request));
  asked.push({ path, authorization: request.headers.authorization, form });
  const say = (status: number, body: string, type = 'application/json') => response.writeHead(status, { 'content-type': type }).end(body);
  if (path === '/keys') return say(200, JSON.stringify({ keys: [jwk] }));
  if (path === '/user') {
    if (request.headers.authorization !== 'Bearer the-token') return say(401, '{}');
    return say(200, JSON.stringify({ id: 4711, login: 'ada', name: 'Ada L', email: 'ada@hub.example', nested: { a: [1] } }));
  }
  if (path === '/huge') return say(200, JSON.stringify({ id: 'x'.repeat(1_000_000) }));
  if (path === '/away') return response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  const proven =
    takes === 'header'
      ? request.headers.authorization === `Basic ${Buffer.from('client:a+secret').toString('base64')}`
      : form.get('client_secret') === 'a secret';
  if (!proven) return say(401, '{"error":"invalid_client"}');
  if (form.get('code') !== 'good' || form.get('redirect_uri') !== callback) return say(400, '{"error":"invalid_grant"}');
  return say(200, gives.body, gives.type);
});
await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});

const tokens = { type: 'application/json', body: JSON.stringify({ access_token: 'the-token', refresh_token: 'r', expires_in: 86_400 }) };
const form = { type: 'application/x-www-form-urlencoded', body: 'access_token=the-token&scope=user' };
const endpoints = { authorizationEndpoint: `${other}/authorize?own=1`, tokenEndpoint: `${other}/token`, userEndpoint: `${other}/user` };
const client = { clientId: 'client', clientSecret: 'a secret' };

const oauth = async (more: object = {}) =>
  (
    await here.get(
      admin.addGenericOAuthProvider,
      { name: 'OAuth', ...client, ...endpoints, scopes: ['a', 'b'], idAttribute: 'id', ...more },
      setting.v1(),
    )
  ).id;

/** As the provider sends the browser back. */
async function back(idpId: string, query: Readonly<Record<string, string>> = { code: 'good' }): Promise<URL> {
  const state = (await setting.authUrl(idpId)).searchParams.get('state') ?? '';
  return locationOf(await fetch(`${callback}?${new URLSearchParams({ state, ...query })}`, { redirect: 'manual' }));
}

test('the address has these parameters, beside its own, and no other', async () => {
  const url = await setting.authUrl(await oauth());
  assert.deepEqual(Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'state')), {
    own: '1',
    client_id: 'client',
    prompt: 'select_account',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'a b',
  });
  const withPkce = await setting.authUrl(await oauth({ usePkce: true }));
  assert.deepEqual([withPkce.searchParams.get('code_challenge_method'), withPkce.searchParams.get('code_challenge')?.length], ['S256', 43]);
});

const ways: readonly (readonly [string, 'header' | 'form', typeof gives])[] = [
  ['by a header', 'header', tokens],
  ['by the form alone', 'form', tokens],
  ['and answers with a form', 'header', form],
];
for (const [name, way, given] of ways) {
  test(`a provider that wants the secret ${name}`, async () => {
    [takes, gives] = [way, given];
    const { idpInformation, details } = await setting.found(await back(await oauth()));
    assert.equal(idpInformation?.userId, '4711');
    assert.equal(idpInformation?.userName, '');
    assert.deepEqual(idpInformation?.rawInformation, {
      RawInfo: { id: 4711, login: 'ada', name: 'Ada L', email: 'ada@hub.example', nested: { a: [1] } },
    });
    assert.equal(idpInformation?.access.case === 'oauth' ? idpInformation.access.value.accessToken : '', 'the-token');
    assert.equal(details?.sequence, 2n);
  });
}

test('a token that lives longer than an hour makes no intent that does', async () => {
  [takes, gives] = ['header', tokens];
  const end = await back(await oauth());
  const [row] = await setting.cluster.sql<{ left: number }[]>`
    select extract(epoch from expires_at - now())::float8 as left from idp_intents where intent_id = ${end.searchParams.get('id') ?? ''}`;
  assert.ok(row!.left > 3500 && row!.left <= 3600);
});

const failures: readonly (readonly [string, () => Promise<URL>, string])[] = [
  ['a wrong code', async () => back(await oauth(), { code: 'bad' }), 'KEYWARD-idpAnswer'],
  ['no code', async () => back(await oauth(), {}), 'KEYWARD-idpAnswer'],
  ['a wrong secret', async () => back(await oauth({ clientSecret: 'other' })), 'KEYWARD-idpAnswer'],
  ['an account without that id', async () => back(await oauth({ idAttribute: 'none' })), 'KEYWARD-idpAnswer'],
  ['an answer without end', async () => back(await oauth({ userEndpoint: `${other}/huge` })), 'KEYWARD-idpAnswer'],
  ['a redirect to where nobody is sent', async () => back(await oauth({ userEndpoint: `${other}/away` })), 'KEYWARD-idpAnswer'],
  ['a private address', async () => back(await oauth({ tokenEndpoint: 'http://10.0.0.1/token' })), 'KEYWARD-idpAnswer'],
  ['the provider’s own refusal', async () => back(await oauth(), { error: 'denied', error_description: 'by <her>' }), 'denied'],
];
for (const [name, run, error] of failures) {
  test(`${name} leads to failure, without addresses`, async () => {
    [takes, gives] = ['header', tokens];
    const end = await run();
    assert.equal(end.href.startsWith(FAILURE), true);
    assert.equal(end.searchParams.get('error'), error);
    assert.doesNotMatch(end.href, /127\.0\.0\.1|10\.0\.0\.1|169\.254/);
  });
}

test('GitHub of one’s own: the account tells name and mail', async () => {
  [takes, gives] = ['form', form];
  const { id } = await here.get(admin.addGitHubEnterpriseServerProvider, { name: 'Hub', ...client, ...endpoints }, setting.v1());
  const { idpInformation, userAction } = await setting.found(await back(id));
  assert.deepEqual([idpInformation?.userId, idpInformation?.userName], ['4711', 'ada']);
  if (userAction.case !== 'createUser' || userAction.value.userType.case !== 'human') throw new Error('nobody to create');
  assert.deepEqual(
    [userAction.value.userType.value.profile?.displayName, userAction.value.userType.value.email?.email],
    ['Ada L', 'ada@hub.example'],
  );
});

const jwtProvider = async (more: object = {}) => {
  const body = { name: 'JWT', issuer: other, jwtEndpoint: `${other}/jwt`, keysEndpoint: `${other}/keys`, headerName: 'X-Proof', ...more };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${setting.cluster.adminPat}` };
  return (JSON.parse((await here.send('POST', '/admin/v1/idps/generic_jwt', headers, JSON.stringify(body))).body) as { id: string }).id;
};

const proof = (more: Readonly<Record<string, unknown>> = {}, key = signing.privateKey) =>
  new SignJWT({ sub: 'ada-id', preferred_username: 'ada', iss: other, aud: 'me', exp: Math.floor(Date.now() / 1000) + 300, ...more })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(key);

async function byJwt(
  idpId: string,
  header: string | undefined,
  change: (query: URLSearchParams) => void = () => undefined,
): Promise<Response> {
  const begin = await setting.authUrl(idpId);
  assert.deepEqual([begin.origin, [...begin.searchParams.keys()].sort()], [other, ['authRequestID', 'userAgentID']]);
  change(begin.searchParams);
  return fetch(`${setting.origin}/idps/jwt?${begin.searchParams}`, {
    redirect: 'manual',
    headers: header === undefined ? {} : { 'x-proof': header },
  });
}

test('a JWT in the configured header is a login, with or without the word before it', async () => {
  const idpId = await jwtProvider();
  for (const before of ['', 'Bearer ']) {
    const token = await proof();
    const end = locationOf(await byJwt(idpId, before + token));
    const { idpInformation } = await setting.found(end);
    assert.deepEqual([idpInformation?.userId, idpInformation?.userName], ['ada-id', 'ada']);
    assert.deepEqual(
      idpInformation?.access.case === 'oauth' ? [idpInformation.access.value.accessToken, idpInformation.access.value.idToken] : [],
      ['', token],
    );
    assert.equal(end.href.startsWith(SUCCESS.slice(0, 20)), true);
  }
});

test('a JWT for another audience, of another issuer or key, or that is over, is none', async () => {
  const strange = await generateKeyPair('RS256');
  const minute = Math.floor(Date.now() / 1000) - 60;
  const wrong: readonly (readonly [object, string | undefined])[] = [
    [{ audience: 'other' }, await proof()],
    [{}, await proof({ iss: 'https://other.example' })],
    [{}, await proof({ exp: minute })],
    [{}, await proof({ exp: undefined })],
    [{}, await proof({}, strange.privateKey)],
    [{}, `${(await proof()).split('.').slice(0, 2).join('.')}.`],
    [{}, undefined],
  ];
  for (const [more, header] of wrong) {
    const end = locationOf(await byJwt(await jwtProvider(more), header));
    assert.equal(end.searchParams.get('error'), 'KEYWARD-idpAnswer');
  }
  assert.ok(locationOf(await byJwt(await jwtProvider({ audience: 'me' }), await proof())).searchParams.has('token'));
});

test('without what it began with there is no login', async () => {
  const missing = await fetch(`${setting.origin}/idps/jwt`, { redirect: 'manual' });
  assert.deepEqual([missing.status, (await missing.text()).trim()], [400, 'ID=LOGIN-adfzz Message=Errors.AuthRequest.MissingParameters']);
  const guessed = await byJwt(await jwtProvider(), await proof(), (query) => query.set('userAgentID', 'guessed'));
  assert.equal(guessed.status, 400);
  assert.ok(asked.length > 0);
});
