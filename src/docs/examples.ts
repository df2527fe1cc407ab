/** Examples that were written for an RPC, where what is made from names would tell too much or too little: path → request and answer as JSON. */
import type { JsonObject } from '@bufbuild/protobuf';

const details = {
  sequence: '2',
  changeDate: '2026-11-25T09:43:10.525913Z',
  resourceOwner: '69629023906488334',
  creationDate: '2026-11-25T09:41:02.118204Z',
};
const session = { sessionId: '218480890961985793', sessionToken: 'V2_218480890961985793-at_218480890961985794' };
const credential = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'e30', attestationObject: 'o2Nm' } };

export const curated: Readonly<Record<string, { readonly request?: JsonObject; readonly answer?: JsonObject }>> = {
  '/zitadel.user.v2.UserService/CreateUser': {
    request: {
      organizationId: '69629023906488334',
      username: 'ada',
      human: {
        profile: { givenName: 'Ada', familyName: 'Lovelace', preferredLanguage: 'en' },
        email: { email: 'ada@example.com', isVerified: true },
        password: { password: 'Secr3tP4ssw0rd!', changeRequired: true },
      },
    },
    answer: { id: '69629026806489455', creationDate: '2026-11-25T09:41:02.118204Z' },
  },
  '/zitadel.user.v2.UserService/UpdateUser': {
    request: { userId: '69629026806489455', human: { profile: { givenName: 'Ada', familyName: 'King' } } },
  },
  '/zitadel.user.v2.UserService/DeactivateUser': { answer: { details } },
  '/zitadel.user.v2.UserService/GetUserByID': {
    answer: {
      details,
      user: {
        userId: '69629026806489455',
        details,
        state: 'USER_STATE_ACTIVE',
        username: 'ada',
        loginNames: ['ada@example.com'],
        preferredLoginName: 'ada@example.com',
        human: {
          profile: { givenName: 'Ada', familyName: 'Lovelace', displayName: 'Ada Lovelace', preferredLanguage: 'en' },
          email: { email: 'ada@example.com', isVerified: true },
          phone: {},
          passwordChanged: '2026-11-25T09:41:02.118204Z',
        },
      },
    },
  },
  '/zitadel.user.v2.UserService/SetPassword': {
    request: { userId: '69629026806489455', newPassword: { password: 'Secr3tP4ssw0rd!' }, currentPassword: 'F0rmerP4ssw0rd!' },
  },
  '/zitadel.user.v2.UserService/VerifyPasskeyRegistration': {
    request: { userId: '69629026806489455', passkeyId: '69629026806489462', publicKeyCredential: credential, passkeyName: 'Phone of Ada' },
  },
  '/zitadel.session.v2.SessionService/CreateSession': {
    request: {
      checks: { user: { loginName: 'ada@example.com' }, password: { password: 'Secr3tP4ssw0rd!' } },
      lifetime: '86400s',
    },
    answer: { details, ...session },
  },
  '/zitadel.session.v2.SessionService/SetSession': {
    request: { sessionId: session.sessionId, checks: { totp: { code: '323764' } } },
    answer: { details, sessionToken: session.sessionToken },
  },
  '/zitadel.session.v2.SessionService/GetSession': { request: session },
  '/zitadel.session.v2.SessionService/DeleteSession': { request: session },
};
