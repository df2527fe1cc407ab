/** Introspection: who may ask, about which tokens, and what he is told (RFC 7662; reference/authn-authz-oidc.md 5.2; DESIGN.md 8). */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { type JWTPayload, SignJWT } from 'jose';
import { ApplicationService } from '../../src/contract/gen/zitadel/application/v2/application_service_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { bothGrants, bothTypes, grants, Machines, originOf } from './machines.ts';

const cluster = await startCluster(2);
const [node, other] = cluster.nodes as unknown as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]]; // of two nodes
const client = new Client(node);
const people = new People(cluster.sql, cluster);
const machines = new Machines(people, client, cluster.adminPat);
const v1 = ManagementService.method;
const home = await people.org();
const as = { token: cluster.adminPat, headers: { 'x-zitadel-orgid': home }, protocol: 'grpc' as const };
const aimedAt = (projectId: string) => `openid profile urn:zitadel:iam:org:project:id:${projectId}:aud`;

interface Answer {
  readonly status: number;
  readonly active?: boolean;
  readonly [claim: string]: unknown;
}
type Fields = Readonly<Record<string, string>>;

async function introspect(fields: Fields, headers: Fields = {}, at = node): Promise<Answer> {
  const response = await fetch(`${originOf(at)}/oauth/v2/introspect`, { method: 'POST', body: new URLSearchParams(fields), headers });
  return { status: response.status, ...((await response.json()) as object) };
}

const basic = ({ clientId, secret }: Asker): Fields => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
});

interface Asker {
  readonly projectId: string;
  readonly appId: string;
  readonly clientId: string;
  readonly secret: string;
}

let made = 0;
/** An API in a project of its own. */
async function asker(orgId = home): Promise<Asker> {
  const by = { ...as, headers: { 'x-zitadel-orgid': orgId } };
  const { id: projectId } = await client.get(v1.addProject, { name: `Project ${++made}` }, by);
  const { appId, clientId, clientSecret: secret } = await client.get(v1.addAPIApp, { projectId, name: 'api' }, by);
  return { projectId, appId, clientId, secret };
}

const api = await asker();
const inactive = { status: 200, active: false };
const refused = { status: 400, error: 'unauthorized_client' };
const knows = async (token: string, of = api, at = node) => (await introspect({ token }, basic(of), at)).active;

describe('an application is told', () => {
  for (const type of bothTypes)
    for (const grant of bothGrants)
      test(`of a token of type ${type} by ${grant}: for whom, until when, for what, how`, async () => {
        const machine = await machines.make(type);
        const { access_token: token = '', expires_in = 0 } = await grants[grant](node, machine, aimedAt(api.projectId));
        const { iat, exp, nbf, auth_time, updated_at, jti, ...told } = await introspect({ token }, basic(api));
        assert.deepEqual(told, {
          status: 200,
          active: true,
          token_type: 'Bearer',
          iss: originOf(node),
          sub: machine.userId,
          client_id: machine.name,
          aud: [api.projectId],
          scope: aimedAt(api.projectId),
          ...(grant === 'secret' && { amr: ['pwd'] }),
          name: machine.name,
          preferred_username: machine.name,
          username: machine.name,
        });
        assert.deepEqual([nbf, auth_time, Number(exp) - Number(iat)], [iat, iat, expires_in]);
        assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 60 && Number(updated_at) > 0);
        assert.match(String(jti), /^V2_[0-9]+-at_[0-9]+$/);
      });

  test('of a personal access token: as if it were for whoever asks', async () => {
    const { userId, token } = await people.caller();
    const { jti, aud, active, sub, client_id } = await introspect({ token }, basic(api));
    assert.deepEqual([active, sub, client_id, aud], [true, userId, undefined, [api.clientId, api.projectId]]);
    assert.equal(jti, token.split('_')[1]);
  });

  test('of roles on its own project alone, those that are asked for', async () => {
    const mine = await asker();
    const machine = await machines.make();
    for (const { projectId } of [mine, api]) {
      await client.get(v1.bulkAddProjectRoles, { projectId, roles: ['reader', 'writer'].map((key) => ({ key, displayName: key })) }, as);
      await client.get(v1.addUserGrant, { userId: machine.userId, projectId, roleKeys: ['reader', 'writer'] }, as);
    }
    const rolesBy = async (scope: string) => {
      const { access_token: token = '' } = await grants.secret(
        node,
        machine,
        `${aimedAt(mine.projectId)} ${aimedAt(api.projectId)} ${scope}`,
      );
      const told = await introspect({ token }, basic(mine));
      assert.equal(told[`urn:zitadel:iam:org:project:${api.projectId}:roles`], undefined);
      assert.deepEqual(told[`urn:zitadel:iam:org:project:${mine.projectId}:roles`], told['urn:zitadel:iam:org:project:roles']);
      return told['urn:zitadel:iam:org:project:roles'];
    };
    assert.deepEqual(await rolesBy(''), { reader: { [home]: '' }, writer: { [home]: '' } });
    assert.deepEqual(await rolesBy('urn:zitadel:iam:org:project:role:reader'), { reader: { [home]: '' } });
    assert.equal(await rolesBy('urn:zitadel:iam:org:roles:id:another'), undefined);
  });

  const others: Readonly<Record<string, () => Promise<string>>> = {
    'that is for nobody': async () => (await grants.secret(node, await machines.make(), 'openid')).access_token ?? '',
    'for another project': async () =>
      (await grants.secret(node, await machines.make(), aimedAt((await asker()).projectId))).access_token ?? '',
    'that is none': async () => 'abc',
    'that is blank': async () => ' ',
    'that was changed': async () => (await people.caller()).token.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  };
  for (const [what, token] of Object.entries(others))
    test(`of a token ${what}: that it does not count`, async () => {
      assert.deepEqual(await introspect({ token: await token() }, basic(api)), inactive);
    });
});

