/** What the docs tell of each served RPC, derived from the contract, the tables of texts, and what the tests hold the product against. */
import { servedBeta } from '../contract/beta/served.ts';
import { twinPath } from '../contract/beta/twin-path.ts';
import { methods } from '../contract/contract.ts';
import { legacyMethods, legacyPrefixOf } from '../contract/legacy.ts';
import type { Method, Route } from '../contract/method.ts';
import { type KnownError, knownErrors } from './errors.ts';
import { type Permission, permissionOf } from './permission.ts';
import { words } from './text/fields.ts';
import { serviceTexts } from './text/services.ts';
import { userTexts } from './text/user.ts';
import { v1Text } from './text/v1.ts';
import { v2Texts } from './text/v2.ts';

export type Version = 'v2' | 'v1' | 'v2beta';
export const versions: readonly Version[] = ['v2', 'v1', 'v2beta'];

export interface Entry {
  readonly method: Method;
  /** `user.v2` */
  readonly packageName: string;
  /** `Deactivate user` */
  readonly title: string;
  /** The first sentence of `text`. */
  readonly summary: string;
  readonly text: string;
  /** With the prefix of v1; without those that another RPC answers. */
  readonly routes: readonly Route[];
  /** The services of v1 are not served over Connect (reference/transport.md 3). */
  readonly hasConnect: boolean;
  readonly permission: Permission;
  readonly errors: readonly KnownError[];
}

export interface ServiceEntry {
  /** `zitadel.user.v2.UserService` */
  readonly typeName: string;
  readonly packageName: string;
  readonly version: Version;
  readonly title: string;
  readonly about: string;
  readonly entries: readonly Entry[];
}

/** All that is served, v2 first; fails for an RPC that no text tells of. Reads all descriptors, v1 and v2beta too. */
export async function catalog(isServed: (path: string) => boolean): Promise<readonly ServiceEntry[]> {
  const v1 = (await Promise.all([...legacyPrefixOf.values()].map(legacyMethods))).flatMap((some) => [...some.values()]);
  const all = [...[...methods.values(), ...v1].filter(({ path }) => isServed(path)), ...(await servedBeta(isServed))];
  const services = [...Map.groupBy(all, ({ service }) => service)].map(([typeName, rpcs]) => serviceEntry(typeName, rpcs));
  const order = Object.keys(serviceTexts);
  const placeOf = ({ version, packageName }: ServiceEntry): number =>
    versions.indexOf(version) * order.length + order.indexOf(subjectOf(packageName));
  return services.sort((one, other) => placeOf(one) - placeOf(other));
}

/** `user` of `user.v2` */
const subjectOf = (packageName: string): string => packageName.split('.')[0] ?? '';

function serviceEntry(typeName: string, rpcs: readonly Method[]): ServiceEntry {
  const packageName = typeName.replace(/^zitadel\./, '').replace(/\.\w+$/, '');
  const version = versions.find((one) => packageName.endsWith(`.${one}`));
  const text = serviceTexts[subjectOf(packageName)];
  if (version === undefined || text === undefined) throw new Error(`src/docs/text/services.ts does not tell what ${typeName} is for`);
  return { typeName, packageName, version, ...text, entries: rpcs.map((method) => entryOf(method, packageName, version)) };
}

function entryOf(method: Method, packageName: string, version: Version): Entry {
  const text = textOf(method, packageName, version);
  if (text === undefined) throw new Error(`no text in src/docs/text tells what ${method.path} does`);
  return {
    method,
    packageName,
    title: titleOf(method.name),
    summary: /^.*?[.](?= |$)/s.exec(text)?.[0] ?? text,
    text,
    routes: routesOf(method, version),
    hasConnect: version !== 'v1',
    permission: permissionOf(method),
    errors: knownErrors(method),
  };
}

/** v2beta does what its twin in v2 does. */
function textOf({ path, name }: Method, packageName: string, version: Version): string | undefined {
  if (version === 'v1') return v1Text(packageName, name);
  const [, twinPackage = '', twinName = ''] = /^\/zitadel\.(.+)\.\w+\/(\w+)$/.exec(version === 'v2beta' ? twinPath(path) : path) ?? [];
  return (userTexts[twinPackage] ?? v2Texts[twinPackage])?.[twinName];
}

function routesOf({ service, routes }: Method, version: Version): readonly Route[] {
  const prefix = legacyPrefixOf.get(service);
  if (prefix !== undefined) return routes.map((route) => ({ ...route, path: `/${prefix}/v1${route.path}` }));
  // Settings of v2beta are annotated with paths of v2, where the v2 service answers.
  return version === 'v2beta' ? routes.filter(({ path }) => path.startsWith('/v2beta/')) : routes;
}

/** `GetUserByID` → `Get user by ID`. */
function titleOf(name: string): string {
  const apart = name.replace(/(IDP|IAM|OIDC|SAML|LDAP|JWT|TOTP|OTP|SMS|U2F|API|MFA|OAuth|GitHub|GitLab|ID)(s?)(?=[A-Z]|$)/g, ' $1$2 ');
  const parts = apart.split(' ').flatMap((part) => (isAcronym(part) ? [part] : words(part).split(' ')));
  const text = parts
    .filter(Boolean)
    .map((part) => proper[part] ?? part)
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const isAcronym = (part: string): boolean => /^(?:[A-Z0-9]{2,}s?|OAuth|GitHub|GitLab)$/.test(part);
const proper: Readonly<Record<string, string>> = {
  apple: 'Apple',
  google: 'Google',
  zitadel: 'ZITADEL',
  ids: 'IDs',
  ad: 'AD',
  azure: 'Azure',
  u2f: 'U2F',
};
