/** What commands and queries on projects fail with (reference/org-and-settings.md 8.2, v1-minimum.md). */
import type { Reason } from '../failure/failure.ts';

const NOT_FOUND = 'Errors.Project.NotFound';

export const errors = {
  nameTaken: { code: 'already_exists', key: 'Errors.Project.AlreadyExists', id: 'V3-DKcYh' },
  idTaken: { code: 'already_exists', key: 'Errors.Project.AlreadyExisting', id: 'COMMAND-opamwu' },
  ownerMissing: { code: 'invalid_argument', key: 'Errors.ResourceOwnerMissing', id: 'COMMAND-fmq7bqQX1s' },
  /** Ours: the original makes an orphan (DESIGN.md 8). */
  orgNotFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' },
  notFound: { code: 'not_found', key: NOT_FOUND, id: 'QUERY-fk2fs' },
  elsewhere: { code: 'not_found', key: NOT_FOUND, id: 'MANAG-SFf2a' },
  updateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-3M9sd' },
  deactivateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-112M9' },
  notActive: { code: 'failed_precondition', key: 'Errors.Project.NotActive', id: 'COMMAND-mki55' },
  activateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-3M9sd' },
  notInactive: { code: 'failed_precondition', key: 'Errors.Project.NotInactive', id: 'COMMAND-5M9bs' },
  /** Of roles, applications and members of a project that is not there. */
  missing: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-EbFMN' },
  roleTaken: { code: 'already_exists', key: 'Errors.Project.Role.AlreadyExists', id: 'V3-DKcYh' },

  grantMissing: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-m9gsd' },
  grantOrgNotFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-3m9gg' },
  grantRoleNotFound: { code: 'failed_precondition', key: 'Errors.Project.Role.NotFound', id: 'COMMAND-6m9gd' },
  grantToOwner: { code: 'failed_precondition', key: 'Errors.Project.Grant.Invalid', id: 'PROJECT-ckUpbvboAH' },
  grantTaken: { code: 'already_exists', key: 'Errors.Project.Grant.AlreadyExists', id: 'V3-DKcYh' },
} as const satisfies Record<string, Reason>;
