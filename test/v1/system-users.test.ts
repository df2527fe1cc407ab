/** System users (reference/authn-authz-oidc.md 1.4): which of their tokens count, and what they may do where. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import { SettingsService } from '../../src/contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { newId } from '../../src/id/id.ts';
import { claimNode } from '../../src/store/node.ts';
import { assertion, BY_KEY, FOR_API, type MachineKey } from '../oidc/machines.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster, startNode } from '../support/node.ts';
import { People } from '../support/people.ts';
import { certify, hasOpenssl, inSeconds, knowing, publicKey, TESTER, tokenOf } from './system-user.ts';

const users = {
  tester: TESTER,
  plain: undefined,
  nobody: [{ memberType: 'System', roles: [] }],
} as const;
const cluster = await startCluster(2, knowing(users));
const people = new People(cluster.sql, cluster);
const [first, second] = cluster.nodes;
const client = new Client(first);
const tester = await tokenOf('tester');
const { createInstance } = SystemService.method;
const { getMyInstance, addIAMMember } = AdminService.method;
const { getMyOrg, addOrgMember, addMachineUser } = ManagementService.method;

const ask = <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, token: string, headers = {}) =>
  client.ask(rpc, message, { token, headers, protocol: 'grpc' });
const said = async <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, token: string, headers = {}) => {
  const answer = await ask(rpc, message, token, headers);
  return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
};

let hosts = 0;
const wish = (customDomain = `t${++hosts}.integration.localhost`) => ({
  instanceName: 'testinstance',
  customDomain,
  owner: { case: 'machine' as const, value: { userName: 'owner', name: 'owner', personalAccessToken: {} } },
});

describe('a token of a system user counts', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const table: Readonly<Record<string, Promise<string>>> = {
    'of another key': tokenOf('tester', {}, { key: other }),
    'of a name that is not configured': tokenOf('stranger'),
    'whose subject is another': tokenOf('tester', { sub: 'plain' }),
    'without a subject': tokenOf('tester', { sub: undefined }),
    'without an issuer': tokenOf('tester', { iss: undefined }),
    'for another audience': tokenOf('tester', { aud: ['http://elsewhere:8082'] }),
    'without an audience': tokenOf('tester', { aud: undefined }),
    'that has ended': tokenOf('tester', { exp: inSeconds(-2) }),
    'without an end': tokenOf('tester', { exp: undefined }),
    'without a time of issue': tokenOf('tester', { iat: undefined }),
    'that is older than an hour': tokenOf('tester', { iat: inSeconds(-3605) }),
    'from the future': tokenOf('tester', { iat: inSeconds(60) }),
    'not valid yet': tokenOf('tester', { nbf: inSeconds(60) }),
    'signed with PS256': tokenOf('tester', {}, { alg: 'PS256' }),
    'signed with the public key as a secret': tokenOf(
      'tester',
      {},
      { key: Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })), alg: 'HS256' },
    ),
    'without a signature': tester_(({ header, payload }) => `${header}.${payload}.`),
    'of alg none': tester_(({ payload }) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`),
    'cut by one character': tester_(({ all }) => all.slice(0, -1)),
    'with a bit flipped in its payload': tester_(
      ({ header, payload, signature }) =>
        `${header}.${payload.slice(0, 20)}${payload[20] === 'A' ? 'B' : 'A'}${payload.slice(21)}.${signature}`,
    ),
  };
  for (const [name, token] of Object.entries(table))
    it(`not one ${name}`, async () => {
      assert.equal(await said(createInstance, wish(), await token), 'unauthenticated AUTH-7fs1e');
      assert.equal(await said(getMyInstance, {}, await token), 'unauthenticated AUTH-7fs1e');
    });

  it('whichever instance it is sent to, for an hour, among other audiences', async () => {
    assert.equal(await said(getMyInstance, {}, tester), 'ok');
    assert.equal(await said(getMyInstance, {}, await tokenOf('tester', { aud: ['x', 'http://localhost:8082'] })), 'ok');
    assert.equal(await said(getMyInstance, {}, await tokenOf('tester', { iat: inSeconds(-3590), exp: inSeconds(9000) })), 'ok');
  });

  it('with a certificate in a file, while that is valid', {
    skip: !hasOpenssl && 'there is no openssl to make a certificate with',
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-system-user-'));
    const path = join(folder, 'certificate.pem');
    certify(path, '20200102000000Z', folder);
    const setting = { tester: { path, memberships: TESTER } };
    const there = new Client(await startNode(cluster.database, { ...knowing({}), KEYWARD_SYSTEM_USERS: JSON.stringify(setting) }));
    const call = () => there.ask(getMyInstance, {}, { token: tester, protocol: 'grpc' });
    assert.equal((await call()).code, 'unauthenticated');
    certify(path, '20990101000000Z', folder);
    assert.equal((await call()).code, 'ok', 'the renewed file counts without a restart');
  });
});

/** The good token of `tester`, spoilt. */
async function tester_(spoil: (parts: { all: string; header: string; payload: string; signature: string }) => string): Promise<string> {
  const [header = '', payload = '', signature = ''] = tester.split('.');
  return spoil({ all: tester, header, payload, signature });
}

