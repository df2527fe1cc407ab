/** What identity providers and logins there fail with: name → code, message key (or text), id (reference/v1-minimum.md, user-credentials-v2.md 8). */
import type { Reason } from '../failure/failure.ts';
import type { Owner } from './config.ts';

const UNKNOWN = 'Errors.IDPConfig.NotExisting';
const INVALID = 'Errors.Invalid.Argument';
const TOKEN = 'Errors.Intent.InvalidToken';

export const errors = {
  notFound: { code: 'not_found', key: UNKNOWN, id: 'QUERY-SAFrt' },

  // Beginning a login at a provider
  withoutContent: {
    code: 'unimplemented',
    key: 'type oneOf <nil> in method StartIdentityProviderIntent not implemented',
    id: 'USERv2-S2g21',
  },
  providerUnknown: { code: 'failed_precondition', key: UNKNOWN, id: 'COMMAND-as02jin' },
  successUrl: { code: 'invalid_argument', key: 'Errors.Intent.SuccessURLMissing', id: 'COMMAND-x8j3bk' },
  failureUrl: { code: 'invalid_argument', key: 'Errors.Intent.FailureURLMissing', id: 'COMMAND-x8j4bk' },
  /** Ours: on the original a login may lead anywhere, by anyone with a token. */
  /** An LDAP server has no page to go to; the original makes up an address that leads nowhere. */
  needsLogin: { code: 'invalid_argument', key: 'Errors.ExternalIDP.IDPTypeNotImplemented', id: 'USERv2-3g2j3' },
  noLogin: { code: 'invalid_argument', key: 'Errors.ExternalIDP.IDPTypeNotImplemented', id: 'IDP-9a02j2n2bh' },
  loginFailed: { code: 'invalid_argument', key: 'Errors.User.ExternalIDP.LoginFailed', id: 'COMMAND-nzun2i' },
  /** Ours: the original tries every password, as often as it is asked to. */
  tooManyLogins: { code: 'resource_exhausted', key: 'Errors.ExternalIDP.TooManyLogins', id: 'KEYWARD-idpLogins' },
  /** Ours: the original answers 500 with the text of the library, addresses in it. */
  unreachable: { code: 'failed_precondition', key: 'Errors.ExternalIDP.Unreachable', id: 'KEYWARD-idpAway' },

  // The end of such a login
  stateMissing: { code: 'invalid_argument', key: 'Errors.Intent.StateMissing', id: 'IDP-Hk38e' },
  notStarted: { code: 'failed_precondition', key: 'Errors.Intent.NotStarted', id: 'IDP-gy3ctgkqe7' },
  overAlready: { code: 'failed_precondition', key: 'Errors.Intent.NotStarted', id: 'IDP-Sfrgs' },
  parametersMissing: { code: 'invalid_argument', key: 'Errors.AuthRequest.MissingParameters', id: 'LOGIN-adfzz' },
  answerInvalid: { code: 'failed_precondition', key: 'Errors.User.ExternalIDP.LoginFailed', id: 'KEYWARD-idpAnswer' },

  // Retrieving it
  tokenNotBase64: { code: 'permission_denied', key: TOKEN, id: 'CRYPTO-Swg31' },
  tokenOfOther: { code: 'permission_denied', key: TOKEN, id: 'CRYPTO-CRYPTO' },
  notSucceeded: { code: 'failed_precondition', key: 'Errors.Intent.NotSucceeded', id: 'IDP-nme4gszsvx' },
  expired: { code: 'failed_precondition', key: 'Errors.Intent.Expired', id: 'IDP-SAf42' },

  // Linking an account
  linkTaken: { code: 'already_exists', key: 'Errors.User.ExternalIDP.AlreadyExists', id: 'V3-DKcYh' },
  linkProviderUnknown: { code: 'failed_precondition', key: UNKNOWN, id: 'COMMAND-39nf2' },
} as const satisfies Record<string, Reason>;

/** What is told differently by whose provider it is. */
interface OwnerErrors {
  readonly blank: Reason;
  readonly appleKey: Reason;
  readonly samlMetadata: Reason;
  readonly samlEmpty: Reason;
  readonly remove: Reason;
  readonly attachUnknown: Reason;
  readonly attachAgain: Reason;
  /** The organization has no login policy of its own. */
  readonly attachNowhere: Reason;
  readonly detach: Reason;
}

/** The ids of organizations beside those of removal and of policies are ours: nobody has seen the original's. */
export const ownerErrors: Readonly<Record<Owner, OwnerErrors>> = {
  instance: {
    blank: { code: 'invalid_argument', key: INVALID, id: 'INST-D32ef' },
    appleKey: { code: 'invalid_argument', key: 'Invalid Private Key format', id: 'INST-Fk38d' },
    samlMetadata: { code: 'invalid_argument', key: 'SAML Metadata format error', id: 'INST-SF3rwhgh' },
    samlEmpty: { code: 'invalid_argument', key: INVALID, id: 'INST-3bi3esi16t' },
    remove: { code: 'not_found', key: UNKNOWN, id: 'INST-Se3tg' },
    attachUnknown: { code: 'failed_precondition', key: UNKNOWN, id: 'INSTANCE-m8fsd' },
    attachAgain: { code: 'already_exists', key: 'Identity provider already exists', id: 'INSTANCE-2B0ps' },
    attachNowhere: { code: 'not_found', key: 'Errors.Instance.NotFound' }, // it always has one
    detach: { code: 'not_found', key: 'Errors.IAM.LoginPolicy.IDP.NotExisting', id: 'INSTANCE-39fjs' },
  },
  organization: {
    blank: { code: 'invalid_argument', key: INVALID, id: 'ORG-D32ef' },
    appleKey: { code: 'invalid_argument', key: 'Invalid Private Key format', id: 'ORG-Fk38d' },
    samlMetadata: { code: 'invalid_argument', key: 'SAML Metadata format error', id: 'ORG-SF3rwhgh' },
    samlEmpty: { code: 'invalid_argument', key: INVALID, id: 'ORG-3bi3esi16t' },
    remove: { code: 'not_found', key: 'Errors.Org.IDPConfig.NotExisting', id: 'ORG-Se3tg' },
    attachUnknown: { code: 'failed_precondition', key: UNKNOWN, id: 'Org-3N9fs' },
    attachAgain: { code: 'already_exists', key: 'Errors.Org.LoginPolicy.IDP.AlreadyExists', id: 'Org-2B0ps' },
    attachNowhere: { code: 'not_found', key: 'Login Policy not found', id: 'Org-Ffgw2' },
    detach: { code: 'not_found', key: 'Errors.Org.LoginPolicy.IDP.NotExisting', id: 'Org-39fjs' },
  },
};
