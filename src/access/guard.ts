/**
 * The guard: the only way of a handler to the database. Every statement re-checks, by primary key, that the caller is still who the node
 * remembers (states, epochs and versions of user, organization and instance). If not, nothing happened: the statement finds no row in
 * `caller`, Stale is thrown, and the pipeline loads the caller anew and decides again.
 */
import { Failure } from '../failure/failure.ts';
import { type Fragment, nothing, type Query, type Sql, type Store } from '../store/connect.ts';
import type { Caller } from './caller.ts';
import { gate } from './gate.ts';
import type { Instance } from './tenant.ts';
import { keyStands } from './token-door.ts';

/** What was remembered of the caller holds no more; the call runs again with what is true now. */
export class Stale extends Error {}

/** Builds one statement. It must begin with `with caller as (${caller})` and end in `from caller left join …`, so that no row means: stale. */
export type Statement<Row extends object> = (sql: Sql, caller: Fragment) => Query<Row>;

export class Guard {
  readonly #store: Store;
  readonly #instance: Instance;
  readonly #caller: Caller;
  readonly #deadline: number | undefined;
  readonly #together: Together | undefined;

  constructor(store: Store, instance: Instance, caller: Caller, deadline: number | undefined, together?: Together) {
    this.#together = together;
    this.#store = store;
    this.#instance = instance;
    this.#caller = caller;
    this.#deadline = deadline;
  }

  /** One statement that reads by key, without a lock. */
  read<Row extends object>(statement: Statement<Row>): Promise<[Row, ...Row[]]> {
    return this.#one((sql) => statement(sql, this.#row(sql, nothing(sql))), 'read');
  }

  /** For a call that needs nothing of the database: whoever is switched off is refused it, too. */
  async confirm(): Promise<void> {
    await this.read<{ held: boolean }>((sql, caller) => sql`with caller as (${caller}) select held from caller`);
  }

  /** A read that may take long (lists): on a pool of its own, so that it cannot hold up the others. */
  list<Row extends object>(statement: Statement<Row>): Promise<[Row, ...Row[]]> {
    return this.#one((sql) => statement(sql, this.#row(sql, nothing(sql))), 'list');
  }

  /**
   * One statement that changes state, membership or credentials. The caller's row is taken `for share`, so that a cut of his access that
   * is under way is waited for; where he changes himself (`target`) it is taken as the change needs it, else two of these would deadlock.
   */
  change<Row extends object>(target: string | undefined, statement: Statement<Row>): Promise<[Row, ...Row[]]> {
    return this.#one((sql) => statement(sql, this.#locked(sql, target)), 'run');
  }

  /**
   * As `change`, behind a lock of the instance and of the target: for rules that count over users (the last owner), and for what is
   * computed from other rows (ranks). A statement that waits for a lock sees those as they were before; one that begins behind it does not.
   */
  changeAlone<Row extends object>(target: string, statement: Statement<Row>): Promise<[Row, ...Row[]]> {
    const lock = async (sql: Sql) => {
      await sql`select 1 from instances where instance_id = ${this.#instance.id} for no key update`;
      await sql`select 1 from users where instance_id = ${this.#instance.id} and user_id = ${target} for no key update`;
    };
    return this.changeBehind(lock, statement, target);
  }

  /** As `changeAlone`, behind other locks: for what is computed from many rows, which must all be seen as the locks leave them. */
  async changeBehind<Row extends object>(
    lock: (sql: Sql) => Promise<unknown>,
    statement: Statement<Row>,
    target?: string,
  ): Promise<[Row, ...Row[]]> {
    this.#inTime();
    const rows = await this.#store.transaction(async (sql) => {
      await lock(sql);
      return statement(sql, this.#locked(sql, target));
    }, this.#deadline);
    return this.#held(rows, 'run');
  }

  /** As `changeAlone`, of an organization: what happens to all of its users at once. */
  async changeOrganizationAlone<Row extends object>(orgId: string, statement: Statement<Row>): Promise<[Row, ...Row[]]> {
    this.#inTime();
    const rows = await this.#store.transaction(async (sql) => {
      await sql`select 1 from instances where instance_id = ${this.#instance.id} for no key update`;
      await sql`select 1 from orgs where instance_id = ${this.#instance.id} and org_id = ${orgId} for no key update`;
      return statement(sql, this.#locked(sql, undefined));
    }, this.#deadline);
    return this.#held(rows, 'run');
  }

