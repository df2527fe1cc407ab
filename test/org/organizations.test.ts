/** Organizations made, renamed and deleted: whole or not at all, with what hangs on them, and never the last way in (reference/org-and-settings.md 2.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { OrganizationState } from '../../src/contract/gen/zitadel/org/v2/org_pb.js';
import { type AddOrganizationRequestSchema, OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { ProjectService } from '../../src/contract/gen/zitadel/project/v2/project_service_pb.js';
import { draw } from '../permission/crowd.ts';
import { Client, user } from '../support/ask.ts';
import { queued } from '../support/lock.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const { sql, instanceId, orgId: defaultOrg } = cluster;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const people = new People(sql, cluster);
const by = { token: cluster.adminPat };
const careless = { ...by, headers: { 'x-keyward-allow-last-owner': 'true' } };
const org = OrganizationService.method;

let names = 0;
const newName = () => `Organization ${++names}`;
const human = (username: string, more = {}) => ({
  userType: {
    case: 'human' as const,
    value: { username, profile: { givenName: 'Ada', familyName: 'Test' }, email: { email: `${username}@example.com` }, ...more },
  },
});
const eventsOf = async (orgId: string) =>
  (
    await sql<{ type: string; sequence: bigint }[]>`
      select type, sequence from events where instance_id = ${instanceId} and aggregate_type = 'org' and aggregate_id = ${orgId} order by sequence`
  ).map(({ type }) => type);
const said = (answer: { code: string; id?: string | undefined }) => [answer.code, answer.id];
const find = async (id: string) =>
  (await there.get(org.listOrganizations, { queries: [{ query: { case: 'idQuery', value: { id } } }] }, by)).result[0];

test('an organization comes with all of its administrators', async () => {
  const { userId } = await people.person();
  const { organizationId, createdAdmins } = await here.get(
    org.addOrganization,
    {
      name: newName(),
      admins: [
        { userType: { case: 'userId', value: userId } },
        { ...human('first-admin'), roles: ['ORG_OWNER_VIEWER'] },
        human('second-admin', {
          email: { email: 'second@example.com', verification: { case: 'returnCode', value: {} } },
          phone: { phone: '+41791234567', verification: { case: 'returnCode', value: {} } },
        }),
      ],
    },
    by,
  );
  assert.deepEqual(
    createdAdmins.map(({ emailCode, phoneCode }) => [emailCode?.length, phoneCode?.length]),
    [
      [undefined, undefined],
      [6, 6],
    ],
  );
  const members = await sql<{ user_id: string; roles: string[] }[]>`
    select user_id, roles from memberships where instance_id = ${instanceId} and object_id = ${organizationId} order by created_at, user_id`;
  const [viewer, owner] = createdAdmins.map((admin) => admin.userId);
  assert.deepEqual(
    new Map(members.map((m) => [m.user_id, m.roles])),
    new Map([
      [userId, ['ORG_OWNER']],
      [viewer, ['ORG_OWNER_VIEWER']],
      [owner, ['ORG_OWNER']],
    ]),
  );
  for (const id of [viewer, owner]) {
    const { user: made } = await there.get(user.getUserByID, { userId: id ?? '' }, by);
    assert.equal(made?.details?.resourceOwner, organizationId);
  }
});

test('who makes an organization may be the first of its administrators', async () => {
  const caller = await people.caller({ instanceRoles: ['IAM_OWNER'] });
  const { organizationId, createdAdmins } = await here.get(
    org.addOrganization,
    { name: newName(), admins: [{ userType: { case: 'userId', value: caller.userId } }, human('beside-its-maker')] },
    { token: caller.token },
  );
  const members = await sql<{ user_id: string }[]>`
    select user_id from memberships where instance_id = ${instanceId} and object_id = ${organizationId}`;
  assert.deepEqual(new Set(members.map((m) => m.user_id)), new Set([caller.userId, createdAdmins[0]?.userId]));
});

type Admins = NonNullable<MessageInitShape<typeof AddOrganizationRequestSchema>['admins']>;
const broken: readonly (readonly [what: string, admins: Admins, refusal: readonly string[]])[] = [
  ['an unknown user', [{ userType: { case: 'userId', value: 'nobody' } }], ['failed_precondition', 'ORG-GoXOn']],
  ['an unknown role', [{ ...human('one'), roles: ['ORG_KING'] }], ['invalid_argument', 'Org-4N8es']],
  ['a user name that is taken', [human('two'), human('TWO')], ['already_exists', 'V3-DKcYh']],
  ['a blank user name', [human(' ', { email: { email: 'blank@example.com' } })], ['invalid_argument', 'V2-zzad3']],
];
for (const [what, admins, refusal] of broken) {
  test(`with ${what} among its administrators there is no organization, and none of the others`, async () => {
    const name = newName();
    assert.deepEqual(said(await here.ask(org.addOrganization, { name, admins: [human(`beside-${names}`), ...admins] }, by)), refusal);
    assert.deepEqual([...(await sql`select from orgs where name = ${name}`)], []);
    assert.deepEqual([...(await sql`select from profiles where username = ${`beside-${names}`}`)], []);
    await here.get(org.addOrganization, { name, admins: [human(`beside-${names}`)] }, by);
  });
}

test('a new name brings a new default domain, and frees the old one', async () => {
  const { organizationId } = await here.get(org.addOrganization, { name: 'Old name' }, by);
  assert.equal((await find(organizationId))?.primaryDomain, 'old-name.localhost');
  await here.get(org.updateOrganization, { organizationId, name: ' New name ' }, by);
  const renamed = await find(organizationId);
  assert.deepEqual([renamed?.name, renamed?.primaryDomain], ['New name', 'new-name.localhost']);
  assert.deepEqual(await eventsOf(organizationId), [
    'org.added',
    'org.domain.added',
    'org.domain.verified',
    'org.domain.primary.set',
    'org.changed',
    'org.domain.added',
    'org.domain.verified',
    'org.domain.primary.set',
    'org.domain.removed',
  ]);
  // Only its case is another: the domain stays.
  await here.get(org.updateOrganization, { organizationId, name: 'NEW NAME' }, by);
  assert.deepEqual((await eventsOf(organizationId)).slice(9), ['org.changed']);
  const other = await there.get(org.addOrganization, { name: 'Old name' }, by);
  assert.equal((await find(other.organizationId))?.primaryDomain, 'old-name.localhost');
  assert.deepEqual(said(await there.ask(org.updateOrganization, { organizationId, name: 'OLD NAME' }, by)), ['already_exists', 'V3-DKcYh']);
  const domain = 'wanted.localhost';
  await here.get(org.addOrganizationDomain, { organizationId: other.organizationId, domain }, by);
  const wanted = await there.ask(org.updateOrganization, { organizationId, name: 'Wanted' }, by);
  assert.deepEqual([said(wanted), 'text' in wanted && wanted.text], [['already_exists', 'V3-DKcYh'], 'Domain already exists (V3-DKcYh)']);
});

test('the default domain takes others their user names: by who makes organizations of all, by a new name where the caller may rename them', async () => {
  const elsewhere = await people.org();
  const person = (name: string) => people.person({ kind: 'human', orgId: elsewhere, name });
  const nameOf = async ({ userId }: { userId: string }) => (await there.get(user.getUserByID, { userId }, by)).user?.username;
  const [one, two] = [await person('ada@Claims-names.localhost'), await person('ada@claims-later.localhost')];
  const { organizationId } = await here.get(org.addOrganization, { name: 'Claims names' }, by);
  assert.equal(await nameOf(one), `${one.userId}@temporary.localhost`);
  const owner = await people.caller({ orgId: organizationId, orgRoles: { [organizationId]: ['ORG_OWNER'] } });
  await here.get(org.updateOrganization, { organizationId, name: 'Claims later' }, { token: owner.token });
  assert.equal(await nameOf(two), 'ada@claims-later.localhost');
  await here.get(org.updateOrganization, { organizationId, name: 'Claims nothing' }, by);
  await here.get(org.updateOrganization, { organizationId, name: 'Claims later' }, by);
  assert.equal(await nameOf(two), `${two.userId}@temporary.localhost`);
});

test('a domain that another organization would be named by is verified to none but who makes organizations', async () => {
  const organizationId = await people.org();
  const owner = await people.caller({ orgId: organizationId, orgRoles: { [organizationId]: ['ORG_OWNER'] } });
  const domain = 'Squatted.LOCALHOST';
  const refused = await here.ask(org.addOrganizationDomain, { organizationId, domain }, { token: owner.token });
  assert.deepEqual(said(refused), ['failed_precondition', 'KEYWARD-reserved']);
  await here.get(org.addOrganizationDomain, { organizationId, domain: 'squatted-localhost' }, { token: owner.token });
  await here.get(org.addOrganizationDomain, { organizationId, domain }, by);
});

test('an organization has a hundred domains at most, however many are added at once', async () => {
  const organizationId = await people.org();
  await sql`
    insert into org_domains (instance_id, org_id, domain) select ${instanceId}, ${organizationId}, n || '.many.example' from generate_series(1, 98) n`;
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      (n % 2 === 0 ? here : there).ask(org.addOrganizationDomain, { organizationId, domain: `${n}.more.example` }, by),
    ),
  );
  assert.deepEqual(answers.map(said).map(String).sort(), [...Array(4).fill('failed_precondition,KEYWARD-domains'), 'ok,', 'ok,'].sort());
});

test('ten who rename it at once all succeed, one after another', async () => {
  const { organizationId } = await here.get(org.addOrganization, { name: newName() }, by);
  const wanted = Array.from({ length: 10 }, newName);
  await Promise.all(wanted.map((name, n) => (n % 2 === 0 ? here : there).get(org.updateOrganization, { organizationId, name }, by)));
  const name = (await find(organizationId))?.name ?? '';
  assert.ok(wanted.includes(name));
  const domains = await sql<{ domain: string }[]>`select domain from org_domains where org_id = ${organizationId}`;
  assert.deepEqual(
    domains.map(({ domain }) => domain),
    [`${name.toLowerCase().replace(' ', '-')}.localhost`],
  );
});

test('the default organization stays', async () => {
  const off = await here.ask(org.deactivateOrganization, { organizationId: defaultOrg }, by);
  assert.deepEqual(said(off), ['failed_precondition', 'KEYWARD-defaultOrg']);
  for (const sent of [by, careless])
    assert.deepEqual(said(await here.ask(org.deleteOrganization, { organizationId: defaultOrg }, sent)), [
      'failed_precondition',
      'COMMA-wG9p1',
    ]);
});

/** Nobody owns the instance but whom a test makes, beside the administrator, who lives in the default organization and is put aside. */
async function withoutOtherOwners(work: () => Promise<void>): Promise<void> {
  const put = (aside: boolean) =>
    sql`update users set is_owner = ${!aside} where instance_id = ${instanceId} and org_id = ${defaultOrg} and rank = 3`;
  await put(true);
  await work().finally(() => put(false));
}

