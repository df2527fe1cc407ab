/** What a provider's answer comes to: a door. The intent is taken once, the answer is understood by its kind, and the browser goes on to whoever began it. */
import type { EndpointRequest } from '../contract/endpoint.ts';
import type { Reason } from '../failure/failure.ts';
import type { Outside } from '../outbound/outside.ts';
import { intentOf, stateOf } from './begin.ts';
import { errors } from './errors.ts';
import { type Actor, type Answered, type Claim, claim, fail, succeed } from './intent.ts';
import { clientOf } from './kind/clients.ts';
import { type Context, refused } from './kind/context.ts';
import { jwtLogin } from './kind/jwt.ts';
import { answered, type Pending } from './kind/oauth.ts';
import { type Login, LoginError } from './login.ts';
import { kindConfigOf, secretsPlace } from './provider.ts';
import { type SamlPending, samlLogin } from './saml/service-provider.ts';

export interface Asked {
  readonly actor: Actor;
  readonly outside: Outside;
  readonly origin: string;
  readonly request: EndpointRequest;
  readonly parameters: (name: string) => string | undefined;
  /** Of the path, where it names a provider. */
  readonly idpId: string;
}

export type Outcome = { readonly location: string } | { readonly refused: Reason };

export type Answer = (asked: Asked) => Promise<Outcome>;

export const answerCallback: Answer = async (asked) => {
  const { parameters } = asked;
  const state = parameters('state') ?? '';
  if (state === '') return { refused: errors.stateMissing };
  return concluded(asked, await claimed(asked, state), async (context, intent) => {
    const of = kindConfigOf(intent.provider);
    if (of.kind === 'jwt' || of.kind === 'ldap' || of.kind === 'saml') throw refused('this kind of provider answers elsewhere');
    return answered(await clientOf(context, of), context, parameters, intent.pending as Pending); // as the first step of these kinds has kept it
  });
};

export const answerJwt: Answer = async (asked) => {
  const { parameters, request } = asked;
  const intentId = parameters('authRequestID') ?? '';
  const secret = parameters('userAgentID') ?? '';
  if (intentId === '' || secret === '') return { refused: errors.parametersMissing };
  return concluded(asked, await claimed(asked, stateOf(intentId, secret)), async (context, { provider }) => {
    const of = kindConfigOf(provider);
    if (of.kind !== 'jwt') throw refused('this kind of provider answers elsewhere');
    return jwtLogin(context, of.config, request.header(of.config.headerName.toLowerCase()));
  });
};

export const answerSaml: Answer = async (asked) => {
  const { parameters, idpId } = asked;
  const state = parameters('RelayState') ?? '';
  if (state === '') return { refused: errors.stateMissing };
  return concluded(asked, await claimed(asked, state, idpId), async (context, { provider, pending }) => {
    const of = kindConfigOf(provider);
    if (of.kind !== 'saml') throw refused('this kind of provider answers elsewhere');
    return samlLogin(context, of.config, parameters('SAMLResponse') ?? '', pending as SamlPending); // as samlRequest has kept it
  });
};

/** Intents that providers answer have ids of ours, in digits. */
const STATE = /^[0-9]{1,20}\.[\w-]{1,200}$/;

async function claimed({ actor }: Asked, state: string, idpId?: string): Promise<Claim | undefined> {
  return STATE.test(state) ? claim(actor, intentOf(state), state, idpId) : undefined;
}

const over = { over: errors.overAlready, expired: errors.expired, 'provider gone': errors.providerUnknown } as const;

async function concluded(
  { actor, outside, origin }: Asked,
  intent: Claim | undefined,
  understand: (context: Context, intent: Answered) => Promise<Login>,
): Promise<Outcome> {
  if (!intent) return { refused: errors.notStarted };
  const { intentId, failureUrl } = intent;
  const failed = (error: string, description: string) => ({
    location: led(failureUrl, origin, { id: intentId, error, error_description: description }),
  });
  if (intent.outcome !== 'taken') return failed(over[intent.outcome].id, over[intent.outcome].key);
  const { idp_id: idpId, secrets } = intent.provider;
  try {
    const opened = JSON.parse(actor.masterkey.decrypt(secrets, secretsPlace(actor.instanceId, idpId)).toString()); // as addProvider wrote it
    const login = await understand({ outside, origin, idpId, secrets: opened }, intent);
    const done = await succeed(actor, { intentId, from: 'answered' }, login);
    if (!done) return failed(errors.overAlready.id, errors.overAlready.key);
    const { token, userId } = done;
    return { location: led(intent.successUrl, origin, { id: intentId, token, ...(userId !== '' && { user: userId }) }) };
  } catch (error) {
    await fail(actor, intentId, reasonOf(error));
    if (error instanceof LoginError) return failed(error.error, error.description);
    throw error;
  }
}

/** For the log of the intent: what was told, and what was behind it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes: string[] = [];
  for (let at: unknown = error; at instanceof Error && causes.length < 5; at = at.cause) causes.push(at.message);
  return causes.join(': ');
}

/** The parameters beside those that are there already, all in the order of their names. */
function led(target: string, origin: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(target, origin);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  url.searchParams.sort();
  return url.href;
}
