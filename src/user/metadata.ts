/** Metadata of a user: named values that applications keep with him (reference/user-service-v2.md 5.3 and 5.4). */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { reach } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import { hex } from '../store/filter.ts';
import { errors } from './errors.ts';
import { type Change, changeUser, type Decision, type Rule } from './user.ts';

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Entries of a new user: keys are trimmed, neither key nor value may be empty. */
export function checkNewEntries(entries: readonly Entry[]): readonly Entry[] {
  return entries.map(({ key, value }) => {
    const trimmed = key.trim();
    if (trimmed === '') throw new Failure(errors.metadataKeyEmpty);
    if (value.length === 0) throw new Failure(errors.metadataValueEmpty);
    return { key: trimmed, value };
  });
}

export function metadataEvents(entries: readonly Entry[]): NewEvent[] {
  return entries.map(({ key, value }) => ({ type: 'user.metadata.set', payload: { key, value: Buffer.from(value).toString('base64') } }));
}

/** No self rule, as on the original: metadata may steer what a user may do elsewhere. */
const rule: Rule = { permission: 'user.write', self: false, ranked: true };

/** SetUserMetadata: an empty value removes the key; what is equal already is left alone. Gives the time of the change, or of the last one. */
export function setMetadata(call: Call, userId: string, entries: readonly Entry[]): Promise<string> {
  if (entries.length === 0) throw new Failure(errors.metadataListEmpty);
  return changeUser(call, userId, rule, errors.metadataUserNotFound, async (user) => {
    const stored = await load(call, userId);
    const change = mergeMetadata(stored, entries);
    if (!change) return { unchanged: await lastChange(call, userId, user.created_at) };
    return { change, answer: (done) => done.at };
  });
}

/** What a set of entries changes against what is stored; undefined where nothing. */
export function mergeMetadata(stored: ReadonlyMap<string, Buffer>, entries: readonly Entry[]): Change | undefined {
  const events: NewEvent[] = [];
  const set = new Map<string, Buffer>();
  const removed = new Set<string>();
  for (const { key, value } of entries) {
    const before = stored.get(key);
    if (value.length === 0) {
      if (!before) continue;
      events.push({ type: 'user.metadata.removed', payload: { key } });
      set.delete(key);
      removed.add(key);
    } else {
      if (before?.equals(value)) continue;
      events.push(...metadataEvents([{ key, value }]));
      set.set(key, Buffer.from(value));
      removed.delete(key);
    }
  }
  const [first, ...rest] = events;
  return first && { events: [first, ...rest], quiet: true, also: (sql) => sql`${upsert(sql, set)}${drop(sql, [...removed])}` };
}

/** DeleteUserMetadata: all keys or none. */
export function removeMetadata(call: Call, userId: string, keys: readonly string[]): Promise<string> {
  if (keys.length === 0) throw new Failure(errors.metadataListEmpty);
  return changeUser(call, userId, rule, errors.metadataUserNotFound, async (): Promise<Decision<string>> => {
    if (keys.includes('')) throw new Failure(errors.metadataInvalid);
    const stored = await load(call, userId);
    if (keys.some((key) => !stored.has(key))) throw new Failure(errors.metadataKeysUnknown);
    const [first, ...rest] = keys.map((key): NewEvent => ({ type: 'user.metadata.removed', payload: { key } }));
    if (!first) throw new Error('no key, after keys were counted');
    return { change: { events: [first, ...rest], quiet: true, also: (sql) => drop(sql, keys) }, answer: (done) => done.at };
  });
}

/** All entries of a user. */
export async function load(call: Call, userId: string): Promise<ReadonlyMap<string, Buffer>> {
  const rows = await call.db.read<{ key: string | null; value: Buffer }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select m.key, m.value from caller left join user_metadata m on m.instance_id = ${call.instance.id} and m.user_id = ${userId}`,
  );
  return new Map(rows.flatMap((row) => (row.key === null ? [] : [[row.key, row.value]])));
}

async function lastChange(call: Call, userId: string, createdAt: string): Promise<string> {
  const [row] = await call.db.read<{ at: string | null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select (
        select max(e.created_at) from events e
        where e.instance_id = ${call.instance.id} and e.aggregate_type = 'user' and e.aggregate_id = ${userId} and e.type like 'user.metadata.%'
      ) as at from caller`,
  );
  return row.at ?? createdAt;
}

function upsert(sql: Sql, entries: ReadonlyMap<string, Buffer>): Fragment {
  if (entries.size === 0) return sql``;
  return sql`,
    metadata as (
      insert into user_metadata (instance_id, user_id, key, value, created_at, changed_at)
      select c.instance_id, c.aggregate_id, n.key, decode(n.value, 'hex'), c.at, c.at
      from changed c, unnest(${[...entries.keys()]}::text[], ${hex(entries.values())}::text[]) as n(key, value)
      on conflict (instance_id, user_id, key) do update set value = excluded.value, changed_at = excluded.changed_at
    )`;
}

function drop(sql: Sql, keys: readonly string[]): Fragment {
  if (keys.length === 0) return sql``;
  return sql`,
    unset as (
      delete from user_metadata m using changed c where m.instance_id = c.instance_id and m.user_id = c.aggregate_id and m.key = any(${keys}::text[])
    )`;
}

export interface MetadataRow {
  key: string;
  value: Buffer;
  created_at: string;
  changed_at: string;
}

export interface MetadataPage {
  readonly total: number;
  readonly rows: readonly MetadataRow[];
}

/** ListUserMetadata: the entries that the caller may see (his own, or with `user.read`); of a user out of reach none, and none is counted. */
export async function listMetadata(
  call: Call,
  userId: string,
  { filters, asc, limit, offset }: { filters: (sql: Sql) => Fragment; asc: boolean; limit: number; offset: bigint },
): Promise<MetadataPage> {
  const where = reach(call.caller, 'user.read');
  const rows = await call.db.list<(MetadataRow | { key: null }) & { total: bigint | null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select m.key, m.value, m.created_at, m.changed_at, count(*) over () as total
        from users u join user_metadata m on m.instance_id = u.instance_id and m.user_id = u.user_id
        where u.instance_id = ${call.instance.id} and u.user_id = ${userId}
          and (${where.instance || isSelf(call.caller, userId)} or u.org_id = any(${where.orgs}::text[])) and ${filters(sql)}
        order by m.created_at ${asc ? sql`asc` : sql`desc`}, m.key
        limit ${limit} offset ${offset}
      )
      select f.* from caller left join found f on true
      order by f.created_at ${asc ? sql`asc` : sql`desc`}, f.key`,
  );
  return { total: Number(rows[0].total ?? 0), rows: rows.flatMap((row) => (row.key === null ? [] : [row])) };
}
