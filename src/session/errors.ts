/** What sessions fail with: name → code, message key (or text), id (reference/session-service-v2.md 2 to 6 and 10). */
import type { Reason } from '../failure/failure.ts';

export const errors = {
  // Reading
  notFound: { code: 'not_found', key: 'Session does not exist', id: 'QUERY-SFeaa' },
  notTheToken: { code: 'permission_denied', key: 'Permission denied', id: 'QUERY-dsfr3' },
  noCreator: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'GRPC-x8n24uh' },
  noUserAgent: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'GRPC-x8n23uh' },

  // The state of a session
  terminated: { code: 'failed_precondition', key: 'Session already terminated', id: 'COMMAND-Hewfq' },
  expired: { code: 'failed_precondition', key: 'Session has expired', id: 'COMMAND-Hkl3d' },
  tokenInvalid: { code: 'permission_denied', key: 'Session Token is invalid', id: 'COMMAND-sGr42' },

  // The check of the user
  userNotFound: { code: 'not_found', key: 'Errors.User.NotFound', id: 'QUERY-Dfbg2' },
  notActive: { code: 'failed_precondition', key: 'Errors.User.NotActive', id: 'SESSION-Gj4ko' },
  /** With an empty id, as the original. */
  otherUser: { code: 'invalid_argument', key: 'user change not possible', id: '' },

  // The check of the password
  noUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-Sfw3f' },
  noHuman: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'COMMAND-3n77z' },
  locked: { code: 'failed_precondition', key: 'Errors.User.Locked', id: 'COMMAND-JLK35' },
  noPassword: { code: 'failed_precondition', key: 'Errors.User.Password.NotSet', id: 'COMMAND-3nJ4t' },
  wrongPassword: { code: 'invalid_argument', key: 'Errors.User.Password.Invalid', id: 'COMMAND-3M0fs' },
  hashUnreadable: { code: 'internal', key: 'Errors.Internal', id: 'COMMAND-CahN2' },

  // The check of an intent
  intentNoUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-Sfw3r' },
  intentTokenInvalid: { code: 'permission_denied', key: 'Errors.Intent.InvalidToken', id: 'CRYPTO-Sf4gt' },
  intentNotSucceeded: { code: 'failed_precondition', key: 'Errors.Intent.NotSucceeded', id: 'COMMAND-Df4bw' },
  intentExpired: { code: 'failed_precondition', key: 'Errors.Intent.Expired', id: 'COMMAND-SAf42' },
  intentOfOther: { code: 'failed_precondition', key: 'Errors.Intent.OtherUser', id: 'COMMAND-O8xk3w' },

  // Passkeys and security keys; what the original answers with Internal is the client's mistake, or what it asks for is not there (DESIGN.md 8)
  noChallenge: { code: 'failed_precondition', key: 'Errors.Session.WebAuthN.NoChallenge', id: 'COMMAND-Ioqu5' },
  keyNoUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-eeR2e' },
  keyUserNotFound: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'COMMAND-Df4b3' },
  keyNone: { code: 'failed_precondition', key: 'Errors.User.WebAuthN.BeginLoginFailed', id: 'WEBAU-4G8sw' },
  assertionUnreadable: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.ValidateLoginFailed', id: 'WEBAU-ADgv4' },
  assertionWrong: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.ValidateLoginFailed', id: 'WEBAU-3M9si' },

  // TOTP, codes by message and mail, recovery codes
  totpNoUser: { code: 'invalid_argument', key: 'Errors.User.UserIDMissing', id: 'COMMAND-8N9ds' },
  totpNotReady: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-3Mif9s' },
  totpWrong: { code: 'invalid_argument', key: 'Errors.User.MFA.OTP.InvalidCode', id: 'EVENT-8isk2' },
  smsNoUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-JKL3g' },
  smsNotReady: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-BJ2g3' },
  emailNoUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-JK3gp' },
  emailNotReady: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-JKLJ3' },
  otpNoUser: { code: 'invalid_argument', key: 'Errors.User.UserIDMissing', id: 'COMMAND-S453v' },
  otpNotReady: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-d2r52' },
  otpNoChallenge: { code: 'failed_precondition', key: 'Errors.User.Code.NotFound', id: 'COMMAND-S34gh' },
  otpExpired: { code: 'failed_precondition', key: 'Errors.User.Code.Expired', id: 'CODE-QvUQ4P' },
  otpWrong: { code: 'invalid_argument', key: 'Errors.User.Code.Invalid', id: 'CODE-woT0xc' },
  recoveryNoUser: { code: 'invalid_argument', key: 'Errors.User.UserIDMissing', id: 'COMMAND-4m9s2' },
  recoveryNotReady: { code: 'failed_precondition', key: 'Errors.User.MFA.RecoveryCodes.NotReady', id: 'COMMAND-84rgg' },
  recoveryWrong: { code: 'invalid_argument', key: 'Errors.User.MFA.RecoveryCodes.InvalidCode', id: 'DOMAIN-6uvh0' },
} as const satisfies Record<string, Reason>;