test('the organization of the last active owner stays, unless that is said; an owner elsewhere who is off does not count', async () => {
  await withoutOtherOwners(async () => {
    for (const rpc of [org.deactivateOrganization, org.deleteOrganization]) {
      const [orgId, elsewhere, off] = [await people.org(), await people.org(), await people.org()];
      await people.person({ orgId, instanceRoles: ['IAM_OWNER'] });
      const other = await people.person({ orgId: elsewhere, state: 'inactive', instanceRoles: ['IAM_OWNER'] });
      await people.person({ orgId: off, instanceRoles: ['IAM_OWNER'] });
      await sql`update orgs set state = 2 where org_id = ${off}`;
      const refused = await here.ask(rpc, { organizationId: orgId }, by);
      assert.deepEqual(said(refused), ['failed_precondition', 'KEYWARD-lastOwner'], rpc.name);
      assert.equal((await find(orgId))?.state, OrganizationState.ACTIVE);
      // With another active one it may go.
      await here.get(user.reactivateUser, { userId: other.userId }, by);
      await there.get(rpc, { organizationId: orgId }, by);
      // The other one's is the last now.
      assert.deepEqual(said(await here.ask(rpc, { organizationId: elsewhere }, by)), ['failed_precondition', 'KEYWARD-lastOwner']);
      await here.get(rpc, { organizationId: elsewhere }, careless);
    }
  });
});

