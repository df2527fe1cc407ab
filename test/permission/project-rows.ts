/**
 * The rows of the permission table that are about projects, applications and grants, in v1 and v2 (reference/v1-minimum.md, org-and-settings.md 8 to
 * 10). Applications are asked for that have no secret, since hashing one takes long.
 */
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { ApplicationService } from '../../src/contract/gen/zitadel/application/v2/application_service_pb.js';
import { AuthorizationService } from '../../src/contract/gen/zitadel/authorization/v2/authorization_service_pb.js';
import { InternalPermissionService } from '../../src/contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { ProjectService } from '../../src/contract/gen/zitadel/project/v2/project_service_pb.js';
import { idsOf, PUBLIC_KEY } from './crowd.ts';
import type { Row, Target } from './rows.ts';

const management = ManagementService.method;
const project = ProjectService.method;
const inOrg = ({ orgId }: Target) => ({ 'x-zitadel-orgid': orgId });
const projectId = (target: Target) => ({ projectId: idsOf(target).projectId });
const id = (target: Target) => ({ id: idsOf(target).projectId });
const app = (target: Target) => ({ ...projectId(target), appId: idsOf(target).appId });
const member = ({ userId, orgId }: Target) => ({ ...projectId({ userId, orgId }), userId });

/** A call of v1, in the organization of the target. */
function v1(
  rpc: Row['rpc'],
  needs: string,
  message: (target: Target) => object,
  has: Row['has'] = ['project'],
  more: Partial<Row> = {},
): Row {
  return { rpc, on: 'context', needs, changes: true, has, headers: inOrg, message, ...more };
}

const reads = { changes: false } as const;
const machine = { kind: 'machine' } as const;

