/**
 * Intents: logins at identity providers (reference/user-credentials-v2.md 8). No provider can be set up yet, so none can be begun, and no
 * token is that of one; both answer as where the provider, or the intent, is unknown.
 */
import type { Call } from '../access/call.ts';
import type {
  RetrieveIdentityProviderIntentRequest,
  StartIdentityProviderIntentRequest,
} from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';

export async function startIntent(call: Call, { content }: StartIdentityProviderIntentRequest): Promise<never> {
  await demandCaller(call);
  throw new Failure(content.case === undefined ? errors.intentWithoutContent : errors.intentProviderUnknown);
}

export async function retrieveIntent(call: Call, { idpIntentToken }: RetrieveIdentityProviderIntentRequest): Promise<never> {
  await demandCaller(call);
  throw new Failure(/^[\w-]+$/.test(idpIntentToken) ? errors.intentTokenOfOther : errors.intentTokenNotBase64);
}

/** Any caller may ask, but he must be one still. */
const demandCaller = (call: Call): Promise<unknown> => call.db.read((sql, caller) => sql`with caller as (${caller}) select from caller`);
