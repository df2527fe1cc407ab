/** Scopes: which count, and whom they make a token good for (reference/authn-authz-oidc.md 3.6 and 4.4). */
import { OAuthError } from './error.ts';
import type { Parameters } from './form.ts';
import type { Subject } from './subject.ts';

export const scopeNames = {
  openid: 'openid',
  profile: 'profile',
  metadata: 'urn:zitadel:iam:user:metadata',
  resourceOwner: 'urn:zitadel:iam:user:resourceowner',
} as const;

/** With a value behind it. */
export const scopePrefixes = {
  orgId: 'urn:zitadel:iam:org:id:',
  orgDomain: 'urn:zitadel:iam:org:domain:primary:',
  role: 'urn:zitadel:iam:org:project:role:',
  rolesOfOrg: 'urn:zitadel:iam:org:roles:id:',
} as const;

const known: ReadonlySet<string> = new Set([
  ...Object.values(scopeNames),
  'email',
  'phone',
  'address',
  'offline_access',
  'urn:zitadel:iam:org:projects:roles',
  'urn:zitadel:iam:user:groups',
  'groups',
]);
const knownPrefixes = [...Object.values(scopePrefixes), 'urn:zitadel:iam:org:idp:id:'];
const AUDIENCE = /^urn:zitadel:iam:org:project:id:(.+):aud$/;
/** The name that stands for the instance's own project. */
const OWN_PROJECT = 'zitadel';
/** What is stored with a token; no client needs as much. */
const MOST_CHARACTERS = 10_000;

const MISSING =
  'The scope of your request is missing. Please ensure some scopes are requested. If you have any questions, you may contact the administrator of the application.';

/** The scopes that were asked for, without those that nobody knows. The parameter must be there, but may be empty. */
export function scopesOf(parameters: Parameters): readonly string[] {
  const asked = parameters('scope');
  if (asked === undefined) throw new OAuthError('invalid_request', MISSING);
  if (asked.length > MOST_CHARACTERS) throw new OAuthError('invalid_scope', `at most ${MOST_CHARACTERS} characters of scopes`);
  return [...new Set(asked.split(' '))].filter(
    (scope) => known.has(scope) || AUDIENCE.test(scope) || knownPrefixes.some((prefix) => scope.startsWith(prefix)),
  );
}

/** Without those that name another organization than the machine's own. */
export function scopesFor({ org_id: orgId, primary_domain: domain }: Subject, scopes: readonly string[]): readonly string[] {
  const { orgId: byId, orgDomain: byDomain } = scopePrefixes;
  return scopes.filter(
    (scope) =>
      (!scope.startsWith(byId) || scope === byId + orgId) &&
      (!scope.startsWith(byDomain) || (domain !== null && scope === byDomain + domain)),
  );
}

/** The projects that a token is meant for. */
export function audienceOf({ project_id: own }: Subject, scopes: readonly string[]): readonly string[] {
  const named = scopes.flatMap((scope) => AUDIENCE.exec(scope)?.[1] ?? []);
  return [...new Set(named.map((id) => (id === OWN_PROJECT ? own : id)))];
}
