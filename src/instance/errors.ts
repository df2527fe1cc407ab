/** What commands on instances fail with. */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  domainTaken: { code: 'already_exists', key: 'Errors.Instance.Domain.AlreadyExists', id: 'V3-DKcYh' },
  domainInvalid: { code: 'invalid_argument', key: 'Errors.Instance.Domain.InvalidCharacter', id: 'INST-S3v3w' },
  notFound: { code: 'not_found', key: 'Errors.Instance.NotFound', id: 'QUERY-n0wng' },
  nameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INST-092mid' },
  customDomainEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INST-28nlD' },
  domainExists: { code: 'already_exists', key: 'Errors.Instance.Domain.AlreadyExists', id: 'INST-i2nl' },
  removedDomainEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INST-39nls' },
  generatedStays: { code: 'failed_precondition', key: 'Errors.Instance.Domain.GeneratedNotRemovable', id: 'INSTANCE-9hn3n' },
  trustedEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'COMMA-Stk21' },
  trustedInvalid: { code: 'invalid_argument', key: 'Errors.Instance.Domain.InvalidCharacter', id: 'COMMA-S3v3w' },
  trustedExists: { code: 'failed_precondition', key: 'Errors.Instance.Domain.AlreadyExists', id: 'COMMA-hg42a' },
  removedTrustedEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'COMMA-ajAzwu' },
  removedTrustedInvalid: { code: 'invalid_argument', key: 'Errors.Instance.Domain.InvalidCharacter', id: 'COMMA-lfs3Te' },
} as const satisfies Record<string, Reason>;