describe('a token does not count any more', () => {
  const off = {
    'its machine is switched off': ({ userId }: { userId: string; orgId: string }) =>
      client.get(user.deactivateUser, { userId }, { token: cluster.adminPat }),
    'its machine is locked': ({ userId }: { userId: string; orgId: string }) =>
      client.get(user.lockUser, { userId }, { token: cluster.adminPat }),
    'its machine is removed': ({ userId }: { userId: string; orgId: string }) =>
      client.get(user.deleteUser, { userId }, { token: cluster.adminPat }),
    'its organization is switched off': ({ orgId }: { userId: string; orgId: string }) =>
      client.get(OrganizationService.method.deactivateOrganization, { organizationId: orgId }, { token: cluster.adminPat }),
  };
  for (const [when, act] of Object.entries(off))
    test(`when ${when}, on every node at once, and not when it is on again`, async () => {
      const orgId = await people.org();
      const machine = await machines.make('JWT', { orgId });
      const tokens = [(await grants.secret(node, machine, aimedAt(api.projectId))).access_token ?? '', await people.pat(machine)];
      for (const token of tokens) assert.equal(await knows(token, api, other), true);
      await act(machine);
      for (const token of tokens) assert.equal(await knows(token, api, other), false);
      if (when.includes('switched off')) {
        const on = when.includes('organization')
          ? client.get(OrganizationService.method.activateOrganization, { organizationId: orgId }, { token: cluster.adminPat })
          : client.get(user.reactivateUser, { userId: machine.userId }, { token: cluster.adminPat });
        await on;
        for (const token of tokens) assert.equal(await knows(token, api, other), false);
      }
    });
});

