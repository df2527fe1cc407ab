/** The RPCs of zitadel.user.v2.UserService on what a user proves himself with: message in, message out. */
import type { Implementation } from '../access/call.ts';
import { AuthFactorState } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { UserService } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { begin, finish, remove } from './authenticator.ts';
import { type ContactSet, removePhone, setEmail, setPhone } from './contact.ts';
import { resendCode, sendEmailCode, verifyContact } from './contact-code.ts';
import { listCredentials } from './credential-list.ts';
import { authenticationFactors, listPasskeys, methodTypes } from './factors.ts';
import { retrieveIntent, startIntent } from './intent.ts';
import { createInvite, resendInvite, verifyInvite } from './invite.ts';
import { addKey, removeKey } from './key.ts';
import { addLink, listLinks, removeLink } from './link.ts';
import { detailsOf } from './message.ts';
import { skipMfaInit } from './mfa.ts';
import { addOtp, removeOtp } from './otp.ts';
import { beginPasskey, createLink } from './passkey.ts';
import { requestReset, setPassword } from './password.ts';
import { addPat, removePat } from './pat.ts';
import { generateRecoveryCodes, removeRecoveryCodes } from './recovery.ts';
import { addSecret, removeSecret } from './secret.ts';
import { registerTotp, removeTotp, verifyTotp } from './totp.ts';
import type { Changed, User } from './user.ts';

