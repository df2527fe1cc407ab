/** What a caller may do, and where: memberships and the role table become a reach; a refusal becomes the reference's failure. */
import { Failure, type Reason } from '../failure/failure.ts';
import type { Caller } from './caller.ts';
import type { Membership } from './membership.ts';
import { roles } from './roles.ts';

/** Where a permission is held: on the whole instance, or on some organizations. */
export interface Reach {
  readonly instance: boolean;
  readonly orgs: readonly string[];
}

/** reference/authn-authz-oidc.md 2.3. In v2 a missing membership is PermissionDenied (DESIGN.md 8); v1 keeps NotFound (transport/pipeline.ts). */
const denials = {
  noMembership: { code: 'permission_denied', key: 'membership not found', id: 'AUTHZ-cdgFk' },
  byMethod: { code: 'permission_denied', key: 'No matching permissions found', id: 'AUTH-5mWD2' },
  byField: { code: 'permission_denied', key: 'No matching permissions found', id: 'AUTH-3jknH' },
  byHandler: { code: 'permission_denied', key: 'No matching permissions found', id: 'AUTH-AWfge' },
  byScope: { code: 'permission_denied', key: 'No matching permissions found', id: 'AUTH-Swrgg2' },
} as const satisfies Record<string, Reason>;

/** Where the caller holds a permission on users and what belongs to organizations. */
export function reach(caller: Caller, permission: string): Reach {
  const holding = caller.memberships.filter((m) => m.level !== 'project' && holds(m.roles, permission));
  return {
    instance: holding.some(onInstance),
    orgs: holding.filter((m) => m.level === 'organization').map((m) => m.objectId),
  };
}

/** As `reach`, for a call on one object: who holds the permission nowhere is refused, alike for every id, known or not (DESIGN.md 8). */
export function reachOrDeny(caller: Caller, permission: string): Reach {
  const where = reach(caller, permission);
  if (!where.instance && where.orgs.length === 0) throw nowhere(caller, permission);
  return where;
}

/** As `Reach`, with the projects on which a role of theirs is held. */
export interface ProjectReach extends Reach {
  readonly projects: readonly string[];
}

/** Where the caller holds a permission on projects and what belongs to them. */
export function projectReach(caller: Caller, permission: string): ProjectReach {
  const projects = caller.memberships.filter((m) => m.level === 'project' && holds(m.roles, permission)).map((m) => m.objectId);
  return { ...reach(caller, permission), projects };
}

/** As `projectReach`; who holds the permission nowhere is refused, alike for every id, known or not (DESIGN.md 8). */
export function projectReachOrDeny(caller: Caller, permission: string): ProjectReach {
  const where = projectReach(caller, permission);
  if (!where.instance && where.orgs.length === 0 && where.projects.length === 0) throw nowhere(caller, permission);
  return where;
}

export function coversProject(where: ProjectReach, orgId: string, projectId: string): boolean {
  return covers(where, orgId) || where.projects.includes(projectId);
}

export function covers(where: Reach, orgId: string): boolean {
  return where.instance || where.orgs.includes(orgId);
}

/** The refusal of one who holds the permission nowhere. */
export function nowhere(caller: Caller, permission: string): Failure {
  if (caller.memberships.length === 0) return unjoined(caller, denials.byHandler);
  return new Failure(caller.memberships.some((m) => holdsElsewhere(m, permission)) ? denials.byScope : denials.byHandler);
}

/** The refusal on an organization where the caller does not hold the permission, while he may elsewhere. */
export function denied(caller: Caller, permission: string, orgId: string): Failure {
  const there = caller.memberships.filter((m) => m.level !== 'organization' || m.objectId === orgId);
  if (there.length === 0) return unjoined(caller, denials.byHandler);
  return new Failure(there.some((m) => holdsElsewhere(m, permission)) ? denials.byScope : denials.byHandler);
}

/** Refuses unless the permission is held on the organization. */
export function demand(caller: Caller, permission: string, orgId: string): void {
  if (!covers(reach(caller, permission), orgId)) throw denied(caller, permission, orgId);
}

/** Refuses unless the permission is held on the instance, whatever the caller holds on organizations. */
export function demandInstance(caller: Caller, permission: string): void {
  const there = caller.memberships.filter(onInstance);
  if (there.length === 0) throw unjoined(caller, denials.byHandler);
  if (!there.some((m) => holds(m.roles, permission))) throw new Failure(denials.byHandler);
}

/**
 * The permission of a method's option, checked against the organization context before validation: what is held on another organization, or
 * on a project of another, does not count (reference/authn-authz-oidc.md 2.2); of the instance and the system, only what is held there does.
 * `checked`: the id of the project that the request names, where the option has a field for it; roles on other projects do not count then.
 */
export function demandMethod(caller: Caller, permission: string, orgId: string, checked?: { readonly id: string }): void {
  const there = caller.memberships.filter((m) => onInstance(m) || m.orgId === orgId);
  if (there.length === 0) throw unjoined(caller, denials.byMethod);
  const above = /^(iam|system)\./.test(permission);
  const holding = there.filter((m) => (holds(m.roles, permission) || holds(m.roles, `${permission}:self`)) && (!above || onInstance(m)));
  if (holding.length === 0) throw new Failure(denials.byMethod);
  if (checked && !holding.some((m) => m.level !== 'project' || m.objectId === checked.id)) throw new Failure(denials.byField);
}

/** What a system user holds of the whole system, he holds on every instance. */
function onInstance({ level }: Membership): boolean {
  return level === 'instance' || level === 'system';
}

/** The refusal of one who is no member here; a system user is refused as one whose roles do not suffice (reference/authn-authz-oidc.md 1.4). */
function unjoined(caller: Caller, otherwise: Reason): Failure {
  return new Failure(caller.standing.kind === 'system' ? otherwise : denials.noMembership);
}

/** On other objects than the one asked for: of a project, or `project.read:self`, which is held on none (reference/authn-authz-oidc.md 2.2, 6). */
function holdsElsewhere({ level, roles: held }: Membership, permission: string): boolean {
  return (level === 'project' && holds(held, permission)) || holds(held, `${permission}:self`);
}

function holds(held: readonly string[], permission: string): boolean {
  return held.some((role) => roles.get(role)?.has(permission) === true);
}
