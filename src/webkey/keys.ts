/** The signing keys of an instance as its endpoints need them: those that it publishes, and the one that signs. */
import type { KeyObject } from 'node:crypto';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Store } from '../store/connect.ts';
import { insertFirst, newFirstKeys } from './first.ts';
import { type Algorithm, keyStates, openWebKey } from './key.ts';

export interface PublicWebKey {
  readonly keyId: string;
  readonly algorithm: Algorithm;
  readonly publicKey: Readonly<Record<string, string>>;
}

export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: Algorithm;
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
      (sql) => sql<{ keyId: string; algorithm: Algorithm; sealed: Buffer }[]>`
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

  async #makeFirst(instanceId: string): Promise<void> {
    const keys = await newFirstKeys(this.#masterkey, instanceId);
    await this.#store.run((sql) => sql`with ${insertFirst(sql, instanceId, keys)} select 1`);
  }
}
