/** What commands on organizations fail with (reference/org-and-settings.md 2.2). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  // Adding
  nameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-mruNY' },
  idEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-4ABd3' },
  exists: { code: 'already_exists', key: 'Errors.Org.AlreadyExisting', id: 'ORG-laho2n' },
  nameTaken: { code: 'already_exists', key: 'Errors.Org.AlreadyExists', id: 'V3-DKcYh' },
  domainTaken: { code: 'already_exists', key: 'Errors.Org.Domain.AlreadyExists', id: 'V3-DKcYh' },
  noLabel: { code: 'invalid_argument', key: 'Errors.Org.Domain.EmptyString', id: 'ORG-RrfXY' },
  // Updating
  nameInvalid: { code: 'invalid_argument', key: 'Errors.Org.Invalid', id: 'EVENT-Mf9sd' },
  updateNotFound: { code: 'not_found', key: 'Errors.Org.NotFound', id: 'ORG-1MRds' },
  unchanged: { code: 'failed_precondition', key: 'Errors.Org.NotChanged', id: 'ORG-4VSdf' },

  // State
  deactivateNotFound: { code: 'not_found', key: 'Errors.Org.NotFound', id: 'ORG-oL9nT' },
  alreadyDeactivated: { code: 'failed_precondition', key: 'Errors.Org.AlreadyDeactivated', id: 'EVENT-Dbs2g' },
  activateNotFound: { code: 'not_found', key: 'Errors.Org.NotFound', id: 'ORG-Dgf3g' },
  alreadyActive: { code: 'failed_precondition', key: 'Errors.Org.AlreadyActive', id: 'EVENT-bfnrh' },
  defaultOrg: { code: 'failed_precondition', key: 'Errors.Org.DefaultOrgNotDeletable', id: 'COMMA-wG9p1' },
  /** Ours: a removal in steps meets another who switches the organization on, or makes one of its id. */
  noLongerOff: { code: 'aborted', key: 'Errors.Org.NoLongerOff', id: 'KEYWARD-noLongerOff' },
  /** Ours: on the original nobody can log in any more where the default organization is off (DESIGN.md 8). */
  defaultOrgStays: { code: 'failed_precondition', key: 'Errors.Org.DefaultOrgNotDeactivatable', id: 'KEYWARD-defaultOrg' },
  /** Ours: nor where the last owner's organization is. */
  lastOwner: { code: 'failed_precondition', key: 'Errors.User.LastOwner', id: 'KEYWARD-lastOwner' },

  // Domains
  notFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' },
  domainEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-r3h4J' },
  domainExists: { code: 'already_exists', key: 'Errors.Already.Exists', id: 'V2-e1wse' },
  /** Ours: the original takes any number, and the default domain of an organization that is not there yet. */
  domainsFull: { code: 'failed_precondition', key: 'Errors.Org.Domain.TooMany', id: 'KEYWARD-domains' },
  domainReserved: { code: 'failed_precondition', key: 'Errors.Org.Domain.Reserved', id: 'KEYWARD-reserved' },
  domainUnknown: { code: 'not_found', key: 'Errors.Org.DomainNotOnOrg', id: 'ORG-GDfA3' },
  primaryDomain: { code: 'failed_precondition', key: 'Errors.Org.PrimaryDomainNotDeletable', id: 'ORG-Sjdi3' },
  validateUnknown: { code: 'not_found', key: 'Errors.Org.DomainNotOnOrg', id: 'ORG-AGD31' },
  domainVerified: { code: 'failed_precondition', key: 'Errors.Org.DomainAlreadyVerified', id: 'ORG-HGw21' },
  verifyUnknown: { code: 'not_found', key: 'Errors.Org.DomainNotOnOrg', id: 'ORG-Sjdi3' },
  validationMissing: { code: 'failed_precondition', key: 'Errors.Org.DomainVerificationMissing', id: 'ORG-SFBB3' },
  fileMissing: { code: 'not_found', key: 'Errors.Org.DomainVerificationHTTPNotFound', id: 'ORG-F4zhw' },
  /** On the original 500, for a host that cannot be reached. */
  fileUnreachable: { code: 'not_found', key: 'Errors.Org.DomainVerificationHTTPNotFound', id: 'HTTP-BH42h' },
  fileDiffers: { code: 'not_found', key: 'Errors.Org.DomainVerificationHTTPNoMatch', id: 'ORG-GH422' },
  recordMissing: { code: 'not_found', key: 'Errors.Org.DomainVerificationTXTNotFound', id: 'ORG-G241f' },
  recordLate: { code: 'not_found', key: 'Errors.Org.DomainVerificationTimeout', id: 'ORG-K563l' },
  recordDiffers: { code: 'not_found', key: 'Errors.Org.DomainVerificationTXTNoMatch', id: 'ORG-G28if' },

  // Metadata
  metadataEmpty: { code: 'failed_precondition', key: 'Errors.Metadata.NoData', id: 'META-9mm2d' },
  metadataKeysEmpty: { code: 'failed_precondition', key: 'Errors.Metadata.NoData', id: 'META-9mw2d' },
  metadataKeysUnknown: { code: 'not_found', key: 'Errors.Metadata.KeyNotExisting', id: 'META-2npds' },

  // Reading
  limitExceeded: { code: 'invalid_argument', key: 'Limit exceeded', id: 'QUERY-4M0fs' },
  currentNotFound: { code: 'not_found', key: 'Errors.Org.NotFound', id: 'QUERY-leq5Q' },
  noQuery: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'ORG-vR9nC' },
} as const satisfies Record<string, Reason>;
