/** How a machine proves itself at the token endpoint, and that a wrong proof tells nothing (reference/authn-authz-oidc.md 3.4, 4.4, 4.5; DESIGN.md 8). */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { Client } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { ask, assertion, BY_KEY, FOR_API, Machines, originOf, type SaidClaims } from './machines.ts';

const cluster = await startCluster(1);
const [node] = cluster.nodes;
const people = new People(cluster.sql, cluster);
const machines = new Machines(people, new Client(node), cluster.adminPat);
const machine = await machines.make();
const other = await machines.make();
const human = await people.person({ kind: 'human', password: 'Password1!' });
const bare = await people.person();

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const form = { grant_type: 'client_credentials', scope: FOR_API };

describe('a secret', () => {
  test('counts in the form, in the header, and there more than in the form', async () => {
    const { name, secret } = machine;
    assert.equal((await ask(node, { ...form, client_id: name, client_secret: secret })).status, 200);
    assert.equal((await ask(node, { ...form, client_id: name.toUpperCase(), client_secret: secret })).status, 200);
    assert.equal((await ask(node, form, basic(name, secret))).status, 200);
    assert.equal((await ask(node, { ...form, client_id: 'x', client_secret: 'y' }, basic(name, secret))).status, 200);
    assert.equal((await ask(node, { ...form, client_id: name, client_secret: secret }, basic(name, 'y'))).status, 400);
  });

  const wrong = {
    'a wrong secret': { client_id: machine.name, client_secret: `${machine.secret}x` },
    'no secret': { client_id: machine.name },
    'the secret of another machine': { client_id: machine.name, client_secret: other.secret },
    'an unknown client': { client_id: 'nobody', client_secret: machine.secret },
    'a person with his password': { client_id: human.userId, client_secret: 'Password1!' },
    'a machine without a secret': { client_id: bare.userId, client_secret: 'x' },
  };
  for (const [name, fields] of Object.entries(wrong))
    test(`${name}: the same words`, async () => {
      const told = { status: 400, error: 'invalid_client', error_description: 'unknown client or wrong secret' };
      assert.deepEqual(await ask(node, { ...form, ...fields }), told);
    });

  test('forms that are none', async () => {
    const missing = { status: 400, error: 'invalid_request', error_description: 'client_id or client_assertion must be provided' };
    assert.deepEqual(await ask(node, form), missing);
    assert.deepEqual(await ask(node, { ...form, client_id: '' }), missing);
    assert.deepEqual(await ask(node, form, { authorization: 'Basic *' }), missing);
    assert.equal((await ask(node, form, { authorization: `Basic ${Buffer.from('%zz:x').toString('base64')}` })).error, 'invalid_client');
    assert.deepEqual((await ask(node, {})).error_description, 'grant_type missing');
    const { name, secret } = machine;
    assert.match(
      (await ask(node, { grant_type: 'client_credentials', client_id: name, client_secret: secret })).error_description ?? '',
      /^The scope/,
    );
    assert.equal((await ask(node, { ...form, client_id: name, client_secret: secret, scope: 'x '.repeat(6000) })).error, 'invalid_scope');
    assert.equal((await ask(node, { ...form, client_id: 'a\0b', client_secret: secret })).status, 400);
  });
});

describe('an assertion', () => {
  const now = Math.floor(Date.now() / 1000);
  const issuer = originOf(node);
  const send = async (text: string) => ask(node, { grant_type: BY_KEY, scope: FOR_API, assertion: text });
  const refused = { status: 400, error: 'invalid_grant', error_description: 'invalid assertion' };

  const wrong: Readonly<Record<string, SaidClaims>> = {
    'for another audience': { aud: 'https://elsewhere.example.com' },
    'for the token endpoint': { aud: `${issuer}/oauth/v2/token` },
    'without an audience': { aud: undefined },
    'that has run out': { iat: now - 700, exp: now - 100 },
    'of more than an hour ago': { iat: now - 3700 },
    'from the future': { iat: now + 300, exp: now + 900 },
    'without iat': { iat: undefined },
    'without exp': { exp: undefined },
    'of another subject': { sub: other.userId },
    'of another issuer': { iss: other.userId },
    'of another machine altogether': { iss: other.userId, sub: other.userId },
    'of a user name': { iss: 'x', sub: 'x' },
  };
  for (const [name, claims] of Object.entries(wrong))
    test(`${name} is refused`, async () => {
      assert.deepEqual(await send(await assertion(issuer, machine.key, claims)), refused);
    });

  test('is good for its audience, alone or among others', async () => {
    assert.equal((await send(await assertion(issuer, machine.key))).status, 200);
    assert.equal((await send(await assertion(issuer, machine.key, { aud: ['https://elsewhere.example.com', issuer] }))).status, 200);
  });

  test('by an unknown key, by a key of somebody else, cut or changed is refused', async () => {
    const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const good = await assertion(issuer, machine.key);
    const [head = '', body = '', mark = ''] = good.split('.');
    const [, otherBody = ''] = (await assertion(issuer, other.key)).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: machine.key.keyId })).toString('base64url');
    for (const text of [
      await assertion(issuer, { ...machine.key, key: pem }),
      await assertion(issuer, { ...machine.key, keyId: '1' }),
      await assertion(issuer, { ...other.key, userId: machine.userId }),
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}.${otherBody}.${mark}`,
      `${none}.${body}.`,
      `${none}.${body}.${mark}`,
      good.slice(0, -8),
      'abc',
      '..',
      cluster.adminPat,
    ])
      assert.deepEqual(await send(text), refused, text);
  });

  test('by a key that has run out is refused', async () => {
    const { keyId } = machine.key;
    await cluster.sql`update machine_keys set expires_at = now() - interval '1 second' where key_id = ${keyId}`;
    assert.deepEqual(await send(await assertion(issuer, machine.key)), refused);
  });
});

test('endpoints answer pages of every origin; what is no endpoint is not found', async () => {
  const response = await fetch(`${originOf(node)}/oauth/v2/keys`, { headers: { origin: 'https://app.example.com' } });
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com');
  assert.equal(response.headers.get('cache-control'), 'max-age=300, must-revalidate');
  const nothing = await fetch(`${originOf(node)}/oauth/v2/nothing`);
  assert.deepEqual([nothing.status, await nothing.text()], [404, '404 page not found\n']);
});

test('a form larger than the limit is refused', async () => {
  const response = await fetch(`${originOf(node)}/oauth/v2/token`, {
    method: 'POST',
    body: new URLSearchParams({ scope: 'x'.repeat(5 * 1024 * 1024) }),
  }).catch(() => undefined);
  assert.ok(response === undefined || response.status === 429);
});
