/**
 * Tries of passwords and codes, by whatever call: each is let in before it is compared, counted once it has failed, forgotten with a success
 * (reference/session-service-v2.md 6.8). Where failures lock, or where there were many, a try is reserved in the database first: so a
 * thousand guesses at once on all nodes are compared no more often than the limit says. Where neither is so, nothing is written before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import type { Statement } from '../access/guard.ts';
import { hashPassword } from '../crypto/password.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';
import { spares } from './state.ts';
import { drainedLevel, freeFailures, pauseAfter, pauseInSql, type Source, sourceKey, sourcePause } from './throttle.ts';
import { type CheckKind, standingUser, type Tried, type Tries, triedColumns } from './tried.ts';

/** Longer than any comparison and its wait. */
const RESERVED_SECONDS = 60;
/** A hash of ours and what is written with it take about half of it. */
const BEAT_MS = 50;
/** Rows of decoys on an instance: so many refusals at once do not wait for each other. */
const DECOYS = 64;

interface Reservation {
  readonly userId: string;
  /** Its end, which tells it from others: PostgreSQL's text. */
  readonly until: string;
  /** The user's, under which it was made. */
  readonly epoch: bigint;
}

/** The tries of one call. */
export class Attempts {
  readonly #call: Call;
  readonly #source: Source | undefined;
  readonly #held = new Map<CheckKind, Reservation>();
  readonly #begun = performance.now();

  constructor(call: Call, source: Source | undefined) {
    this.#call = call;
    this.#source = source;
  }