describe('a system user may', () => {
  it('make instances, but only with a system role', async () => {
    assert.equal(await said(createInstance, wish(), await tokenOf('plain')), 'ok');
    assert.equal(await said(createInstance, wish(), await tokenOf('nobody')), 'permission_denied AUTH-5mWD2');
    assert.equal(await said(createInstance, wish(), cluster.adminPat), 'unauthenticated AUTH-7fs1e');
  });

  it('do nothing inside an instance as SYSTEM_OWNER alone', async () => {
    for (const name of ['plain', 'nobody']) {
      const token = await tokenOf(name);
      const { userId } = await people.person();
      assert.equal(await said(getMyInstance, {}, token), 'permission_denied AUTH-5mWD2');
      assert.equal(await said(addIAMMember, { userId, roles: ['IAM_OWNER'] }, token), 'permission_denied AUTH-5mWD2');
      assert.equal(await said(user.deactivateUser, { userId }, token), 'permission_denied AUTH-AWfge');
      assert.equal(await said(user.getUserByID, { userId }, token), 'permission_denied AUTH-AWfge');
      const { result } = await client.get(user.listUsers, {}, { token });
      assert.deepEqual(result, []);
    }
  });

  it('act on every instance as IAM_OWNER of the system, under his name in the log', async () => {
    const host = `t${++hosts}.integration.localhost`;
    const { pat } = await client.get(createInstance, wish(host), { token: tester, protocol: 'grpc' });
    for (const at of [client, new Client(first, host)]) {
      const { org } = await at.get(getMyOrg, {}, { token: at === client ? cluster.adminPat : pat, protocol: 'grpc' });
      const { userId } = await at.get(
        addMachineUser,
        { userName: 'made by the system', name: 'x' },
        { token: tester, headers: { 'x-zitadel-orgid': org!.id }, protocol: 'grpc' },
      );
      assert.equal((await at.ask(user.deactivateUser, { userId }, { token: tester })).code, 'ok');
      const events = await cluster.sql<{ editor: string }[]>`select editor from events where aggregate_id = ${userId}`;
      assert.deepEqual(
        events.map(({ editor }) => editor),
        ['tester', 'tester'],
      );
    }
  });

  it('have no user, and no organization but the one that he names', async () => {
    await people.person({ userId: 'tester' });
    assert.equal(await said(AuthService.method.getMyUser, {}, tester), 'not_found QUERY-Dfbg2');
    assert.equal(await said(getMyOrg, {}, tester), 'not_found QUERY-leq5Q');
    assert.equal(await said(getMyOrg, {}, tester, { 'x-zitadel-orgid': cluster.orgId }), 'ok');
    assert.equal(await said(getMyOrg, {}, tester, { 'x-zitadel-orgid': 'unknown' }), 'permission_denied AUTH-Bs7Ds');
    const { userId } = await people.person();
    assert.equal(await said(addOrgMember, { userId, roles: ['ORG_OWNER'] }, tester), 'failed_precondition COMMAND-QXPGs');
    assert.deepEqual([...(await cluster.sql`select from memberships where user_id = ${userId}`)], []);
    assert.equal(await said(addMachineUser, { userName: 'of none', name: 'x' }, tester), 'failed_precondition COMMAND-QXPGs');
  });

  it('be a member of one instance or of one organization', async () => {
    const orgId = await people.org();
    const node = await startNode(
      cluster.database,
      knowing({
        here: [{ memberType: 'IAM', aggregateId: cluster.instanceId, roles: ['IAM_OWNER'] }],
        elsewhere: [{ memberType: 'IAM', aggregateId: '1', roles: ['IAM_OWNER'] }],
        organizer: [{ memberType: 'Organization', aggregateId: orgId, roles: ['IAM_ORG_MANAGER', 'ORG_OWNER'] }],
        'owner of one': [{ memberType: 'Organization', aggregateId: orgId, roles: ['IAM_OWNER'] }],
        unknown: [{ memberType: 'Organization', aggregateId: orgId, roles: ['ORG_OWNER'] }],
      }),
    );
    const there = new Client(node);
    const verdict = async <M extends DescMethodUnary>(rpc: M, message: MessageInitShape<M['input']>, name: string, org = '') => {
      const answer = await there.ask(rpc, message, { token: await tokenOf(name), headers: { 'x-zitadel-orgid': org }, protocol: 'grpc' });
      return answer.code === 'ok' ? 'ok' : answer.id;
    };
    const inside = await people.person({ orgId });
    const outside = await people.person();
    assert.equal(await verdict(getMyInstance, {}, 'here'), 'ok');
    assert.equal(await verdict(getMyInstance, {}, 'elsewhere'), 'AUTH-5mWD2');
    assert.equal(await verdict(getMyOrg, {}, 'organizer', orgId), 'ok');
    assert.equal(await verdict(getMyOrg, {}, 'organizer', cluster.orgId), 'AUTH-5mWD2');
    assert.equal(await verdict(user.getUserByID, { userId: inside.userId }, 'organizer', orgId), 'ok');
    assert.equal(await verdict(user.getUserByID, { userId: inside.userId }, 'organizer'), 'AUTH-AWfge');
    assert.equal(await verdict(user.getUserByID, { userId: outside.userId }, 'organizer', orgId), 'AUTH-AWfge');
    assert.equal(await verdict(getMyInstance, {}, 'owner of one', orgId), 'AUTH-5mWD2', 'what is of the instance is held on none');
    assert.equal(await verdict(getMyOrg, {}, 'owner of one', orgId), 'ok');
    assert.equal(await verdict(getMyOrg, {}, 'unknown', orgId), 'AUTH-5mWD2', 'the roles of organizations give a system user nothing');
  });
});

