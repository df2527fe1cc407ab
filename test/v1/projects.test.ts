/** Projects, applications and grants through the v1 calls, and what of them v2 and v2beta see (reference/v1-minimum.md, org-and-settings.md 8 to 11). */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import type { DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { AppState } from '@zitadel/proto/zitadel/app_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { ProjectService as BetaProjectService } from '@zitadel/proto/zitadel/project/v2beta/project_service_pb.js';
import { ProjectState } from '@zitadel/proto/zitadel/project_pb.js';
import { ApplicationService } from '../../src/contract/gen/zitadel/application/v2/application_service_pb.js';
import { AuthorizationService } from '../../src/contract/gen/zitadel/authorization/v2/authorization_service_pb.js';
import { InternalPermissionService } from '../../src/contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { ProjectService } from '../../src/contract/gen/zitadel/project/v2/project_service_pb.js';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(1);
const { sql } = cluster;
const people = new People(sql, cluster);
const client = new Client(cluster.nodes[0]);
const v1 = ManagementService.method;
const [home, other] = [await people.org(), await people.org()];

type Message<M extends DescMethodUnary> = MessageInitShape<M['input']>;
interface As {
  readonly token?: string;
  readonly orgId?: string;
}

const sent = (rpc: DescMethodUnary, { token = cluster.adminPat, orgId = home }: As) => ({
  token,
  headers: { 'x-zitadel-orgid': orgId },
  protocol: rpc.parent.typeName.includes('.v1.') ? ('grpc' as const) : ('connect' as const),
});
const get = <M extends DescMethodUnary>(rpc: M, message: Message<M>, as: As = {}) => client.get(rpc, message, sent(rpc, as));
const said = async <M extends DescMethodUnary>(rpc: M, message: Message<M>, as: As = {}): Promise<string> => {
  const answer = await client.ask(rpc, message, sent(rpc, as));
  return answer.code === 'ok' ? 'ok' : `${answer.code} ${answer.id}`;
};

let made = 0;
const project = async (orgId = home) => (await get(v1.addProject, { name: `Project ${++made}` }, { orgId })).id;
const newUser = (orgId = home) => people.caller({ orgId });

describe('a role on a project', () => {
  it('opens that project and what belongs to it, and no other of the same organization', async () => {
    const [mine, foreign] = [await project(), await project()];
    const { userId, token } = await newUser();
    await get(v1.addProjectMember, { projectId: mine, userId, roles: ['PROJECT_OWNER'] });
    assert.equal(await said(v1.getProjectByID, { id: mine }, { token }), 'ok');
    assert.equal(await said(v1.addAPIApp, { projectId: mine, name: 'app' }, { token }), 'ok');
    assert.equal(await said(v1.addUserGrant, { userId, projectId: mine, roleKeys: [] }, { token }), 'ok');
    assert.equal(await said(ProjectService.method.deactivateProject, { projectId: mine }, { token }), 'ok');
    assert.equal(await said(v1.getProjectByID, { id: foreign }, { token }), 'permission_denied AUTH-3jknH');
    assert.equal(await said(v1.addAPIApp, { projectId: foreign, name: 'app' }, { token }), 'permission_denied AUTH-3jknH');
    assert.equal(await said(v1.addUserGrant, { userId, projectId: foreign, roleKeys: [] }, { token }), 'permission_denied AUTH-Swrgg2');
    assert.equal(await said(ProjectService.method.deactivateProject, { projectId: foreign }, { token }), 'permission_denied AUTH-Swrgg2');
    const grant = { projectId: foreign, grantedOrgId: other, roleKeys: [] };
    assert.equal(await said(v1.addProjectGrant, grant, { token }), 'permission_denied AUTH-Swrgg2');
  });

  it('gives roles in the name of its own organization, of no other that it is granted to', async () => {
    const projectId = await project();
    const { userId, token } = await newUser();
    await get(v1.addProjectMember, { projectId, userId, roles: ['PROJECT_OWNER'] });
    await get(v1.addProjectGrant, { projectId, grantedOrgId: other, roleKeys: [] });
    const create = AuthorizationService.method.createAuthorization;
    const inOther = { userId, projectId, organizationId: other, roleKeys: [] };
    assert.equal(await said(create, inOther, { token }), 'permission_denied AUTH-Swrgg2');
    assert.equal(await said(create, { ...inOther, userId: 'nobody' }, { token }), 'permission_denied AUTH-Swrgg2');
    assert.equal(await said(create, { ...inOther, organizationId: home }, { token }), 'ok');
    assert.equal(await said(create, inOther), 'ok', 'who may in that organization may');
  });

  it('opens nothing of another organization that the call names', async () => {
    const { userId, token } = await newUser();
    await get(v1.addProjectMember, { projectId: await project(), userId, roles: ['PROJECT_OWNER'] });
    for (const rpc of [v1.getLoginPolicy, v1.getLabelPolicy]) {
      assert.equal(await said(rpc, {}, { token }), 'ok');
      assert.equal(await said(rpc, {}, { token, orgId: other }), 'not_found AUTHZ-cdgFk');
    }
  });

  it('is gone with the role, and with the project, also where its id comes again', async () => {
    const { userId, token } = await newUser();
    const projectId = 'chosen-twice';
    const again = { organizationId: home, projectId, name: 'Chosen' };
    await get(ProjectService.method.createProject, again);
    const named = { projectId, userId };
    await get(v1.addProjectMember, { ...named, roles: ['PROJECT_OWNER'] });
    assert.equal(await said(v1.getProjectByID, { id: projectId }, { token }), 'ok');
    await get(v1.removeProjectMember, named);
    assert.equal(await said(v1.getProjectByID, { id: projectId }, { token }), 'not_found AUTHZ-cdgFk');
    await get(v1.addProjectMember, { ...named, roles: ['PROJECT_OWNER'] });
    await get(v1.removeProject, { id: projectId });
    await get(ProjectService.method.createProject, again);
    assert.equal(await said(v1.getProjectByID, { id: projectId }, { token }), 'not_found AUTHZ-cdgFk');
  });

  it('counts for who may set its holder a password', async () => {
    const { userId } = await people.person({ kind: 'human', orgId: other });
    const { userId: adminId, token } = await newUser(other);
    await get(v1.addOrgMember, { userId: adminId, roles: ['ORG_OWNER'] }, { orgId: other });
    const password = { userId, newPassword: { password: 'A-new-passw0rd' } };
    assert.equal(await said(user.setPassword, password, { token, orgId: other }), 'ok');
    await get(v1.addProjectMember, { projectId: await project(), userId, roles: ['PROJECT_OWNER'] });
    assert.equal((await said(user.setPassword, password, { token, orgId: other })).split(' ')[0], 'permission_denied');
  });

  const refused = {
    again: [['PROJECT_OWNER'], 'already_exists PROJECT-PtXi1'],
    'without roles': [[], 'invalid_argument PROJECT-W8m4l'],
    'a role of an organization': [['ORG_OWNER'], 'invalid_argument PROJECT-3m9ds'],
  } as const;
  for (const [how, [roles, verdict]] of Object.entries(refused)) {
    it(`is refused ${how}, over v1 and v2 alike`, async () => {
      const [projectId, { userId }] = [await project(), await newUser()];
      await get(v1.addProjectMember, { projectId, userId, roles: ['PROJECT_OWNER'] });
      assert.equal(await said(v1.addProjectMember, { projectId, userId, roles: [...roles] }), verdict);
      const resource = { resource: { case: 'projectId' as const, value: projectId } };
      assert.equal(await said(InternalPermissionService.method.createAdministrator, { userId, resource, roles: [...roles] }), verdict);
    });
  }
});

describe('a project', () => {
  it('that is switched off stays so, and its applications too, until it is switched on', async () => {
    const id = await project();
    const { appId } = await get(v1.addAPIApp, { projectId: id, name: 'app' });
    const state = async () => (await get(v1.getProjectByID, { id })).project?.state;
    const before = await epochs(id);
    await get(v1.deactivateProject, { id });
    assert.equal(await state(), ProjectState.INACTIVE);
    assert.equal(await said(v1.deactivateProject, { id }), 'failed_precondition COMMAND-mki55');
    assert.ok((await epochs(id)) > before, 'what was issued for it would live on');
    await get(v1.reactivateProject, { id });
    assert.equal(await state(), ProjectState.ACTIVE);
    assert.equal(await said(v1.reactivateProject, { id }), 'failed_precondition COMMAND-5M9bs');

    await get(v1.deactivateApp, { projectId: id, appId });
    assert.equal((await get(v1.getAppByID, { projectId: id, appId })).app?.state, AppState.INACTIVE);
    assert.equal(await said(v1.deactivateApp, { projectId: id, appId }), 'failed_precondition COMMAND-dsh35');
    await get(v1.reactivateApp, { projectId: id, appId });
    assert.equal(await said(v1.reactivateApp, { projectId: id, appId }), 'failed_precondition COMMAND-1n8cM');
    await get(v1.removeApp, { projectId: id, appId });
    assert.equal(await said(v1.getAppByID, { projectId: id, appId }), 'not_found QUERY-pCP8P');
  });

  const epochs = async (projectId: string): Promise<bigint> =>
    (await sql<{ epoch: bigint }[]>`select epoch from projects where instance_id = ${cluster.instanceId} and project_id = ${projectId}`)[0]!
      .epoch;

  it('that is removed takes all that it holds along, and the log of each grant says so', async () => {
    const id = await project();
    const { userId } = await newUser();
    const { appId } = await get(v1.addAPIApp, { projectId: id, name: 'app' });
    const { userGrantId: grantId } = await get(v1.addUserGrant, { userId, projectId: id, roleKeys: [] });
    await get(v1.removeProject, { id });
    assert.equal(await said(v1.getProjectByID, { id }), 'not_found QUERY-fk2fs');
    assert.equal(await said(ApplicationService.method.getApplication, { applicationId: appId }), 'not_found QUERY-pCP8P');
    assert.equal(await said(v1.getUserGrantByID, { userId, grantId }), 'not_found QUERY-wIPkA');
    const events = await sql<{ type: string }[]>`
      select type from events where instance_id = ${cluster.instanceId} and aggregate_type = 'usergrant' and aggregate_id = ${grantId} order by sequence`;
    assert.deepEqual(
      events.map(({ type }) => type),
      ['user.grant.added', 'user.grant.cascade.removed'],
    );
  });

  it('of another organization than that of the call does not exist', async () => {
    const id = await project();
    const elsewhere = { orgId: other };
    assert.equal(await said(v1.getProjectByID, { id }, elsewhere), 'not_found MANAG-SFf2a');
    assert.equal(await said(v1.updateProject, { id, name: 'x' }, elsewhere), 'not_found COMMAND-3M9sd');
    assert.equal(await said(v1.addAPIApp, { projectId: id, name: 'x' }, elsewhere), 'failed_precondition COMMAND-EbFMN');
    assert.equal(
      await said(v1.addProjectMember, { projectId: id, userId: 'x', roles: ['PROJECT_OWNER'] }, elsewhere),
      'failed_precondition COMMAND-EbFMN',
    );
  });

  it('of an unknown organization is not made', async () => {
    const wanted = { organizationId: 'nowhere', name: 'Orphan' };
    assert.equal(await said(ProjectService.method.createProject, wanted), 'failed_precondition COMMAND-QXPGs');
  });

  it('is added once where twenty add the same name at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => said(v1.addProject, { name: 'At once' })));
    assert.deepEqual([...new Set(answers)].sort(), ['already_exists V3-DKcYh', 'ok']);
    assert.equal(answers.filter((answer) => answer === 'ok').length, 1);
  });

  it('takes all of many changes that are made at once', async () => {
    const projectId = await project();
    const keys = Array.from({ length: 12 }, (_, n) => `role-${n}`);
    await Promise.all(keys.map((key) => get(v1.bulkAddProjectRoles, { projectId, roles: [{ key, displayName: key }] })));
    const rows = await sql<{ key: string }[]>`
      select key from project_roles where instance_id = ${cluster.instanceId} and project_id = ${projectId}`;
    assert.deepEqual(rows.map(({ key }) => key).sort(), keys.sort());
  });
});

