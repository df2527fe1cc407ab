/** How the users of an organization are named: by its domain policy, else the instance's, and by its own settings (reference/user-service-v2.md 2.4 and 2.5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { SettingsService } from '../../src/contract/gen/zitadel/settings/v2/settings_service_pb.js';
import { UserFieldName } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { byName, session, typed } from '../session/logins.ts';
import { Client, user } from '../support/ask.ts';
import { rounds } from '../support/batches.ts';
import { runKeyward, startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const { sql, instanceId } = cluster;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const people = new People(sql, cluster);
const admin = { token: cluster.adminPat };
const v1 = { ...admin, protocol: 'grpc' as const };
const { addCustomDomainPolicy, updateCustomDomainPolicy, resetCustomDomainPolicyToDefault, updateDomainPolicy } = AdminService.method;
const org = OrganizationService.method;
const PASSWORD = 'Password1!';
let made = 0;

/** An organization with a primary domain and another verified one. */
async function organization(): Promise<{ orgId: string; primary: string; other: string }> {
  const { organizationId: orgId } = await here.get(org.addOrganization, { name: `Names ${++made}` }, admin);
  const other = `names-${made}.example`;
  await here.get(org.addOrganizationDomain, { organizationId: orgId, domain: other }, admin);
  return { orgId, primary: `names-${made}.localhost`, other };
}

async function human(orgId: string, username: string): Promise<string> {
  const { id } = await here.get(user.createUser, draft(orgId, username), admin);
  return id;
}

const draft = (orgId: string, username: string) => ({
  organizationId: orgId,
  username,
  userType: {
    case: 'human' as const,
    value: {
      profile: { givenName: 'Ada', familyName: 'Test' },
      email: { email: 'ada@example.com', verification: { case: 'isVerified' as const, value: true } },
      passwordType: { case: 'password' as const, value: { password: PASSWORD } },
    },
  },
});

async function names(userId: string): Promise<{ all: string[]; preferred: string }> {
  const { user: shown } = await there.get(user.getUserByID, { userId }, admin);
  return { all: shown?.loginNames ?? [], preferred: shown?.preferredLoginName ?? '' };
}

/** Who is found by a login name, at the login and by a search; both must say the same. */
async function found(loginName: string): Promise<string | undefined> {
  const answer = await there.ask(session.createSession, { checks: { ...byName(loginName), ...typed(PASSWORD) } }, admin);
  const { result } = await there.get(
    user.listUsers,
    { queries: [{ query: { case: 'loginNameQuery', value: { loginName, method: 1 } } }], sortingColumn: UserFieldName.CREATION_DATE },
    admin,
  );
  if (answer.code !== 'ok') {
    assert.equal(answer.text, 'User could not be found (QUERY-Dfbg2)');
    return undefined;
  }
  const { session: begun } = await there.get(session.getSession, { sessionId: answer.message.sessionId }, admin);
  const userId = begun?.factors?.user?.id;
  assert.ok(result.some((one) => one.userId === userId));
  return userId;
}

const withDomain = (orgId: string) => here.get(addCustomDomainPolicy, { orgId, userLoginMustBeDomain: true }, v1);

/** What is unique of each user name says what its organization says. */
async function consistent(): Promise<void> {
  const wrong = await sql`
    select p.user_id, n.key from profiles p left join usernames n using (instance_id, user_id) join users u using (instance_id, user_id) join orgs o using (instance_id, org_id)
    where p.instance_id = ${instanceId}
      and n.key is distinct from lower(p.username) || case when o.login_with_domain or o.scoped_names then chr(31) || o.org_id else '' end`;
  assert.deepEqual([...wrong], []);
}

