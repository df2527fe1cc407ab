/**
 * The keys that an instance begins with, an active one and one for the time after it (reference/authn-authz-oidc.md 3.3), made at first use.
 * Several nodes may come here at once: the index of active keys lets one in, the others find its keys.
 */
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { keyStates, type NewWebKey, newWebKey, usualKind } from './key.ts';

export interface FirstKeys {
  readonly active: NewWebKey;
  readonly next: NewWebKey;
}

export const newFirstKeys = async (masterkey: Masterkey, instanceId: string): Promise<FirstKeys> => ({
  active: await newWebKey(masterkey, instanceId, usualKind),
  next: await newWebKey(masterkey, instanceId, usualKind),
});

/** `active as (…), next as (…) …`: writes both, where the instance has no active one; `only`: and where this holds. */
export function insertFirst(sql: Sql, instanceId: string, { active, next }: FirstKeys, only: Fragment = sql`true`): Fragment {
  return sql`
    active as (
      insert into web_keys (instance_id, key_id, state, algorithm, public_key, private_key, sequence, created_at, changed_at)
      select i.instance_id, ${columns(sql, active, keyStates.active)}, 2, clock_timestamp(), clock_timestamp()
      from instances i where i.instance_id = ${instanceId} and i.state = 1 and ${only}
      on conflict (instance_id) where state = 2 do nothing
      returning instance_id, key_id as aggregate_id, instance_id as owner, sequence, created_at as at
    ),
    next as (
      insert into web_keys (instance_id, key_id, state, algorithm, public_key, private_key, sequence, created_at, changed_at)
      select instance_id, ${columns(sql, next, keyStates.initial)}, 1, clock_timestamp(), clock_timestamp() from active
      returning instance_id, key_id as aggregate_id, instance_id as owner, sequence, created_at as at
    ),
    logged_active as (${append(sql, sql`active`, log, [added(active), { type: 'web_key.activated' }])}),
    logged_next as (${append(sql, sql`next`, log, [added(next)])})`;
}

export const columns = (sql: Sql, { keyId, algorithm, publicKey, sealed }: NewWebKey, state: number): Fragment =>
  sql`${keyId}, ${state}::smallint, ${algorithm}, ${JSON.stringify(publicKey)}::text::jsonb, ${sealed}::bytea`;

export const added = ({ algorithm, publicKey }: NewWebKey) => ({
  type: 'web_key.added',
  payload: { algorithm, publicKey: { ...(publicKey as Record<string, string>) } }, // the members of a public JWK are text
});

/** Made by nobody who asked for it. */
const log = { aggregateType: 'web_key', editor: 'SYSTEM', via: 'first use' } as const;