describe('over v2 a project', () => {
  const v2 = ProjectService.method;

  it('is removed as often as it is asked for, and each time tells when', async () => {
    const projectId = await project();
    const { userId } = await newUser();
    const { userGrantId: grantId } = await get(v1.addUserGrant, { userId, projectId, roleKeys: [] });
    const { deletionDate } = await get(v2.deleteProject, { projectId });
    assert.ok(deletionDate);
    assert.equal(await said(v2.getProject, { projectId }), 'not_found QUERY-fk2fs');
    assert.equal(await said(v1.getUserGrantByID, { userId, grantId }), 'not_found QUERY-wIPkA');
    assert.deepEqual((await get(v2.deleteProject, { projectId })).deletionDate, deletionDate);
    assert.equal((await get(v2.deleteProject, { projectId: 'never' })).deletionDate, undefined);
    const elsewhere = await people.caller({ orgId: other, orgRoles: { [other]: ['ORG_OWNER'] } });
    assert.equal((await get(v2.deleteProject, { projectId }, { token: elsewhere.token, orgId: other })).deletionDate, undefined);
  });

  it('tells its roles, those that are looked for, in the order that is asked for', async () => {
    const projectId = await project();
    const roles = [
      { key: 'b', displayName: 'Beta', group: 'letters' },
      { key: 'a', displayName: 'Alpha' },
      { key: 'c', displayName: 'Gamma' },
    ];
    await get(v1.bulkAddProjectRoles, { projectId, roles });
    await get(v1.addProjectRole, { projectId, roleKey: 'd', displayName: 'Delta', group: 'letters' });
    assert.equal(await said(v1.addProjectRole, { projectId, roleKey: 'd', displayName: 'Delta' }), 'already_exists V3-DKcYh');
    const keys = async (more: Omit<Message<typeof v2.listProjectRoles>, '$typeName' | '$unknown'>) => {
      const { projectRoles } = await get(v2.listProjectRoles, { projectId, pagination: { asc: true }, sortingColumn: 1, ...more });
      return projectRoles.map(({ key }) => key).join('');
    };
    assert.equal(await keys({}), 'abcd');
    assert.equal(await keys({ pagination: { asc: false } }), 'dcba');
    assert.equal(await keys({ pagination: { asc: true, limit: 2, offset: 1n } }), 'bc');
    assert.equal(await keys({ filters: [{ filter: { case: 'roleKeyFilter', value: { key: 'c' } } }] }), 'c');
    assert.equal(await keys({ filters: [{ filter: { case: 'displayNameFilter', value: { displayName: 'lta', method: 6 } } }] }), 'd');
    const { pagination, projectRoles } = await get(v2.listProjectRoles, { projectId, pagination: { asc: true }, sortingColumn: 1 });
    assert.deepEqual([pagination?.totalResult, pagination?.appliedLimit], [4n, 100n]);
    const [, second] = projectRoles;
    assert.deepEqual([second?.projectId, second?.displayName, second?.group], [projectId, 'Beta', 'letters']);
    const owner = await newUser();
    await get(v1.addProjectMember, { projectId, userId: owner.userId, roles: ['PROJECT_OWNER'] });
    assert.equal((await get(v2.listProjectRoles, { projectId }, owner)).projectRoles.length, 4, 'also for who has a role on it alone');
  });
});

