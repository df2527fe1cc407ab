/** ListAdministrators: who has which roles, as far as the caller may know (reference/org-and-settings.md 11). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  AdministratorFieldName,
  type AdministratorSearchFilterSchema,
} from '../../src/contract/gen/zitadel/internal_permission/v2/internal_permission_pb.js';
import { InternalPermissionService } from '../../src/contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { ProjectService } from '../../src/contract/gen/zitadel/project/v2/project_service_pb.js';
import { Client } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const [client, elsewhere] = cluster.nodes.map((node) => new Client(node));
const { createAdministrator, updateAdministrator, deleteAdministrator, listAdministrators } = InternalPermissionService.method;

type Filter = NonNullable<MessageInitShape<typeof AdministratorSearchFilterSchema>['filter']>;
interface Page {
  readonly pagination?: { readonly asc?: boolean; readonly limit?: number; readonly offset?: bigint };
  readonly sortingColumn?: AdministratorFieldName;
}
type Resource = NonNullable<NonNullable<MessageInitShape<typeof createAdministrator.input>['resource']>['resource']>;

const [home, other] = [await people.org('home-org', 'Home'), await people.org('other-org', 'Other')];
const { projectId } = await client!.get(
  ProjectService.method.createProject,
  { organizationId: home, name: 'Project' },
  { token: cluster.adminPat },
);
const ada = await people.person({ kind: 'human', orgId: home, name: 'ada' });
const bot = await people.person({ orgId: other, name: 'bot' });
const instance: Resource = { case: 'instance', value: true };
const organization = (value: string): Resource => ({ case: 'organizationId', value });
const project: Resource = { case: 'projectId', value: projectId };
/** In the order in which they are given. */
const given: readonly (readonly [string, Resource, string])[] = [
  [ada.userId, organization(home), 'ORG_OWNER'],
  [bot.userId, organization(home), 'ORG_OWNER_VIEWER'],
  [bot.userId, organization(other), 'ORG_OWNER'],
  [bot.userId, project, 'PROJECT_OWNER'],
  [ada.userId, instance, 'IAM_OWNER_VIEWER'],
];
for (const [userId, resource, role] of given)
  await client!.get(createAdministrator, { userId, resource: { resource }, roles: [role] }, { token: cluster.adminPat });

const both: Filter = { case: 'inUserIdsFilter', value: { ids: [ada.userId, bot.userId] } };
const list = (filters: readonly Filter[], more: Page = {}, token = cluster.adminPat) =>
  client!.get(listAdministrators, { pagination: { asc: true }, ...more, filters: filters.map((filter) => ({ filter })) }, { token });
/** The roles that are told, which name the memberships here. */
const rolesOf = async (...asked: Parameters<typeof list>) => (await list(...asked)).administrators.flatMap(({ roles }) => roles);
const rolesBy = (filter: Filter) => rolesOf([both, filter]);
const all = given.map(([, , role]) => role);

