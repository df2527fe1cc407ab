/** Intents as the user service tells them: what a login at a provider found, and the requests that make or change a user from it (reference/user-credentials-v2.md 8.3). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../access/call.ts';
import type { IDPInformationSchema } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type {
  RetrieveIdentityProviderIntentRequest,
  RetrieveIdentityProviderIntentResponseSchema,
  StartIdentityProviderIntentRequest,
  StartIdentityProviderIntentResponseSchema,
} from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { callerActor } from '../idp/actor.ts';
import { startIntent as start } from '../idp/begin.ts';
import { errors } from '../idp/errors.ts';
import { type Intent, loadIntent, loginOf, type Step, tellCreator } from '../idp/intent.ts';
import type { Access, ExternalUser } from '../idp/login.ts';
import { detailsOf } from './message.ts';
import { languageTag } from './profile.ts';

export async function startIntent(
  call: Call,
  request: StartIdentityProviderIntentRequest,
): Promise<MessageInitShape<typeof StartIdentityProviderIntentResponseSchema>> {
  const { step, next } = await start(call, request);
  const details = detailsOf(stepDetails(call, step));
  switch (next.case) {
    case 'authUrl':
      return { details, nextStep: { case: 'authUrl', value: next.url } };
    case 'formData':
      return { details, nextStep: { case: 'formData', value: { url: next.url, fields: { ...next.fields } } } };
    case 'idpIntent': {
      const { token, userId } = next.succeeded;
      return { details, nextStep: { case: 'idpIntent', value: { idpIntentId: next.intentId, idpIntentToken: token, userId } } };
    }
  }
}

const stepDetails = (call: Call, { sequence, at, createdAt }: Step) => ({ owner: call.instance.id, sequence, at, created_at: createdAt });

/** The token is the proof; any caller may come with it, as often as he likes until the intent ends or a session uses it up. */
export async function retrieveIntent(
  call: Call,
  { idpIntentId, idpIntentToken }: RetrieveIdentityProviderIntentRequest,
): Promise<MessageInitShape<typeof RetrieveIdentityProviderIntentResponseSchema>> {
  const actor = callerActor(call);
  const intent = await loadIntent(actor, idpIntentId, idpIntentToken);
  if (!intent) throw new Failure(BASE64.test(idpIntentToken) ? errors.tokenOfOther : errors.tokenNotBase64);
  if (intent.state !== 'succeeded') throw new Failure(errors.notSucceeded);
  if (intent.expired) throw new Failure(errors.expired);
  if (!intent.stands) throw new Failure(intent.provider_found ? errors.notSucceeded : errors.providerUnknown);
  await tellCreator(actor, intent);
  const { user, access } = loginOf(actor, intent);
  return {
    details: detailsOf({ owner: call.instance.id, sequence: intent.sequence, at: intent.changed_at, created_at: intent.created_at }),
    idpInformation: {
      idpId: intent.idp_id,
      userId: user.id,
      userName: user.userName,
      rawInformation: { ...user.raw } as NonNullable<MessageInitShape<typeof IDPInformationSchema>['rawInformation']>, // JSON, as it was stored
      access: accessMessage(access),
    },
    userId: intent.user_id ?? '',
    ...(intent.user_id === null ? toCreate(intent, user) : toUpdate(intent.user_id, user)),
  };
}

/** base64url without padding. */
const BASE64 = /^[\w-]+$/;

function accessMessage(access: Access): NonNullable<MessageInitShape<typeof IDPInformationSchema>['access']> {
  switch (access.case) {
    case 'oauth': {
      const { accessToken, idToken, refreshToken } = access;
      return { case: 'oauth', value: { accessToken, ...(idToken !== '' && { idToken }), ...(refreshToken !== '' && { refreshToken }) } };
    }
    case 'ldap':
      return {
        case: 'ldap',
        value: { attributes: Object.fromEntries(Object.entries(access.attributes).map(([name, values]) => [name, [...values]])) },
      };
    case 'saml':
      return { case: 'saml', value: { assertion: Buffer.from(access.assertion) } };
  }
}

/** The e-mail is there also where no address is known: it must be filled in. */
function toCreate({ idp_id }: Intent, user: ExternalUser) {
  const common = {
    profile: {
      ...given(user, ['nickName', 'displayName']),
      givenName: user.firstName,
      familyName: user.lastName,
      preferredLanguage: languageOf(user),
    },
    email: { email: user.email, verification: verification(user.isEmailVerified) },
    ...phoneOf(user),
    idpLinks: [{ idpId: idp_id, userId: user.id, userName: user.userName }],
  };
  const named = user.userName === '' ? {} : { username: user.userName };
  return {
    addHumanUser: { ...named, ...common },
    userAction: { case: 'createUser', value: { ...named, userType: { case: 'human', value: common } } },
  } as const;
}

function toUpdate(userId: string, user: ExternalUser) {
  const { firstName: givenName, lastName: familyName } = user;
  const more = { ...given(user, ['nickName', 'displayName']), preferredLanguage: languageOf(user) };
  const contacts = {
    ...(user.email !== '' && { email: { email: user.email, verification: verification(user.isEmailVerified) } }),
    ...phoneOf(user),
  };
  const named = { userId, ...(user.userName !== '' && { username: user.userName }) };
  const profile = { ...(givenName !== '' && { givenName }), ...(familyName !== '' && { familyName }), ...more };
  return {
    updateHumanUser: { ...named, profile: { givenName, familyName, ...more }, ...contacts },
    userAction: { case: 'updateUser', value: { ...named, userType: { case: 'human', value: { profile, ...contacts } } } },
  } as const;
}

const given = <K extends 'nickName' | 'displayName'>(user: ExternalUser, names: readonly K[]): Partial<Record<K, string>> =>
  Object.fromEntries(names.filter((name) => user[name] !== '').map((name) => [name, user[name]])) as Partial<Record<K, string>>; // of these names

const languageOf = ({ preferredLanguage }: ExternalUser): string => languageTag(preferredLanguage.replaceAll('_', '-'));

function phoneOf({ phone, isPhoneVerified }: ExternalUser) {
  return phone === '' ? {} : { phone: { phone, verification: verification(isPhoneVerified) } };
}

function verification(isVerified: boolean) {
  return isVerified ? ({ case: 'isVerified', value: true } as const) : ({ case: 'sendCode', value: {} } as const);
}