describe('who asks', async () => {
  const token = (await people.caller()).token;
  const machine = await machines.make();
  const { projectId } = api;
  const keyed = await client.get(v1.addAPIApp, { projectId, name: 'keyed', authMethodType: 1 }, as);
  const { keyDetails } = await client.get(v1.addAppKey, { projectId, appId: keyed.appId, type: 1 }, as);
  const key = JSON.parse(Buffer.from(keyDetails).toString()) as { keyId: string; key: string; clientId: string }; // as the SDKs read it
  const open = await client.get(v1.addOIDCApp, { projectId, name: 'open', redirectUris: ['https://a.example'], authMethodType: 2 }, as);
  const web = await client.get(v1.addOIDCApp, { projectId, name: 'web', redirectUris: ['https://a.example'], authMethodType: 0 }, as);

  test('proves himself by a secret, in the header or the form, or by a key', async () => {
    const { clientId: client_id, secret: client_secret } = api;
    assert.equal((await introspect({ token }, basic(api))).active, true);
    assert.equal((await introspect({ token, client_id, client_secret })).active, true);
    assert.equal((await introspect({ token }, basic({ ...api, clientId: web.clientId, secret: web.clientSecret }))).active, true);
    assert.equal((await introspect(await signed())).active, true);
    const got = await fetch(`${originOf(node)}/oauth/v2/introspect?${new URLSearchParams({ token, client_id, client_secret })}`);
    assert.equal(((await got.json()) as Answer).active, true);
  });

  const now = Math.floor(Date.now() / 1000);
  async function signed(claims: JWTPayload = {}, kid = key.keyId, pem = key.key): Promise<Fields> {
    const said = { iss: key.clientId, sub: key.clientId, aud: originOf(node), iat: now, exp: now + 600, ...claims };
    const client_assertion = await new SignJWT(said).setProtectedHeader({ alg: 'RS256', kid }).sign(createPrivateKey(pem));
    return { token, client_assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
  }

  const asked: Readonly<Record<string, readonly [Fields, Fields, Answer]>> = {
    nothing: [{}, {}, { status: 400, error: 'invalid_request', error_description: 'client_id or client_assertion must be provided' }],
    'no token': [{}, basic(api), { status: 400, error: 'invalid_request', error_description: 'token missing' }],
    'an id only': [
      { token, client_id: api.clientId },
      {},
      { status: 400, error: 'invalid_client', error_description: 'client must be authenticated' },
    ],
    'an empty secret': [
      { token },
      basic({ ...api, secret: '' }),
      { status: 400, error: 'invalid_client', error_description: 'client must be authenticated' },
    ],
    'a wrong secret': [{ token }, basic({ ...api, secret: 'wrong' }), refused],
    'an unknown client': [{ token }, basic({ ...api, clientId: '4711' }), refused],
    'an unknown client with a token that is none': [{ token: 'abc' }, basic({ ...api, clientId: '4711' }), refused],
    'a client without a secret': [{ token }, basic({ ...api, clientId: open.clientId }), refused],
    'a secret for a client with a key': [{ token }, basic({ ...api, clientId: keyed.clientId }), refused],
    'the secret of a machine': [{ token }, basic({ ...api, clientId: machine.name, secret: machine.secret }), refused],
    'an assertion without its type': [
      { token, client_assertion: 'x' },
      {},
      { status: 400, error: 'invalid_request', error_description: 'invalid client_assertion_type ' },
    ],
    'an assertion that is none': [{ ...(await signed()), client_assertion: 'abc' }, {}, refused],
    'an assertion for another': [await signed({ aud: 'https://elsewhere.example' }), {}, refused],
    'an assertion that has run out': [await signed({ exp: now - 100 }), {}, refused],
    'an assertion that is too old': [await signed({ iat: now - 3700 }), {}, refused],
    'an assertion in the name of another': [await signed({ iss: '4711', sub: '4711' }), {}, refused],
    'an assertion about another': [await signed({ sub: '4711' }), {}, refused],
    'an assertion by an unknown key': [await signed({}, '4711'), {}, refused],
    'an assertion by the key of a machine': [
      await signed({ iss: machine.userId, sub: machine.userId }, machine.key.keyId, machine.key.key),
      {},
      refused,
    ],
  };
  for (const [what, [fields, headers, answer]] of Object.entries(asked))
    test(`with ${what} is refused as the original refuses`, async () => {
      assert.deepEqual(await introspect(fields, headers), answer);
    });

  const gone: Readonly<Record<string, (of: Asker, orgId: string) => Promise<unknown>>> = {
    'he is switched off': ({ projectId: id, appId: applicationId }) =>
      client.get(ApplicationService.method.deactivateApplication, { projectId: id, applicationId }, { token: cluster.adminPat }),
    'he is removed': ({ projectId: id, appId: applicationId }) =>
      client.get(ApplicationService.method.deleteApplication, { projectId: id, applicationId }, { token: cluster.adminPat }),
    'his project is switched off': ({ projectId: id }, orgId) =>
      client.get(v1.deactivateProject, { id }, { ...as, headers: { 'x-zitadel-orgid': orgId } }),
    'his project is removed': ({ projectId: id }, orgId) =>
      client.get(v1.removeProject, { id }, { ...as, headers: { 'x-zitadel-orgid': orgId } }),
    'his organization is switched off': (_, organizationId) =>
      client.get(OrganizationService.method.deactivateOrganization, { organizationId }, { token: cluster.adminPat }),
    'his secret was renewed': ({ projectId: id, appId: applicationId }) =>
      client.get(ApplicationService.method.generateClientSecret, { projectId: id, applicationId }, { token: cluster.adminPat }),
  };
  for (const [when, act] of Object.entries(gone))
    test(`is told nothing once ${when}`, async () => {
      const orgId = await people.org();
      const mine = await asker(orgId);
      assert.equal(await knows(token, mine), true);
      await act(mine, orgId);
      assert.deepEqual(await introspect({ token }, basic(mine), other), refused);
    });
});

test('discovery names introspection, and how to ask', async () => {
  const found = (await (await fetch(`${originOf(node)}/.well-known/openid-configuration`)).json()) as {
    readonly introspection_endpoint?: string;
    readonly introspection_endpoint_auth_methods_supported?: readonly string[];
  };
  assert.equal(found.introspection_endpoint, `${originOf(node)}/oauth/v2/introspect`);
  assert.deepEqual(found.introspection_endpoint_auth_methods_supported, ['client_secret_basic', 'private_key_jwt']);
});