test('with the domain policy a user logs in with each verified domain of his organization behind his name, and no more without it', async () => {
  const { orgId, primary, other } = await organization();
  const id = await human(orgId, 'grace');
  assert.deepEqual(await names(id), { all: ['grace'], preferred: 'grace' });
  await withDomain(orgId);
  assert.deepEqual(await names(id), { all: [`grace@${other}`, `grace@${primary}`].sort(), preferred: `grace@${primary}` });
  for (const name of [`grace@${primary}`, `GRACE@${other.toUpperCase()}`]) assert.equal(await found(name), id, name);
  for (const name of ['grace', `grace@${primary}@${primary}`, '@', `@${primary}`]) assert.equal(await found(name), undefined, name);
  await here.get(org.deleteOrganizationDomain, { organizationId: orgId, domain: other }, admin);
  assert.deepEqual(await names(id), { all: [`grace@${primary}`], preferred: `grace@${primary}` });
  assert.equal(await found(`grace@${other}`), undefined);
  await here.get(resetCustomDomainPolicyToDefault, { orgId }, v1);
  assert.deepEqual(await names(id), { all: ['grace'], preferred: 'grace' });
  assert.equal(await found('grace'), id);
  await consistent();
});

test('a change that does not come to its end in time is told as such, and nothing has changed', async () => {
  const { orgId } = await organization();
  const id = await human(orgId, 'unhurried');
  await sql.begin(async (holder) => {
    await holder`select from usernames where instance_id = ${instanceId} and user_id = ${id} for update`;
    assert.equal((await here.ask(addCustomDomainPolicy, { orgId, userLoginMustBeDomain: true }, v1)).code, 'unavailable');
  });
  assert.deepEqual(await names(id), { all: ['unhurried'], preferred: 'unhurried' });
  assert.equal(await found('unhurried'), id);
  await consistent();
  await withDomain(orgId);
  await consistent();
});

test('a session tells the preferred login name', async () => {
  const { orgId, primary } = await organization();
  await withDomain(orgId);
  await human(orgId, 'linus');
  const { sessionId } = await here.get(session.createSession, { checks: byName(`linus@${primary}`) }, admin);
  const { session: shown } = await there.get(session.getSession, { sessionId }, admin);
  assert.equal(shown?.factors?.user?.loginName, `linus@${primary}`);
});

test('an organization whose names carry its domain has its names for itself; without it, two of one name cannot be', async () => {
  const [one, two] = [await organization(), await organization()];
  await human(one.orgId, 'twin');
  const again = await here.ask(user.createUser, draft(two.orgId, 'Twin'), admin);
  assert.equal(again.code, 'already_exists');
  await withDomain(two.orgId);
  const second = await human(two.orgId, 'Twin');
  assert.equal((await here.ask(user.createUser, draft(two.orgId, 'twin'), admin)).code, 'already_exists');
  const back = await here.ask(updateCustomDomainPolicy, { orgId: two.orgId, userLoginMustBeDomain: false }, v1);
  assert.ok(back.code === 'already_exists' && back.id === 'V3-DKcYh');
  assert.equal(await found(`twin@${two.primary}`), second);
  await here.get(user.updateUser, { userId: second, username: 'single', userType: { case: 'human', value: {} } }, admin);
  await here.get(updateCustomDomainPolicy, { orgId: two.orgId, userLoginMustBeDomain: false }, v1);
  assert.equal(await found('single'), second);
  await consistent();
});

test('the policy of the instance names the users of every organization that has none of its own, new ones too', async () => {
  const [plain, own] = [await organization(), await organization()];
  const [a, b] = [await human(plain.orgId, 'follows'), await human(own.orgId, 'own-way')];
  await here.get(addCustomDomainPolicy, { orgId: own.orgId, userLoginMustBeDomain: false }, v1);
  await here.get(updateDomainPolicy, { userLoginMustBeDomain: true }, v1);
  try {
    const { organizationId: later } = await here.get(org.addOrganization, { name: 'Later' }, admin);
    const c = await human(later, 'follows');
    assert.equal((await names(a)).preferred, `follows@${plain.primary}`);
    assert.equal((await names(b)).preferred, 'own-way');
    assert.equal((await names(c)).preferred, 'follows@later.localhost');
    assert.equal(await found('follows@later.localhost'), c);
    await consistent();
    await here.get(user.deleteUser, { userId: c }, admin);
  } finally {
    await here.get(updateDomainPolicy, { userLoginMustBeDomain: false }, v1);
  }
  assert.equal(await found('follows'), a);
  await consistent();
});

