/** Passwords: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), hashed off the event loop. */
import { hash, verify } from '@node-rs/argon2';

/** `Algorithm.Argon2id`: the package declares it as an ambient const enum, which erasable TypeScript cannot read. */
const ARGON2ID = 2;
const PARAMETERS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The encoded hash (`$argon2id$…`) of a new password. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PARAMETERS);
}

/** Whether a password fits an encoded argon2 hash. */
export function verifyPassword(encoded: string, password: string): Promise<boolean> {
  return verify(encoded, password);
}
