/** The `$1$` of crypt(3), by Poul-Henning Kamp: https://passlib.readthedocs.io/en/stable/lib/passlib.hash.md5_crypt.html, "Algorithm". */
import { hash } from 'node:crypto';
import { cryptBase64, same } from './base64.ts';
import { cryptRounds, repeated } from './crypt-rounds.ts';
import type { Format } from './format.ts';

const ROUNDS = 1000;
/** The order in which the bytes of the digest are told. */
const ORDER = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

export const md5Crypt: Format = {
  form: /^\$1\$([^$:\n]{0,8})\$([./A-Za-z0-9]{22})$/,
  read: ([, salt = '', hashed = '']) => ({
    inBounds: true,
    effort: ROUNDS * 0.001_5,
    fits: (password) => same(crypt(Buffer.from(password), Buffer.from(salt)), hashed),
  }),
};

function crypt(password: Buffer, salt: Buffer): string {
  const digest = (...parts: readonly Buffer[]) => hash('md5', Buffer.concat(parts), 'buffer');
  const b = digest(password, salt, password);
  // A zero byte for each bit that is set in the length, the first character for each that is not: a slip of the original that stayed.
  const bits = [...password.length.toString(2)].reverse();
  const a = digest(
    password,
    Buffer.from('$1$'),
    salt,
    repeated(b, password.length),
    ...bits.map((bit) => (bit === '1' ? Buffer.alloc(1) : password.subarray(0, 1))),
  );
  const last = cryptRounds('md5', a, password, salt, ROUNDS);
  return cryptBase64(Buffer.from(ORDER.map((at) => last[at]!))); // ORDER names bytes of the digest
}
