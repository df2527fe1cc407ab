/** SHA-crypt: Drepper, "Unix crypt using SHA-256 and SHA-512", https://www.akkadia.org/drepper/SHA-crypt.txt; the numbers are its steps. */
import { hash } from 'node:crypto';
import { cryptBase64, same } from './base64.ts';
import { cryptRounds, repeated } from './crypt-rounds.ts';
import { between, type Format, type Stored } from './format.ts';

const DEFAULT_ROUNDS = '5000';

export const sha256Crypt: Format = {
  form: /^\$5\$(?:rounds=([1-9]\d*)\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]{43})$/,
  read: (match) => stored(sha256, match),
};

export const sha512Crypt: Format = {
  form: /^\$6\$(?:rounds=([1-9]\d*)\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]{86})$/,
  read: (match) => stored(sha512, match),
};

function stored(variant: Variant, [, rounds = DEFAULT_ROUNDS, salt = '', hashed = '']: RegExpExecArray): Stored {
  return {
    inBounds: between(rounds, 1000, 999_999_999),
    effort: Number(rounds) * 0.002,
    fits: (password) => same(shaCrypt(variant, Buffer.from(password), Buffer.from(salt), Number(rounds)), hashed),
  };
}

interface Variant {
  readonly algorithm: 'sha256' | 'sha512';
  /** The order in which the bytes of the digest are told (22). */
  readonly order: readonly number[];
}

const sha256: Variant = {
  algorithm: 'sha256',
  order: [20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28, 18, 29, 19, 9, 30, 31],
};
const sha512: Variant = {
  algorithm: 'sha512',
  order: [
    42, 21, 0, 1, 43, 22, 23, 2, 44, 45, 24, 3, 4, 46, 25, 26, 5, 47, 48, 27, 6, 7, 49, 28, 29, 8, 50, 51, 30, 9, 10, 52, 31, 32, 11, 53,
    54, 33, 12, 13, 55, 34, 35, 14, 56, 57, 36, 15, 16, 58, 37, 38, 17, 59, 60, 39, 18, 19, 61, 40, 41, 20, 62, 63,
  ],
};

function shaCrypt({ algorithm, order }: Variant, password: Buffer, salt: Buffer, rounds: number): string {
  const digest = (...parts: readonly Buffer[]) => hash(algorithm, Buffer.concat(parts), 'buffer');
  const b = digest(password, salt, password); // 4-8
  const bits = [...password.length.toString(2)].reverse();
  const a = digest(password, salt, repeated(b, password.length), ...bits.map((bit) => (bit === '1' ? b : password))); // 1-3, 9-12
  const p = repeated(digest(...Array.from({ length: password.length }, () => password)), password.length); // 13-16
  const s = repeated(digest(...Array.from({ length: 16 + (a[0] ?? 0) }, () => salt)), salt.length); // 17-20
  const last = cryptRounds(algorithm, a, p, s, rounds); // 21
  return cryptBase64(Buffer.from(order.map((at) => last[at]!))); // 22: `order` names bytes of the digest
}
