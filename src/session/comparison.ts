/** Comparing passwords with hashes: once for each hash, and as long where there is none. */
import { hashPassword, isOutdated, verifyPassword } from '../crypto/password.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';

export interface Compared {
  readonly fits: boolean;
  /** The same password, hashed anew, where it fits and its hash is not as strong as a new one. */
  readonly renewed: string | undefined;
}

/** Compares a password with a hash; with the same one once, however often a call has to look at the user again. */
export type Comparison = (hash: string) => Promise<Compared>;

export function comparison(password: string): Comparison {
  let last: { readonly hash: string; readonly compared: Compared } | undefined;
  return async (hash) => {
    if (last?.hash !== hash) last = { hash, compared: await compare(hash, password) };
    return last.compared;
  };
}

async function compare(hash: string, password: string): Promise<Compared> {
  const fits = await verified(hash, password);
  return { fits, renewed: fits && isOutdated(hash, password) ? await rehashed(password) : undefined };
}

async function verified(hash: string, password: string): Promise<boolean> {
  try {
    return await verifyPassword(hash, password);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(errors.hashUnreadable, { cause: error });
  }
}

/** A login does not fail for this: where too many wait, the next one does it. */
async function rehashed(password: string): Promise<string | undefined> {
  try {
    return await hashPassword(password);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Takes as long as the comparison of a password, so that an answer without one does not tell by its speed. */
export async function spendVerification(password: string): Promise<void> {
  await hashPassword(password); // the same work as a comparison with a hash of ours
}
