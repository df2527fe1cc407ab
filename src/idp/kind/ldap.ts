/** Logins at an LDAP server (RFC 4511): the entry is found by a reader, and proves itself by a bind of its own (reference/user-credentials-v2.md 8.1). */
import { isIP } from 'node:net';
import { AndFilter, Client, type Entry, EqualityFilter, InvalidCredentialsError, OrFilter, SizeLimitExceededError } from 'ldapts';
import { Failure } from '../../failure/failure.ts';
import { connectOutside, connectOutsideTls, type Limits, securedOutside } from '../../outbound/socket.ts';
import type { LdapConfig } from '../config.ts';
import { errors } from '../errors.ts';
import { externalUser, type Login } from '../login.ts';
import type { Context } from './context.ts';

/** For each step at the server, where the configuration says nothing; and the most it may say. */
const TIMEOUT_MS = 10_000;
const MOST_TIMEOUT_MS = 30_000;
/** Steps that may take that long until the login as a whole is over, at whatever server it is by then; and the most that it takes. */
const STEPS = 3;
const MOST_LOGIN_MS = 30_000;
/** That a server may send in a login: an entry, with a picture perhaps. */
const MOST_BYTES = 1024 * 1024;
/** How a user is told by the server where his distinguished name does it. */
const BY_NAME: ReadonlySet<string> = new Set(['', 'dn']);

/** Fails with `loginFailed` unless exactly one entry fits and its password is right; with `unreachable` where no server says. */
export async function ldapLogin({ outside, secrets }: Context, config: LdapConfig, username: string, password: string): Promise<Login> {
  const timeout = Math.min(config.timeoutMs || TIMEOUT_MS, MOST_TIMEOUT_MS);
  const signal = AbortSignal.timeout(Math.min(timeout * STEPS, MOST_LOGIN_MS));
  let away: unknown;
  for (const server of config.servers) {
    const client = clientOf(outside, config, server, timeout, { signal, maxBytes: MOST_BYTES });
    if (!client) continue;
    try {
      return await inTime(signal, async () => {
        if (config.startTls) await client.startTLS(tlsOptions(config, server));
        return loggedIn(client, config, secrets.bindPassword ?? '', username, password);
      });
    } catch (error) {
      if (error instanceof Failure) throw error;
      away = error;
    } finally {
      if (!signal.aborted) await client.unbind().catch(() => undefined);
    }
    if (signal.aborted) break;
  }
  throw new Failure(errors.unreachable, { cause: away });
}