export const credentialService = {
  // E-mail and phone
  setEmail: async ({ userId, email, verification }, call) => coded(await setEmail(call, userId, email, verification)),
  resendEmailCode: async ({ userId, verification }, call) => coded(await resendCode(call, 'email', userId, verification)),
  sendEmailCode: async ({ userId, verification }, call) => coded(await sendEmailCode(call, userId, verification)),
  verifyEmail: async ({ userId, verificationCode }, call) => changed(await verifyContact(call, 'email', userId, verificationCode)),
  setPhone: async ({ userId, phone, verification }, call) => coded(await setPhone(call, userId, phone, verification)),
  removePhone: async ({ userId }, call) => changed(await removePhone(call, userId)),
  resendPhoneCode: async ({ userId, verification }, call) => coded(await resendCode(call, 'phone', userId, verification)),
  verifyPhone: async ({ userId, verificationCode }, call) => changed(await verifyContact(call, 'phone', userId, verificationCode)),

  // Password
  async setPassword({ userId, newPassword, verification }, call) {
    const given = newPassword ? ({ case: 'password', value: newPassword } as const) : { case: undefined };
    const proof = verification.case === undefined ? { case: undefined } : { case: verification.case, value: verification.value };
    return changed(await setPassword(call, userId, given, proof));
  },

  async passwordReset({ userId, medium }, call) {
    const link = medium.case === 'sendLink' ? medium.value : undefined;
    return coded(
      await requestReset(call, userId, {
        returned: medium.case === 'returnCode',
        template: link?.urlTemplate,
        notificationType: link?.notificationType === 2 ? 1 : 0,
      }),
    );
  },

  // Second factors
  async registerTOTP({ userId }, call) {
    const { done, secret, uri } = await registerTotp(call, userId);
    return { details: detailsOf(done), secret, uri };
  },
  verifyTOTPRegistration: async ({ userId, code }, call) => changed(await verifyTotp(call, userId, code)),
  removeTOTP: async ({ userId }, call) => changed(await removeTotp(call, userId)),
  addOTPSMS: async ({ userId }, call) => changed(await addOtp(call, 'sms', userId)),
  removeOTPSMS: async ({ userId }, call) => changed(await removeOtp(call, 'sms', userId)),
  addOTPEmail: async ({ userId }, call) => changed(await addOtp(call, 'email', userId)),
  removeOTPEmail: async ({ userId }, call) => changed(await removeOtp(call, 'email', userId)),

  async generateRecoveryCodes({ userId, count }, call) {
    const { done, codes } = await generateRecoveryCodes(call, userId, count);
    return { details: detailsOf(done), recoveryCodes: [...codes] };
  },
  removeRecoveryCodes: async ({ userId }, call) => changed(await removeRecoveryCodes(call, userId)),
  humanMFAInitSkipped: async ({ userId }, call) => changed(await skipMfaInit(call, userId)),

  async listAuthenticationMethodTypes({ userId, domainQuery }, call) {
    const { user, types } = await methodTypes(call, userId, domainQuery);
    return { details: listed(user, types.length), authMethodTypes: types };
  },
  listAuthenticationFactors: async (request, call) => ({ result: await authenticationFactors(call, request.userId, request) }),

  // Passkeys and security keys
  async createPasskeyRegistrationLink({ userId, medium }, call) {
    const template = medium.case === 'sendLink' ? medium.value.urlTemplate : undefined;
    const { done, linkId, code } = await createLink(call, userId, { returned: medium.case === 'returnCode', template });
    return { details: detailsOf(done), ...(code !== undefined && { code: { id: linkId, code } }) };
  },
  async registerPasskey(request, call) {
    const { done, tokenId, options } = await beginPasskey(call, request);
    return { details: detailsOf(done), passkeyId: tokenId, publicKeyCredentialCreationOptions: options };
  },
  verifyPasskeyRegistration: async ({ userId, passkeyId, passkeyName, publicKeyCredential }, call) =>
    changed(await finish(call, 'passkey', userId, { tokenId: passkeyId, name: passkeyName, credential: publicKeyCredential })),
  async listPasskeys({ userId }, call) {
    const { user, passkeys } = await listPasskeys(call, userId);
    return {
      details: listed(user, passkeys.length),
      result: passkeys.map(({ token_id, name }) => ({ id: token_id, state: AuthFactorState.READY, name })),
    };
  },
  removePasskey: async ({ userId, passkeyId }, call) => changed(await remove(call, 'passkey', userId, passkeyId)),
  async registerU2F({ userId, domain }, call) {
    const { done, tokenId, options } = await begin(call, 'u2f', userId, { domain });
    return { details: detailsOf(done), u2fId: tokenId, publicKeyCredentialCreationOptions: options };
  },
  verifyU2FRegistration: async ({ userId, u2fId, tokenName, publicKeyCredential }, call) =>
    changed(await finish(call, 'u2f', userId, { tokenId: u2fId, name: tokenName, credential: publicKeyCredential })),
  removeU2F: async ({ userId, u2fId }, call) => changed(await remove(call, 'u2f', userId, u2fId)),

  // Identity providers
  startIdentityProviderIntent: (request, call) => startIntent(call, request),
  retrieveIdentityProviderIntent: (request, call) => retrieveIntent(call, request),
  addIDPLink: async ({ userId, idpLink }, call) => changed(await addLink(call, userId, idpLink)),
  async listIDPLinks({ userId, query }, call) {
    const { user, total, links } = await listLinks(call, userId, query);
    return { details: listed(user, Number(total)), result: [...links] };
  },
  removeIDPLink: async ({ userId, idpId, linkedUserId }, call) => changed(await removeLink(call, userId, { idpId, userId: linkedUserId })),

  // Machines
  async addSecret({ userId }, call) {
    const { secret, at } = await addSecret(call, userId);
    return { creationDate: timestampFromPg(at), clientSecret: secret };
  },
  removeSecret: async ({ userId }, call) => ({ deletionDate: timestampFromPg((await removeSecret(call, userId)).at) }),
  async addKey({ userId, publicKey, expirationDate }, call) {
    const { keyId, content, at } = await addKey(call, userId, publicKey, expirationDate);
    return { creationDate: timestampFromPg(at), keyId, keyContent: content };
  },
  removeKey: async ({ userId, keyId }, call) => ({ deletionDate: timestampFromPg((await removeKey(call, userId, keyId)).at) }),
  listKeys: (request, call) => listCredentials(call, 'key', request),
  async addPersonalAccessToken({ userId, expirationDate }, call) {
    const { tokenId, token, at } = await addPat(call, userId, expirationDate);
    return { creationDate: timestampFromPg(at), tokenId, token };
  },
  removePersonalAccessToken: async ({ userId, tokenId }, call) => ({
    deletionDate: timestampFromPg((await removePat(call, userId, tokenId)).at),
  }),
  listPersonalAccessTokens: (request, call) => listCredentials(call, 'token', request),

  // Invites
  async createInviteCode({ userId, verification }, call) {
    const mail = verification.case === 'sendCode' ? verification.value : undefined;
    const { done, code } = await createInvite(call, userId, {
      returned: verification.case === 'returnCode',
      template: mail?.urlTemplate,
      applicationName: mail?.applicationName,
    });
    return { details: detailsOf(done), ...(code !== undefined && { inviteCode: code }) };
  },
  resendInviteCode: async ({ userId }, call) => changed((await resendInvite(call, userId)).done),
  verifyInviteCode: async ({ userId, verificationCode }, call) => changed(await verifyInvite(call, userId, verificationCode)),
} satisfies Implementation<typeof UserService>;

const changed = (done: Changed) => ({ details: detailsOf(done) });

function coded({ done, code }: ContactSet) {
  return { details: detailsOf(done), ...(code !== undefined && { verificationCode: code }) };
}

/** The details of a list of what a user has. */
function listed(user: User | undefined, total: number) {
  return { totalResult: BigInt(total), timestamp: timestampFromPg(user?.changed_at ?? new Date().toISOString()) };
}
