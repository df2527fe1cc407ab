/**
 * The identity simulator, for integrators' tests: brings an intent to success without a provider. Off unless a port is configured, on the
 * loopback addresses alone; whoever reaches it is whom he likes.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import type { Masterkey } from '../crypto/masterkey.ts';
import { newId } from '../id/id.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/connect.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { openActor } from './actor.ts';
import { type Actor, begin, succeed } from './intent.ts';
import { azureUser } from './kind/clients.ts';
import { ldapUser } from './kind/ldap.ts';
import { externalUser, type Login, userOfClaims } from './login.ts';

export interface SimulatorParts {
  readonly port: number;
  readonly store: Store;
  readonly masterkey: Masterkey;
  readonly log: Log;
}

export interface Simulator {
  close(): Promise<void>;
}

const HOSTS = ['127.0.0.1', '::1'];
/** Where a page of another site cannot lead its visitor's browser by a name of its own (DNS rebinding). */
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
const PATH = /^\/intent\/successful\/(oauth|oidc|azuread|saml|ldap|jwt)$/;
const MOST_BYTES = 64 * 1024;

export async function startSimulator(parts: SimulatorParts): Promise<Simulator> {
  const servers = HOSTS.map(() => createServer((request, response) => void respond(parts, request, response)));
  await Promise.all(servers.map((server, n) => listening(server, parts.port, HOSTS[n] ?? '')));
  parts.log.warn(
    { port: parts.port },
    'the identity simulator is on: whoever reaches this port on this machine logs in as anybody. For tests only',
  );
  return {
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** A machine without IPv6 has one of the addresses only. */
function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      host === '::1' && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') ? resolve() : reject(error),
    );
    server.listen({ port, host, ipv6Only: host === '::1' }, resolve);
  });
}

async function respond(
  parts: SimulatorParts,
  request: IncomingMessage,
  response: Parameters<Parameters<typeof createServer>[1] & object>[1],
) {
  const say = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
    response.writeHead(status, { 'content-type': type }).end(body);
  try {
    const kind = PATH.exec(request.url ?? '')?.[1] as keyof typeof logins | undefined; // one of the pattern
    if (!LOOPBACK.test(request.headers.host ?? '') || request.headers.origin !== undefined)
      return say(403, 'for programs on this machine\n');
    if (kind === undefined) return say(404, '404 page not found\n');
    if (request.method !== 'POST') return say(405, 'Method Not Allowed\n');
    if (Number(request.headers['content-length'] ?? MOST_BYTES + 1) > MOST_BYTES) return say(400, 'too long, or of unknown length\n');
    const asked = wanted.safeParse(parsed(await text(request)));
    if (!asked.success) return say(400, `${z.prettifyError(asked.error)}\n`);
    const made = await simulated(parts, kind, asked.data);
    return typeof made === 'string' ? say(400, `${made}\n`) : say(200, JSON.stringify(made), 'application/json');
  } catch (error) {
    parts.log.error({ err: error }, 'the identity simulator failed');
    return say(400, 'it failed; the log says why\n');
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What Go writes for no time at all. */
const NO_TIME = Date.parse('0001-01-01T00:00:00Z');

const wanted = z.object({
  instance_id: z.string().min(1),
  idp_id: z.string().min(1),
  idp_user_id: z.string().min(1),
  /** The user to whom the account is linked. */
  user_id: z.string().default(''),
  expiry: z
    .string()
    .refine((given) => !Number.isNaN(Date.parse(given)), 'no time')
    .transform((given) => Date.parse(given))
    .optional(),
  /** For saml: of one that was begun already. */
  intent_id: z.string().default(''),
});

type Wanted = z.output<typeof wanted>;

async function simulated({ store, masterkey }: SimulatorParts, kind: keyof typeof logins, asked: Wanted) {
  const actor = openActor({ store, masterkey }, asked.instance_id, { editor: 'simulator', via: `/intent/successful/${kind}` });
  const begun = kind === 'saml' && asked.intent_id !== '' ? asked.intent_id : await started(actor, asked.idp_id);
  if (begun === undefined) return 'no such instance or provider';
  const expiresAt = asked.expiry === undefined || asked.expiry === NO_TIME ? undefined : asked.expiry;
  const done = await succeed(actor, { intentId: begun, from: 'started' }, { ...logins[kind](asked), expiresAt }, asked.user_id);
  if (!done) return 'no such intent that waits for its answer';
  const { seconds, nanos } = timestampFromPg(done.at);
  const change_date = new Date(Number(seconds) * 1000 + nanos / 1e6)
    .toISOString()
    .replace(/\.\d+Z$/, `.${String(nanos).padStart(9, '0')}Z`);
  return { intent_id: begun, token: done.token, change_date, sequence: Number(done.sequence) };
}

async function started(actor: Actor, idpId: string): Promise<string | undefined> {
  const intentId = newId();
  const urls = { successUrl: 'https://example.com/success', failureUrl: 'https://example.com/failure' };
  return (await begin(actor, { intentId, idpId, state: undefined, ...urls, pending: {} })) && intentId;
}

const tokens = { case: 'oauth', accessToken: 'accessToken', idToken: 'idToken', refreshToken: 'refreshToken' } as const;
const USERNAME = 'username';

/** The account that each kind shows; its id is the one that was asked for. */
const logins = {
  oauth: ({ idp_user_id: id }) => ({
    user: externalUser({ id, raw: { RawInfo: { id, preferred_username: USERNAME } } }),
    access: tokens,
  }),
  oidc: ({ idp_user_id: sub }) => ({ user: userOfClaims({ sub, preferred_username: USERNAME }), access: tokens }),
  azuread: ({ idp_user_id: id }) => ({
    user: azureUser(
      { id, userPrincipalName: USERNAME, displayName: 'displayname', givenName: 'firstname', surname: 'lastname', mail: 'email@email.com' },
      false,
    ),
    access: tokens,
  }),
  saml: ({ idp_user_id: id, expiry }) => ({
    user: externalUser({ id, raw: { id, attributes: { attribute1: ['value1'] } } }),
    access: { case: 'saml', assertion: assertionOf(expiry) },
  }),
  ldap: ({ idp_user_id: id }) => ({
    user: ldapUser({ id, userName: USERNAME, preferredLanguage: 'en' }),
    access: { case: 'ldap', attributes: { id: [id], username: [USERNAME], language: ['en'] } },
  }),
  jwt: ({ idp_user_id: sub }) => ({
    user: userOfClaims({ sub }),
    access: { case: 'oauth', accessToken: '', idToken: 'idToken', refreshToken: '' },
  }),
} as const satisfies Record<string, (asked: Wanted) => Omit<Login, 'expiresAt'>>;

const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';

/** With id `id`, and the end that was asked for; the rest is empty. */
function assertionOf(expiry = NO_TIME): string {
  const never = '0001-01-01T00:00:00Z';
  const end = new Date(expiry).toISOString().replace(/\.?0*Z$/, 'Z');
  return (
    `<Assertion xmlns="${ASSERTION}" ID="id" IssueInstant="${never}" Version="">` +
    `<Issuer xmlns="${ASSERTION}" NameQualifier="" SPNameQualifier="" Format="" SPProvidedID=""></Issuer>` +
    `<Conditions NotBefore="${never}" NotOnOrAfter="${end}"></Conditions></Assertion>`
  );
}
