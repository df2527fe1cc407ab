/** The rounds of crypt(3), which md5-crypt began and sha-crypt kept: each hashes the digest so far, password and salt in changing order. */
import { hash } from 'node:crypto';

/** The order depends on the number of the round modulo 2, 3 and 7. */
const PERIOD = 2 * 3 * 7;

/** Digest after `rounds` of them; Drepper's "Unix crypt using SHA-256 and SHA-512", step 21. */
export function cryptRounds(algorithm: string, start: Buffer, password: Buffer, salt: Buffer, rounds: number): Buffer {
  const inputs = Array.from({ length: PERIOD }, (_, n) => inputOf(n, start.length, password, salt));
  let digest = start;
  for (let n = 0; n < rounds; n++) {
    const { bytes, at } = inputs[n % PERIOD]!;
    digest.copy(bytes, at);
    digest = hash(algorithm, bytes, 'buffer');
  }
  return digest;
}

/** What a round hashes, with a gap at `at` for the digest. */
function inputOf(round: number, digestLength: number, password: Buffer, salt: Buffer): { readonly bytes: Buffer; readonly at: number } {
  const gap = Buffer.alloc(digestLength);
  const odd = round % 2 === 1;
  const middle = [...(round % 3 === 0 ? [] : [salt]), ...(round % 7 === 0 ? [] : [password])];
  const bytes = Buffer.concat(odd ? [password, ...middle, gap] : [gap, ...middle, password]);
  return { bytes, at: odd ? bytes.length - digestLength : 0 };
}

/** The first `length` bytes of a digest that is repeated. */
export function repeated(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}