describe('ListAdministrators', () => {
  it('tells of each who he is, of what, and his roles', async () => {
    const { administrators, pagination } = await list([both]);
    assert.deepEqual([pagination?.totalResult, pagination?.appliedLimit], [5n, 100n]);
    assert.deepEqual(
      administrators.map(({ user, resource }) => [user?.displayName, user?.organizationId, user?.preferredLoginName, resource.case]),
      [
        ['Ada Test', home, 'ada', 'organization'],
        ['bot', other, 'bot', 'organization'],
        ['bot', other, 'bot', 'organization'],
        ['bot', other, 'bot', 'project'],
        ['Ada Test', home, 'ada', 'instance'],
      ],
    );
    const [first, , , onProject] = administrators;
    assert.ok(first?.resource.case === 'organization' && first.creationDate && first.changeDate);
    assert.deepEqual([first.resource.value.id, first.resource.value.name], [home, 'Home']);
    assert.ok(onProject?.resource.case === 'project');
    const { id, name, organizationId } = onProject.resource.value;
    assert.deepEqual([id, name, organizationId], [projectId, 'Project', home]);
  });

  it('has pages, in the order that is asked for', async () => {
    assert.deepEqual(await rolesOf([both], { pagination: { asc: true, limit: 2, offset: 1n } }), all.slice(1, 3));
    assert.deepEqual(await rolesOf([both], { pagination: { asc: false } }), all.toReversed());
    const sortingColumn = AdministratorFieldName.USER_ID;
    const users = (await list([both], { sortingColumn, pagination: { asc: true } })).administrators.map(({ user }) => user?.id);
    assert.deepEqual(users, users.toSorted());
    const { code, ...refusal } = await client!.ask(listAdministrators, { pagination: { limit: 1001 } }, { token: cluster.adminPat });
    assert.deepEqual([code, 'id' in refusal && refusal.id], ['invalid_argument', 'QUERY-4M0fs']);
  });

  const contains = 4;
  const not = (filter: Filter): Filter => ({ case: 'not', value: { query: { filter } } });
  const role = (roleKey: string): Filter => ({ case: 'role', value: { roleKey } });
  const ofHome: Filter = { case: 'resource', value: { resource: { case: 'organizationId', value: home } } };
  const moment = (given: 'creationDate' | 'changeDate', method: number): Filter => ({
    case: given,
    value: { method, timestamp: { seconds: 4_000_000_000n } },
  });
  const filters: readonly (readonly [string, Filter, readonly string[]])[] = [
    ['of users', { case: 'inUserIdsFilter', value: { ids: [ada.userId] } }, ['ORG_OWNER', 'IAM_OWNER_VIEWER']],
    ['of the organization of the user', { case: 'userOrganizationId', value: { id: other } }, all.slice(1, 4)],
    ['by login name', { case: 'userPreferredLoginName', value: { preferredLoginName: 'ada' } }, ['ORG_OWNER', 'IAM_OWNER_VIEWER']],
    ['by a part of the display name', { case: 'userDisplayName', value: { displayName: 'bo', method: contains } }, all.slice(1, 4)],
    ['of an organization', ofHome, ['ORG_OWNER', 'ORG_OWNER_VIEWER']],
    ['of a project', { case: 'resource', value: { resource: { case: 'projectId', value: projectId } } }, ['PROJECT_OWNER']],
    ['of the instance', { case: 'resource', value: { resource: { case: 'instance', value: true } } }, ['IAM_OWNER_VIEWER']],
    [
      'of a grant of a project, on which nobody has roles',
      { case: 'resource', value: { resource: { case: 'projectGrant', value: { projectId, organizationId: other } } } },
      [],
    ],
    ['by role', role('ORG_OWNER'), ['ORG_OWNER', 'ORG_OWNER']],
    ['made before', moment('creationDate', 3), all],
    ['made after', moment('creationDate', 1), []],
    ['changed before', moment('changeDate', 3), all],
    ['neither', not(ofHome), ['ORG_OWNER', 'PROJECT_OWNER', 'IAM_OWNER_VIEWER']],
    ['both', { case: 'and', value: { queries: [{ filter: ofHome }, { filter: role('ORG_OWNER') }] } }, ['ORG_OWNER']],
    [
      'one of two',
      { case: 'or', value: { queries: [{ filter: role('PROJECT_OWNER') }, { filter: role('IAM_OWNER_VIEWER') }] } },
      ['PROJECT_OWNER', 'IAM_OWNER_VIEWER'],
    ],
  ];
  for (const [name, filter, expected] of filters)
    it(`finds them ${name}`, async () => {
      assert.deepEqual(await rolesBy(filter), expected);
    });

  it('refuses what no filter means', async () => {
    const nested = (depth: number): Filter => (depth === 0 ? role('ORG_OWNER') : not(nested(depth - 1)));
    const said = async (filter: Filter) => {
      const answer = await client!.ask(listAdministrators, { filters: [{ filter }] }, { token: cluster.adminPat });
      return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
    };
    assert.equal(await said(nested(20)), 'ok');
    assert.equal(await said(nested(21)), 'invalid_argument PERM-zsQ97');
    assert.equal(await said({ case: 'and', value: { queries: [] } }), 'invalid_argument GRPC-vR9nC');
    assert.equal(await said({ case: 'or', value: { queries: [] } }), 'invalid_argument GRPC-vR9nC');
    assert.equal(await said({ case: 'not', value: {} }), 'invalid_argument GRPC-vR9nC');
  });

  it('shows each caller his own roles and what he may read, and counts no more', async () => {
    const seen = async (token: string) => {
      const { administrators, pagination } = await list([], {}, token);
      assert.equal(pagination?.totalResult, BigInt(administrators.length));
      return administrators.map(({ user, roles }) => `${user?.id} ${roles.join(' ')}`);
    };
    const stranger = await people.caller({ orgId: home });
    assert.deepEqual(await seen(stranger.token), []);
    const owner = await people.caller({ orgId: other, orgRoles: { [other]: ['ORG_OWNER'] } });
    assert.deepEqual(await seen(owner.token), [`${bot.userId} ORG_OWNER`, `${owner.userId} ORG_OWNER`]);
    const member = await people.caller({ orgId: other });
    await client!.get(
      createAdministrator,
      { userId: member.userId, resource: { resource: project }, roles: ['PROJECT_OWNER_VIEWER'] },
      { token: cluster.adminPat },
    );
    assert.deepEqual(await seen(member.token), [`${bot.userId} PROJECT_OWNER`, `${member.userId} PROJECT_OWNER_VIEWER`]);
    const settings = await people.caller({ orgId: home, orgRoles: { [home]: ['ORG_USER_MANAGER'] } });
    assert.deepEqual(await seen(settings.token), [`${settings.userId} ORG_USER_MANAGER`], 'a role without the permission shows itself');
  });

  it('shows on every node what was given, changed and taken', async () => {
    const { userId } = await people.person({ orgId: home });
    const resource = { resource: organization(home) };
    const as = { token: cluster.adminPat };
    const roles = async () => {
      const filter: Filter = { case: 'inUserIdsFilter', value: { ids: [userId] } };
      return (await elsewhere!.get(listAdministrators, { filters: [{ filter }] }, as)).administrators.map((one) => one.roles);
    };
    await client!.get(createAdministrator, { userId, resource, roles: ['ORG_OWNER'] }, as);
    assert.deepEqual(await roles(), [['ORG_OWNER']]);
    await client!.get(updateAdministrator, { userId, resource, roles: ['ORG_OWNER_VIEWER', 'ORG_USER_MANAGER'] }, as);
    assert.deepEqual(await roles(), [['ORG_OWNER_VIEWER', 'ORG_USER_MANAGER']]);
    await client!.get(deleteAdministrator, { userId, resource }, as);
    assert.deepEqual(await roles(), []);
  });
});
