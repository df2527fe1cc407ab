/** The signing keys of an instance as its owners manage them: made, activated (one signs at a time), removed, listed. */
import type { webcrypto } from 'node:crypto';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import { added, columns, insertFirst, newFirstKeys } from './first.ts';
import { type Algorithm, type KeyKind, keyStates, newWebKey } from './key.ts';

export interface WebKeyRow {
  key_id: string;
  state: 1 | 2 | 3;
  algorithm: Algorithm;
  public_key: webcrypto.JsonWebKey;
  created_at: string;
  changed_at: string;
}

/** Oldest first. */
export async function listWebKeys(call: Call): Promise<readonly WebKeyRow[]> {
  const found = await listed(call);
  if (found.length > 0) return found;
  await makeFirst(call);
  return listed(call);
}

async function listed(call: Call): Promise<readonly WebKeyRow[]> {
  const rows = await call.db.read<WebKeyRow | { key_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select k.key_id, k.state, k.algorithm, k.public_key, k.created_at, k.changed_at
      from caller left join web_keys k on k.instance_id = ${call.instance.id}
      order by k.created_at, k.key_id`,
  );
  return rows.flatMap((row) => (row.key_id === null ? [] : [row]));
}

async function makeFirst(call: Call): Promise<void> {
  const keys = await newFirstKeys(call.masterkey, call.instance.id);
  await call.db.change<{ held: boolean }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}), ${insertFirst(sql, call.instance.id, keys, sql`exists (select from caller)`)}
      select true as held from caller`,
  );
}

const logOf = (call: Call) => ({ aggregateType: 'web_key', editor: call.caller.userId, via: call.method.path }) as const;

/** Published at once, and signs once it is activated. The keys that every instance begins with are there before it. */
export async function createWebKey(call: Call, kind: KeyKind): Promise<{ keyId: string; at: string }> {
  await listWebKeys(call);
  const key = await newWebKey(call.masterkey, call.instance.id, kind);
  const [{ at }] = await call.db.change<{ at: string }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      made as (
        insert into web_keys (instance_id, key_id, state, algorithm, public_key, private_key, sequence, created_at, changed_at)
        select ${call.instance.id}, ${columns(sql, key, keyStates.initial)}, 1, clock_timestamp(), clock_timestamp() from caller
        returning instance_id, key_id as aggregate_id, instance_id as owner, sequence, created_at as at
      ),
      logged as (${append(sql, sql`made`, logOf(call), [added(key)])})
      select made.at from caller join made on true`,
  );
  return { keyId: key.keyId, at };
}

/** The former one stays published. Behind a lock of the instance, so that two who activate at once do so one after the other. */
export async function activateWebKey(call: Call, keyId: string): Promise<string> {
  const [{ at }] = await call.db.changeBehind<{ at: string | null }>(
    (sql) => sql`select from instances where instance_id = ${call.instance.id} for no key update`.execute(),
    (sql, caller) => sql`
      with caller as (${caller}),
      wanted as (select k.* from web_keys k, caller where k.instance_id = ${call.instance.id} and k.key_id = ${keyId} for no key update of k),
      former as (
        update web_keys k set state = ${keyStates.inactive}, sequence = k.sequence + 1, changed_at = clock_timestamp()
        from wanted w where k.instance_id = w.instance_id and k.state = ${keyStates.active} and w.state <> ${keyStates.active}
        returning k.instance_id, k.key_id as aggregate_id, k.instance_id as owner, k.sequence, k.changed_at as at
      ),
      changed as (
        -- The count makes the former one give way first: the index lets in one active key.
        update web_keys k set state = ${keyStates.active}, sequence = k.sequence + 1, changed_at = clock_timestamp()
        from wanted w where k.instance_id = w.instance_id and k.key_id = w.key_id and w.state <> ${keyStates.active} and (select count(*) from former) >= 0
        returning k.instance_id, k.key_id as aggregate_id, k.instance_id as owner, k.sequence, k.changed_at as at
      ),
      logged_former as (${append(sql, sql`former`, logOf(call), [{ type: 'web_key.deactivated' }])}),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'web_key.activated' }])})
      select coalesce(c.at, w.changed_at) as at from caller left join wanted w on true left join changed c on true`,
  );
  if (at === null) throw new Failure(errors.notFound);
  return at;
}

/** What it has signed is trusted no more. Gives the date, also of an earlier removal; null where there never was one. */
export async function deleteWebKey(call: Call, keyId: string): Promise<string | null> {
  const [{ active, at }] = await call.db.change<{ active: boolean; at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      known as (select k.state, k.key_id from web_keys k, caller where k.instance_id = ${call.instance.id} and k.key_id = ${keyId} for update of k),
      removed as (
        delete from web_keys k using known
        where k.instance_id = ${call.instance.id} and k.key_id = known.key_id and known.state <> ${keyStates.active}
        returning k.instance_id, k.key_id as aggregate_id, k.instance_id as owner, k.sequence + 1 as sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`removed`, logOf(call), [{ type: 'web_key.removed' }])})
      select exists (select from known where state = ${keyStates.active}) as active, coalesce(r.at, (
        select max(e.created_at) from events e
        where e.instance_id = ${call.instance.id} and e.aggregate_type = 'web_key' and e.aggregate_id = ${keyId} and e.type = 'web_key.removed'
      )) as at
      from caller left join removed r on true`,
  );
  if (active) throw new Failure(errors.active);
  return at;
}
