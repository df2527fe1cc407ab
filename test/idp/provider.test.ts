/** Providers: of the instance and of organizations, read back without their secrets, newer fields of v1, and their end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdentityProviderService } from '../../src/contract/gen/zitadel/idp/v2/idp_service_pb.js';
import type { Refusal } from '../support/ask.ts';
import { admin, management, Setting } from './setting.ts';

const setting = await Setting.start();
const { here, owner, people } = setting;
const { getIDPByID } = IdentityProviderService.method;
const json = { 'content-type': 'application/json', authorization: `Bearer ${setting.cluster.adminPat}` };

const post = async (path: string, body: object) => {
  const answer = await here.send('POST', path, json, JSON.stringify(body));
  return { status: answer.status, body: JSON.parse(answer.body) as { id?: string; message?: string } }; // as the gateway answers
};

test('what v1 has beyond the published messages is kept: audience, signature algorithm, providers of this API', async () => {
  const jwt = await post('/admin/v1/idps/generic_jwt', {
    name: 'JWT',
    issuer: 'https://i.example',
    jwtEndpoint: 'https://j.example',
    keysEndpoint: 'https://k.example',
    headerName: 'x-jwt',
    audience: 'me',
  });
  const zitadel = await post('/admin/v1/idps/zitadel', {
    name: 'Z',
    issuer: 'https://z.example',
    clientId: 'c',
    clientSecret: 's',
    instanceRolesInfo: [{ organizationId: 'o', organizationDomain: 'o.example' }],
  });
  const shown = async (id = '') => (await here.get(getIDPByID, { id }, owner)).idp?.config?.config;
  const jwtConfig = await shown(jwt.body.id);
  assert.equal(jwtConfig?.case === 'jwt' ? jwtConfig.value.audience : '', 'me');
  const config = await shown(zitadel.body.id);
  assert.equal(config?.case, 'zitadel');
  assert.equal(config.value.instanceRolesInfo[0]?.organizationDomain, 'o.example');
  const old = JSON.parse((await here.send('GET', `/admin/v1/idps/templates/${zitadel.body.id}`, json)).body) as {
    idp: { type: string; config: object };
  };
  assert.deepEqual([old.idp.type, 'zitadel' in old.idp.config], ['PROVIDER_TYPE_ZITADEL', true]);
  assert.match((await post('/admin/v1/idps/zitadel', { name: 'Z' })).body.message ?? '', /^invalid AddZitadelProviderRequest\.Issuer: /);
});

test('a provider of an organization is known there, and to those who may read it by idp.v2', async () => {
  const [orgId, elsewhere] = [await people.org(), await people.org()];
  const at = (org: string) => ({ ...setting.v1(), headers: { 'x-zitadel-orgid': org } });
  const { id } = await here.get(management.addGoogleProvider, { clientId: 'c', clientSecret: 's' }, at(orgId));
  assert.equal((await here.get(management.getProviderByID, { id }, at(orgId))).idp?.owner, 2);
  const unknown: Partial<Refusal> = { code: 'not_found', id: 'QUERY-SAFrt' };
  for (const answer of [
    await here.ask(management.getProviderByID, { id }, at(elsewhere)),
    await here.ask(admin.getProviderByID, { id }, setting.v1()),
  ]) {
    assert.deepEqual({ code: answer.code, id: answer.code === 'ok' ? '' : answer.id }, unknown);
  }
  const { token } = await people.caller({ orgRoles: { [orgId]: ['ORG_OWNER'] } });
  assert.equal((await here.ask(getIDPByID, { id }, { token })).code, 'ok');
  const ofInstance = await setting.oauthProvider();
  for (const [wanted, code] of [
    [ofInstance, 'permission_denied'],
    ['404', 'not_found'],
  ] as const) {
    assert.equal((await here.ask(getIDPByID, { id: wanted }, { token })).code, code);
  }
  const removal = await here.ask(admin.deleteProvider, { id }, setting.v1());
  assert.equal(removal.code === 'ok' ? '' : removal.id, 'INST-Se3tg');
  assert.equal((await here.ask(management.deleteProvider, { id }, at(orgId))).code, 'ok');
  assert.deepEqual(await setting.events('org', orgId), ['org.idp.google.added', 'org.idp.removed']);
});

test('secrets are nowhere but under the master key', async () => {
  await here.get(admin.addGitLabProvider, { clientId: 'c', clientSecret: 'nobody reads this' }, setting.v1());
  const tables = await setting.cluster.sql<{ line: string }[]>`
    select encode(secrets, 'escape') || p::text as line from idps p union all select payload::text from events where payload is not null`;
  assert.equal(
    tables.some(({ line }) => line.includes('nobody reads this')),
    false,
  );
});

test('a blank name is none; some kinds need none', async () => {
  const blank = await here.ask(admin.addGoogleProvider, { name: ' ', clientId: 'c', clientSecret: 's' }, setting.v1());
  assert.equal(blank.code === 'ok' ? '' : blank.id, 'INST-D32ef');
  const { id } = await here.get(admin.addGoogleProvider, { clientId: 'c', clientSecret: 's' }, setting.v1());
  assert.equal((await here.get(getIDPByID, { id }, owner)).idp?.name, '');
});
