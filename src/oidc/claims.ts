/** What tokens say of a machine beyond its id (reference/authn-authz-oidc.md 3.7). */
import type { HeldRole } from '../authorization/roles.ts';
import { scopeNames, scopePrefixes } from './scope.ts';
import type { Subject } from './subject.ts';

export type Claims = Readonly<Record<string, string | number | Readonly<Record<string, string>>>>;

/** Claims that stand in JWT access tokens and id tokens alike. `scopes`: those that were granted. */
export function assertedClaims(subject: Subject, scopes: readonly string[]): Claims {
  const byId = scopes.includes(scopePrefixes.orgId + subject.org_id);
  const byDomain = subject.primary_domain !== null && scopes.includes(scopePrefixes.orgDomain + subject.primary_domain);
  return {
    ...(byId || scopes.includes(scopeNames.resourceOwner) ? resourceOwner(subject) : {}),
    ...(byId ? { 'urn:zitadel:iam:org:id': subject.org_id } : {}),
    ...(byDomain ? { 'urn:zitadel:iam:org:domain:primary': subject.primary_domain ?? '' } : {}),
    ...metadataClaim(subject),
  };
}

/** What userinfo tells beside them. */
export function userinfoClaims(subject: Subject, scopes: readonly string[]): Claims {
  const { user_id: sub, name, username, login_name: loginName, changed_at: changedAt } = subject;
  const isAsked = scopes.includes(scopeNames.profile);
  const profile = isAsked ? { name: name ?? username, preferred_username: loginName, updated_at: Math.floor(changedAt) } : {};
  return { sub, ...profile, ...assertedClaims(subject, scopes) };
}

/**
 * Roles on one project, as introspection tells them to an application of it: those that are asked for by key, else all; and where organizations
 * are named, those alone that they gave (reference/authn-authz-oidc.md 3.6, 3.7).
 */
export function roleClaims(projectId: string, held: readonly HeldRole[], scopes: readonly string[]): Readonly<Record<string, object>> {
  const keys = valuesOf(scopes, scopePrefixes.role);
  const orgs = valuesOf(scopes, scopePrefixes.rolesOfOrg);
  const told = held.filter(({ key, org_id }) => (keys.length === 0 || keys.includes(key)) && (orgs.length === 0 || orgs.includes(org_id)));
  if (told.length === 0) return {};
  const roles = Object.fromEntries(
    [...Map.groupBy(told, ({ key }) => key)].map(([key, of]) => [
      key,
      Object.fromEntries(of.map((one) => [one.org_id, one.primary_domain])),
    ]),
  );
  return { 'urn:zitadel:iam:org:project:roles': roles, [`urn:zitadel:iam:org:project:${projectId}:roles`]: roles };
}

const valuesOf = (scopes: readonly string[], prefix: string): readonly string[] =>
  scopes.flatMap((scope) => (scope.startsWith(prefix) ? [scope.slice(prefix.length)] : []));

const resourceOwner = ({ org_id, org_name, primary_domain }: Subject): Claims => ({
  'urn:zitadel:iam:user:resourceowner:id': org_id,
  'urn:zitadel:iam:user:resourceowner:name': org_name,
  ...(primary_domain === null ? {} : { 'urn:zitadel:iam:user:resourceowner:primary_domain': primary_domain }),
});

function metadataClaim({ metadata }: Subject): Claims {
  const entries = Object.entries(metadata ?? {});
  if (entries.length === 0) return {};
  const values = entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('base64url')] as const);
  return { 'urn:zitadel:iam:user:metadata': Object.fromEntries(values) };
}
