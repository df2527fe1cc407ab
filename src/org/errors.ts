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
  notFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' },
  domainEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-r3h4J' },
  domainExists: { code: 'already_exists', key: 'Errors.Already.Exists', id: 'V2-e1wse' },
  domainUnknown: { code: 'not_found', key: 'Errors.Org.DomainNotOnOrg', id: 'ORG-GDfA3' },
  primaryDomain: { code: 'failed_precondition', key: 'Errors.Org.PrimaryDomainNotDeletable', id: 'ORG-Sjdi3' },
  limitExceeded: { code: 'invalid_argument', key: 'Limit exceeded', id: 'QUERY-4M0fs' },
  currentNotFound: { code: 'not_found', key: 'Errors.Org.NotFound', id: 'QUERY-leq5Q' },
  noQuery: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'ORG-vR9nC' },
} as const satisfies Record<string, Reason>;
