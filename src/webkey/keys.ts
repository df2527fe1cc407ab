/**
 * The signing keys of an instance: those that it publishes, and the one that signs. An instance without any is given two at first use, an
 * active one and one for the time after it (reference/authn-authz-oidc.md 3.3).
 */
import type { KeyObject } from 'node:crypto';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Sql, Store } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { keyStates, type NewWebKey, newWebKey, openWebKey } from './key.ts';

export interface PublicWebKey {
  readonly keyId: string;
  readonly algorithm: string;
  readonly publicKey: Readonly<Record<string, string>>;
}

export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
}

/** Private keys are kept in memory once opened: of this many instances at most. */
const REMEMBERED = 1000;

export class WebKeys {
  readonly #store: Store;
  readonly #masterkey: Masterkey;
  readonly #opened = new Map<string, KeyObject>();

  constructor(store: Store, masterkey: Masterkey) {
    this.#store = store;
    this.#masterkey = masterkey;
  }

  /** All keys, whatever their state, oldest first. */
  async published(instanceId: string): Promise<readonly PublicWebKey[]> {
    const keys = await this.#published(instanceId);
    if (keys.length > 0) return keys;
    await this.#makeFirst(instanceId);
    return this.#published(instanceId);
  }

  /** The active key. Which one that is, is asked each time: only its private half is remembered. */
  async signing(instanceId: string): Promise<SigningKey> {
    const found = await this.#active(instanceId);
    if (found) return found;
    await this.#makeFirst(instanceId);
    const made = await this.#active(instanceId);
    if (!made) throw new Error(`instance ${instanceId} has no active signing key`);
    return made;
  }

  #published(instanceId: string): Promise<readonly PublicWebKey[]> {
    return this.#store.run(
      (sql) => sql<PublicWebKey[]>`
        select key_id as "keyId", algorithm, public_key as "publicKey" from web_keys where instance_id = ${instanceId} order by created_at, key_id`,
    );
  }

  async #active(instanceId: string): Promise<SigningKey | undefined> {
    const [row] = await this.#store.run(
      (sql) => sql<{ keyId: string; algorithm: string; sealed: Buffer }[]>`
        select key_id as "keyId", algorithm, private_key as sealed from web_keys where instance_id = ${instanceId} and state = ${keyStates.active}`,
    );
    if (!row) return undefined;
    const { keyId, algorithm, sealed } = row;
    const name = `${instanceId} ${keyId}`;
    const privateKey = this.#opened.get(name) ?? openWebKey(this.#masterkey, instanceId, keyId, sealed);
    if (this.#opened.size >= REMEMBERED) this.#opened.clear();
    this.#opened.set(name, privateKey);
    return { keyId, algorithm, privateKey };
  }

  /** Several nodes may come here at once: the index of active keys lets one in, the others find its keys. */
  async #makeFirst(instanceId: string): Promise<void> {
    const active = await newWebKey(this.#masterkey, instanceId);
    const next = await newWebKey(this.#masterkey, instanceId);
    await this.#store.run(
      (sql) => sql`
        with active as (
          insert into web_keys (instance_id, key_id, state, algorithm, public_key, private_key, sequence, created_at, changed_at)
          select i.instance_id, ${columns(sql, active, keyStates.active)}, 2, clock_timestamp(), clock_timestamp()
          from instances i where i.instance_id = ${instanceId} and i.state = 1
          on conflict (instance_id) where state = 2 do nothing
          returning instance_id, key_id as aggregate_id, instance_id as owner, sequence, created_at as at
        ),
        next as (
          insert into web_keys (instance_id, key_id, state, algorithm, public_key, private_key, sequence, created_at, changed_at)
          select instance_id, ${columns(sql, next, keyStates.initial)}, 1, clock_timestamp(), clock_timestamp() from active
          returning instance_id, key_id as aggregate_id, instance_id as owner, sequence, created_at as at
        ),
        logged_active as (${append(sql, sql`active`, log, [added(active), { type: 'web_key.activated' }])}),
        logged_next as (${append(sql, sql`next`, log, [added(next)])})
        select 1`,
    );
  }
}

const columns = (sql: Sql, { keyId, algorithm, publicKey, sealed }: NewWebKey, state: number) =>
  sql`${keyId}, ${state}::smallint, ${algorithm}, ${JSON.stringify(publicKey)}::text::jsonb, ${sealed}::bytea`;

/** Made by nobody who asked for it. */
const log = { aggregateType: 'web_key', editor: 'SYSTEM', via: 'first use' } as const;
const added = ({ algorithm, publicKey }: NewWebKey) => ({
  type: 'web_key.added',
  payload: { algorithm, publicKey: { n: publicKey.n ?? '', e: publicKey.e ?? '' } },
});
