/** What the commands and queries on users fail with: name → code, message key, id (reference/user-service-v2.md, user-credentials-v2.md). */
import type { Reason } from '../failure/failure.ts';

const NOT_FOUND = 'Errors.User.NotFound';

export const errors = {
  // Reading
  notFound: { code: 'not_found', key: NOT_FOUND, id: 'QUERY-Dfbg2' },
  nestedTooDeep: { code: 'invalid_argument', key: 'Too many query nesting levels (Max 20)', id: 'USER-zsQ97' },
  emptyList: { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'GRPC-vR9nC' },
  limitExceeded: { code: 'invalid_argument', key: 'Limit exceeded', id: 'QUERY-4M0fs' },

  // State: deactivate, reactivate, lock, unlock, delete
  deactivateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-5gp2p62iin' },
  deactivateInitial: { code: 'failed_precondition', key: 'Errors.User.CantDeactivateInitial', id: 'COMMAND-gvx4kct9r2' },
  alreadyInactive: { code: 'failed_precondition', key: 'Errors.User.AlreadyInactive', id: 'COMMAND-5gunjw0cd7' },
  reactivateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-9hy5kzbuk6' },
  notInactive: { code: 'failed_precondition', key: 'Errors.User.NotInactive', id: 'COMMAND-s5qqcz97hf' },
  lockNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-450yxuqrh1' },
  notActiveOrInitial: { code: 'failed_precondition', key: 'Errors.User.ShouldBeActiveOrInitial', id: 'COMMAND-lgws8wtsqf' },
  unlockNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-x377t913pw' },
  notLocked: { code: 'failed_precondition', key: 'Errors.User.NotLocked', id: 'COMMAND-olb9vb0oca' },
  deleteNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-bd4ir1mblj' },
  /** Ours: the original lets the last owner switch himself off, and the instance is lost. */
  lastOwner: { code: 'failed_precondition', key: 'Errors.User.LastOwner', id: 'KEYWARD-lastOwner' },

  // Creating
  metadataTwice: { code: 'invalid_argument', key: 'Metadata must not be set on both the user and human fields', id: 'USERv2-j0z7uy' },
  templateSyntax: { code: 'invalid_argument', key: 'Errors.User.InvalidURLTemplate', id: 'DOMAIN-oGh5e' },
  templateField: { code: 'invalid_argument', key: 'Errors.User.InvalidURLTemplate', id: 'DOMAIN-ieYa7' },
  emailEmpty: { code: 'invalid_argument', key: 'Errors.User.Email.Empty', id: 'EMAIL-spblu' },
  emailInvalid: { code: 'invalid_argument', key: 'Errors.User.Email.Invalid', id: 'EMAIL-599BI' },
  emailWithName: { code: 'invalid_argument', key: 'Errors.User.Email.Invalid', id: 'EMAIL-599GV' },
  usernameEmpty: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'V2-zzad3' },
  firstNameEmpty: { code: 'invalid_argument', key: 'Errors.User.Profile.FirstNameEmpty', id: 'USER-UCej2' },
  lastNameEmpty: { code: 'invalid_argument', key: 'Errors.User.Profile.LastNameEmpty', id: 'USER-4hB7d' },
  phoneInvalid: { code: 'invalid_argument', key: 'Errors.User.Phone.Invalid', id: 'PHONE-so0wa' },
  phoneEmpty: { code: 'invalid_argument', key: 'Errors.User.Phone.Empty', id: 'PHONE-Zt0NV' },
  metadataKeyEmpty: { code: 'invalid_argument', key: 'Errors.User.Metadata.KeyEmpty', id: 'USER-Drght' },
  metadataValueEmpty: { code: 'invalid_argument', key: 'Errors.User.Metadata.ValueEmpty', id: 'USER-Dbgth' },
  hashUnknown: { code: 'invalid_argument', key: 'Errors.User.Password.Invalid', id: 'CRYPT-r8Qm2' },
  hashCost: { code: 'invalid_argument', key: 'Errors.User.Password.Invalid', id: 'CRYPT-5uV9n' },
  orgNotFound: { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' },
  humanExists: { code: 'failed_precondition', key: 'Errors.User.AlreadyExisting', id: 'COMMAND-7yiox1isql' },
  machineExists: { code: 'failed_precondition', key: 'Errors.User.AlreadyExisting', id: 'COMMAND-k2una' },
  domainReserved: { code: 'invalid_argument', key: 'Errors.User.DomainNotAllowedAsUsername', id: 'COMMAND-SFd21' },
  /** Ours: the original takes them. */
  usernameControl: { code: 'invalid_argument', key: 'Errors.User.UsernameControl', id: 'KEYWARD-username' },
  usernameTaken: { code: 'already_exists', key: 'Errors.User.AlreadyExists', id: 'V3-DKcYh' },
  idpUnknown: { code: 'failed_precondition', key: 'Errors.IDPConfig.NotExisting', id: 'COMMAND-39nf2' },

  keyUnknown: { code: 'not_found', key: 'Errors.AuthNKey.NotFound', id: 'QUERY-Dgr3g' },

  // Updating
  updateNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-ugjs0upun6' },
  removalVerified: { code: 'invalid_argument', key: 'Errors.User.Phone.VerifyingRemovalIsNotSupported', id: 'USERv2-4f3d6' },
  passwordEmptyOnUpdate: { code: 'invalid_argument', key: 'Errors.User.Password.Empty', id: 'COMMAND-3klek4sbns' },
  mfaSkipNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-auj6jeBei4' },

  // E-mail and phone
  emailNotFound: { code: 'not_found', key: 'Errors.User.Email.NotFound', id: 'COMMAND-ieJ2e' },
  emailUnchanged: { code: 'failed_precondition', key: 'Errors.User.Email.NotChanged', id: 'COMMAND-Uch5e' },
  phoneUserNotFound: { code: 'not_found', key: 'Errors.User.Phone.NotFound', id: 'COMMAND-ieJ2e' },
  phoneNotFound: { code: 'failed_precondition', key: 'Errors.User.Phone.NotFound', id: 'COMMAND-ieJ2e' },
  phoneUnchanged: { code: 'failed_precondition', key: 'Errors.User.Phone.NotChanged', id: 'COMMAND-Uch5e' },
  contactNotInitialised: { code: 'failed_precondition', key: 'Errors.User.NotInitialised', id: 'COMMAND-uz0Uu' },
  emailCodeNone: { code: 'failed_precondition', key: 'Errors.User.Code.Empty', id: 'EMAIL-5w5ilin4yt' },
  phoneCodeNone: { code: 'failed_precondition', key: 'Errors.User.Code.Empty', id: 'PHONE-5xrra88eq8' },
  contactCodeWrong: { code: 'invalid_argument', key: 'Errors.User.Code.Invalid', id: 'COMMAND-eis9R' },

  // Password
  passwordUserNotFound: { code: 'failed_precondition', key: 'Errors.User.Password.NotFound', id: 'COMMAND-G8dh3' },
  passwordNotInitialised: { code: 'failed_precondition', key: 'Errors.User.NotInitialised', id: 'COMMAND-M9dse' },
  passwordEmpty: { code: 'invalid_argument', key: 'Errors.User.Password.Empty', id: 'COMMAND-3M0fs' },
  passwordEmptyByCode: { code: 'invalid_argument', key: 'Errors.User.Password.Empty', id: 'COMMAND-Mf0sd' },
  passwordNotSet: { code: 'failed_precondition', key: 'Errors.User.Password.NotSet', id: 'COMMAND-3nJ4t' },
  passwordWrong: { code: 'invalid_argument', key: 'Errors.User.Password.Invalid', id: 'COMMAND-3M0fs' },
  passwordUnchanged: { code: 'failed_precondition', key: 'Errors.User.Password.NotChanged', id: 'COMMAND-Aesh5' },
  locked: { code: 'failed_precondition', key: 'Errors.User.Locked', id: 'COMMAND-JLK35' },
  tooManyTries: { code: 'resource_exhausted', key: 'Errors.User.TooManyTries', id: 'KEYWARD-tries' },
  codeNotFound: { code: 'failed_precondition', key: 'Errors.User.Code.NotFound', id: 'COMMAND-2M9fs' },
  codeExpired: { code: 'failed_precondition', key: 'Errors.User.Code.Expired', id: 'CODE-QvUQ4P' },
  codeInvalid: { code: 'invalid_argument', key: 'Errors.User.Code.Invalid', id: 'CODE-woT0xc' },
  resetNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-SAF4f' },
  resetNotInitialised: { code: 'failed_precondition', key: 'Errors.User.NotInitialised', id: 'COMMAND-Sfe4g' },

  // Second factors
  /** An unknown user, where the original looks for whom he belongs to first. */
  ownerNotFound: { code: 'not_found', key: 'Errors.NotFound', id: 'COMMAND-4g3xq' },
  totpUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-SqyJz' },
  totpExists: { code: 'already_exists', key: 'Errors.User.MFA.OTP.AlreadyReady', id: 'COMMAND-do9se' },
  totpNone: { code: 'not_found', key: 'Errors.User.MFA.OTP.NotExisting', id: 'COMMAND-3Mif9s' },
  totpVerified: { code: 'failed_precondition', key: 'Errors.Users.MFA.OTP.AlreadyReady', id: 'COMMAND-qx4ls' },
  totpWrong: { code: 'invalid_argument', key: 'Errors.User.MFA.OTP.InvalidCode', id: 'EVENT-8isk2' },
  totpNotThere: { code: 'not_found', key: 'Errors.User.MFA.OTP.NotExisting', id: 'COMMAND-Hd9sd' },
  otpSmsExists: { code: 'already_exists', key: 'Errors.User.MFA.OTP.AlreadyReady', id: 'COMMAND-Ad3g2' },
  otpSmsUnproven: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-Q54j2' },
  otpSmsNone: { code: 'not_found', key: 'Errors.User.MFA.OTP.NotExisting', id: 'COMMAND-Sr3h3' },
  otpEmailExists: { code: 'already_exists', key: 'Errors.User.MFA.OTP.AlreadyReady', id: 'COMMAND-MKL2s' },
  otpEmailUnproven: { code: 'failed_precondition', key: 'Errors.User.MFA.OTP.NotReady', id: 'COMMAND-KLJ2d' },
  otpEmailNone: { code: 'not_found', key: 'Errors.User.MFA.OTP.NotExisting', id: 'COMMAND-b312D' },
  recoveryUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-uXHNj' },
  recoveryTooMany: { code: 'failed_precondition', key: 'Errors.User.MFA.RecoveryCodes.MaxCountExceeded', id: 'COMMAND-8f2k9' },
  recoveryLocked: { code: 'failed_precondition', key: 'Errors.User.Locked', id: 'COMMAND-d9u8q' },

  // Passkeys and security keys; where the original answers a client's mistake with Internal, it is InvalidArgument (DESIGN.md 8)
  authenticatorUserNotFound: { code: 'not_found', key: NOT_FOUND, id: 'COMMAND-M9dsd' },
  relyingPartyUnknown: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.ServerConfig', id: 'WEBAU-UX9ta' },
  linkCodeWrong: { code: 'invalid_argument', key: 'Errors.User.Code.Invalid', id: 'COMMAND-Eeb2a' },
  nothingPending: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.NotFound', id: 'WEBAU-5M9so' },
  credentialUnreadable: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.ErrorOnParseCredential', id: 'WEBAU-sEr8c' },
  credentialWrong: { code: 'invalid_argument', key: 'Errors.User.WebAuthN.CreateCredentialFailed', id: 'WEBAU-3Vb9s' },
  authenticatorNotFound: { code: 'not_found', key: 'Errors.User.WebAuthN.NotFound', id: 'COMMAND-DAfb2' },

  // Invites
  inviteIdMissing: { code: 'invalid_argument', key: 'Errors.User.UserIDMissing', id: 'COMMAND-4jio3' },
  inviteUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-Wgvn4' },
  alreadyInitialised: { code: 'failed_precondition', key: 'Errors.User.AlreadyInitialised', id: 'COMMAND-EF34g' },
  inviteNone: { code: 'failed_precondition', key: 'Errors.User.Code.NotFound', id: 'COMMAND-Wr3gq' },
  invitedNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-F5g2h' },
  inviteCodeWrong: { code: 'invalid_argument', key: 'Errors.User.Code.Invalid', id: 'COMMAND-Wgn4q' },

  // Links to identity providers
  linkUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-vzktar7b7f' },
  /** Ours: on the original everybody links whatever account to himself, and so takes it away from whom it is. */
  linkUnproven: { code: 'failed_precondition', key: 'Errors.User.ExternalIDP.Invalid', id: 'KEYWARD-linkProof' },
  linkNotFound: { code: 'not_found', key: 'Errors.User.ExternalIDP.NotFound', id: 'COMMAND-1M9xR' },

  // Metadata
  metadataListEmpty: { code: 'failed_precondition', key: 'Errors.Metadata.NoData', id: 'META-9mm2d' },
  metadataUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-uXHNj' },
  metadataKeysUnknown: { code: 'not_found', key: 'Errors.Metadata.KeyNotExisting', id: 'META-2nnds' },
  metadataInvalid: { code: 'invalid_argument', key: 'Errors.Metadata.Invalid', id: 'COMMAND-m29ds' },

  // Credentials of machines
  expiryPast: { code: 'invalid_argument', key: 'Errors.AuthNKey.ExpireBeforeNow', id: 'DOMAIN-dv3t5' },
  patUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-Dggw2' },
  patWrongType: { code: 'failed_precondition', key: 'Errors.User.WrongType', id: 'COMMAND-Df2f1' },
  patNotFound: { code: 'not_found', key: 'Errors.User.PAT.NotFound', id: 'COMMAND-4m77G' },
  secretUserNotFound: { code: 'failed_precondition', key: 'Errors.User.NotExisting', id: 'COMMAND-x8910n' },
  secretOwnerNotFound: { code: 'failed_precondition', key: 'Errors.User.NotExisting', id: 'COMMAND-x7s802' },
  secretNone: { code: 'failed_precondition', key: 'Errors.User.Machine.Secret.NotExisting', id: 'COMMAND-coi82n' },
  keyInvalid: { code: 'invalid_argument', key: 'Errors.User.Machine.Key.Invalid', id: 'COMMAND-5F3h1' },
  keyUserNotFound: { code: 'failed_precondition', key: NOT_FOUND, id: 'COMMAND-bnipwm1' },
  keyNotFound: { code: 'not_found', key: 'Errors.User.Machine.Key.NotFound', id: 'COMMAND-4m77G' },

  /** For a user who is off nothing new is handed out that could give access (DESIGN.md 8). */
  notActive: { code: 'failed_precondition', key: 'Errors.User.NotActive', id: 'SESSION-Gj4ko' },
} as const satisfies Record<string, Reason>;

/** Rules of the password complexity (reference/user-credentials-v2.md 3.3); the id's prefix tells creating from changing. */
export const passwordRules = {
  tooShort: ['Errors.User.PasswordComplexityPolicy.MinLength', 'HuJf6'],
  noLower: ['Errors.User.PasswordComplexityPolicy.HasLower', 'co3Xw'],
  noUpper: ['Errors.User.PasswordComplexityPolicy.HasUpper', 'VoaRj'],
  noNumber: ['Errors.User.PasswordComplexityPolicy.HasNumber', 'ZBv4H'],
  noSymbol: ['Errors.User.PasswordComplexityPolicy.HasSymbol', 'ZDLwA'],
} as const;
