/** What commands of the system fail with. */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  nameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INST-mruNY' },
  /** As of the languages that an instance allows. */
  languageUnknown: { code: 'invalid_argument', key: 'Errors.Language.NotSupported', id: 'KEYWARD-language' },
} as const satisfies Record<string, Reason>;
