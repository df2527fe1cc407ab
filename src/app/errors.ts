/** What commands and queries on applications fail with (reference/org-and-settings.md 9.3, v1-minimum.md). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  nameTaken: { code: 'already_exists', key: 'Errors.Project.App.AlreadyExists', id: 'V3-DKcYh' },
  idTaken: { code: 'failed_precondition', key: 'Errors.Project.App.AlreadyExisting', id: 'PROJECT-lxowmp' },
  samlNotServed: { code: 'unimplemented', key: 'SAML applications are not served yet' },
  projectMissing: { code: 'failed_precondition', key: 'Errors.Project.NotFound', id: 'COMMAND-EbFMN' },
  invalid: { code: 'invalid_argument', key: 'Errors.Project.App.Invalid', id: 'PROJECT-1n8df' },
  notFound: { code: 'not_found', key: 'Errors.App.NotExisting', id: 'QUERY-pCP8P' },
  stateNotFound: { code: 'not_found', key: 'Errors.Project.App.NotExisting', id: 'COMMAND-ov9d3' },
  notActive: { code: 'failed_precondition', key: 'Errors.Project.App.NotActive', id: 'COMMAND-dsh35' },
  notInactive: { code: 'failed_precondition', key: 'Errors.Project.App.NotInactive', id: 'COMMAND-1n8cM' },
  removeNotFound: { code: 'not_found', key: 'Errors.Project.App.NotExisting', id: 'COMMAND-0po9s' },
  secretNotFound: { code: 'not_found', key: 'Errors.Project.App.NotExisting', id: 'COMMAND-Kd92s' },
  /** Its id is ours; the original gives an API a secret that never counts. */
  noSecret: { code: 'invalid_argument', key: 'Errors.Project.App.AuthMethodNoSecret', id: 'KEYWARD-noSecret' },
  keyNotFound: { code: 'failed_precondition', key: 'Errors.Project.App.NotFound', id: 'COMMAND-sak25' },
  keyNotTaken: { code: 'failed_precondition', key: 'Errors.Project.App.AuthMethodNoPrivateKeyJWT', id: 'COMMAND-Dff54' },
} as const satisfies Record<string, Reason>;
