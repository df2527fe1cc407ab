/** What the RPCs of users and sessions do: the first sentence is the summary, all of them the description. */
import type { Texts } from './texts.ts';

export const userTexts: Texts = {
  'user.v2': {
    CreateUser:
      'Creates a user: a human or a machine. A human may get a password, a verified e-mail address, second factors and links to identity providers at once; without a verified address a code is sent to it. The id can be chosen, as long as nobody has it.',
    AddHumanUser:
      'Creates a human. The older form of CreateUser: the organization is named in `organization` (by id or domain), else it is that of the caller.',
    GetUserByID: 'Gives a user by id, with state, login names and the profile of a human or the settings of a machine.',
    ListUsers:
      'Lists the users that the caller may see, sorted and filtered. Filters can be nested with and, or, not; all filters of the list must hold.',
    SetEmail:
      'Sets the e-mail address of a human. It counts as verified only with `isVerified`; else a code is sent to the new address, or returned with `returnCode`.',
    ResendEmailCode:
      'Sends, or returns, a new code for the e-mail address that is not verified yet. The former code is worth nothing any more.',
    SendEmailCode: 'Sends, or returns, a code for the e-mail address that is not verified yet, whether or not there was one before.',
    VerifyEmail: 'Takes the code that was sent to the e-mail address; the address counts as verified then. A code is good once.',
    SetPhone:
      'Sets the phone number of a human. It counts as verified only with `isVerified`; else a code is sent to the new number, or returned with `returnCode`.',
    RemovePhone: 'Removes the phone number of a human, and with it the one-time passwords by SMS.',
    ResendPhoneCode:
      'Sends, or returns, a new code for the phone number that is not verified yet. The former code is worth nothing any more.',
    VerifyPhone: 'Takes the code that was sent to the phone number; the number counts as verified then. A code is good once.',
    UpdateUser:
      'Changes what the request names of a user and leaves the rest as it is: user name, profile, e-mail, phone, password of a human; name, description and kind of token of a machine.',
    UpdateHumanUser: 'Changes what the request names of a human and leaves the rest as it is. The older form of UpdateUser.',
    DeactivateUser:
      'Switches a user off. When the call returns, nothing of that user opens anything any more, on any node. Sessions, tokens and pending codes are dead for good; passwords, passkeys and keys are kept, and open nothing until ReactivateUser. A user who is off already is refused.',
    ReactivateUser:
      'Switches a deactivated user on again. Passwords, passkeys, keys and roles are back; sessions, tokens and codes from before are not.',
    LockUser: 'Locks a user, as too many wrong passwords do. As with DeactivateUser, everything that was issued is dead for good.',
    UnlockUser: 'Unlocks a locked user, who logs in anew: what was issued before stays dead.',
    DeleteUser:
      'Deletes a user with all memberships, roles, links and credentials. What was issued is dead at once; the events of the user stay in the log.',
    RegisterPasskey:
      'Begins the registration of a passkey and gives the options for `navigator.credentials.create`. With the code of a registration link the caller needs no permission on the user.',
    VerifyPasskeyRegistration:
      'Ends the registration of a passkey with what the authenticator answered. The passkey can be used from then on.',
    CreatePasskeyRegistrationLink: 'Sends a link with which a human registers a passkey, or returns its code.',
    ListPasskeys: 'Lists the passkeys of a human.',
    RemovePasskey: 'Removes a passkey. It opens nothing any more.',
    RegisterU2F: 'Begins the registration of a security key as second factor and gives the options for `navigator.credentials.create`.',
    VerifyU2FRegistration: 'Ends the registration of a security key with what it answered.',
    RemoveU2F: 'Removes a security key from a human.',
    RegisterTOTP:
      'Makes a secret for an authenticator app and gives it as a text and as an address for a QR code. It counts once VerifyTOTPRegistration has seen a code.',
    VerifyTOTPRegistration: 'Takes the first code of the authenticator app; the factor is asked for from then on.',
    RemoveTOTP: 'Removes the authenticator app from a human.',
    AddOTPSMS: 'Makes one-time passwords by SMS a second factor. The human needs a verified phone number.',
    RemoveOTPSMS: 'Removes one-time passwords by SMS from the factors of a human.',
    GenerateRecoveryCodes:
      'Makes recovery codes, each good once, for a human who has lost the other factors. They are shown in this answer and never again.',
    RemoveRecoveryCodes: 'Removes all recovery codes of a human.',
    AddOTPEmail: 'Makes one-time passwords by e-mail a second factor. The human needs a verified e-mail address.',
    RemoveOTPEmail: 'Removes one-time passwords by e-mail from the factors of a human.',
    StartIdentityProviderIntent:
      'Begins a login at an external identity provider. Gives the address (or form) to which the browser goes, or for LDAP the finished intent.',
    RetrieveIdentityProviderIntent:
      'Gives what the identity provider said about who logged in, for the id and token that came back with the browser: the tokens, the attributes, and the user who is linked, if there is one.',
    AddIDPLink: 'Links an account at an identity provider to a user, who can log in there from then on.',
    ListIDPLinks: 'Lists the accounts at identity providers that are linked to a user.',
    RemoveIDPLink: 'Removes the link between a user and an account at an identity provider.',
    PasswordReset:
      'Sends a human a code, or a link with it, for a new password; or returns the code. The present password stays good until the new one is set.',
    SetPassword:
      'Sets the password of a human. Whoever sets the own one gives the current password or a code; others need the permission on the user. The password must fit the complexity settings.',
    AddSecret: 'Makes a client secret for a machine, in place of the former one. It is shown in this answer and never again.',
    RemoveSecret: 'Removes the client secret of a machine.',
    AddKey: 'Adds a key to a machine: its own public key, or a new pair, whose private part is in this answer and nowhere else.',
    RemoveKey: 'Removes a key of a machine. Nothing that it signs is trusted any more.',
    ListKeys: 'Lists the keys of machines that the caller may see, without their private parts.',
    AddPersonalAccessToken:
      'Makes a token with which a machine calls the API until the expiration date. It is shown in this answer and never again.',
    RemovePersonalAccessToken: 'Removes a personal access token. The very next call with it is refused.',
    ListPersonalAccessTokens: 'Lists the personal access tokens that the caller may see, without the tokens themselves.',
    ListAuthenticationMethodTypes:
      'Lists the kinds of factors that a user has ready to use: password, passkey, identity provider, one-time passwords and so on.',
    ListAuthenticationFactors: 'Lists the second factors of a user with their states, those not verified yet on demand.',
    CreateInviteCode: 'Sends an invitation to a human without credentials, or returns its code. An earlier invitation ends.',
    ResendInviteCode: 'Sends the invitation again, with a new code.',
    VerifyInviteCode: 'Takes the code of an invitation. The e-mail address counts as verified, and a first password or passkey can be set.',
    HumanMFAInitSkipped: 'Notes that a human has put off the setup of a second factor; logins ask again later.',
    SetUserMetadata: 'Sets metadata of a user: each key is made or its value replaced; other keys stay.',
    ListUserMetadata: 'Lists the metadata of a user, by key.',
    DeleteUserMetadata: 'Deletes metadata of a user by key.',
  },
  'session.v2': {
    ListSessions: 'Lists the sessions that the caller may see, filtered by user, creator, browser or time.',
    GetSession: 'Gives a session with the factors that were checked and when. The token of the session is enough in place of a permission.',
    CreateSession:
      'Begins a session and checks the factors that the request brings: user, password, passkey, one-time password, recovery code or identity provider. Gives the token of the session, and the challenges that were asked for.',
    SetSession:
      'Checks further factors in a session, sets metadata or lifetime, and gives a new token; the former one is worth nothing any more.',
    DeleteSession: 'Ends a session. Its token, and the tokens that were issued on it, are dead at once.',
  },
};
