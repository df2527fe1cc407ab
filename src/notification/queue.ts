/** The reading end of the outbox: taking rows that are due, and what becomes of them. Several nodes may do so at once. */
import type { Fragment, Sql, Store } from '../store/connect.ts';
import type { Channel, MessageKind } from './kinds.ts';
import type { MessageData } from './outbox.ts';

/** Where a message stands when it is about to go out: it may; what it tells counts no more; its code expired before it could be delivered. */
export type Standing = 'good' | 'void' | 'expired';

export interface TakenRow {
  /** Where the row lies, as long as it is leased. */
  ctid: string;
  instance_id: string;
  message_id: string;
  user_id: string;
  org_id: string;
  kind: MessageKind;
  channel: Channel;
  recipient: string;
  language: string;
  /** Of the instance, where that is none that there are texts in. */
  default_language: string;
  code: Buffer | null;
  data: MessageData;
  created_at: string;
  attempts: number;
  standing: Standing;
  /** Of the instance's domains: the configured one if it is among them, else the primary. */
  domain: string | null;
}

/** How long a taken row belongs to whom has taken it; then it is due again, since that node is gone. Longer than any attempt (delivery.ts). */
export const LEASE_SECONDS = 60;
/** A message that could not be delivered for so long is dead. */
const DEAD_AFTER = '72 hours';
/** Dead ones can be looked at for so long. */
const KEPT = '30 days';

/** Instances that have something due. The one statement that touches more than one instance; it locks nothing. */
export async function dueInstances(store: Store): Promise<readonly string[]> {
  const rows = await store.list(
    (sql) => sql<{ instance_id: string }[]>`select distinct instance_id from outbox where dead_at is null and next_attempt_at <= now()`,
  );
  return rows.map((row) => row.instance_id);
}

/**
 * Takes up to `most` due messages of an instance. Those to one user on one channel go out in the order in which they were written (but those
 * of sequence 0, which are in no order: codes to log in with, which are good for minutes); an older
 * one does not hold up a newer of its kind that has replaced its code. By ctid and scalar subquery, not by joins: a table that is now empty,
 * now full has statistics that are wrong at either time. `standing`: SQL over the alias m (outbox) that gives a Standing.
 */
export function take(
  store: Store,
  instanceId: string,
  most: number,
  { standing, externalDomain }: { readonly standing: (sql: Sql) => Fragment; readonly externalDomain: string },
): Promise<readonly TakenRow[]> {
  return store.list(
    (sql) => sql<TakenRow[]>`
      with due as (
        select m.ctid from outbox m
        where m.instance_id = ${instanceId} and m.dead_at is null and m.next_attempt_at <= now()
          and (
            -- not "not exists": that is planned as a join with the whole table
            select e.message_id from outbox e
            where e.instance_id = m.instance_id and e.user_id = m.user_id and e.channel = m.channel and e.dead_at is null
              and e.sequence > 0 and (e.sequence, e.place) < (m.sequence, m.place)
              and (e.leased or e.code is null or e.kind <> m.kind or e.kind = 'passkey-link')
            order by e.user_id, e.sequence, e.place
            limit 1
          ) is null
        order by m.next_attempt_at
        limit ${most}
        for update skip locked
      ),
      m as (
        update outbox o set leased = true, attempts = o.attempts + 1, next_attempt_at = now() + ${LEASE_SECONDS} * interval '1 second'
        where o.ctid = any(array(select ctid from due))
        returning o.ctid, o.*
      )
      select m.ctid::text as ctid, m.instance_id, m.message_id, m.user_id, m.org_id, m.kind, m.channel, m.recipient, m.language, m.code, m.data, m.created_at, m.attempts,
        coalesce(${standing(sql)}, 'void') as standing,
        (
          select d.domain from instance_domains d where d.instance_id = m.instance_id
          order by d.domain = ${externalDomain} desc, d.is_primary desc, d.domain limit 1
        ) as domain,
        (select i.default_language from instances i where i.instance_id = m.instance_id) as default_language
      from m
      order by m.sequence, m.place`,
  );
}

/** Forgets messages of an instance; whether other ones to their users wait. Nothing happens where a row belongs to another node by now. */
export async function done(store: Store, instanceId: string, rows: readonly TakenRow[]): Promise<boolean> {
  const next = await store.list(
    (sql) => sql<{ more: boolean }[]>`
      delete from outbox m
      where m.ctid = any(${rows.map((row) => row.ctid)}::text[]::tid[]) and m.instance_id = ${instanceId} and m.leased
        and (m.message_id, m.attempts) in (
          select * from unnest(${rows.map((row) => row.message_id)}::text[], ${rows.map((row) => row.attempts)}::int[])
        )
      returning exists (
        select from outbox e
        where e.instance_id = m.instance_id and e.user_id = m.user_id and e.dead_at is null
          and e.message_id <> all(${rows.map((row) => row.message_id)}::text[])
      ) as more`,
  );
  return next.some(({ more }) => more);
}

/** Another attempt in so many seconds, or, after three days, none; which of the two. */
export async function again(store: Store, row: TakenRow, seconds: number, error: string): Promise<'retried' | 'dead'> {
  const [kept] = await store.list(
    (sql) => sql<{ is_dead: boolean }[]>`
      update outbox m set leased = false, last_error = ${error}, next_attempt_at = now() + ${seconds} * interval '1 second',
        dead_at = case when m.created_at < now() - ${DEAD_AFTER}::interval then now() end,
        code = case when m.created_at < now() - ${DEAD_AFTER}::interval then null else m.code end
      where ${mine(sql, row)}
      returning m.dead_at is not null as is_dead`,
  );
  return kept?.is_dead ? 'dead' : 'retried';
}

/** No more attempts: the row stays to be looked at, without its code. */
export async function bury(store: Store, row: TakenRow, error: string): Promise<boolean> {
  const [next] = await store.list(
    (sql) => sql<{ more: boolean }[]>`
      update outbox m set leased = false, last_error = ${error}, dead_at = now(), code = null where ${mine(sql, row)}
      returning exists (
        select from outbox e
        where e.instance_id = m.instance_id and e.user_id = m.user_id and e.dead_at is null and e.message_id <> m.message_id
      ) as more`,
  );
  return next?.more === true;
}

/** By ctid, for the reason above; the other columns tell that it is still the same lease of the same message. */
function mine(sql: Sql, { ctid, instance_id, message_id, attempts }: TakenRow): Fragment {
  return sql`m.ctid = ${ctid}::text::tid and m.instance_id = ${instance_id} and m.message_id = ${message_id} and m.attempts = ${attempts} and m.leased`;
}

export async function purge(store: Store): Promise<void> {
  await store.list((sql) => sql`delete from outbox where dead_at < now() - ${KEPT}::interval`);
}

export interface Counts {
  readonly waiting: number;
  readonly dead: number;
}

export async function counts(store: Store): Promise<Counts> {
  const [row] = await store.list(
    (sql) => sql<{ waiting: bigint; dead: bigint }[]>`
      select count(*) filter (where dead_at is null) as waiting, count(*) filter (where dead_at is not null) as dead from outbox`,
  );
  return { waiting: Number(row?.waiting ?? 0), dead: Number(row?.dead ?? 0) };
}