/** The library waits for ever where a connection ends while TLS begins. */
async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const end = () => late.reject(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([late.promise, work()]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function clientOf(
  { reachable }: Context['outside'],
  config: LdapConfig,
  server: string,
  timeout: number,
  limits: Limits,
): Client | undefined {
  const url = URL.parse(server);
  if (!url || !/^ldaps?:$/.test(url.protocol)) return undefined;
  const host = hostOf(url);
  // The library would connect anew by itself; after StartTLS that is without TLS, and the next bind would go there.
  const once = <A extends unknown[], S>(connect: (...given: A) => S) => {
    let isMade = false;
    return (...given: A): S => {
      if (isMade) throw new Error('the connection was lost');
      isMade = true;
      return connect(...given);
    };
  };
  return new Client({
    url: server,
    timeout,
    connectTimeout: timeout,
    strictDN: false, // how names are written is for the server to judge
    // ldapts calls these with port and host, the second for StartTLS with options; their types have all the ways of `net.connect`.
    createConnection: once((port: number) => connectOutside(reachable, host, port, limits)) as never,
    createSecureConnection: (url.protocol === 'ldaps:'
      ? once((port: number) => connectOutsideTls(reachable, host, port, config.rootCa || undefined, limits))
      : once((options: Parameters<typeof securedOutside>[0]) => securedOutside(options, limits))) as never,
  });
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

function tlsOptions({ rootCa }: LdapConfig, server: string) {
  const host = hostOf(new URL(server));
  return { ...(isIP(host) === 0 && { servername: host }), host, ...(rootCa !== '' && { ca: rootCa }) };
}

async function loggedIn(client: Client, config: LdapConfig, bindPassword: string, username: string, password: string): Promise<Login> {
  const failed = (cause?: unknown) => new Failure(errors.loginFailed, { cause });
  // RFC 4513 section 5.1.2: a bind without a password proves nothing, and succeeds.
  if (password === '') throw failed();
  await client.bind(config.bindDn, bindPassword);
  const entry = await found(client, config, username);
  if (!entry) throw failed();
  const name = BY_NAME.has(config.userBase) ? entry.dn : first(entry, config.userBase);
  if (name === '') throw failed();
  try {
    await client.bind(name, password);
  } catch (error) {
    throw error instanceof InvalidCredentialsError ? failed(error) : error;
  }
  return loginOf(entry, config);
}

/** Every class, and one of the attributes by which users are known; the values are escaped. */
async function found(client: Client, config: LdapConfig, username: string): Promise<Entry | undefined> {
  const filter = new AndFilter({
    filters: [
      ...config.userObjectClasses.map((value) => new EqualityFilter({ attribute: 'objectClass', value })),
      new OrFilter({ filters: config.userFilters.map((attribute) => new EqualityFilter({ attribute, value: username })) }),
    ],
  });
  const attributes = [...new Set([...attributeNames(config), ...(BY_NAME.has(config.userBase) ? [] : [config.userBase])])];
  try {
    // `1.1`: none (RFC 4511 section 4.5.1.8)
    const { searchEntries } = await client.search(config.baseDn, {
      scope: 'sub',
      filter,
      attributes: attributes.length > 0 ? attributes : ['1.1'],
      sizeLimit: 2,
    });
    return searchEntries.length === 1 ? searchEntries[0] : undefined;
  } catch (error) {
    if (error instanceof SizeLimitExceededError) return undefined;
    throw error;
  }
}

const attributeNames = ({ attributes }: LdapConfig): string[] =>
  Object.values(attributes).filter((name) => name !== undefined && name !== '');

function loginOf(entry: Entry, config: LdapConfig): Login {
  const told = (name: keyof LdapConfig['attributes']): string => first(entry, config.attributes[name] ?? '');
  const known = {
    id: told('idAttribute'),
    firstName: told('firstNameAttribute'),
    lastName: told('lastNameAttribute'),
    displayName: told('displayNameAttribute'),
    nickName: told('nickNameAttribute'),
    userName: told('preferredUsernameAttribute'),
    email: told('emailAttribute'),
    isEmailVerified: /^true$/i.test(told('emailVerifiedAttribute')),
    phone: told('phoneAttribute'),
    isPhoneVerified: /^true$/i.test(told('phoneVerifiedAttribute')),
    preferredLanguage: told('preferredLanguageAttribute'),
  };
  if (known.id === '') throw new Failure(errors.loginFailed, { cause: new Error('the entry has no id attribute') });
  const attributes = Object.fromEntries(
    attributeNames(config).flatMap((name) => {
      const values = textsOf(entry[name]);
      return values.length > 0 ? [[name, values]] : [];
    }),
  );
  return {
    user: ldapUser({ ...known, avatarUrl: told('avatarUrlAttribute'), profile: told('profileAttribute') }),
    access: { case: 'ldap', attributes },
    expiresAt: undefined,
  };
}

type Known = Omit<Parameters<typeof externalUser>[0], 'raw'> & { readonly avatarUrl?: string; readonly profile?: string };

/** The raw information names what is known, and leaves the rest out. */
export function ldapUser({ avatarUrl = '', profile = '', ...known }: Known): Login['user'] {
  const { id, firstName, lastName, displayName, nickName, userName, email, isEmailVerified, phone, isPhoneVerified, preferredLanguage } =
    externalUser({ ...known, raw: {} });
  const all = {
    id,
    firstName,
    lastName,
    displayName,
    nickName,
    preferredUsername: userName,
    email,
    emailVerified: isEmailVerified,
    phone,
    phoneVerified: isPhoneVerified,
    preferredLanguage,
    avatarURL: avatarUrl,
    profile,
  };
  return externalUser({ ...known, raw: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '' && value !== false)) });
}

function textsOf(value: Entry[string] | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => one.toString());
}

const first = (entry: Entry, name: string): string => textsOf(entry[name])[0] ?? '';
