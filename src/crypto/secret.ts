/** Secrets that are shown once and kept as a hash: tokens, codes, generated passwords. */
import { hash, randomInt, timingSafeEqual } from 'node:crypto';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';

/** Alphabets of the generators of reference/user-credentials-v2.md 0.2. */
export const alphabets = { code: UPPER + DIGITS, secret: LOWER + UPPER + DIGITS, digits: DIGITS } as const;

/** `length` characters, each picked evenly from the whole alphabet. */
export function randomText(length: number, alphabet: string = alphabets.secret): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** SHA-256 of a secret. Enough for what is random and long; passwords go through crypto/password.ts. */
export function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** The same as text, to remember something under it: a third of the cost. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'base64');
}

/** Compares a secret with its stored hash in constant time. */
export function matches(secret: string, stored: Uint8Array): boolean {
  const given = digest(secret);
  return given.length === stored.length && timingSafeEqual(given, stored);
}
