/** Signing keys of every kind: one signs, all are published, a removed one is trusted no more (reference/org-and-settings.md 7). */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { ECDSACurve, RSABits, RSAHasher, State } from '../../src/contract/gen/zitadel/webkey/v2/webkey_pb.js';
import { WebKeyService } from '../../src/contract/gen/zitadel/webkey/v2/webkey_service_pb.js';
import { grants, Machines, originOf } from '../oidc/machines.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const { sql, instanceId } = cluster;
const [first, second = assert.fail('there are two nodes')] = cluster.nodes;
const [here, there] = [new Client(first), new Client(second)];
const admin = { token: cluster.adminPat };
const machines = new Machines(new People(sql, cluster), here, cluster.adminPat);
const key = WebKeyService.method;

const kinds = {
  RS256: { case: 'rsa', value: { bits: RSABits.RSA_BITS_2048, hasher: RSAHasher.RSA_HASHER_SHA256 } },
  RS384: { case: 'rsa', value: { bits: RSABits.RSA_BITS_2048, hasher: RSAHasher.RSA_HASHER_SHA384 } },
  RS512: { case: 'rsa', value: { bits: RSABits.RSA_BITS_3072, hasher: RSAHasher.RSA_HASHER_SHA512 } },
  ES256: { case: 'ecdsa', value: { curve: ECDSACurve.ECDSA_CURVE_P256 } },
  ES384: { case: 'ecdsa', value: { curve: ECDSACurve.ECDSA_CURVE_P384 } },
  ES512: { case: 'ecdsa', value: { curve: ECDSACurve.ECDSA_CURVE_P512 } },
  EdDSA: { case: 'ed25519', value: {} },
} as const;
/** Of the token, half of whose hash the id token holds (OpenID Connect Core 3.1.3.6). */
const hashOf = (algorithm: string): string => (algorithm === 'EdDSA' ? 'sha512' : `sha${algorithm.slice(2)}`);

for (const [algorithm, kind] of Object.entries(kinds))
  test(`a key of ${algorithm}: once it is activated the other node signs with it, and whoever reads the key set can verify it`, async () => {
    const machine = await machines.make('JWT');
    const { id } = await here.get(key.createWebKey, { key: kind }, admin);
    await here.get(key.activateWebKey, { id }, admin);
    const { access_token: token = '', id_token: idToken = '' } = await grants.secret(second, machine);
    assert.deepEqual(decodeProtectedHeader(token), { alg: algorithm, kid: id, typ: 'JWT' });
    const keys = createRemoteJWKSet(new URL(`${originOf(first)}/oauth/v2/keys`));
    await jwtVerify(token, keys);
    const { payload } = await jwtVerify(idToken, keys);
    const whole = createHash(hashOf(algorithm)).update(token).digest();
    assert.equal(payload.at_hash, whole.subarray(0, whole.length / 2).toString('base64url'));
    assert.equal((await there.ask(user.getUserByID, { userId: machine.userId }, { token })).code, 'ok');
  });

test('the key that signs cannot be deleted; another can, and what it signed is dead on both nodes at once', async () => {
  const machine = await machines.make('JWT');
  const [{ id: old }, { id: next }] = [
    await here.get(key.createWebKey, { key: kinds.ES256 }, admin),
    await here.get(key.createWebKey, { key: kinds.EdDSA }, admin),
  ];
  await here.get(key.activateWebKey, { id: old }, admin);
  const { access_token: token } = await grants.secret(first, machine);
  const refused = await there.ask(key.deleteWebKey, { id: old }, admin);
  assert.ok(refused.code === 'failed_precondition' && refused.id === 'COMMAND-Chai1');
  await there.get(key.activateWebKey, { id: next }, admin);
  const opens = async () =>
    Promise.all([here, there].map(async (client) => (await client.ask(user.getUserByID, { userId: machine.userId }, { token })).code));
  assert.deepEqual(await opens(), ['ok', 'ok']);
  const { deletionDate } = await there.get(key.deleteWebKey, { id: old }, admin);
  assert.deepEqual(await opens(), ['unauthenticated', 'unauthenticated']);
  assert.deepEqual((await here.get(key.deleteWebKey, { id: old }, admin)).deletionDate, deletionDate);
  assert.equal((await here.ask(key.activateWebKey, { id: old }, admin)).code, 'not_found');
});

test('of keys that are activated all at once one signs in the end, and the log says the same', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, async () => (await here.get(key.createWebKey, { key: kinds.EdDSA }, admin)).id));
  const answers = await Promise.all([...ids, ...ids].map((id, n) => (n % 2 ? here : there).ask(key.activateWebKey, { id }, admin)));
  assert.deepEqual([...new Set(answers.map(({ code }) => code))], ['ok']);
  const { webKeys } = await here.get(key.listWebKeys, {}, admin);
  const active = webKeys.filter(({ state }) => state === State.ACTIVE);
  assert.equal(active.length, 1);
  const [last] = await sql<{ id: string }[]>`
    select aggregate_id as id from events where instance_id = ${instanceId} and type = 'web_key.activated' order by position desc limit 1`;
  assert.equal(active[0]?.id, last!.id);
});

test('private keys are stored under the master key, and shown by no call', async () => {
  await here.get(key.createWebKey, { key: kinds.ES384 }, admin);
  const stored = await sql<{ private_key: Buffer; public_key: object }[]>`select private_key, public_key from web_keys`;
  for (const { private_key, public_key } of stored) {
    assert.throws(() => createPrivateKey({ key: private_key, format: 'der', type: 'pkcs8' }));
    assert.ok(!('d' in public_key));
  }
  const published = await (await fetch(`${originOf(first)}/oauth/v2/keys`)).text();
  assert.ok(!/"(d|p|q|dp|dq|qi)":/.test(published));
});
