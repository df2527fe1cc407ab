/** What commands on features fail with (reference/org-and-settings.md 6). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  nothingSet: { code: 'invalid_argument', key: 'Errors.NoChangesFound', id: 'COMMAND-Vigh1' },
  /** Internal on the original, which is a client's mistake. */
  nothingSetOnSystem: { code: 'invalid_argument', key: 'Errors.NoChangesFound', id: 'COMMAND-Oop8a' },
  baseUriInvalid: { code: 'invalid_argument', key: 'The base address of the login is no URI', id: 'KEYWARD-loginUri' },
} as const satisfies Record<string, Reason>;

/** Organizations and users have none; told with an empty id, as the original. */
export const notThere = (rpc: string): Reason => ({ code: 'unimplemented', key: `method ${rpc} not implemented`, id: '' });
