/** What commands of the system fail with. */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  nameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INST-mruNY' },
  languageNotServed: { code: 'unimplemented', key: 'a default language other than en is not served yet' },
} as const satisfies Record<string, Reason>;
