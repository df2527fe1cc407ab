/** What commands and queries on the roles of users on projects fail with (reference/org-and-settings.md 10, v1-minimum.md). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  userNotFound: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'COMMAND-4f8sg' },
  projectNotFound: { code: 'failed_precondition', key: 'Errors.Project.Grant.NotFound', id: 'COMMAND-4m9ff' },
  roleNotFound: { code: 'failed_precondition', key: 'Errors.Project.Role.NotFound', id: 'COMMAND-mm9F4' },
  exists: { code: 'already_exists', key: 'Errors.UserGrant.AlreadyExists', id: 'V3-DKcYh' },
  notFound: { code: 'not_found', key: 'Errors.UserGrant.NotFound', id: 'QUERY-wIPkA' },
} as const satisfies Record<string, Reason>;
