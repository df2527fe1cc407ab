/**
 * Who is calling: a token becomes a caller with his memberships. A node remembers callers by the hash of their token, under the versions
 * of user, organization and instance; every statement re-checks these (guard.ts), so that memory can be late but never lie.
 */
import { fingerprint, matches } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import type { Store } from '../store/connect.ts';
import { binding, gate } from './gate.ts';
import { type Membership, type MembershipRow, membershipsOf, readMemberships } from './membership.ts';
import { openSession } from './session-door.ts';
import type { SystemUser, SystemUsers } from './system-user.ts';
import type { Instance } from './tenant.ts';
import { parseToken } from './token.ts';
import { openAccessToken } from './token-door.ts';

/** Epoch and version of a row when it was read. */
export interface Stamp {
  readonly epoch: bigint;
  readonly accessVersion: bigint;
}

/** What the caller's access stands on: what the guard re-checks in every statement. */
export type Standing =
  | { readonly kind: 'user'; readonly user: Stamp; readonly org: Stamp }
  /** The user of a session: also the session's own row, so that its end and its next token need not touch the user. */
  | { readonly kind: 'session'; readonly user: Stamp; readonly org: Stamp; readonly sessionId: string; readonly tokenHash: Uint8Array }
  /** The user of an access token: also the token's own row, for the same reason. */
  | { readonly kind: 'token'; readonly user: Stamp; readonly org: Stamp; readonly oidcSessionId: string; readonly tokenHash: Uint8Array }
  /** Named in the configuration: no row of his own (system-user.ts). */
  | { readonly kind: 'system' };

export interface Caller {
  /** Id of the user, or name of the system user. */
  readonly userId: string;
  /** The organization that the user lives in; empty for a system user. */
  readonly orgId: string;
  readonly memberships: readonly Membership[];
  readonly standing: Standing;
  /** End of the token, in ms since the epoch; decided by the database's clock (guard.ts). */
  readonly expiresAt: number;
}

/** Whether a user id is the caller's own. A system user is nobody on an instance, even where an id reads like his name. */
export function isSelf({ userId, standing }: Caller, id: string | null | undefined): boolean {
  return standing.kind !== 'system' && userId === id;
}

/**
 * What changes for good once the caller is switched off, or his organization is: of two epochs, which come from one sequence, the later one.
 * What he began under another one is his no more. Null of a system user, who has none.
 */
export function epochOf({ standing }: Caller): bigint | null {
  if (standing.kind === 'system') return null;
  const { user, org } = standing;
  const later = user.epoch > org.epoch;
  return (later ? user : org).epoch;
}

const NO_HEADER = { code: 'unauthenticated', key: 'auth header missing' } as const;
const BAD_HEADER = { code: 'unauthenticated', key: 'invalid auth header', id: 'AUTH-toLo1' } as const;
/** Whatever is wrong with a token: the raw key, never translated. */
const BAD_TOKEN = { code: 'unauthenticated', key: 'Errors.Token.Invalid', id: 'AUTH-7fs1e' } as const;

/** Most callers that a node remembers at once. */
const REMEMBERED = 20_000;

export class Callers {
  readonly #store: Store;
  readonly #systemUsers: SystemUsers;
  readonly #byToken = new Map<string, Caller>();

  constructor(store: Store, systemUsers: SystemUsers) {
    this.#store = store;
    this.#systemUsers = systemUsers;
  }

