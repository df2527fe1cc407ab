/** Argon2i and argon2id (RFC 9106) as PHC strings: what we make ourselves, and what others made. */
import { hashSync, verifySync } from '@node-rs/argon2';
import { between, type Format } from './format.ts';

/** `Algorithm.Argon2id`: the package declares it as an ambient const enum, which erasable TypeScript cannot read. */
const ARGON2ID = 2;
/** OWASP's parameters: 19 MiB, 2 passes, 1 lane. */
export const OURS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Salts from 8 bytes (RFC 9106 section 3.1), which is 11 characters. */
const form = /^\$argon2(id?)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{6,}$/;
const effortOf = (memory: number, passes: number) => memory * passes * 0.000_4;

export const argon2: Format = {
  form,
  read: ([encoded, , memory, passes, lanes]) => ({
    inBounds: between(memory, 8192, 524_288) && between(passes, 1, 10) && between(lanes, 1, 16),
    effort: effortOf(Number(memory), Number(passes)),
    fits: (password) => verifySync(encoded, password),
  }),
};

/** What `newHash` takes, as `effort` of a Stored. */
export const OUR_EFFORT = effortOf(OURS.memoryCost, OURS.timeCost);

/** The hash of a new password. */
export function newHash(password: string): string {
  return hashSync(password, OURS);
}

/** Argon2id that costs a guess as much as ours, or more: OWASP's parameters trade memory for passes at equal strength. */
export function isAsStrongAsOurs(encoded: string): boolean {
  const [, variant, memory, passes] = form.exec(encoded) ?? [];
  return variant === 'id' && Number(memory) * Number(passes) >= OURS.memoryCost * OURS.timeCost;
}
