/**
 * Removes sessions that have been over for long, and what is left of old failures, beside the calls: it walks through the sessions of each
 * instance in small steps. How far it has come stands in the database, so that nodes share one walk, and one that ends is followed by another.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Counter, type Registry } from 'prom-client';
import { instanceStates } from '../instance/states.ts';
import type { Log } from '../log/log.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { forgetSources } from '../user/throttle.ts';

export interface PurgeParts {
  readonly store: Store;
  readonly keptDays: number;
  readonly log: Log;
  readonly registry: Registry;
}

/** Sessions that one step looks at. */
const STEP = 500;
/** Between two steps, so that calls hardly notice. */
const STEP_MS = 250;
/** Between two looks whether a walk is due; drawn anew each time, so that nodes do not look together. */
const LOOK_MS = 5000;
/** From the end of a walk to the next one, and from the making of an instance to the first. */
const WALK_HOURS = 6;
/** Longer than any step: then whoever took it is gone. */
const LEASE_SECONDS = 60;

export class SessionPurge {
  readonly #parts: PurgeParts;
  readonly #counter: Counter;
  readonly #closing = new AbortController();

  constructor(parts: PurgeParts) {
    this.#parts = parts;
    const name = 'keyward_sessions_purged_total';
    this.#counter = new Counter({ name, help: 'Sessions that were over for long and are removed.', registers: [parts.registry] });
  }

  start(): void {
    void this.#lookAgainAndAgain();
  }

  /** A step that is under way ends with its statement. */
  close(): void {
    this.#closing.abort();
  }

  async #lookAgainAndAgain(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      let goesOn = false;
      try {
        for (const instanceId of await dueWalks(this.#parts.store)) goesOn = (await this.#step(instanceId)) || goesOn;
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#parts.log.warn({ err: error }, 'old sessions cannot be removed');
      }
      await pause(goesOn ? STEP_MS : LOOK_MS * (0.75 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(
        () => undefined,
      );
    }
  }

  /** Whether there is more to walk through. */
  async #step(instanceId: string): Promise<boolean> {
    const { store, keptDays } = this.#parts;
    const after = await take(store, instanceId);
    if (after === undefined) return false;
    const { seen, purged } = await step(store, instanceId, after, keptDays);
    this.#counter.inc(purged);
    if (seen < STEP) await forgetSources(store, instanceId);
    return seen === STEP;
  }
}

/** Instances whose walk is due. It touches more than one instance, and locks nothing. */
async function dueWalks(store: Store): Promise<readonly string[]> {
  const rows = await store.list(
    (sql) => sql<{ instance_id: string }[]>`
      select i.instance_id from instances i left join session_walks w on w.instance_id = i.instance_id
      where i.state <> ${instanceStates.removed} and coalesce(w.due_at, i.created_at + ${WALK_HOURS} * interval '1 hour') <= now()`,
  );
  return rows.map((row) => row.instance_id);
}

/** The session behind which the next step begins; undefined where another node is at it. */
async function take(store: Store, instanceId: string): Promise<string | undefined> {
  const [row] = await store.list(
    (sql) => sql<{ after_id: string }[]>`
      insert into session_walks as w (instance_id, after_id, due_at) values (${instanceId}, '', now() + ${LEASE_SECONDS} * interval '1 second')
      on conflict (instance_id) do update set due_at = excluded.due_at where w.due_at <= now()
      returning after_id`,
  );
  return row?.after_id;
}

async function step(store: Store, instanceId: string, after: string, keptDays: number): Promise<{ seen: number; purged: number }> {
  const [row] = await store.list(
    (sql) => sql<{ seen: number; purged: number }[]>`
      with seen as (
        select s.session_id, s.sequence, ${overSince(sql)} <= now() - ${keptDays} * interval '1 day' as over
        from (
          select * from sessions where instance_id = ${instanceId} and session_id > ${after} order by session_id limit ${STEP}
        ) s
        join instances i on i.instance_id = s.instance_id
        left join users u on u.instance_id = s.instance_id and u.user_id = s.user_id
        left join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      ),
      purged as (
        delete from sessions s using seen
        where seen.over and s.instance_id = ${instanceId} and s.session_id = seen.session_id and s.sequence = seen.sequence
        returning s.session_id
      ),
      counted as (select count(*)::int as seen, max(session_id) as last_id from seen),
      moved as (
        update session_walks w set
          after_id = case when c.seen = ${STEP} then c.last_id else '' end,
          due_at = case when c.seen = ${STEP} then now() else now() + ${WALK_HOURS} * interval '1 hour' end
        from counted c where w.instance_id = ${instanceId}
      )
      select c.seen, (select count(*) from purged)::int as purged from counted c`,
  );
  return row ?? { seen: 0, purged: 0 };
}

/** Since when a session (s) is over: ended, run out, or dead by the epochs of its user, organization or instance. Null: it is not. */
function overSince(sql: Sql): Fragment {
  return sql`least(s.ended_at, s.expires_at, case
          when s.user_id is not null and u.user_id is null then s.changed_at
          when s.user_epoch <> u.epoch then greatest(s.changed_at, u.changed_at)
          when s.org_epoch <> o.epoch then greatest(s.changed_at, o.changed_at)
          when s.instance_epoch <> i.epoch then greatest(s.changed_at, i.changed_at)
        end)`;
}