export const projectRows: readonly Row[] = [
  v1(management.addProject, 'project.create', ({ userId }) => ({ name: `New of ${userId}` }), []),
  v1(management.getProjectByID, 'project.read', id, ['project'], reads),
  v1(management.updateProject, 'project.write', (target) => ({ ...id(target), name: `Renamed of ${target.userId}` })),
  v1(management.deactivateProject, 'project.write', id),
  v1(management.reactivateProject, 'project.write', id, ['project', 'projectOff']),
  v1(management.removeProject, 'project.delete', id),
  v1(management.addProjectRole, 'project.role.write', (target) => ({ ...projectId(target), roleKey: 'one', displayName: 'One' })),
  v1(management.bulkAddProjectRoles, 'project.role.write', (target) => ({
    ...projectId(target),
    roles: [{ key: 'new', displayName: 'New' }],
  })),
  v1(
    management.addProjectGrant,
    'project.grant.write',
    (target) => ({ ...projectId(target), grantedOrgId: idsOf(target).partnerId, roleKeys: ['role'] }),
    ['project', 'partner'],
  ),
  v1(management.addProjectMember, 'project.member.write', (target) => ({ ...member(target), roles: ['PROJECT_OWNER_VIEWER'] })),
  v1(management.updateProjectMember, 'project.member.write', (target) => ({ ...member(target), roles: ['PROJECT_OWNER'] }), [
    'project',
    'projectMember',
  ]),
  v1(management.removeProjectMember, 'project.member.delete', member, ['project', 'projectMember']),

  v1(management.addOIDCApp, 'project.app.write', (target) => ({
    ...projectId(target),
    name: 'New',
    redirectUris: ['https://a.example'],
    authMethodType: 2,
  })),
  v1(management.addAPIApp, 'project.app.write', (target) => ({ ...projectId(target), name: 'New', authMethodType: 1 })),
  v1(management.getAppByID, 'project.app.read', app, ['project', 'app'], reads),
  v1(management.deactivateApp, 'project.app.write', app, ['project', 'app']),
  v1(management.reactivateApp, 'project.app.write', app, ['project', 'app', 'appOff']),
  v1(management.removeApp, 'project.app.delete', app, ['project', 'app']),
  v1(management.addAppKey, 'project.app.write', (target) => ({ ...app(target), type: 1 }), ['project', 'app']),

  v1(management.addUserGrant, 'user.grant.write', (target) => ({ ...member(target), roleKeys: ['role'] })),
  v1(
    management.getUserGrantByID,
    'user.grant.read',
    (target) => ({ userId: target.userId, grantId: idsOf(target).grantId }),
    ['project', 'userGrant'],
    reads,
  ),

  v1(management.addMachineKey, 'user.write', ({ userId }) => ({ userId, type: 1, publicKey: PUBLIC_KEY }), [], machine),
  v1(management.getMachineKeyByIDs, 'user.read', (target) => ({ userId: target.userId, keyId: idsOf(target).keyId }), ['key'], {
    ...machine,
    ...reads,
  }),
  v1(management.generateMachineSecret, 'user.write', ({ userId }) => ({ userId }), [], machine),

  {
    rpc: project.createProject,
    on: 'organization',
    needs: 'project.create',
    changes: true,
    message: ({ userId, orgId }) => ({ organizationId: orgId, name: `New by v2 of ${userId}` }),
  },
  { rpc: project.getProject, on: 'context', needs: 'project.read', changes: false, has: ['project'], headers: inOrg, message: projectId },
  ...(
    [
      [project.updateProject, 'project.write', (target) => ({ ...projectId(target), name: `Renamed by v2 of ${target.userId}` }), []],
      [project.deactivateProject, 'project.write', projectId, []],
      [project.activateProject, 'project.write', projectId, ['projectOff']],
      [project.addProjectRole, 'project.role.write', (target) => ({ ...projectId(target), roleKey: 'new', displayName: 'New' }), []],
      [
        project.createProjectGrant,
        'project.grant.write',
        (target) => ({ ...projectId(target), grantedOrganizationId: idsOf(target).partnerId, roleKeys: ['role'] }),
        ['partner'],
      ],
    ] as const satisfies readonly (readonly [Row['rpc'], string, Row['message'], NonNullable<Row['has']>])[]
  ).map(([rpc, needs, message, has]): Row => ({ rpc, on: 'project', needs, changes: true, has: ['project', ...has], message })),
  {
    rpc: project.deleteProject,
    on: 'project',
    needs: 'project.delete',
    changes: true,
    has: ['project', 'app', 'userGrant'],
    unknown: ['ok'],
    message: projectId,
  },
  {
    rpc: project.listProjectRoles,
    on: 'list',
    needs: 'project.role.read',
    gated: true,
    changes: false,
    has: ['project'],
    headers: inOrg,
    message: projectId,
  },
  {
    rpc: project.listProjectGrants,
    on: 'list',
    needs: 'project.grant.read',
    gated: true,
    changes: false,
    has: ['project', 'partner', 'projectGrant'],
    headers: inOrg,
    message: (target) => ({ filters: [{ filter: { case: 'inProjectIdsFilter', value: { ids: [idsOf(target).projectId] } } }] }),
  },
  {
    rpc: project.listProjects,
    on: 'list',
    needs: 'project.read',
    gated: true,
    changes: false,
    has: ['project'],
    headers: inOrg,
    message: (target) => ({ filters: [{ filter: { case: 'inProjectIdsFilter', value: { ids: [idsOf(target).projectId] } } }] }),
  },
  {
    rpc: AuthorizationService.method.listAuthorizations,
    on: 'list',
    needs: 'user.grant.read',
    self: 'nothing',
    changes: false,
    has: ['project', 'userGrant'],
    message: ({ userId }) => ({ filters: [{ filter: { case: 'inUserIds', value: { ids: [userId] } } }] }),
  },
  ...(
    [
      ['an API', { case: 'apiConfiguration', value: { authMethodType: 1 } }],
      ['a login', { case: 'oidcConfiguration', value: { redirectUris: ['https://a.example'], authMethodType: 2 } }],
    ] as const
  ).map(
    ([how, applicationType]): Row => ({
      rpc: ApplicationService.method.createApplication,
      how,
      on: 'project',
      needs: 'project.app.write',
      changes: true,
      has: ['project'],
      message: (target) => ({ ...projectId(target), name: `New by v2, ${how}`, applicationType }),
    }),
  ),
  {
    rpc: ApplicationService.method.getApplication,
    on: 'project',
    needs: 'project.app.read',
    changes: false,
    has: ['project', 'app'],
    message: (target) => ({ applicationId: idsOf(target).appId }),
  },
  ...(
    [
      [ApplicationService.method.deleteApplication, 'project.app.delete', []],
      [ApplicationService.method.deactivateApplication, 'project.app.write', []],
      [ApplicationService.method.reactivateApplication, 'project.app.write', ['appOff']],
      [ApplicationService.method.generateClientSecret, 'project.app.write', ['appSecret']],
    ] as const satisfies readonly (readonly [Row['rpc'], string, NonNullable<Row['has']>])[]
  ).map(
    ([rpc, needs, has]): Row => ({
      rpc,
      on: 'project',
      needs,
      changes: true,
      has: ['project', 'app', ...has],
      message: (target) => ({ ...projectId(target), applicationId: idsOf(target).appId }),
    }),
  ),
  {
    rpc: AuthorizationService.method.deleteAuthorization,
    on: 'project',
    needs: 'user.grant.delete',
    changes: true,
    has: ['project', 'userGrant'],
    unknown: ['ok'],
    message: (target) => ({ id: idsOf(target).grantId }),
  },
  ...(['createAdministrator', 'updateAdministrator', 'deleteAdministrator'] as const).flatMap((name): Row[] => {
    const resources = {
      instance: ['instance', 'iam', 'instanceMember', () => ({ case: 'instance', value: true })],
      organization: ['organization', 'org', 'orgMember', ({ orgId }: Target) => ({ case: 'organizationId', value: orgId })],
      project: ['project', 'project', 'projectMember', (target: Target) => ({ case: 'projectId', value: idsOf(target).projectId })],
    } as const;
    const roles = { instance: 'IAM_USER_MANAGER', organization: 'ORG_OWNER', project: 'PROJECT_OWNER' } as const;
    return Object.entries(resources).map(([how, [on, of, held, resource]]) => ({
      rpc: InternalPermissionService.method[name],
      how: `the ${how}`,
      on,
      needs: `${of}.member.${name === 'deleteAdministrator' ? 'delete' : 'write'}`,
      changes: true,
      has: ['project', ...(name === 'createAdministrator' ? [] : [held])],
      ...(name === 'deleteAdministrator' && { unknown: ['ok', 'failed_precondition'] as const }),
      message: (target) => ({
        userId: target.userId,
        resource: { resource: resource(target) },
        ...(name !== 'deleteAdministrator' && { roles: [roles[on]] }),
      }),
    }));
  }),
  ...(['instance', 'org', 'project'] as const).map((of): Row => {
    const resources = {
      instance: () => ({ case: 'instance', value: true }),
      org: ({ orgId }: Target) => ({ case: 'organizationId', value: orgId }),
      project: (target: Target) => ({ case: 'projectId', value: idsOf(target).projectId }),
    } as const;
    return {
      rpc: InternalPermissionService.method.listAdministrators,
      how: `of the ${of}`,
      on: 'list',
      needs: `${of === 'instance' ? 'iam' : of}.member.read`,
      self: 'nothing',
      changes: false,
      has: ['project', `${of}Member`],
      message: (target) => ({
        filters: [
          { filter: { case: 'inUserIdsFilter', value: { ids: [target.userId] } } },
          { filter: { case: 'resource', value: { resource: resources[of](target) } } },
        ],
      }),
    };
  }),
  {
    rpc: AuthorizationService.method.createAuthorization,
    on: 'organization',
    needs: 'user.grant.write',
    changes: true,
    has: ['project'],
    message: (target) => ({ ...member(target), organizationId: target.orgId, roleKeys: ['role'] }),
  },
];