describe('v2beta', () => {
  it('makes a project that v1 gives applications, and grants that v2 lists', async () => {
    const beta = BetaProjectService.method;
    const { id } = await get(beta.createProject, { organizationId: home, name: 'By v2beta' });
    assert.equal(await said(v1.addAPIApp, { projectId: id, name: 'app' }), 'ok');
    await get(v1.bulkAddProjectRoles, { projectId: id, roles: [{ key: 'a', displayName: 'A' }] });
    await get(beta.createProjectGrant, { projectId: id, grantedOrganizationId: other, roleKeys: ['a'] });
    const filters = [{ filter: { case: 'inProjectIdsFilter' as const, value: { ids: [id] } } }];
    const [byBeta, byV2] = [
      await get(beta.listProjectGrants, { filters }),
      await get(ProjectService.method.listProjectGrants, { filters }),
    ];
    for (const { pagination, projectGrants } of [byBeta, byV2]) {
      assert.equal(pagination?.totalResult, 1n);
      assert.deepEqual(
        projectGrants.map((grant) => [grant.organizationId, grant.grantedOrganizationId, grant.projectName, grant.grantedRoleKeys]),
        [[home, other, 'By v2beta', ['a']]],
      );
    }
  });
});

describe('an application', () => {
  it('gets a key whose public half is kept, and the private one alone is told', async () => {
    const projectId = await project();
    const { appId, clientId } = await get(v1.addAPIApp, { projectId, name: 'app', authMethodType: 1 });
    const { id, keyDetails } = await get(v1.addAppKey, { projectId, appId, type: 1 });
    const file = JSON.parse(Buffer.from(keyDetails).toString()) as Record<string, string>; // of texts
    assert.deepEqual({ ...file, key: '' }, { type: 'application', keyId: id, key: '', appId, clientId });
    const [row] = await sql<{ public_key: string }[]>`
      select public_key from app_keys where instance_id = ${cluster.instanceId} and key_id = ${id}`;
    assert.equal(row?.public_key, createPublicKey(file.key!).export({ type: 'spki', format: 'pem' }));
  });

  it('gets a new secret in place of the one before, if it proves itself by one', async () => {
    const projectId = await project();
    const { appId: applicationId, clientSecret } = await get(v1.addAPIApp, { projectId, name: 'app' });
    const renew = ApplicationService.method.generateClientSecret;
    const hash = async () =>
      (
        await sql<{ secret_hash: string }[]>`
        select secret_hash from apps where instance_id = ${cluster.instanceId} and app_id = ${applicationId}`
      )[0]!.secret_hash;
    const before = await hash();
    const { clientSecret: renewed, creationDate } = await get(renew, { projectId, applicationId });
    assert.ok(renewed.length === clientSecret.length && renewed !== clientSecret && creationDate);
    assert.notEqual(await hash(), before);
    assert.equal(await said(renew, { projectId: await project(), applicationId }), 'not_found COMMAND-Kd92s');
    const { appId: keyed } = await get(v1.addAPIApp, { projectId, name: 'keyed', authMethodType: 1 });
    assert.equal(await said(renew, { projectId, applicationId: keyed }), 'invalid_argument KEYWARD-noSecret');
  });

  it('is switched off and on, and removed, over v2', async () => {
    const { deactivateApplication, reactivateApplication, deleteApplication, getApplication } = ApplicationService.method;
    const projectId = await project();
    const { appId: applicationId } = await get(v1.addAPIApp, { projectId, name: 'app', authMethodType: 1 });
    const named = { projectId, applicationId };
    assert.ok((await get(deactivateApplication, named)).deactivationDate);
    assert.equal(await said(deactivateApplication, named), 'failed_precondition COMMAND-dsh35');
    assert.equal((await get(getApplication, { applicationId })).application?.state, AppState.INACTIVE);
    assert.ok((await get(reactivateApplication, named)).reactivationDate);
    assert.equal(await said(reactivateApplication, named), 'failed_precondition COMMAND-1n8cM');
    assert.ok((await get(deleteApplication, named)).deletionDate);
    assert.equal(await said(deleteApplication, named), 'not_found COMMAND-0po9s');
  });

  it('answers in no way that its grants do not end in', async () => {
    const projectId = await project();
    const wanted = { projectId, name: 'x', redirectUris: ['https://a.example'], responseTypes: [0], grantTypes: [1] };
    assert.equal(await said(v1.addOIDCApp, wanted), 'invalid_argument PROJECT-1n8df');
  });
});

