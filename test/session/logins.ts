/** Humans with a password, and what a login page does with them. */
import type { MessageShape } from '@bufbuild/protobuf';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { hashPassword } from '../../src/crypto/password.ts';
import type { Client, Refusal, Sent } from '../support/ask.ts';
import type { Cluster } from '../support/node.ts';
import { People, type Person, type Wanted } from '../support/people.ts';

export const session = SessionService.method;

export const PASSWORD = 'Password1!';
const hash = hashPassword(PASSWORD);

export class Logins {
  readonly people: People;
  readonly admin: Sent;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.people = new People(cluster.sql, cluster);
    this.admin = { token: cluster.adminPat };
  }

  /** A human whose password is PASSWORD. */
  async human(wanted: Wanted = {}): Promise<Person> {
    const person = await this.people.person({ kind: 'human', ...wanted });
    await this.#cluster.sql`
      update profiles set password_hash = ${await hash}, password_changed_at = now() - interval '1 minute'
      where instance_id = ${this.#cluster.instanceId} and user_id = ${person.userId}`;
    return person;
  }

  /** A session with a password, begun by the administrator. */
  login(client: Client, person: Person, sent: Sent = this.admin): Promise<MessageShape<typeof session.createSession.output>> {
    return client.get(session.createSession, { checks: byPassword(person) }, sent);
  }

  /** A session in which only the user is known. */
  begin(client: Client, { userId }: Person): Promise<MessageShape<typeof session.createSession.output>> {
    return client.get(session.createSession, { checks: byUser({ userId }) }, this.admin);
  }

  /** Types of the events of an aggregate, in their order. */
  async events(type: 'session' | 'user', id: string): Promise<string[]> {
    const rows = await this.#cluster.sql<{ type: string }[]>`
      select type from events
      where instance_id = ${this.#cluster.instanceId} and aggregate_type = ${type} and aggregate_id = ${id} order by sequence`;
    return rows.map((row) => row.type);
  }
}

interface Checks {
  readonly user?: { readonly search: { readonly case: 'userId' | 'loginName'; readonly value: string } };
  readonly password?: { readonly password: string };
}

export const byUser = ({ userId }: Pick<Person, 'userId'>): Checks => ({ user: { search: { case: 'userId', value: userId } } });
export const byName = (loginName: string): Checks => ({ user: { search: { case: 'loginName', value: loginName } } });
export const typed = (password: string): Checks => ({ password: { password } });
export const byPassword = (person: Pick<Person, 'userId'>, password = PASSWORD): Checks => ({ ...byUser(person), ...typed(password) });

const refused = (code: Refusal['code'], message: string, id: string): Refusal => ({ code, text: `${message} (${id})`, id });

/** What a session and its token are refused with, by the names of reference/session-service-v2.md. */
export const refusals = {
  gone: refused('not_found', 'Errors.Session.NotExisting', 'QUERY-SFeaa'),
  replaced: refused('permission_denied', 'Errors.PermissionDenied', 'QUERY-dsfr3'),
  ranOut: refused('permission_denied', 'session expired', 'AUTHZ-EGDo3'),
  noFactor: refused('permission_denied', 'authentication required', 'AUTHZ-Kl3p0'),
  mfaRequired: refused('permission_denied', 'mfa required', 'AUTHZ-Kl3p0'),
  noToken: refused('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e'),
  notFound: refused('not_found', 'Session does not exist', 'QUERY-SFeaa'),
  notTheToken: refused('permission_denied', 'Permission denied', 'QUERY-dsfr3'),
  tokenInvalid: refused('permission_denied', 'Session Token is invalid', 'COMMAND-sGr42'),
  terminated: refused('failed_precondition', 'Session already terminated', 'COMMAND-Hewfq'),
  expired: refused('failed_precondition', 'Session has expired', 'COMMAND-Hkl3d'),
  notActive: refused('failed_precondition', 'Errors.User.NotActive', 'SESSION-Gj4ko'),
  userNotFound: refused('not_found', 'User could not be found', 'QUERY-Dfbg2'),
  userMissing: refused('failed_precondition', 'User ID missing', 'COMMAND-Sfw3f'),
  noHuman: refused('failed_precondition', 'User could not be found', 'COMMAND-3n77z'),
  locked: refused('failed_precondition', 'User is locked', 'COMMAND-JLK35'),
  noPassword: refused('failed_precondition', 'User has not set a password', 'COMMAND-3nJ4t'),
  wrongPassword: refused('invalid_argument', 'Password is invalid', 'COMMAND-3M0fs'),
  noMembership: refused('permission_denied', 'membership not found', 'AUTHZ-cdgFk'),
  noPermission: refused('permission_denied', 'No matching permissions found', 'AUTH-AWfge'),
} as const;
