/** What commands on organizations fail with (reference/org-and-settings.md 2.2). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  nameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-mruNY' },
  idEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-4ABd3' },
  exists: { code: 'already_exists', key: 'Errors.Org.AlreadyExisting', id: 'ORG-laho2n' },
  nameTaken: { code: 'already_exists', key: 'Errors.Org.AlreadyExists', id: 'V3-DKcYh' },
  domainTaken: { code: 'already_exists', key: 'Errors.Org.Domain.AlreadyExists', id: 'V3-DKcYh' },
  noLabel: { code: 'invalid_argument', key: 'Errors.Org.Domain.EmptyString', id: 'ORG-RrfXY' },
  adminsNotServed: { code: 'unimplemented', key: 'admins of a new organization are not served yet' },
  noQuery: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'ORG-vR9nC' },
} as const satisfies Record<string, Reason>;