const scoped = (organizationId: string) =>
  here.get(SettingsService.method.setOrganizationSettings, { organizationId, organizationScopedUsernames: true }, admin);

test('a name that is unique in the instance finds its bearer, whoever bears it in an organization of scoped names; such a name alone finds nobody', async () => {
  const [one, two, three] = [await organization(), await organization(), await organization()];
  const first = await human(one.orgId, 'common');
  assert.equal(await found('common'), first);
  await scoped(two.orgId);
  const second = await human(two.orgId, 'common');
  assert.deepEqual((await names(second)).all, ['common']);
  assert.equal(await found('common'), first);
  const off = await here.ask(SettingsService.method.deleteOrganizationSettings, { organizationId: two.orgId }, admin);
  assert.equal(off.code, 'already_exists');
  await here.get(user.deleteUser, { userId: first }, admin);
  assert.equal(await found('common'), second);
  await scoped(three.orgId);
  const third = await human(three.orgId, 'Common');
  assert.equal(await found('common'), undefined, 'nobody can say whom it means');
  await here.get(user.deleteUser, { userId: third }, admin);
  await here.get(SettingsService.method.deleteOrganizationSettings, { organizationId: two.orgId }, admin);
  assert.equal(await found('common'), second);
  await consistent();
});

test('a name of a proven domain finds its user; one of a domain that was only added does not take it from whoever bore it before', async () => {
  const [mine, other] = [await organization(), await organization()];
  await withDomain(mine.orgId);
  const ada = await human(mine.orgId, 'ada');
  const added = `added-${made}.example`;
  const before = await human(other.orgId, `ada@${added}`);
  // Added by one who may not rename him.
  const { token } = await people.caller({ orgId: await people.org(), orgRoles: { [mine.orgId]: ['ORG_OWNER'] } });
  await here.get(org.addOrganizationDomain, { organizationId: mine.orgId, domain: added }, { token });
  assert.equal(await found(`Ada@${added}`), before);
  await sql`update org_domains set validation_type = 2 where instance_id = ${instanceId} and domain = ${added}`;
  assert.equal(await found(`Ada@${added}`), ada);
});

for (const kind of ['human', 'machine'] as const) {
  test(`no ${kind} of another organization is given a name that a domain of this one makes`, async () => {
    const [mine, other] = [await organization(), await organization()];
    await withDomain(mine.orgId);
    const ada = await human(mine.orgId, 'ada-of-two');
    const username = `ada-of-two@${mine.other.toUpperCase()}`;
    const wanted =
      kind === 'human'
        ? draft(other.orgId, username)
        : { organizationId: other.orgId, username, userType: { case: 'machine' as const, value: { name: 'x' } } };
    const refused = await here.ask(user.createUser, wanted, admin);
    assert.equal(refused.code === 'ok' ? 'ok' : refused.id, 'COMMAND-SFd21');
    assert.equal(await found(`ada-of-two@${mine.other}`), ada);
  });
}

test('a user name with a control character is refused, where it is made and where it is changed, of humans and machines', async () => {
  const { orgId } = await organization();
  const [person, machine] = [await human(orgId, 'without'), (await people.person({ orgId })).userId];
  for (const username of [`with\u001f${orgId}`, 'with\n', 'with\u007f']) {
    const value = { name: 'x' };
    const answers = [
      await here.ask(user.createUser, draft(orgId, `${username}x`), admin),
      await here.ask(user.createUser, { organizationId: orgId, username, userType: { case: 'machine', value } }, admin),
      await here.ask(user.updateUser, { userId: person, username, userType: { case: 'human', value: {} } }, admin),
      await here.ask(user.updateUser, { userId: machine, username, userType: { case: 'machine', value } }, admin),
    ];
    for (const answer of answers) assert.deepEqual([answer.code, 'id' in answer && answer.id], ['invalid_argument', 'KEYWARD-username']);
  }
});