test('of two organizations with an owner each, switched off at once, one stays', async () => {
  await withoutOtherOwners(async () => {
    for (const rpc of [org.deactivateOrganization, org.deleteOrganization]) {
      for (let n = 0; n < 10; n++) {
        const orgs = [await people.org(), await people.org()] as const;
        for (const orgId of orgs) await people.person({ orgId, instanceRoles: ['IAM_OWNER'] });
        const answers = await Promise.all(orgs.map((organizationId, n) => (n === 0 ? here : there).ask(rpc, { organizationId }, by)));
        assert.deepEqual(answers.map(({ code }) => code).sort(), ['failed_precondition', 'ok']);
        await sql`update users set is_owner = false where org_id = any(${[...orgs]}::text[])`;
      }
    }
  });
});

test('the last owner and his organization, ended at once, do not both go', async () => {
  await withoutOtherOwners(async () => {
    for (let n = 0; n < 10; n++) {
      const orgId = await people.org();
      await people.person({ orgId, instanceRoles: ['IAM_OWNER'] });
      const { userId } = await people.person({ instanceRoles: ['IAM_OWNER'] });
      const answers = await Promise.all([
        here.ask(org.deactivateOrganization, { organizationId: orgId }, by),
        there.ask(user.deactivateUser, { userId }, by),
      ]);
      assert.deepEqual(answers.map(({ code }) => code).sort(), ['failed_precondition', 'ok']);
      await sql`update users set is_owner = false where org_id = ${orgId} or user_id = ${userId}`;
    }
  });
});

