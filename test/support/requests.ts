/** A valid request of every served call that takes the id of a user, by the name of the call; for tests that try them all. */
import type { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';

export type UserCall = keyof typeof UserService.method;

const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
const returned = { case: 'returnCode' as const, value: {} };

/** Beside the user id. Calls that make a user are none of these: a new user's id is no id of a user yet. */
export const userRequests: Partial<Record<UserCall, object>> = {
  getUserByID: {},
  deactivateUser: {},
  reactivateUser: {},
  lockUser: {},
  unlockUser: {},
  deleteUser: {},
  updateUser: { userType: { case: 'human', value: { profile: { givenName: 'New' } } } },
  updateHumanUser: { profile: { givenName: 'New', familyName: 'Name' } },
  setEmail: { email: 'new@example.com' },
  sendEmailCode: { verification: returned },
  resendEmailCode: { verification: returned },
  verifyEmail: { verificationCode: 'ABCDEF' },
  setPhone: { phone: '+41791234567' },
  resendPhoneCode: { verification: returned },
  verifyPhone: { verificationCode: 'ABCDEF' },
  removePhone: {},
  setPassword: { newPassword: { password: 'A-new-passw0rd' } },
  passwordReset: { medium: returned },
  createInviteCode: { verification: returned },
  resendInviteCode: {},
  verifyInviteCode: { verificationCode: 'ABCDEF' },
  addPersonalAccessToken: { expirationDate: until },
  removePersonalAccessToken: { tokenId: 'x' },
  addSecret: {},
  removeSecret: {},
  addKey: { expirationDate: until },
  removeKey: { keyId: 'x' },
  registerTOTP: {},
  verifyTOTPRegistration: { code: '123456' },
  removeTOTP: {},
  addOTPSMS: {},
  removeOTPSMS: {},
  addOTPEmail: {},
  removeOTPEmail: {},
  generateRecoveryCodes: { count: 3 },
  removeRecoveryCodes: {},
  registerPasskey: { domain: 'localhost' },
  createPasskeyRegistrationLink: { medium: returned },
  verifyPasskeyRegistration: { passkeyId: 'x', passkeyName: 'x', publicKeyCredential: { id: 'x' } },
  removePasskey: { passkeyId: 'x' },
  listPasskeys: {},
  registerU2F: { domain: 'localhost' },
  verifyU2FRegistration: { u2fId: 'x', tokenName: 'x', publicKeyCredential: { id: 'x' } },
  removeU2F: { u2fId: 'x' },
  addIDPLink: { idpLink: { idpId: 'x', userId: 'x', userName: 'x' } },
  removeIDPLink: { idpId: 'x', linkedUserId: 'x' },
  listIDPLinks: {},
  listAuthenticationMethodTypes: {},
  listAuthenticationFactors: {},
  humanMFAInitSkipped: {},
  setUserMetadata: { metadata: [{ key: 'new', value: new Uint8Array([1]) }] },
  listUserMetadata: {},
  deleteUserMetadata: { keys: ['new'] },
};

/** Those of them that end what others need, so that they come last where one user is tried with all. */
export const ends: ReadonlySet<UserCall> = new Set(['deactivateUser', 'reactivateUser', 'lockUser', 'unlockUser', 'deleteUser']);

/** Those for machines only. */
export const ofMachines: ReadonlySet<UserCall> = new Set([
  'addPersonalAccessToken',
  'removePersonalAccessToken',
  'addSecret',
  'removeSecret',
  'addKey',
  'removeKey',
]);
