/** Encrypts secrets that must be read again (TOTP seeds, private keys, passwords of providers) with AES-256-GCM under the master key. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Byte 0 of every ciphertext; another layout gets another number. */
const LAYOUT = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

/** The ciphertext was not made by this key, for this place, or it was changed. */
export class CannotDecrypt extends Error {}

export class Masterkey {
  readonly #key: Buffer;
  /** Names the key without telling it, so that a ciphertext says which key it needs. */
  readonly id: Buffer;

  constructor(key: Buffer) {
    if (key.length !== 32) throw new Error(`a master key has 32 bytes, this one ${key.length}`);
    this.#key = Buffer.from(key);
    this.id = createHmac('sha256', this.#key).update('keyward key id').digest().subarray(0, KEY_ID_BYTES);
  }

  /** The key itself, for a worker process of the same program. */
  export(): Buffer {
    return Buffer.from(this.#key);
  }

  /** layout, key id, nonce, ciphertext, tag. `place` says where it is stored (table, column, ids); it is not stored, but must be given again. */
  encrypt(secret: Uint8Array | string, place: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const head = Buffer.concat([Buffer.of(LAYOUT), this.id, nonce]);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.concat([head, Buffer.from(place)]));
    return Buffer.concat([head, cipher.update(Buffer.from(secret)), cipher.final(), cipher.getAuthTag()]);
  }

  /** The secret, or CannotDecrypt. */
  decrypt(sealed: Buffer, place: string): Buffer {
    if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== LAYOUT) throw new CannotDecrypt('not a ciphertext of this layout');
    const head = sealed.subarray(0, HEAD_BYTES);
    if (!head.subarray(1, 1 + KEY_ID_BYTES).equals(this.id)) throw new CannotDecrypt('encrypted with another master key');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, head.subarray(1 + KEY_ID_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.concat([head, Buffer.from(place)]));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new CannotDecrypt('changed, or stored in another place', { cause });
    }
  }
}
