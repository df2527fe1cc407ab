/** Two nodes that may call this machine, with an identity simulator; providers, intents and what a browser does with them. */
import type { MessageShape } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { type Answer, Client, type Sent, user } from '../support/ask.ts';
import { type Cluster, freePort, startCluster, startNode } from '../support/node.ts';
import { People, type Person } from '../support/people.ts';
import type { Hub } from './hub.ts';

export const admin = AdminService.method;
export const management = ManagementService.method;
export const session = SessionService.method;

export type SimulatedKind = 'oauth' | 'oidc' | 'azuread' | 'saml' | 'ldap' | 'jwt';

export interface Simulated {
  readonly intent_id: string;
  readonly token: string;
  readonly change_date: string;
  readonly sequence: number;
}

export const SUCCESS = 'https://app.example/done?kept=1';
export const FAILURE = 'https://app.example/failed';

const options = { isLinkingAllowed: true, isCreationAllowed: true };

/** Shared by the tests of a file. */
export class Setting {
  readonly cluster: Cluster;
  readonly people: People;
  readonly here: Client;
  readonly there: Client;
  /** The owner of the instance. */
  readonly owner: Sent;
  readonly #simulator: number;

  private constructor(cluster: Cluster, simulator: number) {
    const [first, second = first] = cluster.nodes;
    this.cluster = cluster;
    this.people = new People(cluster.sql, cluster);
    this.here = new Client(first);
    this.there = new Client(second);
    this.owner = { token: cluster.adminPat };
    this.#simulator = simulator;
  }

  static async start(size: 1 | 2 = 1, environment: Readonly<Record<string, string>> = {}): Promise<Setting> {
    const port = await freePort();
    const own = { KEYWARD_EXTERNAL_DOMAIN: 'localhost', KEYWARD_OUTBOUND_NETWORKS: '127.0.0.0/8,::1' };
    // The nodes of a cluster share the machine, so one of them has the simulator.
    const cluster = await startCluster(1, { ...own, KEYWARD_SIMULATOR_PORT: String(port), ...environment });
    if (size === 1) return new Setting(cluster, port);
    const other = await startNode(cluster.database, { ...own, ...environment });
    return new Setting({ ...cluster, nodes: [cluster.nodes[0], other] }, port);
  }

  get origin(): string {
    return `http://localhost:${this.cluster.nodes[0].port}`;
  }

  /** A provider of the instance that is never called. */
  async oauthProvider(more: Partial<Hub> = {}): Promise<string> {
    const asked = {
      name: 'OAuth',
      clientId: 'client',
      clientSecret: 'the secret of a client',
      authorizationEndpoint: 'https://idp.example/authorize',
      tokenEndpoint: 'https://idp.example/token',
      userEndpoint: 'https://idp.example/user',
      scopes: ['openid', 'profile', 'email'],
      idAttribute: 'id',
      providerOptions: options,
      ...more,
    };
    return (await this.here.get(admin.addGenericOAuthProvider, asked, this.v1())).id;
  }

  /** v1 is served over gRPC, not over Connect. */
  v1(sent: Sent = this.owner): Sent {
    return { ...sent, protocol: 'grpc' };
  }

  start(idpId: string, more: { readonly loginHint?: string } = {}, sent: Sent = this.owner) {
    const value = { successUrl: SUCCESS, failureUrl: FAILURE, ...more };
    return this.here.ask(user.startIdentityProviderIntent, { idpId, content: { case: 'urls', value } }, sent);
  }

  /** The address that a login at the provider begins with. */
  async authUrl(idpId: string, more: { readonly loginHint?: string } = {}): Promise<URL> {
    const answer = await this.start(idpId, more);
    if (answer.code !== 'ok' || answer.message.nextStep.case !== 'authUrl') throw new Error(`no address: ${JSON.stringify(answer)}`);
    return new URL(answer.message.nextStep.value);
  }

  retrieve(idpIntentId: string, idpIntentToken: string): Promise<Answer<typeof user.retrieveIdentityProviderIntent>> {
    return this.there.ask(user.retrieveIdentityProviderIntent, { idpIntentId, idpIntentToken }, this.owner);
  }

  /** What the intent of a success URL found. */
  async found(location: URL): Promise<MessageShape<typeof user.retrieveIdentityProviderIntent.output>> {
    const answer = await this.retrieve(location.searchParams.get('id') ?? '', location.searchParams.get('token') ?? '');
    if (answer.code !== 'ok') throw new Error(`${location.href}: ${answer.text}`);
    return answer.message;
  }

  simulatorUrl(path: string): string {
    return `http://localhost:${this.#simulator}${path}`;
  }

  async simulate(kind: SimulatedKind, idpId: string, more: Readonly<Record<string, string>> = {}): Promise<Simulated> {
    const response = await fetch(this.simulatorUrl(`/intent/successful/${kind}`), {
      method: 'POST',
      body: JSON.stringify({
        instance_id: this.cluster.instanceId,
        idp_id: idpId,
        idp_user_id: 'id',
        user_id: '',
        intent_id: '',
        expiry: inAnHour(),
        ...more,
      }),
    });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Simulated; // as the issue says
  }

  link(person: Person, idpId: string, userId: string, sent: Sent = this.owner) {
    return this.here.ask(user.addIDPLink, { userId: person.userId, idpLink: { idpId, userId, userName: `${userId}@idp` } }, sent);
  }

  /** A session of a person, by an intent. */
  login(person: Person, { intent_id, token }: Pick<Simulated, 'intent_id' | 'token'>, client: Client = this.here) {
    const checks = {
      user: { search: { case: 'userId' as const, value: person.userId } },
      idpIntent: { idpIntentId: intent_id, idpIntentToken: token },
    };
    return client.ask(session.createSession, { checks }, this.owner);
  }

  /** Types of the events of an aggregate, in their order. */
  async events(type: string, id: string): Promise<string[]> {
    const rows = await this.cluster.sql<{ type: string }[]>`
      select type from events
      where instance_id = ${this.cluster.instanceId} and aggregate_type = ${type} and aggregate_id = ${id} order by sequence`;
    return rows.map((row) => row.type);
  }
}

export const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** A browser that goes where it is led, one step at a time, with the cookies of each host. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async go(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...(cookie !== '' && { cookie }), ...init.headers } });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';', 1);
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  }

  /** Follows redirects until one leads to an address that begins so; gives that address. */
  async follow(from: string | URL, until: string): Promise<URL> {
    let at = new URL(from);
    for (let steps = 0; steps < 20; steps++) {
      if (at.href.startsWith(until)) return at;
      const response = await this.go(at);
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${at.href} leads nowhere: ${response.status} ${await response.text()}`);
      at = new URL(location, at);
    }
    throw new Error(`${at.href} leads round and round`);
  }
}

/** Where a redirect leads. */
export function locationOf(response: Response): URL {
  const location = response.headers.get('location');
  if (response.status !== 302 || location === null) throw new Error(`no redirect but ${response.status}`);
  return new URL(location);
}
