/** Policies of an organization over those of the instance: which one counts, on every node from the moment it is set, and what it rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { IDPOwnerType } from '@zitadel/proto/zitadel/idp_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { defaults } from '../../src/access/policy.ts';
import { ResourceOwnerType } from '../../src/contract/gen/zitadel/settings/v2/settings_pb.js';
import { SettingsService } from '../../src/contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { Logins } from '../session/logins.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';

const cluster = await startCluster(2);
const { sql, instanceId } = cluster;
const logins = new Logins(cluster);
const { people } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const admin = { token: cluster.adminPat };
const settings = SettingsService.method;
const v1 = AdminService.method;
const own = ManagementService.method;
const of = (orgId: string) => ({ ...admin, protocol: 'grpc' as const, headers: { 'x-zitadel-orgid': orgId } });
const grpc = { ...admin, protocol: 'grpc' as const };
const ctx = (orgId: string) => ({ ctx: { resourceOwner: { case: 'orgId' as const, value: orgId } } });

test('an own policy stands over that of the instance, which stands over the default, on the other node at once; each says whose it is', async () => {
  const orgId = await people.org();
  const read = async () => {
    const { settings: shown, details } = await there.get(settings.getPasswordExpirySettings, ctx(orgId), admin);
    return [shown?.maxAgeDays, shown?.resourceOwnerType, details?.resourceOwner];
  };
  assert.deepEqual(await read(), [0n, ResourceOwnerType.INSTANCE, instanceId]);
  await here.get(v1.updatePasswordAgePolicy, { maxAgeDays: 100 }, grpc);
  assert.deepEqual(await read(), [100n, ResourceOwnerType.INSTANCE, instanceId]);
  await here.get(own.addCustomPasswordAgePolicy, { expireWarnDays: 5 }, of(orgId));
  assert.deepEqual(await read(), [0n, ResourceOwnerType.ORG, orgId]);
  await here.get(own.resetPasswordAgePolicyToDefault, {}, of(orgId));
  assert.deepEqual(await read(), [100n, ResourceOwnerType.INSTANCE, instanceId]);
});

test('changes of a policy are in the log, with who made them', async () => {
  const orgId = await people.org();
  await here.get(own.addCustomLockoutPolicy, { maxPasswordAttempts: 3 }, of(orgId));
  await here.get(own.updateCustomLockoutPolicy, { maxPasswordAttempts: 4 }, of(orgId));
  await here.get(own.resetLockoutPolicyToDefault, {}, of(orgId));
  const events = await sql<{ type: string; payload: { maxPasswordAttempts?: number } | null; owner: string }[]>`
    select type, payload, owner from events where instance_id = ${instanceId} and aggregate_type = 'org' and aggregate_id = ${orgId} order by sequence`;
  assert.deepEqual(
    events.map(({ type, payload, owner }) => [type, payload?.maxPasswordAttempts, owner]),
    [
      ['org.policy.lockout.added', 3, orgId],
      ['org.policy.lockout.changed', 4, orgId],
      ['org.policy.lockout.removed', undefined, orgId],
    ],
  );
});

test('of ten who add an own policy at once one succeeds, and of ten who change it alike one does', async () => {
  const orgId = await people.org();
  const codes = async (asked: () => Promise<{ code: string }>) =>
    (await Promise.all(Array.from({ length: 10 }, asked))).map(({ code }) => code).filter((code) => code === 'ok').length;
  assert.equal(await codes(() => here.ask(own.addCustomPrivacyPolicy, { helpLink: 'https://a.example' }, of(orgId))), 1);
  assert.equal(await codes(() => there.ask(own.updateCustomPrivacyPolicy, { helpLink: 'https://b.example' }, of(orgId))), 1);
});

const weak = (orgId: string, username: string, password: string) => ({
  organizationId: orgId,
  username,
  userType: {
    case: 'human' as const,
    value: {
      profile: { givenName: 'Ada', familyName: 'Test' },
      email: { email: 'ada@example.com' },
      passwordType: { case: 'password' as const, value: { password } },
    },
  },
});

test('the complexity of the organization rules new passwords, when a user is made and when one is changed', async () => {
  const orgId = await people.org();
  assert.equal((await here.ask(user.createUser, weak(orgId, 'weak', 'abcdef'), admin)).code, 'invalid_argument');
  await here.get(own.addCustomPasswordComplexityPolicy, { minLength: 6n, hasLowercase: true }, of(orgId));
  const { id: userId } = await there.get(user.createUser, weak(orgId, 'weak', 'abcdef'), admin);
  const change = async (password: string) => {
    const answer = await there.ask(user.updateUser, withPassword(userId, password), admin);
    return answer.code === 'ok' ? 'ok' : answer.id;
  };
  assert.deepEqual([await change('abcde'), await change('ABCDEF'), await change('ghijkl')], ['DOMAIN-HuJf6', 'DOMAIN-co3Xw', 'ok']);
});

const withPassword = (userId: string, password: string) => ({
  userId,
  userType: { case: 'human' as const, value: { password: { passwordType: { case: 'password' as const, value: { password } } } } },
});

test('users are told that their password was changed where the notification policy says so', async () => {
  const orgId = await people.org();
  const person = await logins.human({ orgId });
  const told = async () => {
    const [row] = await sql<{ n: number }[]>`
      select count(*)::int as n from events where instance_id = ${instanceId} and aggregate_id = ${person.userId} and type = 'user.human.password.change.sent'`;
    const [waiting] = await sql<
      { n: number }[]
    >`select count(*)::int as n from outbox where instance_id = ${instanceId} and user_id = ${person.userId}`;
    return row!.n + waiting!.n;
  };
  await here.get(own.addCustomNotificationPolicy, { passwordChange: false }, of(orgId));
  await there.get(user.updateUser, withPassword(person.userId, 'Password2!'), admin);
  assert.equal(await told(), 0);
  await here.get(own.updateCustomNotificationPolicy, { passwordChange: true }, of(orgId));
  await there.get(user.updateUser, withPassword(person.userId, 'Password3!'), admin);
  assert.ok((await told()) > 0);
});

test('a login policy that asks for a second factor shuts out who came with one, on a node that let him in, until it asks no more', async () => {
  const orgId = await people.org();
  const me = await logins.human({ orgId });
  const { sessionToken } = await logins.login(here, me);
  const knock = async () =>
    Promise.all(
      [here, there].map(async (client) => (await client.ask(user.getUserByID, { userId: me.userId }, { token: sessionToken })).code),
    );
  const [open, shut] = [
    ['ok', 'ok'],
    ['permission_denied', 'permission_denied'],
  ];
  assert.deepEqual(await knock(), open);
  await here.get(own.addCustomLoginPolicy, { allowUsernamePassword: true }, of(orgId));
  assert.deepEqual(await knock(), open);
  await here.get(own.updateCustomLoginPolicy, { allowUsernamePassword: true, forceMfa: true }, of(orgId));
  assert.deepEqual(await knock(), shut);
  await here.get(own.resetLoginPolicyToDefault, {}, of(orgId));
  assert.deepEqual(await knock(), open);
  await here.get(v1.updateLoginPolicy, { allowUsernamePassword: true, forceMfaLocalOnly: true }, grpc);
  assert.deepEqual(await knock(), shut);
  await here.get(v1.updateLoginPolicy, { allowUsernamePassword: true }, grpc);
  assert.deepEqual(await knock(), open);
});

test('an own login policy begins with the factors and providers that it is given; what is added twice, or not there, is told', async () => {
  const orgId = await people.org();
  const { id: idpId } = await here.get(
    v1.addGenericOIDCProvider,
    { name: 'Provider', issuer: 'https://issuer.example', clientId: 'x', clientSecret: 'y', scopes: ['openid'] },
    grpc,
  );
  const attach = () => here.ask(own.addIDPToLoginPolicy, { idpId, ownerType: IDPOwnerType.IDP_OWNER_TYPE_SYSTEM }, of(orgId));
  const before = await attach();
  assert.ok(before.code === 'not_found' && before.id === 'Org-Ffgw2');
  const providers = [{ idpId, ownerType: IDPOwnerType.IDP_OWNER_TYPE_SYSTEM }];
  const unknown = { idpId: 'unknown', ownerType: IDPOwnerType.IDP_OWNER_TYPE_SYSTEM };
  assert.equal((await here.ask(own.addCustomLoginPolicy, { idps: [...providers, unknown] }, of(orgId))).code, 'failed_precondition');
  await here.get(own.addCustomLoginPolicy, { idps: providers, secondFactors: [3, 4], multiFactors: [1] }, of(orgId));
  const offered = async () =>
    (await there.get(settings.getActiveIdentityProviders, ctx(orgId), admin)).identityProviders.map(({ id }) => id);
  assert.deepEqual(await offered(), [idpId]);
  const { policy } = await there.get(own.getLoginPolicy, {}, of(orgId));
  assert.deepEqual(
    policy?.idps.map((idp) => [idp.idpId, idp.idpName]),
    [[idpId, 'Provider']],
  );
  assert.equal((await attach()).code, 'already_exists');
  const { settings: login } = await there.get(settings.getLoginSettings, ctx(orgId), admin);
  assert.deepEqual([login?.secondFactors, login?.multiFactors, login?.passwordCheckLifetime?.seconds], [[3, 4], [1], 0n]);
  assert.equal((await here.ask(own.addSecondFactorToLoginPolicy, { type: 3 }, of(orgId))).code, 'already_exists');
  await here.get(own.removeSecondFactorFromLoginPolicy, { type: 3 }, of(orgId));
  assert.equal((await here.ask(own.removeSecondFactorFromLoginPolicy, { type: 3 }, of(orgId))).code, 'not_found');
  await here.get(own.resetLoginPolicyToDefault, {}, of(orgId));
  assert.deepEqual(await offered(), []);
  await here.get(own.addCustomLoginPolicy, {}, of(orgId));
  assert.deepEqual(await offered(), []);
});

test("an own login policy with providers is added in the caller's own organization too, where its factors raise what is remembered of him", async () => {
  const orgId = await people.org();
  const { token } = await people.caller({ orgId, orgRoles: { [orgId]: ['ORG_OWNER'] } });
  const { id: idpId } = await here.get(
    v1.addGenericOIDCProvider,
    { name: 'Provider', issuer: 'https://issuer.example', clientId: 'x', clientSecret: 'y', scopes: ['openid'] },
    grpc,
  );
  const idps = [{ idpId, ownerType: IDPOwnerType.IDP_OWNER_TYPE_SYSTEM }];
  await here.get(own.addCustomLoginPolicy, { forceMfa: true, idps }, { token, protocol: 'grpc' });
  const { policy } = await there.get(own.getLoginPolicy, {}, { token, protocol: 'grpc' });
  assert.deepEqual([policy?.forceMfa, policy?.idps.map((idp) => idp.idpId)], [true, [idpId]]);
});

test('a label counts once it is activated', async () => {
  const orgId = await people.org();
  const shown = async () => (await there.get(settings.getBrandingSettings, ctx(orgId), admin)).settings?.lightTheme?.primaryColor;
  await here.get(own.addCustomLabelPolicy, { primaryColor: '#123456' }, of(orgId));
  assert.equal(await shown(), defaults.label.primaryColor);
  await here.get(own.activateCustomLabelPolicy, {}, of(orgId));
  assert.equal(await shown(), '#123456');
  await here.get(own.updateCustomLabelPolicy, { primaryColor: '#654321' }, of(orgId));
  assert.equal(await shown(), '#123456');
  await here.get(own.resetLabelPolicyToDefault, {}, of(orgId));
  assert.equal(await shown(), defaults.label.primaryColor);
});

test('an instance allows the languages that it names, the default one among them', async () => {
  const set = (list: string[]) => here.ask(v1.setRestrictions, { allowedLanguages: { list } }, grpc);
  assert.equal((await set(['de'])).code, 'failed_precondition');
  assert.equal((await set(['en', 'tlh'])).code, 'invalid_argument');
  assert.equal((await set(['en', 'de'])).code, 'ok');
  assert.deepEqual((await there.get(v1.getAllowedLanguages, {}, grpc)).languages, ['de', 'en']);
  assert.deepEqual((await there.get(settings.getGeneralSettings, {}, admin)).allowedLanguages, ['de', 'en']);
  assert.equal((await set([])).code, 'ok');
});

test('texts of a region lie over those of its language, an organization’s over the instance’s, those over what is shipped', async () => {
  const orgId = await people.org();
  const level = { instance: { case: 'instance', value: true }, org: { case: 'organizationId', value: orgId } } as const;
  const set = (at: (typeof level)[keyof typeof level], locale: string, common: Record<string, string>) =>
    here.get(settings.setHostedLoginTranslation, { level: at, locale, translations: { common } }, admin);
  await set(level.instance, 'de', { own: 'Instanz', instance: 'Instanz' });
  await set(level.org, 'de', { own: 'Organisation' });
  await set(level.org, 'de-CH', { region: 'Schweiz' });
  const read = (locale: string, ignoreInheritance = false) =>
    there.get(settings.getHostedLoginTranslation, { level: level.org, locale, ignoreInheritance }, admin);
  const { translations, etag } = await read('de-CH');
  assert.deepEqual(translations?.common, {
    back: 'Zurück',
    title: 'Mit Keyward anmelden',
    own: 'Organisation',
    instance: 'Instanz',
    region: 'Schweiz',
  });
  assert.match(etag, /^[0-9a-f]{32}$/);
  assert.equal((await read('de-CH')).etag, etag);
  const alone = await read('de', true);
  assert.deepEqual(alone.translations, { common: { own: 'Organisation' } });
  const again = await set(level.org, 'de', { own: 'Organisation' });
  assert.equal(again.etag, alone.etag);
});

test('links are those of the organization, else of the instance, else none; who resets his own sees the others', async () => {
  const orgId = await people.org();
  const instance = { ctx: { resourceOwner: { case: 'instance' as const, value: true } } };
  const shown = async () => (await there.get(settings.getLinkSettings, ctx(orgId), admin)).settings?.links.map(({ url }) => url);
  assert.deepEqual(await shown(), []);
  await here.get(settings.setLinkSettings, { ...instance, links: [{ type: 3, url: 'https://instance.example' }] }, admin);
  await here.get(settings.setLinkSettings, { ...ctx(orgId), links: [{ type: 3, url: 'https://org.example' }] }, admin);
  assert.deepEqual(await shown(), ['https://org.example']);
  const { links } = await there.get(settings.getEffectiveSettings, { organizationId: orgId }, admin);
  assert.equal(links?.links[0]?.url, 'https://org.example');
  const { settings: after } = await here.get(settings.resetLinkSettings, ctx(orgId), admin);
  assert.equal(after?.links[0]?.url, 'https://instance.example');
  assert.deepEqual(await shown(), ['https://instance.example']);
});

test('what an organization set is gone with it', async () => {
  const orgId = await people.org();
  await here.get(own.addCustomPrivacyPolicy, {}, of(orgId));
  await sql`delete from orgs where instance_id = ${instanceId} and org_id = ${orgId}`;
  assert.deepEqual([...(await sql`select kind from policies where instance_id = ${instanceId} and org_id = ${orgId}`)], []);
});
