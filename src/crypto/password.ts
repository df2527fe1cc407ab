/** Passwords: new ones hashed by argon2id with OWASP's parameters, stored ones compared in whatever format they came; off the event loop. */
import { availableParallelism } from 'node:os';
import { isAsStrongAsOurs, OUR_EFFORT } from './hash/argon2.ts';
import { BCRYPT_BYTES, bcrypt } from './hash/bcrypt.ts';
import { type Legacy, readHash } from './hash/formats.ts';
import { HashPool } from './hash/pool.ts';

let accepted: ReadonlySet<Legacy> = new Set();
let pool = new HashPool(availableParallelism());

/** Once, when the process starts: the weak formats that are accepted, and how many processes share the cores. */
export function configurePasswords({ legacy, processes }: { readonly legacy: readonly Legacy[]; readonly processes: number }): void {
  accepted = new Set(legacy);
  pool = new HashPool(Math.ceil(availableParallelism() / processes));
}

/** The encoded hash (`$argon2id$…`) of a new password. Fails with `resource_exhausted` where too many wait. */
export async function hashPassword(password: string): Promise<string> {
  return String(await pool.run({ kind: 'hash', password }, OUR_EFFORT));
}

/** Whether a password fits a stored hash. Fails with `resource_exhausted` where too many wait, with an Error where the hash cannot be read. */
export async function verifyPassword(encoded: string, password: string): Promise<boolean> {
  const found = readHash(encoded);
  if (!found) throw new Error('a hash of no known format');
  if (!isAccepted(found.legacy)) throw new Error(`a hash that is accepted only where KEYWARD_LEGACY_HASHES names ${found.legacy}`);
  return (await pool.run({ kind: 'compare', encoded, password }, found.stored.effort)) === true;
}

/** Whether a password that fits should be hashed anew: its hash is of another format than ours, or weaker. */
export function isOutdated(encoded: string, password: string): boolean {
  // Who mistypes what bcrypt does not look at would need that mistake from then on.
  if (bcrypt.form.test(encoded) && Buffer.byteLength(password) > BCRYPT_BYTES) return false;
  return !isAsStrongAsOurs(encoded);
}

/** What a comparison may take, in ms of one core: the reference's bounds alone would allow hours. */
const MOST_EFFORT = 10_000;

/** Whether a hash from elsewhere can be taken over: `unknown` format (or a weak one that is not accepted), `costly` beyond the bounds. */
export function judgeHash(encoded: string): 'fit' | 'unknown' | 'costly' {
  const found = readHash(encoded);
  if (!found || !isAccepted(found.legacy)) return 'unknown';
  return found.stored.inBounds && found.stored.effort <= MOST_EFFORT ? 'fit' : 'costly';
}

const isAccepted = (legacy: Legacy | undefined) => legacy === undefined || accepted.has(legacy);
