/** What commands on signing keys fail with (reference/org-and-settings.md 7). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  notFound: { code: 'not_found', key: 'Errors.WebKey.NotFound', id: 'COMMAND-teiG3' },
  active: { code: 'failed_precondition', key: 'Errors.WebKey.ActiveDelete', id: 'COMMAND-Chai1' },
} as const satisfies Record<string, Reason>;