test('a deleted organization leaves its names and ids free, and what it was in the log', async () => {
  const name = newName();
  const { organizationId } = await here.get(org.addOrganization, { name, admins: [human('free-again')] }, by);
  const sub = await people.person({
    orgId: organizationId,
    orgRoles: { [defaultOrg]: ['ORG_OWNER_VIEWER'] },
    instanceRoles: ['IAM_OWNER_VIEWER'],
  });
  await here.get(org.setOrganizationMetadata, { organizationId, metadata: [{ key: 'a', value: Buffer.from('1') }] }, by);
  const { deletionDate } = await here.get(org.deleteOrganization, { organizationId }, by);
  assert.ok(deletionDate && deletionDate.seconds > 0n);
  assert.equal(await find(organizationId), undefined);
  assert.equal((await there.ask(user.getUserByID, { userId: sub.userId }, by)).code, 'not_found');
  const told = await sql<{ type: string }[]>`
    select type from events where instance_id = ${instanceId} and payload->>'userId' = ${sub.userId} and type like '%cascade%' order by type`;
  assert.deepEqual(
    told.map(({ type }) => type),
    ['instance.member.cascade.removed', 'org.member.cascade.removed'],
  );
  // What never was, or is no more, is deleted already.
  for (const id of [organizationId, 'never'])
    assert.equal((await there.get(org.deleteOrganization, { organizationId: id }, by)).deletionDate?.seconds, -62_135_596_800n);

  const again = await there.get(org.addOrganization, { name, organizationId, admins: [human('free-again')] }, by);
  assert.equal(again.organizationId, organizationId);
  const events = await sql<{ sequence: bigint }[]>`
    select sequence from events where instance_id = ${instanceId} and aggregate_type = 'org' and aggregate_id = ${organizationId} order by sequence`;
  assert.deepEqual(
    events.map(({ sequence }) => Number(sequence)),
    events.map((_, n) => n + 1),
  );
  assert.deepEqual((await here.get(org.listOrganizationMetadata, { organizationId }, by)).metadata, []);
});

test('members of its projects from elsewhere are members no more; their ranks are what is left', async () => {
  const { organizationId } = await here.get(org.addOrganization, { name: newName() }, by);
  const { projectId } = await here.get(ProjectService.method.createProject, { organizationId, name: 'One' }, by);
  const guest = await people.caller({ orgRoles: { [organizationId]: ['ORG_OWNER_VIEWER'] } });
  const other = await people.caller({ orgRoles: { [defaultOrg]: ['ORG_OWNER_VIEWER'] } });
  for (const { userId } of [guest, other])
    await sql`
      insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
      values (${instanceId}, ${userId}, 1, ${projectId}, '{PROJECT_OWNER}', now(), now())`;
  await there.get(org.deleteOrganization, { organizationId }, by);
  assert.deepEqual([...(await sql`select from memberships where object_id in (${organizationId}, ${projectId})`)], []);
  const ranks = await sql<{ rank: number }[]>`select rank from users where user_id in (${guest.userId}, ${other.userId}) order by rank`;
  assert.deepEqual(
    ranks.map(({ rank }) => rank),
    [0, 2],
  );
  assert.equal((await here.ask(ProjectService.method.getProject, { projectId }, by)).code, 'not_found');
});

