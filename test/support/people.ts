/** Organizations, users in any state, members and tokens, written straight into the database: what a test stands on, not what it is about. */

import { hash } from '@node-rs/argon2';
import { type UserState, userStates } from '../../src/access/gate.ts';
import { newToken } from '../../src/access/token.ts';
import { digest } from '../../src/crypto/secret.ts';
import type { Pool } from '../../src/store/connect.ts';

export type Kind = 'human' | 'machine';

export interface Person {
  readonly userId: string;
  readonly orgId: string;
}

export interface Wanted {
  readonly kind?: Kind;
  readonly state?: UserState;
  readonly orgId?: string;
  /** A chosen id; else a new one. */
  readonly userId?: string;
  /** User name, and local part of the e-mail; the id where none is given. */
  readonly name?: string;
  /** Of a human. */
  readonly password?: string;
  /** Roles on the instance. */
  readonly instanceRoles?: readonly string[];
  /** Organization → roles there. */
  readonly orgRoles?: Readonly<Record<string, readonly string[]>>;
}

/** The least that an imported hash may cost, so that a thousand logins are no work. */
const CHEAP = { memoryCost: 8192, timeCost: 1, parallelism: 1 };

/** Makes them on one instance; `orgId` is where people live who are not told otherwise. */
export class People {
  readonly instanceId: string;
  readonly orgId: string;
  readonly #sql: Pool;
  #made = 0;

  constructor(sql: Pool, { instanceId, orgId }: { readonly instanceId: string; readonly orgId: string }) {
    this.#sql = sql;
    this.instanceId = instanceId;
    this.orgId = orgId;
  }

  /** Of no user, and of none that comes. */
  newId(): string {
    return `t-${this.instanceId}-${++this.#made}`;
  }

  async org(orgId = this.newId(), name = orgId): Promise<string> {
    await this.#sql`insert into orgs (instance_id, org_id, name, sequence) values (${this.instanceId}, ${orgId}, ${name}, 0)`;
    return orgId;
  }

  async person({
    kind = 'machine',
    state = 'active',
    orgId = this.orgId,
    userId = this.newId(),
    name = userId,
    password,
    ...member
  }: Wanted = {}): Promise<Person> {
    const machine = kind === 'machine';
    const hashed = password === undefined ? null : await hash(password, CHEAP);
    await this.#sql`
      with made as (
        insert into users (instance_id, user_id, org_id, kind, state, sequence, changed_sequence, created_at, changed_at)
        values (${this.instanceId}, ${userId}, ${orgId}, ${machine ? 2 : 1}, ${userStates[state]}, 1, 1, now(), now())
        returning *
      ),
      described as (
        insert into profiles (instance_id, user_id, username, username_key, first_name, last_name, display_name, preferred_language, gender, email, email_verified, machine_name, access_token_type, password_hash, password_changed_at)
        select instance_id, user_id, ${name}, lower(${name}), ${machine ? null : 'Ada'}, ${machine ? null : 'Test'}, ${machine ? null : 'Ada Test'},
          ${machine ? null : 'en'}, ${machine ? null : 0}, ${machine ? null : `${name}@example.com`}, ${!machine}, ${machine ? name : null}, ${machine ? 0 : null}, ${hashed}, case when ${hashed !== null} then created_at end
        from made
      )
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select instance_id, 'user', user_id, 1, ${machine ? 'user.machine.added' : 'user.human.added'}, 'test', org_id, 'test', created_at from made`;
    if (member.instanceRoles) await this.member(userId, { level: 'instance', roles: member.instanceRoles });
    for (const [org, roles] of Object.entries(member.orgRoles ?? {}))
      await this.member(userId, { level: 'organization', orgId: org, roles });
    return { userId, orgId };
  }

  async member(
    userId: string,
    {
      roles,
      ...of
    }: { readonly roles: readonly string[] } & (
      | { readonly level: 'instance' }
      | { readonly level: 'organization'; readonly orgId: string }
    ),
  ): Promise<void> {
    const level = of.level === 'instance' ? 3 : 2;
    await this.#sql`
      insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
      values (${this.instanceId}, ${userId}, ${level}, ${of.level === 'instance' ? this.instanceId : of.orgId}, ${roles}::text[], now(), now())`;
    await this.#sql`
      update users set rank = greatest(rank, ${level}), is_owner = is_owner or ${of.level === 'instance' && roles.includes('IAM_OWNER')}, access_version = nextval('epochs')
      where instance_id = ${this.instanceId} and user_id = ${userId}`;
  }

  /** A token bound to the epochs that stand now, whatever the state of its owner. `expires`: an interval from now. */
  async pat(
    { userId }: Pick<Person, 'userId'>,
    { expires = '1 day', tokenId = this.newId() }: { expires?: string; tokenId?: string } = {},
  ): Promise<string> {
    const token = newToken(tokenId);
    await this.#sql`
      insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
      select u.instance_id, ${tokenId}, u.user_id, ${digest(token)}, '{}', now() + ${expires}::text::interval, u.epoch, o.epoch, i.epoch, now(), now()
      from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
      where u.instance_id = ${this.instanceId} and u.user_id = ${userId}`;
    return token;
  }

  /** As `person`, with a token. */
  async caller(wanted: Wanted = {}): Promise<Person & { readonly token: string }> {
    const made = await this.person(wanted);
    return { ...made, token: await this.pat(made) };
  }

  async state({ userId }: Pick<Person, 'userId'>): Promise<UserState | 'none'> {
    const [row] = await this.#sql<
      { state: number }[]
    >`select state from users where instance_id = ${this.instanceId} and user_id = ${userId}`;
    if (!row) return 'none';
    const found = (Object.keys(userStates) as UserState[]).find((name) => userStates[name] === row.state); // the keys of a literal object are its names
    if (!found) throw new Error(`unknown state ${row.state}`);
    return found;
  }
}