describe('roles of a user on a project', () => {
  it('are taken once, and told so as often as it is asked for', async () => {
    const projectId = await project();
    const { userId } = await newUser();
    const { userGrantId: id } = await get(v1.addUserGrant, { userId, projectId, roleKeys: [] });
    const take = AuthorizationService.method.deleteAuthorization;
    const { deletionDate } = await get(take, { id });
    assert.equal(await said(v1.getUserGrantByID, { userId, grantId: id }), 'not_found QUERY-wIPkA');
    assert.deepEqual((await get(take, { id })).deletionDate, deletionDate);
    assert.equal((await get(take, { id: 'never' })).deletionDate?.seconds, -62_135_596_800n, '0001-01-01T00:00:00Z, as on the original');
    const events = await sql<{ type: string }[]>`
      select type from events where instance_id = ${cluster.instanceId} and aggregate_type = 'usergrant' and aggregate_id = ${id} order by sequence`;
    assert.deepEqual(
      events.map(({ type }) => type),
      ['user.grant.added', 'user.grant.removed'],
    );
  });

  it('are taken by a role on the project where its own organization gave them, not where another did', async () => {
    const projectId = await project();
    await get(v1.addProjectGrant, { projectId, grantedOrgId: other, roleKeys: [] });
    const [owner, { userId }] = [await newUser(), await newUser(other)];
    await get(v1.addProjectMember, { projectId, userId: owner.userId, roles: ['PROJECT_OWNER'] });
    const create = AuthorizationService.method.createAuthorization;
    const take = AuthorizationService.method.deleteAuthorization;
    const { id: byOwn } = await get(create, { userId, projectId, organizationId: home, roleKeys: [] });
    const { id: byOther } = await get(create, { userId, projectId, organizationId: other, roleKeys: [] });
    assert.equal(await said(take, { id: byOwn }, owner), 'ok');
    assert.equal(await said(take, { id: byOther }, owner), 'permission_denied AUTH-Swrgg2');
  });

  it('are given by the owner of the project, or an organization that it is granted to, of what was granted', async () => {
    const projectId = await project();
    const { userId } = await newUser(other);
    await get(v1.bulkAddProjectRoles, { projectId, roles: ['a', 'b'].map((key) => ({ key, displayName: key })) });
    const there = { orgId: other };
    assert.equal(await said(v1.addUserGrant, { userId, projectId, roleKeys: ['a'] }, there), 'failed_precondition COMMAND-4m9ff');
    const { grantId: projectGrantId } = await get(v1.addProjectGrant, { projectId, grantedOrgId: other, roleKeys: ['a'] });
    assert.equal(
      await said(v1.addUserGrant, { userId, projectId, projectGrantId, roleKeys: ['b'] }, there),
      'failed_precondition COMMAND-mm9F4',
    );
    const { userGrantId: grantId } = await get(v1.addUserGrant, { userId, projectId, projectGrantId, roleKeys: ['a'] }, there);
    assert.equal(await said(v1.addUserGrant, { userId, projectId, projectGrantId, roleKeys: ['a'] }, there), 'already_exists V3-DKcYh');
    const { userGrant } = await get(v1.getUserGrantByID, { userId, grantId }, there);
    assert.deepEqual([userGrant?.orgId, userGrant?.projectGrantId, userGrant?.roleKeys], [other, projectGrantId, ['a']]);
    assert.equal(await said(v1.getUserGrantByID, { userId, grantId }), 'not_found QUERY-wIPkA');
  });
});
