/** What commands on instances fail with. */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  domainTaken: { code: 'already_exists', key: 'Errors.Instance.Domain.AlreadyExists', id: 'V3-DKcYh' },
  domainInvalid: { code: 'invalid_argument', key: 'Errors.Instance.Domain.InvalidCharacter', id: 'INST-S3v3w' },
  notFound: { code: 'not_found', key: 'Errors.Instance.NotFound' },
} as const satisfies Record<string, Reason>;
