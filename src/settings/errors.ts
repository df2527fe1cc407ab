/** What reading and writing settings fails with, beside the rows of kinds.ts (reference/org-and-settings.md 3.3, v1-minimum.md). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  orgNotFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' },
  factorExists: {
    org: { code: 'already_exists', key: 'Multifactor already exists', id: 'Org-2B0ps' },
    instance: { code: 'already_exists', key: 'Multifactor already exists', id: 'INSTANCE-2B0ps' },
  },
  factorUnknown: {
    org: { code: 'not_found', key: 'Multifactor not existing', id: 'Org-3M9od' },
    instance: { code: 'not_found', key: 'Multifactor not existing', id: 'INSTANCE-3M9od' },
  },
  /** Ours: a factor has no place without a policy of the organization's own. */
  factorWithoutPolicy: { code: 'not_found', key: 'Login Policy not found', id: 'Org-Ffgw2' },

  // Settings of an organization
  settingsIdMissing: { code: 'invalid_argument', key: 'Errors.Org.Settings.Invalid', id: 'COMMAND-zI4z7cLLRJ' },
  settingsOrgUnknown: { code: 'not_found', key: 'Errors.NotFound', id: 'COMMAND-oDzwP5kmdP' },
  deletionIdMissing: { code: 'invalid_argument', key: 'Errors.IDMissing', id: 'COMMAND-eU5hkMy3Pf' },
  limitExceeded: { code: 'invalid_argument', key: 'Limit exceeded', id: 'QUERY-4M0fs' },
  usernameTaken: { code: 'already_exists', key: 'Errors.User.AlreadyExists', id: 'V3-DKcYh' },

  // Texts of the login pages
  readLocaleInvalid: { code: 'invalid_argument', key: 'Errors.Arguments.Locale.Invalid', id: 'QUERY-rZLAGi' },
  readLevelInvalid: { code: 'invalid_argument', key: 'Errors.Arguments.Level.Invalid', id: 'QUERY-YB6Sri' },
  writeLocaleInvalid: { code: 'invalid_argument', key: 'Errors.Arguments.Locale.Invalid', id: 'COMMA-xmjATA' },
  writeLevelInvalid: { code: 'invalid_argument', key: 'Errors.Arguments.Level.Invalid', id: 'COMMA-YB6Sri' },

  // Restrictions; ours, since those of the original were not observed
  languageUnknown: { code: 'invalid_argument', key: 'Errors.Language.NotSupported', id: 'KEYWARD-language' },
  defaultLanguageForbidden: { code: 'failed_precondition', key: 'Errors.Language.DefaultNotAllowed', id: 'KEYWARD-defaultLanguage' },
} as const satisfies Record<string, Reason | { readonly org: Reason; readonly instance: Reason }>;