  /** The columns of the user on whom something will be tried (`triedColumns`). */
  columns(sql: Sql): Fragment {
    return triedColumns(sql, { source: this.#source });
  }

  /** Before something is compared. False where the user is no more as he was: look at him again. Fails with `resource_exhausted`. */
  async begin(kind: CheckKind, user: Tried): Promise<boolean> {
    if (this.#held.get(kind)?.epoch === user.epoch) return true;
    const tries = triesOf(user);
    const limit = limitOf(tries, kind);
    const { times = 0, ago = 0 } = tries.failed?.[kind] ?? {};
    const pause = Math.max(pauseAfter(times, limit) - ago, this.#source === undefined ? 0 : sourcePause(tries.source ?? 0));
    if (pause > 0) throw tooMany(pause);
    return limit === 0 && times < freeFailures(limit) ? true : this.#reserve(kind, user, limit);
  }

  async #reserve(kind: CheckKind, user: Tried, limit: number): Promise<boolean> {
    const free = freeFailures(limit);
    const [{ there, until, failed }] = await this.#call.db.change<{ there: boolean; until: string | null; failed: number | null }>(
      user.user_id,
      (sql, caller) => {
        const live = sql`array(select r from unnest(f.reserved) r where r > clock_timestamp())`;
        const counted = stillCounted(sql, kind, user, sql`f.failed`);
        return sql`
          with caller as (${caller}),
          target as (
            select u.instance_id, u.user_id, clock_timestamp() + (${RESERVED_SECONDS} + random()) * interval '1 second' as until
            from users u, caller
            where u.instance_id = ${this.#call.instance.id} and u.user_id = ${user.user_id} and u.epoch = ${user.epoch}
            for key share of u
          ),
          reserved as (
            insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at, reserved)
            select t.instance_id, t.user_id, ${kind}, 0, ${user.epoch}, now(), array[t.until] from target t
            on conflict (instance_id, user_id, kind) do update
              set failed = ${counted}, user_epoch = excluded.user_epoch, reserved = ${live} || excluded.reserved
              where case when ${counted} < ${free}::int
                then ${limit}::int = 0 or ${counted} + cardinality(${live}) < ${limit}::int
                else cardinality(${live}) = 0 and f.last_at + ${pauseInSql(sql, counted, free)} * interval '1 second' <= clock_timestamp()
              end
            returning f.failed
          )
          select t.user_id is not null as there, case when r.failed is not null then t.until end as until, f.failed
          from caller left join target t on true left join reserved r on true
          left join failed_checks f on f.instance_id = t.instance_id and f.user_id = t.user_id and f.kind = ${kind}`;
      },
    );
    if (!there) return false;
    if (until === null) throw tooMany(Math.max(1, pauseAfter(failed ?? 0, limit)));
    this.#held.set(kind, { userId: user.user_id, until, epoch: user.epoch });
    return true;
  }

  /**
   * For the statement of a success, over the alias u: that others have not failed so often meanwhile that this try should have waited. Of
   * those that were reserved nothing is asked.
   */
  stillFree(sql: Sql, kinds: readonly CheckKind[], user: Tried): Fragment {
    const open = kinds.filter((kind) => !this.#held.has(kind));
    if (open.length === 0) return sql``;
    return sql`and not exists (
          select from failed_checks f
          where f.instance_id = u.instance_id and f.user_id = u.user_id and f.kind = any(${open}::text[]) and f.failed >= ${freeFailures(0)}::int
            and f.user_epoch = u.epoch and (f.kind <> 'password' or f.last_at > coalesce(${user.password_changed_at}::timestamptz, '-infinity')))`;
  }

  /** `, forgotten as (…)`: no failures any more of what succeeded. `done` is the CTE of what the success led to. Call `settled` after the commit. */
  forgotten(sql: Sql, kinds: readonly CheckKind[], { user_id, epoch }: Tried, done: Fragment): Fragment {
    if (kinds.length === 0) return sql``;
    const held = kinds.map((kind) => this.#held.get(kind)?.until ?? null);
    return sql`,
    forgotten as (
      insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at, reserved)
      select ${this.#call.instance.id}, ${user_id}, n.kind, 0, ${epoch}, d.at, array_remove(array[n.held::timestamptz], null)
      from ${done} d, unnest(${kinds}::text[], ${held}::text[]) as n(kind, held)
      on conflict (instance_id, user_id, kind) do update set failed = 0, reserved = array_remove(f.reserved, excluded.reserved[1])
        where f.failed > 0 or cardinality(excluded.reserved) > 0
    )`;
  }

  settled(): void {
    this.#held.clear();
  }

  /**
   * A failure: written, counted, and where it reaches the limit the user is locked by the same statement, with all that he holds. Gives the
   * failures since the last success, this one included; undefined where the user (or with `hash` his password) is no more as he was.
   */
  async failed(kind: CheckKind, user: Tried, { event, hash, also }: Failed): Promise<number | undefined> {
    const limit = limitOf(triesOf(user), kind);
    const statement: Statement<{ failed: number | null }> = (sql, caller) => sql<{ failed: number | null }[]>`
      with caller as (${caller}),
      ${standingUser(sql, this.#call, user, { hash })},
      fresh as (select v.*, case when ${limit}::int > 0 then nextval('epochs') end as epoch from proven v),
      counted as (
        insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at)
        select v.instance_id, v.user_id, ${kind}, 1, ${this.#epochAfter(sql, sql`1`, limit, user)}, clock_timestamp() from fresh v
        on conflict (instance_id, user_id, kind) do update set
          failed = ${stillCounted(sql, kind, user, sql`f.failed`)} + 1,
          user_epoch = ${this.#epochAfter(sql, sql`${stillCounted(sql, kind, user, sql`f.failed`)} + 1`, limit, user)},
          last_at = excluded.last_at, reserved = array_remove(f.reserved, ${this.#held.get(kind)?.until ?? null}::text::timestamptz)
        returning f.instance_id, f.user_id, f.failed, f.last_at as at, f.user_epoch
      ),
      changed as (
        update users u set
          sequence = u.sequence + case when k.locks then 2 else 1 end,
          state = case when k.locks then ${userStates.locked} else u.state end,
          epoch = k.user_epoch,
          access_version = case when k.locks then nextval('epochs') else u.access_version end,
          changed_sequence = case when k.locks then u.sequence + 2 else u.changed_sequence end,
          changed_at = case when k.locks then k.at else u.changed_at end
        from (select c.*, c.user_epoch <> ${user.epoch} as locks from counted c) k
        where u.instance_id = k.instance_id and u.user_id = k.user_id
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, k.at, k.failed, k.locks, u.sequence - case when k.locks then 1 else 0 end as sequence
      ),
      logged as (${append(sql, sql`changed`, this.#log, [event])}),
      locked as (select c.instance_id, c.aggregate_id, c.owner, c.at, c.sequence + 1 as sequence from changed c where c.locks),
      logged_lock as (${append(sql, sql`locked`, this.#log, [{ type: 'user.locked', payload: {} }])})
      ${this.#sourced(sql, sql`changed`)}
      ${also?.(sql) ?? sql``}
      select c.failed from caller left join changed c on true`;
    const alone = limit > 0 && user.is_owner;
    const [row] = alone ? await this.#call.db.changeAlone(user.user_id, statement) : await this.#call.db.change(user.user_id, statement);
    if (row.failed === null) return undefined;
    this.#held.delete(kind);
    if (kind === 'password') await this.#beat();
    return row.failed;
  }

  /** The epoch of a user after so many failures: a new one where they lock him, which the last active owner of the instance is spared. */
  #epochAfter(sql: Sql, failed: Fragment, limit: number, user: Tried): Fragment {
    if (limit === 0) return sql`${user.epoch}::bigint`;
    const { id } = this.#call.instance;
    return sql`case
            when ${failed} >= ${limit}::int
              and (select ${spares(sql, id, user.user_id)} from users u where u.instance_id = ${id} and u.user_id = ${user.user_id})
            then (select epoch from fresh) else ${user.epoch}::bigint
          end`;
  }

  /** A refusal without anything to compare or anybody to count: takes as long as a wrong password all the same, so that it does not tell by its speed. */
  async spend(password: string): Promise<void> {
    await hashPassword(password); // the same work as a comparison with a hash of ours
    const slot = Math.floor(Math.random() * DECOYS);
    await this.#call.db.change<{ held: boolean }>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        decoy as (
          insert into decoy_checks (instance_id, slot, last_at) select ${this.#call.instance.id}, ${slot}, clock_timestamp() from caller
          on conflict (instance_id, slot) do update set last_at = excluded.last_at
          returning instance_id
        )
        ${this.#sourced(sql, sql`decoy`)}
        select caller.held from caller left join decoy on true`,
    );
    await this.#beat();
  }

  /** The refusal of a password is answered at the next beat since the call began: what of its reasons takes a little longer is not heard. */
  async #beat(): Promise<void> {
    await pause(BEAT_MS - ((performance.now() - this.#begun) % BEAT_MS));
  }

  #sourced(sql: Sql, done: Fragment): Fragment {
    if (this.#source === undefined) return sql``;
    return sql`,
      sourced as (
        insert into failed_sources as f (instance_id, source, level, last_at)
        select c.instance_id, ${sourceKey(sql, this.#source)}, 1, clock_timestamp() from ${done} c
        on conflict (instance_id, source) do update set level = ${drainedLevel(sql)} + 1, last_at = excluded.last_at
      )`;
  }

  /** Gives back what is reserved and was neither counted nor forgotten: the call ended otherwise. */
  async end(): Promise<void> {
    const held = [...this.#held].map(([kind, { userId: user, until }]) => ({ kind, user, until }));
    this.#held.clear();
    if (held.length === 0) return;
    try {
      await this.#call.db.change<{ held: boolean }>(
        undefined,
        (sql, caller) => sql`
          with caller as (${caller}),
          given_back as (
            update failed_checks f set reserved = array_remove(f.reserved, n.until)
            from caller, jsonb_to_recordset(${JSON.stringify(held)}::text::jsonb) as n(kind text, "user" text, until timestamptz)
            where f.instance_id = ${this.#call.instance.id} and f.user_id = n."user" and f.kind = n.kind
          )
          select caller.held from caller`,
      );
    } catch {
      // What the call came to is told; the reservations end by themselves.
    }
  }

  get #log() {
    return { aggregateType: 'user', editor: this.#call.caller.userId, via: this.#call.method.path } as const;
  }
}

interface Failed {
  readonly event: NewEvent;
  /** Of the password that was compared. */
  readonly hash?: string;
  /** Further parts of the statement, each as `, name as (…)`; they may read the CTE `changed`. */
  readonly also?: (sql: Sql) => Fragment;
}

/** A number of failures if it still counts, else 0: over f (failed_checks) and the row that is inserted. */
function stillCounted(sql: Sql, kind: CheckKind, { password_changed_at }: Tried, failed: Fragment): Fragment {
  const changed = kind === 'password' ? sql`and f.last_at > coalesce(${password_changed_at}::timestamptz, '-infinity')` : sql``;
  return sql`case when f.user_epoch = excluded.user_epoch ${changed} then ${failed} else 0 end`;
}

function triesOf({ tries }: Tried): Tries {
  if (!tries) throw new Error('something is tried on a user who was not read for it');
  return tries;
}

const limitOf = ({ lockout }: Tries, kind: CheckKind): number => (kind === 'password' ? lockout.passwords : lockout.codes);

const tooMany = (seconds: number): Failure => new Failure(errors.tooManyTries, { retryAfter: Math.ceil(seconds) });
