/** What guessing at an LDAP server costs, and what a server that misbehaves cannot take: counted at the server itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selfSigned } from '../../src/crypto/certificate.ts';
import { type Client, type Sent, user } from '../support/ask.ts';
import { nth } from '../support/batches.ts';
import { PASSWORD, READER, startLdapServer } from './ldap-server.ts';
import { admin, management, Setting } from './setting.ts';

const setting = await Setting.start(2, { KEYWARD_THROTTLE_SOURCE_FAILURES: '30' });
const { here, there, owner, people } = setting;
const clients = [here, there] as const;
const certified = await selfSigned('localhost');

const asked = (url: string, more: object = {}) => ({
  name: 'LDAP',
  servers: [url],
  baseDn: 'dc=example',
  bindDn: READER,
  bindPassword: 'x',
  userBase: 'dn',
  userObjectClasses: ['person'],
  userFilters: ['uid'],
  attributes: { idAttribute: 'uid' },
  ...more,
});
const added = async (url: string, more: object = {}) => (await here.get(admin.addLDAPProvider, asked(url, more), setting.v1())).id;

const login = async (idpId: string, username: string, password: string, sent: Sent = owner, client: Client = here) => {
  const content = { case: 'ldap' as const, value: { username, password } };
  const answer = await client.ask(user.startIdentityProviderIntent, { idpId, content }, sent);
  return answer.code === 'ok' ? 'ok' : answer.id;
};
const tally = (answers: readonly (string | undefined)[]) => {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer ?? ''] = (counts[answer ?? ''] ?? 0) + 1;
  return counts;
};
const failed = 'COMMAND-nzun2i';
const tooMany = 'KEYWARD-idpLogins';
const away = 'KEYWARD-idpAway';

test('of sixty guesses of a name at once on two nodes, however it is written, ten reach the server; then none does for a while', async () => {
  const server = await startLdapServer('honest');
  const idpId = await added(server.url);
  const ways = ['ada', 'ADA', ' ada ', 'a\u00adda', '\uff41da'];
  const guesses = Array.from({ length: 60 }, (_, n) => login(idpId, nth(ways, n), 'wrong', owner, nth(clients, n)));
  assert.deepEqual(tally(await Promise.all(guesses)), { [failed]: 10, [tooMany]: 50 });
  assert.equal(server.binds, 10);
  assert.equal(await login(idpId, 'ada', PASSWORD), tooMany);
  assert.equal(await login(idpId, 'eve', PASSWORD), 'ok');
  // one of ten in a minute
  await setting.cluster.sql`update idp_tries set last_at = last_at - interval '61 seconds'`;
  assert.equal(await login(idpId, 'ada', PASSWORD, owner, there), 'ok');
});

test('right logins are not counted, and give nobody else a try', async () => {
  const server = await startLdapServer('honest');
  const idpId = await added(server.url);
  for (let n = 0; n < 12; n++) assert.equal(await login(idpId, 'ada', PASSWORD), 'ok');
  for (let n = 0; n < 9; n++) assert.equal(await login(idpId, 'ada', 'wrong'), failed);
  assert.equal(await login(idpId, 'ada', PASSWORD), 'ok');
  assert.equal(await login(idpId, 'ada', 'wrong'), failed);
  assert.equal(await login(idpId, 'ada', PASSWORD), tooMany);
});

test('who is no login page has so many tries over all names, and takes none of a name’s beyond', async () => {
  const server = await startLdapServer('honest');
  const idpId = await added(server.url);
  const [nobody, another] = [await people.caller(), await people.caller()];
  const page = await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] });
  const guesses = await Promise.all(Array.from({ length: 40 }, (_, n) => login(idpId, `name${n}`, 'wrong', nobody, nth(clients, n))));
  assert.deepEqual(tally(guesses), { [failed]: 30, [tooMany]: 10 });
  assert.equal(server.binds, 30);
  for (let n = 0; n < 12; n++) assert.equal(await login(idpId, 'bob', 'wrong', nobody), tooMany);
  assert.equal(await login(idpId, 'bob', PASSWORD, another), 'ok');
  for (let n = 0; n < 32; n++) assert.equal(await login(idpId, `page${n}`, 'wrong', page), failed);
});

test('nobody of another organization tries a name at the server of one', async () => {
  const server = await startLdapServer('honest');
  const orgId = await people.org();
  const inOrg = { ...setting.v1(), headers: { 'x-zitadel-orgid': orgId } };
  const { id } = await here.get(management.addLDAPProvider, asked(server.url), inOrg);
  assert.equal(await login(id, 'ada', PASSWORD, await people.caller()), 'COMMAND-as02jin');
  assert.equal(server.binds, 0);
  assert.equal(await login(id, 'ada', PASSWORD, await people.caller({ orgId })), 'ok');
});

const floods: readonly (readonly [string, object])[] = [
  ['', {}],
  [' under TLS', { startTls: true, timeout: { seconds: 1n, nanos: 0 }, rootCa: Buffer.from(certified.certificate) }],
];
for (const [name, more] of floods) {
  test(`a server that sends without end${name} is cut off`, async () => {
    const server = await startLdapServer('floods', certified);
    assert.equal(await login(await added(server.url, more), 'ada', PASSWORD), away);
    assert.ok(server.taken > 512 * 1024 && server.taken < 32 * 1024 * 1024, String(server.taken));
    await closed(server.open);
  });
}

for (const manner of ['is silent', 'garbles', 'resets'] as const) {
  test(`a server that ${manner} while TLS begins is left in time, and takes nothing else with it`, async () => {
    const server = await startLdapServer(manner);
    const idpId = await added(server.url, { startTls: true, timeout: { seconds: 0n, nanos: 200_000_000 } });
    const began = performance.now();
    assert.equal(await login(idpId, 'ada', PASSWORD), away);
    assert.ok(performance.now() - began < 5000);
    await closed(server.open);
    assert.equal(await login(await added((await startLdapServer('honest')).url), 'ada', PASSWORD), 'ok');
  });
}

/** The other end learns of it a little later. */
async function closed(open: ReadonlySet<{ once(name: 'close', then: () => void): unknown }>): Promise<void> {
  await Promise.all([...open].map((socket) => new Promise<void>((resolve) => socket.once('close', resolve))));
}
