/** What is no token of ours opens nothing: cut, extended, changed by a bit, run out; and the forms of the header (reference/authn-authz-oidc.md 1.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Callers } from '../../src/access/caller.ts';
import { SystemUsers } from '../../src/access/system-user.ts';
import { Tenants } from '../../src/access/tenant.ts';
import { Failure } from '../../src/failure/failure.ts';
import { Client, protocols, user } from '../support/ask.ts';
import { rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const owner = await people.caller();
const { userId } = owner;

/** A token as the product itself makes it. */
const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
const { token } = await client.get(user.addPersonalAccessToken, { userId, expirationDate: until }, owner);
const other = await client.get(user.addPersonalAccessToken, { userId, expirationDate: until }, owner);

const invalid = { code: 'unauthenticated', text: 'Errors.Token.Invalid (AUTH-7fs1e)', id: 'AUTH-7fs1e' };
const badHeader = { code: 'unauthenticated', text: 'invalid auth header (AUTH-toLo1)', id: 'AUTH-toLo1' };
const noHeader = { code: 'unauthenticated', text: 'auth header missing', id: undefined };

async function refuses(tokens: readonly string[]): Promise<void> {
  await rounds(tokens.length, 16, async (n) => {
    assert.deepEqual(
      await client.ask(user.getUserByID, { userId }, { token: tokens[n], protocol: 'rest' }),
      invalid,
      JSON.stringify(tokens[n]),
    );
  });
}

test('the whole token opens the API in every protocol', async () => {
  for (const protocol of protocols) assert.equal((await client.ask(user.getUserByID, { userId }, { token, protocol })).code, 'ok');
});

test('a token cut at any place, at its front or its end, is refused', async () => {
  const places = Array.from({ length: token.length - 1 }, (_, i) => i + 1);
  await refuses(places.flatMap((at) => [token.slice(0, at), token.slice(at)]));
});

test('a token with one bit flipped, at every position, is refused', async () => {
  const flipped = [...Buffer.from(token)].flatMap((byte, at) =>
    [1, 2, 4, 8, 16, 32, 64, 128].flatMap((bit) => {
      const changed = String.fromCharCode(byte ^ bit);
      // Other characters cannot be part of a header.
      return /[\x20-\x7e\x80-\xff]/.test(changed) ? [token.slice(0, at) + changed + token.slice(at + 1)] : [];
    }),
  );
  await refuses(flipped.filter((text) => text.trim() !== token));
});

test('a token that is extended, repeated or mixed from two is refused', async () => {
  const [kind, id, secret] = token.split('_') as [string, string, string];
  const [, otherId, otherSecret] = other.token.split('_') as [string, string, string];
  await refuses([
    ...['0', 'a', '_', '.', '=', '%00', '\u00a0'].flatMap((more) => [token + more, more + token]),
    token + token,
    `${token} ${token}`,
    token.toUpperCase(),
    token.toLowerCase(),
    encodeURIComponent(`${token} `),
    Buffer.from(token).toString('base64'),
    `${kind}_${otherId}_${secret}`,
    `${kind}_${id}_${otherSecret}`,
    `${kind}_${secret}_${id}`,
    `sess_${id}_${secret}`,
    `${id}:${userId}`,
    id,
    secret,
  ]);
});

test('a token that has run out is refused', async () => {
  assert.deepEqual(await client.ask(user.getUserByID, { userId }, { token: await people.pat(owner, { expires: '-1 second' }) }), invalid);
  assert.equal((await client.ask(user.getUserByID, { userId }, { token: await people.pat(owner, { expires: '1 hour' }) })).code, 'ok');
});

test('a node that remembers a token looks at its end all the same', async (context) => {
  const { store } = cluster.database;
  const callers = new Callers(store, new SystemUsers({}, 'http://localhost'));
  const instance = await new Tenants(store, { anyHost: true }).resolve('localhost', false);
  const tokenId = people.newId();
  const header = `Bearer ${await people.pat(owner, { tokenId, expires: '1 hour' })}`;
  const ask = () => callers.authenticate(instance, header, false);
  assert.equal((await ask()).userId, userId);
  await cluster.sql`update pats set expires_at = now() - interval '1 second' where instance_id = ${cluster.instanceId} and token_id = ${tokenId}`;
  assert.equal((await ask()).userId, userId, 'it is answered from memory');
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_001 });
  await assert.rejects(ask, (error) => error instanceof Failure && error.id === 'AUTH-7fs1e');
});

const forms: readonly [name: string, header: string | undefined, expected: typeof noHeader | typeof invalid | 'ok'][] = [
  ['none', undefined, noHeader],
  ['an empty one', '', noHeader],
  ['the scheme', `Bearer ${token}`, 'ok'],
  ['text before the scheme', `x Bearer ${token}`, 'ok'],
  ['blanks around the token', `Bearer    ${token}`, 'ok'],
  ['the scheme in small letters', `bearer ${token}`, badHeader],
  ['no scheme', token, badHeader],
  ['another scheme', `Basic ${Buffer.from(`${userId}:${token}`).toString('base64')}`, badHeader],
  ['no blank behind the scheme', `Bearer${token}`, badHeader],
  ['the scheme twice', `Bearer Bearer ${token}`, badHeader],
  ['two tokens', `Bearer ${token}, Bearer ${token}`, badHeader],
  ['the scheme alone', 'Bearer', badHeader],
  ['more behind the token', `Bearer ${token} x`, invalid],
  ['no token of ours', 'Bearer x', invalid],
];

for (const [name, header, expected] of forms) {
  test(`an authorization header with ${name} ${expected === 'ok' ? 'is accepted' : `is refused: ${expected.text}`}`, async () => {
    for (const protocol of protocols) {
      const answer = await client.ask(
        user.getUserByID,
        { userId },
        { protocol, headers: header === undefined ? {} : { authorization: header } },
      );
      if (expected === 'ok') assert.equal(answer.code, 'ok', protocol);
      else assert.deepEqual(answer, expected, protocol);
    }
  });
}
