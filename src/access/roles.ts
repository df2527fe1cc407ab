/**
 * Which role holds which permissions: the whole table of reference/authn-authz-oidc.md 2.6, in its own notation, so that a person can
 * hold the two side by side. `rwd: user policy` means user.read, user.write, user.delete, policy.read …; `is:` names permissions in full.
 */

const VERBS: Readonly<Record<string, string>> = { c: 'create', r: 'read', w: 'write', d: 'delete' };

const ROLES = {
  SYSTEM_OWNER: 'rwd: system.instance system.domain system.debug system.feature; wd: system.limits system.quota; r: system.iam.member',
  SYSTEM_OWNER_VIEWER: 'r: system.instance system.domain system.debug system.feature system.iam.member',
  IAM_OWNER:
    'crwd: org project group; rwd: iam.policy iam.member iam.idp iam.action iam.flow iam.feature iam.web_key org.member org.idp org.action org.flow org.feature user user.grant user.feature policy project.member project.role project.app project.grant project.grant.member session action.target userschema group.user; rw: iam iam.restrictions iam.debug action.execution; r: org.global user.global user.membership events milestones; w: user.credential user.passkey',
  IAM_OWNER_VIEWER:
    'r: iam iam.policy iam.member iam.idp iam.action iam.flow iam.restrictions iam.feature iam.web_key iam.debug org org.member org.idp org.action org.flow org.feature user user.global user.grant user.membership user.feature policy project project.member project.role project.app project.grant project.grant.member events milestones action.target action.execution userschema session group group.user',
  IAM_ORG_MANAGER:
    'crwd: org project group; rwd: org.member org.idp org.action org.flow org.feature user user.grant user.feature policy project.member project.role project.app project.grant project.grant.member group.user; rd: session; r: org.global user.global user.membership; w: user.credential user.passkey',
  IAM_USER_MANAGER:
    'rwd: user user.grant user.feature project.grant; rd: org.member session; r: org org.global user.global user.membership project project.member project.role project.app project.grant.member group group.user; w: user.passkey',
  IAM_ADMIN_IMPERSONATOR: 'is: admin.impersonation impersonation',
  IAM_END_USER_IMPERSONATOR: 'is: impersonation',
  IAM_LOGIN_CLIENT:
    'rwd: session; rw: iam.member org.member user user.grant project.member project.grant.member; r: iam iam.policy iam.idp iam.feature iam.restrictions org org.idp org.feature user.membership user.feature policy project project.role project.app project.grant userschema group group.user; w: user.credential user.passkey; is: session.link',
  ORG_OWNER:
    'crwd: project group; rwd: org org.member org.idp org.action org.flow org.feature user user.grant user.feature policy project.member project.role project.grant project.grant.member group.user; rd: session; rw: project.app; r: org.global user.global user.membership; w: user.credential user.passkey',
  ORG_USER_MANAGER:
    'rwd: user user.grant user.feature; rd: session; r: org user.global user.membership policy project project.role group group.user',
  ORG_OWNER_VIEWER:
    'r: org org.member org.idp org.action org.flow org.feature user user.global user.grant user.membership user.feature policy project project.member project.role project.app project.grant project.grant.member project.grant.user.grant group group.user',
  ORG_SETTINGS_MANAGER: 'rwd: org.idp org.feature policy; rw: org; r: org.member',
  ORG_USER_PERMISSION_EDITOR:
    'rwd: user.grant; r: org org.member user user.global policy project project.member project.role project.app project.grant project.grant.member group group.user',
  ORG_PROJECT_PERMISSION_EDITOR:
    'rwd: user.grant project.grant; r: org org.member user user.global policy project project.member project.role project.app project.grant.member',
  ORG_PROJECT_CREATOR: 'c: project; r: user.global policy; is: project.read:self',
  ORG_ADMIN_IMPERSONATOR: 'is: admin.impersonation impersonation',
  ORG_END_USER_IMPERSONATOR: 'is: impersonation',
  ORG_USER_SELF_MANAGER: 'd: user.self; r: policy',
  PROJECT_OWNER:
    'rwd: project project.member project.role project.app project.grant project.grant.member user.grant; r: org.global policy user user.global user.membership',
  PROJECT_OWNER_VIEWER:
    'r: policy project project.member project.role project.app project.grant project.grant.member user user.global user.grant user.membership',
  PROJECT_OWNER_GLOBAL: 'rwd: project project.member project.role project.app user.grant; r: org.global policy user.global user.membership',
  PROJECT_OWNER_VIEWER_GLOBAL:
    'r: policy project project.member project.role project.app project.grant project.grant.member user.global user.grant user.membership',
  PROJECT_GRANT_OWNER: 'rwd: project.grant.member user.grant; r: policy org.global project project.grant user user.global user.membership',
  PROJECT_GRANT_OWNER_VIEWER: 'r: policy project project.grant project.grant.member user user.global user.grant user.membership',
  SELF_MANAGEMENT_GLOBAL: 'c: org; d: user.self; r: policy',
} as const;

export type Role = keyof typeof ROLES;

/** Every role, with the permissions it holds. */
export const roles: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(ROLES).map(([role, list]) => [role, permissionsOf(list)]),
);

/** Whether a role may be given at a level: `IAM_` on the instance, `ORG_` on an organization, `PROJECT_` on a project. */
export function isRoleOf(level: 'instance' | 'organization' | 'project', role: string): boolean {
  return roles.has(role) && role.startsWith({ instance: 'IAM_', organization: 'ORG_', project: 'PROJECT_' }[level]);
}

function permissionsOf(list: string): ReadonlySet<string> {
  return new Set(
    list.split('; ').flatMap((part) => {
      const [verbs = '', names = ''] = part.split(': ');
      if (verbs === 'is') return names.split(' ');
      return names.split(' ').flatMap((name) => [...verbs].map((verb) => `${name}.${VERBS[verb]}`));
    }),
  );
}
