/** What giving roles fails with, beside what member/errors.ts says (reference/org-and-settings.md 11). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  projectNotFound: { code: 'failed_precondition', key: 'Errors.Project.NotFound', id: 'COMMAND-EbFMN' },
  grantsNotServed: { code: 'unimplemented', key: 'roles on a grant of a project are not served yet' },
} as const satisfies Record<string, Reason>;