test('users who are made and renamed while the policy changes to and fro are all named as it says in the end', async () => {
  const { orgId } = await organization();
  const mine = await Promise.all(Array.from({ length: 6 }, (_, n) => human(orgId, `early-${n}`)));
  let on = false;
  const change = async () => {
    on = !on;
    await here.get(on ? addCustomDomainPolicy : resetCustomDomainPolicyToDefault, { orgId, userLoginMustBeDomain: on }, v1);
  };
  await Promise.all([
    (async () => {
      for (let n = 0; n < 15; n++) await change();
    })(),
    rounds(30, 6, async (n) => {
      await there.get(
        user.createUser,
        { organizationId: orgId, username: `race-${n}`, userType: { case: 'machine', value: { name: 'x' } } },
        admin,
      );
      const renamed = { userId: mine[n % mine.length]!, username: `late-${n}`, userType: { case: 'human' as const, value: {} } };
      await here.get(user.updateUser, renamed, admin);
    }),
  ]);
  await consistent();
});

test('an organization that gives up its policy while that of the instance changes is named as the instance says in the end', async () => {
  const { orgId } = await organization();
  await human(orgId, 'between');
  for (let n = 0; n < 6; n++) {
    await here.get(addCustomDomainPolicy, { orgId, userLoginMustBeDomain: n % 2 === 0 }, v1);
    await Promise.all([
      here.get(resetCustomDomainPolicyToDefault, { orgId }, v1),
      there.get(updateDomainPolicy, { userLoginMustBeDomain: n % 2 === 0 }, v1),
    ]);
    const [row] = await sql<{ same: boolean }[]>`
      select o.login_with_domain = i.login_with_domain as same from orgs o join instances i using (instance_id)
      where instance_id = ${instanceId} and org_id = ${orgId}`;
    assert.ok(row!.same);
    await consistent();
  }
});

test('where the policy asks for a proof, a new domain is not verified and takes nobody his name', async () => {
  const { orgId } = await organization();
  const taken = await human((await organization()).orgId, 'ida@claimed-later.example');
  await here.get(addCustomDomainPolicy, { orgId, validateOrgDomains: true }, v1);
  await here.get(org.addOrganizationDomain, { organizationId: orgId, domain: 'claimed-later.example' }, admin);
  const { domains } = await there.get(
    org.listOrganizationDomains,
    { organizationId: orgId, filters: [{ filter: { case: 'domainFilter', value: { domain: 'claimed-later.example' } } }] },
    admin,
  );
  assert.deepEqual(
    domains.map(({ isVerified }) => isVerified),
    [false],
  );
  assert.equal((await names(taken)).preferred, 'ida@claimed-later.example');
});

test('the operator’s way back finds the machine of the owner, whatever its organization says of names, and makes it anew where it is gone', async () => {
  const { orgId } = cluster;
  const restored = async () => {
    const said = await runKeyward(cluster.database, ['instance', 'pat', '--owner']);
    const [, token] = /(pat_\S+)/.exec(said) ?? assert.fail(said);
    const { user: me } = await here.get(AuthService.method.getMyUser, {}, { token: token!, protocol: 'grpc' });
    return me;
  };
  await withDomain(orgId);
  const found = await restored();
  assert.equal(found?.userName, 'admin');
  const headers = { 'x-keyward-allow-last-owner': 'true' };
  await here.get(
    user.deleteUser,
    { userId: found!.id },
    { token: (await people.caller({ orgId: await people.org(), instanceRoles: ['IAM_OWNER'] })).token, headers },
  );
  const anew = await restored();
  assert.notEqual(anew?.id, found?.id);
  assert.equal(anew?.preferredLoginName, 'admin@keyward.localhost');
  await consistent();
});