  /**
   * The rest of a change that is too large for one statement, in further ones. The first was guarded, and may have ended the caller's own
   * access: so these ask for it no more.
   */
  goOn<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#inTime();
    return this.#store.transaction(work, this.#deadline);
  }

  /**
   * Commands that happen together or not at all: each is given a guard whose statements run in one transaction, which is run again as a whole
   * after a deadlock. Nothing slow may be waited for in it. The first change asks for the caller and locks his row; those behind it ask no more,
   * since they see what the first ones did, which may be to raise the caller's own versions (a policy of his organization, a role of his).
   */
  together<T>(work: (db: Guard) => Promise<T>): Promise<T> {
    this.#inTime();
    return this.#store.transaction(
      (sql) => work(new Guard(within(sql, this.#store), this.#instance, this.#caller, this.#deadline, { hasChanged: false })),
      this.#deadline,
    );
  }

  async #one<Row extends object>(statement: (sql: Sql) => Query<Row>, pool: 'run' | 'read' | 'list'): Promise<[Row, ...Row[]]> {
    this.#inTime();
    return this.#held(await this.#store[pool](statement, this.#deadline), pool);
  }

  #held<Row extends object>([first, ...rest]: readonly Row[], pool: 'run' | 'read' | 'list'): [Row, ...Row[]] {
    if (!first) throw new Stale();
    if (this.#together && pool === 'run') this.#together.hasChanged = true;
    return [first, ...rest];
  }

  #locked(sql: Sql, target: string | undefined): Fragment {
    if (this.#caller.standing.kind === 'system') return this.#row(sql, nothing(sql)); // he has no row
    return this.#row(sql, target === this.#caller.userId ? sql`for no key update of u` : sql`for share of u`);
  }

  #row(sql: Sql, lock: Fragment): Fragment {
    if (this.#together?.hasChanged) return sql`select true as held`;
    const { userId, orgId, standing, expiresAt } = this.#caller;
    const instance = this.#instance;
    // By the database's clock: that of a node may be wrong.
    const inTime = Number.isFinite(expiresAt) ? sql`and now() < to_timestamp(${expiresAt / 1000}::float8)` : nothing(sql);
    if (standing.kind === 'system') {
      return sql`
      select true as held from instances i
      where i.instance_id = ${instance.id} and i.epoch = ${instance.epoch} and i.access_version = ${instance.accessVersion} and i.state = 1 ${inTime}`;
    }
    const { user, org } = standing;
    return sql`
      select true as held from users u, orgs o, instances i
      where u.instance_id = ${instance.id} and u.user_id = ${userId} and u.epoch = ${user.epoch} and u.access_version = ${user.accessVersion}
        and o.instance_id = u.instance_id and o.org_id = ${orgId} and o.epoch = ${org.epoch} and o.access_version = ${org.accessVersion}
        and i.instance_id = u.instance_id and i.epoch = ${instance.epoch} and i.access_version = ${instance.accessVersion}
        and ${gate(sql)} ${inTime} ${this.#own(sql, standing)} ${lock}`;
  }

  /** The row of what the caller came with, where it has one. */
  #own(sql: Sql, standing: Caller['standing']): Fragment {
    if (standing.kind === 'session') return this.#session(sql, standing);
    return standing.kind === 'token' ? this.#token(sql, standing) : nothing(sql);
  }

  /** The session's own row: not ended, and no newer token. Its user is the one above, since a session keeps its user. */
  #session(sql: Sql, { sessionId, tokenHash }: Extract<Caller['standing'], { kind: 'session' }>): Fragment {
    return sql`and exists (
        select from sessions s
        where s.instance_id = ${this.#instance.id} and s.session_id = ${sessionId} and s.ended_at is null and s.token_hash = ${tokenHash})`;
  }

  /** The token's own row: no newer token, and the key that signed it was not removed. */
  #token(sql: Sql, { oidcSessionId, tokenHash }: Extract<Caller['standing'], { kind: 'token' }>): Fragment {
    return sql`and exists (
        select from oidc_sessions t
        where t.instance_id = ${this.#instance.id} and t.oidc_session_id = ${oidcSessionId} and t.access_token_hash = ${tokenHash} and ${keyStands(sql)})`;
  }

  /** A call whose deadline has passed is not sent to the database. */
  #inTime(): void {
    if (this.#deadline !== undefined && Date.now() >= this.#deadline) {
      throw new Failure({ code: 'deadline_exceeded', key: 'context deadline exceeded' });
    }
  }
}

/** Of a transaction with several commands: whether one of them has changed something yet. */
interface Together {
  hasChanged: boolean;
}

/** The store as it is inside a transaction. */
function within(sql: Sql, { close }: Store): Store {
  const one: Store['run'] = async (statement) => statement(sql);
  return { sql, run: one, read: one, list: one, transaction: (work) => work(sql), close };
}