  /**
   * The caller behind an `authorization` header, in the order of reference/authn-authz-oidc.md 1.2.
   * `fresh` asks the database whatever is remembered. Fails with `unauthenticated`, a session's token also as session-door.ts says.
   */
  async authenticate(instance: Instance, header: string | undefined, fresh: boolean): Promise<Caller> {
    const token = bearer(header);
    // Also under the epoch and version of the instance: else one who was remembered before they moved would stand on those of now.
    const key = `${instance.id} ${instance.epoch} ${instance.accessVersion} ${fingerprint(token)}`;
    const remembered = fresh ? undefined : this.#byToken.get(key);
    if (remembered && remembered.expiresAt > Date.now()) return remembered;
    this.#byToken.delete(key);
    const caller =
      (await this.#load(instance, token)) ??
      (await this.#session(instance, token)) ??
      (await this.#accessToken(instance, token)) ??
      (await this.#system(token, instance));
    if (!caller) throw new Failure(BAD_TOKEN);
    if (this.#byToken.size >= REMEMBERED) this.#byToken.clear();
    this.#byToken.set(key, caller);
    return caller;
  }

  /** The door of session tokens. */
  async #session(instance: Instance, token: string): Promise<Caller | undefined> {
    const session = await openSession(this.#store, instance, token);
    if (!session) return undefined;
    return {
      userId: session.user_id,
      orgId: session.org_id,
      memberships: readMemberships(session.memberships),
      standing: { kind: 'session', ...stampsOf(session), sessionId: session.session_id, tokenHash: session.token_hash },
      expiresAt: session.expires_at ?? Number.POSITIVE_INFINITY,
    };
  }

  /** The door of access tokens. */
  async #accessToken(instance: Instance, token: string): Promise<Caller | undefined> {
    const opened = await openAccessToken(this.#store, instance, token);
    if (!opened) return undefined;
    return {
      userId: opened.user_id,
      orgId: opened.org_id,
      memberships: readMemberships(opened.memberships),
      standing: { kind: 'token', ...stampsOf(opened), oidcSessionId: opened.oidc_session_id, tokenHash: opened.token_hash },
      expiresAt: opened.expires_at,
    };
  }

  /** As `authenticate`, for the service of the system, which belongs to no instance: system users alone. */
  async authenticateSystem(header: string | undefined): Promise<Caller> {
    const caller = await this.#system(bearer(header), undefined);
    if (!caller) throw new Failure(BAD_TOKEN);
    return caller;
  }

  /** The door of system users, tried when no other knows the token. */
  async #system(token: string, instance: Instance | undefined): Promise<Caller | undefined> {
    const user = await this.#systemUsers.verify(token);
    return user && systemCaller(user, instance);
  }

  /** The door of personal access tokens. */
  async #load(instance: Instance, token: string): Promise<Caller | undefined> {
    const parsed = parseToken(token);
    if (!parsed) return undefined;
    const [row] = await this.#store.read(
      (sql) => sql<Row[]>`
        select p.hash, p.user_id, extract(epoch from p.expires_at)::float8 * 1000 as expires_at, u.org_id,
          u.epoch as user_epoch, u.access_version as user_version, o.epoch as org_epoch, o.access_version as org_version,
          ${membershipsOf(sql)} as memberships
        from pats p
        join users u on u.instance_id = p.instance_id and u.user_id = p.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where p.instance_id = ${instance.id} and p.token_id = ${parsed.tokenId} and p.expires_at > now()
          and ${gate(sql)} and ${binding(sql, sql`p`)}`,
    );
    if (!row || !matches(token, row.hash)) return undefined;
    return {
      userId: row.user_id,
      orgId: row.org_id,
      memberships: readMemberships(row.memberships),
      standing: { kind: 'user', ...stampsOf(row) },
      expiresAt: row.expires_at,
    };
  }
}

/** On an instance a system user is what his memberships of the system, of this instance and of its organizations make him. */
function systemCaller({ name, memberships, expiresAt }: SystemUser, instance: Instance | undefined): Caller {
  const here = memberships.filter(({ memberType: type, aggregateId }) => type !== 'IAM' || aggregateId === instance?.id);
  return {
    userId: name,
    orgId: '',
    memberships: here.map((m) => ({
      level: SYSTEM_LEVELS[m.memberType],
      objectId: m.aggregateId,
      orgId: m.memberType === 'Organization' ? m.aggregateId : undefined,
      roles: m.roles.filter(isSystemRole),
    })),
    standing: { kind: 'system' },
    expiresAt,
  };
}

const SYSTEM_LEVELS = { System: 'system', IAM: 'instance', Organization: 'organization' } as const;
/** The roles that a system user can hold (reference/authn-authz-oidc.md 2.6); others give him nothing. */
const isSystemRole = (role: string): boolean => /^(SYSTEM|IAM)_/.test(role);

/** The caller as he stands in an organization context: a system user is a member of the organization that he names, of no other. */
export function inContext(caller: Caller, orgId: string): Caller {
  if (caller.standing.kind !== 'system') return caller;
  return { ...caller, memberships: caller.memberships.filter((m) => m.level !== 'organization' || m.objectId === orgId) };
}

interface Row extends UserRow {
  hash: Buffer;
  user_id: string;
  org_id: string;
  expires_at: number;
}

/** What every door of a user reads of him. */
interface UserRow {
  user_epoch: bigint;
  user_version: bigint;
  org_epoch: bigint;
  org_version: bigint;
  memberships: MembershipRow[];
}

const stampsOf = (row: UserRow): { user: Stamp; org: Stamp } => ({
  user: { epoch: row.user_epoch, accessVersion: row.user_version },
  org: { epoch: row.org_epoch, accessVersion: row.org_version },
});

/** The token of a header: split at `Bearer ` into exactly two parts; text before is ignored, blanks around the token do no harm. */
function bearer(header: string | undefined): string {
  if (header === undefined || header === '') throw new Failure(NO_HEADER);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character cannot be part of a header's text (RFC 9110 5.5)
  if (/[\0-\x1f\x7f]/.test(header)) throw new Failure(BAD_HEADER);
  const parts = header.split('Bearer ');
  if (parts.length !== 2) throw new Failure(BAD_HEADER);
  // Blanks are the blank alone (RFC 9110 5.6.3): trim() would take other characters for none, and so other tokens for this one.
  return parts[1]!
    .split(' ')
    .filter((part) => part !== '')
    .join(' ');
}