test('an organization with many users is switched off at once and emptied in steps; also by its own owner, and also where that was interrupted', async () => {
  const orgId = await people.org();
  const many = Array.from({ length: 1200 }, (_, n) => ({ userId: `many-${n}`, instanceId, orgId, kind: 'human' as const }));
  await draw(sql, many);
  const owner = await people.caller({ orgId, orgRoles: { [orgId]: ['ORG_OWNER'], [defaultOrg]: ['ORG_OWNER_VIEWER'] } });
  // He waits no longer than a moment: the first step is done then, the others are not.
  const hurried = await here.ask(
    org.deleteOrganization,
    { organizationId: orgId },
    { token: owner.token, headers: { 'connect-timeout-ms': '60' } },
  );
  if (hurried.code !== 'ok') {
    assert.equal(hurried.code, 'deadline_exceeded');
    await there.get(org.deleteOrganization, { organizationId: orgId }, by);
  }
  assert.deepEqual([...(await sql`select from users where instance_id = ${instanceId} and org_id = ${orgId}`)], []);
  assert.equal(await find(orgId), undefined);
  const events = await eventsOf(orgId);
  assert.deepEqual(events, ['org.deactivated', 'org.removed']);
  const [removed] = await sql<{ count: bigint }[]>`
    select count(*) from events where instance_id = ${instanceId} and owner = ${orgId} and type = 'user.removed'`;
  assert.ok(Number(removed?.count) >= 701, String(removed?.count));
  const left = await sql<{ n: bigint }[]>`
    select count(*) as n from events where aggregate_id = ${defaultOrg} and type = 'org.member.cascade.removed' and payload->>'userId' = ${owner.userId}`;
  assert.equal(Number(left[0]?.n), 1);
});

test('a removal in steps goes no further where the organization is switched on meanwhile', async () => {
  // Between two steps, either call may be the one that gets the organization next: so it is tried until the other one was.
  let rounds = 0;
  while ((await switchedOnWhileRemoved()) !== 'switched on') assert.ok(++rounds < 20, 'nobody can switch it on between two steps');
});

/** The first step waits for the first user, and holds the organization, for which the other call waits. */
async function switchedOnWhileRemoved(): Promise<'switched on' | 'removed'> {
  const orgId = await people.org();
  await draw(
    sql,
    Array.from({ length: 1200 }, (_, n) => ({ userId: `kept-${orgId}-${n}`, instanceId, orgId, kind: 'human' as const })),
  );
  await sql`update orgs set state = 2 where instance_id = ${instanceId} and org_id = ${orgId}`;
  const [{ user_id: userId }] = await sql<
    [{ user_id: string }]
  >`select user_id from users where instance_id = ${instanceId} and org_id = ${orgId} order by created_at, user_id limit 1`;
  const [deleted, activated] = await queued(
    sql,
    { instanceId, userId },
    () => here.ask(org.deleteOrganization, { organizationId: orgId }, by),
    () => there.ask(org.activateOrganization, { organizationId: orgId }, by),
  );
  if (activated.code !== 'ok') {
    assert.deepEqual([activated.code, deleted.code, await find(orgId)], ['not_found', 'ok', undefined]);
    return 'removed';
  }
  assert.deepEqual(said(deleted), ['aborted', 'KEYWARD-noLongerOff']);
  const left = (await sql`select from users where instance_id = ${instanceId} and org_id = ${orgId}`).length;
  assert.ok(left === 700 || left === 200, `${left} are left`);
  assert.equal((await find(orgId))?.state, OrganizationState.ACTIVE);
  await there.get(org.deleteOrganization, { organizationId: orgId }, by);
  assert.equal(await find(orgId), undefined);
  return 'switched on';
}

test('a key that two remove at once is removed once', async () => {
  const { organizationId } = await here.get(org.addOrganization, { name: newName() }, by);
  for (let n = 0; n < 10; n++) {
    await here.get(org.setOrganizationMetadata, { organizationId, metadata: [{ key: 'once', value: Buffer.from('1') }] }, by);
    const answers = await Promise.all(
      [here, there].map((client) => client.ask(org.deleteOrganizationMetadata, { organizationId, keys: ['once'] }, by)),
    );
    assert.deepEqual(answers.map(({ code }) => code).sort(), ['not_found', 'ok']);
  }
  const events = (await eventsOf(organizationId)).slice(4);
  assert.deepEqual(events, Array.from({ length: 10 }, () => ['org.metadata.set', 'org.metadata.removed']).flat());
});

test('metadata that is there already is not set again', async () => {
  const { organizationId } = await here.get(org.addOrganization, { name: newName() }, by);
  const metadata = [
    { key: 'a', value: Buffer.from('1') },
    { key: 'a', value: Buffer.from('2') },
    { key: 'none', value: Buffer.alloc(0) },
  ];
  const { setDate } = await here.get(org.setOrganizationMetadata, { organizationId, metadata }, by);
  assert.deepEqual(await there.get(org.setOrganizationMetadata, { organizationId, metadata }, by).then((again) => again.setDate), setDate);
  assert.deepEqual((await eventsOf(organizationId)).slice(4), ['org.metadata.set']);
});
