/** The kinds whose addresses are fixed: what they ask for, and how an account is read. The test plays the network. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Reachable } from '../../outbound/networks.ts';
import { clientOf, type OAuthKind } from './clients.ts';
import type { Context } from './context.ts';
import { answered, authorization } from './oauth.ts';

const signing = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(signing.publicKey)), kid: 'k', alg: 'RS256' };
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

interface World {
  readonly context: Context;
  readonly forms: URLSearchParams[];
  claims: Record<string, unknown>;
}

function world(): World {
  const forms: URLSearchParams[] = [];
  const made: World = { context: undefined as never, forms, claims: {} }; // the context is given below
  const fetch: Context['outside']['fetch'] = async (given, options) => {
    const url = new URL(given);
    const json = (body: object) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
    if (url.pathname === '/.well-known/openid-configuration') {
      const at = (path: string) => `${url.origin}/${path}`;
      return json({
        issuer: url.origin,
        authorization_endpoint: at('auth'),
        token_endpoint: at('token'),
        userinfo_endpoint: at('userinfo'),
        jwks_uri: at('keys'),
      });
    }
    if (url.pathname === '/keys') return json({ keys: [jwk] });
    if (options?.method === 'POST') {
      forms.push(new URLSearchParams(String(options.body)));
      const id_token = await new SignJWT(made.claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(signing.privateKey);
      return json({ access_token: 'token', id_token });
    }
    return json(made.claims);
  };
  const outside = { fetch, reachable: new Reachable([]) };
  return Object.assign(made, {
    context: { outside, idpId: '1', secrets: { clientSecret: 's', privateKey: ec }, origin: 'https://id.example' },
  });
}

const client = { clientId: 'c', scopes: [] };
const begins: readonly (readonly [string, OAuthKind, string, Record<string, string | null>])[] = [
  [
    'Google',
    { kind: 'google', config: client },
    'https://accounts.google.com/auth',
    { scope: 'openid profile email phone', prompt: 'select_account' },
  ],
  [
    'GitLab',
    { kind: 'gitlab', config: { ...client, scopes: ['email'] } },
    'https://gitlab.com/auth',
    { scope: 'openid email', prompt: null },
  ],
  [
    'own GitLab',
    { kind: 'gitlabSelfHosted', config: { ...client, issuer: 'https://git.example' } },
    'https://git.example/auth',
    { prompt: null },
  ],
  [
    'GitHub',
    { kind: 'github', config: { ...client, scopes: ['user'] } },
    'https://github.com/login/oauth/authorize',
    { scope: 'user', prompt: 'select_account' },
  ],
  [
    'Azure',
    { kind: 'azureAd', config: { ...client, scopes: ['openid'], tenant: { case: 'tenantType', value: 2 }, emailVerified: true } },
    'https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize',
    { scope: 'openid User.Read', prompt: 'select_account' },
  ],
  [
    'a tenant of Azure',
    { kind: 'azureAd', config: { ...client, tenant: { case: 'tenantId', value: 'a/b' }, emailVerified: true } },
    'https://login.microsoftonline.com/a%2Fb/oauth2/v2.0/authorize',
    { scope: 'openid profile email User.Read' },
  ],
  [
    'Apple',
    { kind: 'apple', config: { ...client, teamId: 'TEAM567890', keyId: 'KEY4567890', scopes: ['name'] } },
    'https://appleid.apple.com/auth',
    { scope: 'openid name', prompt: null, response_mode: 'form_post' },
  ],
];
for (const [name, kind, address, parameters] of begins) {
  test(`a login at ${name} begins at its address`, async () => {
    const { context } = world();
    const { url } = authorization(await clientOf(context, kind), context, { state: 'the-state', loginHint: '' });
    const at = new URL(url);
    assert.equal(at.origin + at.pathname, address);
    assert.equal(at.searchParams.get('redirect_uri'), 'https://id.example/idps/callback');
    assert.equal(at.searchParams.get('state'), 'the-state');
    for (const [parameter, value] of Object.entries(parameters)) assert.equal(at.searchParams.get(parameter), value, parameter);
  });
}

test('Apple is told by a signed secret, and its user’s name comes beside the code', async () => {
  const at = world();
  at.claims = {
    iss: 'https://appleid.apple.com',
    aud: 'c',
    sub: 'apple-id',
    email: 'a@privaterelay.example',
    email_verified: 'true',
    nonce: 'n',
  };
  const apple = await clientOf(at.context, { kind: 'apple', config: { ...client, teamId: 'TEAM567890', keyId: 'KEY4567890' } });
  const sent = { code: 'x', user: '{"name":{"firstName":"Ada","lastName":"Lovelace"}}' };
  const { user } = await answered(apple, at.context, (name) => (sent as Record<string, string>)[name], { nonce: 'n' });
  assert.deepEqual([user.id, user.firstName, user.displayName, user.isEmailVerified], ['apple-id', 'Ada', 'Ada Lovelace', true]);
  const secret = at.forms[0]?.get('client_secret') ?? '';
  assert.deepEqual(decodeProtectedHeader(secret), { alg: 'ES256', kid: 'KEY4567890' });
  const { iss, sub, aud } = decodeJwt(secret);
  assert.deepEqual([iss, sub, aud], ['TEAM567890', 'c', 'https://appleid.apple.com']);
});

test('Google’s user name is the address; userinfo of another user is refused', async () => {
  const at = world();
  at.claims = { iss: 'https://accounts.google.com', aud: 'c', sub: 'g', email: 'a@gmail.example', nonce: 'n' };
  const google = await clientOf(at.context, { kind: 'google', config: client });
  const code = (name: string) => (name === 'code' ? 'x' : undefined);
  assert.equal((await answered(google, at.context, code, { nonce: 'n' })).user.userName, 'a@gmail.example');
  await assert.rejects(answered(google, at.context, code, { nonce: 'other' }));
  at.claims = { ...at.claims, aud: ['c', 'd'], azp: 'd' };
  await assert.rejects(answered(google, at.context, code, { nonce: 'n' }));
});

test('of Azure the principal is the user name, and the address counts as the provider says', async () => {
  const at = world();
  at.claims = { id: 'az', userPrincipalName: 'ada@tenant.example', displayName: 'Ada', mail: null };
  const azure = await clientOf(at.context, {
    kind: 'azureAd',
    config: { ...client, tenant: { case: 'tenantType', value: 0 }, emailVerified: true },
  });
  const { user } = await answered(azure, at.context, (name) => (name === 'code' ? 'x' : undefined), {});
  assert.deepEqual([user.id, user.userName, user.email, user.isEmailVerified], ['az', 'ada@tenant.example', 'ada@tenant.example', true]);
});