describe('a new instance', () => {
  it('is reached by its domain on every node at once, also on one that has just said that there is none', async () => {
    const host = `t${++hosts}.integration.localhost`;
    const [here, there] = [new Client(first, host), new Client(second!, host)];
    for (const at of [here, there]) assert.equal((await at.ask(AdminService.method.healthz, {}, { protocol: 'grpc' })).code, 'not_found');
    const { pat, instanceId } = await client.get(createInstance, wish(host.toUpperCase()), { token: tester, protocol: 'grpc' });
    for (const at of [there, here]) {
      await at.get(AdminService.method.healthz, {}, { protocol: 'grpc', token: 'whatever is sent' });
      const { instance } = await at.get(getMyInstance, {}, { token: pat, protocol: 'grpc' });
      assert.equal(instance?.id, instanceId);
      const [generated, chosen] = instance.domains;
      assert.match(generated!.domain, /^testinstance-[a-z0-9]{6}\.localhost$/);
      assert.deepEqual([generated!.generated, generated!.primary, chosen!.domain, chosen!.primary], [true, false, host, true]);
    }
    assert.equal(await said(AuthService.method.getMyUser, {}, pat), 'unauthenticated AUTH-7fs1e', 'its token is good there only');
  });

  it('takes a domain that ten ask for at once, once; the others leave nothing behind', async () => {
    const host = `t${++hosts}.integration.localhost`;
    const count = async () => (await cluster.sql`select from instances`).length;
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 10 }, () => said(createInstance, wish(host), tester)));
    assert.deepEqual(answers.sort(), [...Array(9).fill('already_exists V3-DKcYh'), 'ok']);
    assert.equal(await count(), before + 1);
  });

  it('may belong to a person, whose name gets the domain of the organization, and whose token nobody is told', async () => {
    const message = {
      ...wish(),
      firstOrgName: 'Acme Inc',
      owner: {
        case: 'human' as const,
        value: {
          userName: 'ada',
          email: { email: 'ada@example.com', isEmailVerified: true },
          profile: { firstName: 'Ada', lastName: 'Lovelace', preferredLanguage: 'de' },
          password: { password: 'Password1!', passwordChangeRequired: true },
        },
      },
    };
    const { pat, instanceId, details } = await client.get(createInstance, message, { token: tester, protocol: 'grpc' });
    assert.equal(pat, '');
    const [row] = await cluster.sql`
      select p.username, p.email_verified, p.preferred_language, p.password_change_required, u.is_owner, o.name, o.org_id
      from users u join profiles p using (instance_id, user_id) join orgs o using (instance_id, org_id) where u.instance_id = ${instanceId}`;
    assert.deepEqual(
      { ...row },
      {
        username: 'ada@acme-inc.localhost',
        email_verified: true,
        preferred_language: 'de',
        password_change_required: true,
        is_owner: true,
        name: 'Acme Inc',
        org_id: details!.resourceOwner,
      },
    );
  });

  it('is not made where what is asked for cannot be given', async () => {
    await claimNode(cluster.sql);
    const machine = (value: object) => ({
      ...wish(),
      owner: { case: 'machine' as const, value: { userName: 'owner', name: 'owner', ...value } },
    });
    const table = {
      'invalid_argument undefined': { ...wish(), owner: { case: undefined } },
      'invalid_argument INST-S3v3w': wish(`under_score-${newId()}.localhost`),
      'invalid_argument DOMAIN-dv3t5': machine({ personalAccessToken: { expirationDate: { seconds: 1n } } }),
      'invalid_argument KEYWARD-language': { ...wish(), defaultLanguage: 'tlh' },
    };
    const before = (await cluster.sql`select from events`).length;
    for (const [refusal, message] of Object.entries(table)) assert.equal(await said(createInstance, message, tester), refusal);
    assert.equal((await cluster.sql`select from events`).length, before);
  });

  it('speaks the language that was chosen for it, where none other is known of', async () => {
    const message = { ...wish(), defaultLanguage: 'de' };
    const { pat, instanceId } = await client.get(createInstance, message, { token: tester, protocol: 'grpc' });
    const host = new Client(second ?? first, message.customDomain);
    const { getGeneralSettings, getHostedLoginTranslation } = SettingsService.method;
    assert.equal((await host.get(getGeneralSettings, {}, { token: pat })).defaultLanguage, 'de');
    const shipped = async (locale: string) =>
      (await host.get(getHostedLoginTranslation, { locale, level: { case: 'system', value: true } }, { token: pat })).translations;
    assert.deepEqual(await shipped('sv'), await shipped('de'));
    assert.notDeepEqual(await shipped('en'), await shipped('de'));
    const restrict = async (allowed: string[]) => {
      const answer = await host.ask(
        AdminService.method.setRestrictions,
        { allowedLanguages: { list: allowed } },
        { token: pat, protocol: 'grpc' },
      );
      return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
    };
    assert.equal(await restrict(['en', 'fr']), 'failed_precondition KEYWARD-defaultLanguage');
    assert.equal(await restrict(['de', 'fr']), 'ok');
    const [event] = await cluster.sql`
      select payload from events where instance_id = ${instanceId} and type = 'instance.default.language.set'`;
    assert.deepEqual(event?.payload, { language: 'de' });
  });

  it('comes with a key of its owner, who so gets a token for it', async () => {
    const message = {
      ...wish(),
      owner: { case: 'machine' as const, value: { userName: 'owner', name: 'owner', machineKey: { type: 1 } } },
    };
    const made = await client.get(createInstance, message, { token: tester, protocol: 'grpc' });
    assert.equal(made.pat, '');
    const file: MachineKey = JSON.parse(Buffer.from(made.machineKey).toString());
    const host = new Client(second ?? first, message.customDomain);
    const signed = await assertion(`http://${message.customDomain}:8082`, file);
    const fields = { grant_type: BY_KEY, assertion: signed, scope: `openid ${FOR_API}` };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await host.send('POST', '/oauth/v2/token', type, String(new URLSearchParams(fields)));
    assert.equal(status, 200, body);
    const { instance } = await host.get(getMyInstance, {}, { token: JSON.parse(body).access_token, protocol: 'grpc' });
    assert.equal(instance?.id, made.instanceId);
  });

  it('writes the log of all that it holds, in sequences without a gap', async () => {
    const { instanceId } = await client.get(createInstance, wish(), { token: tester, protocol: 'grpc' });
    const rows = await cluster.sql<{ aggregate_type: string; logged: bigint; last: bigint; stated: bigint; editors: string[] }[]>`
      select e.aggregate_type, count(*) as logged, max(e.sequence) as last, array_agg(distinct e.editor) as editors,
        coalesce(max(i.sequence), max(o.sequence), max(u.sequence)) as stated
      from events e
      left join instances i on e.aggregate_type = 'instance' and i.instance_id = e.instance_id
      left join orgs o on e.aggregate_type = 'org' and o.instance_id = e.instance_id and o.org_id = e.aggregate_id
      left join users u on e.aggregate_type = 'user' and u.instance_id = e.instance_id and u.user_id = e.aggregate_id
      where e.instance_id = ${instanceId} group by e.aggregate_type, e.aggregate_id order by e.aggregate_type`;
    assert.deepEqual(
      rows.map((row) => row.aggregate_type),
      ['instance', 'org', 'user'],
    );
    for (const { logged, last, stated, editors } of rows) assert.deepEqual([last, stated, editors], [logged, logged, ['tester']]);
  });
});
