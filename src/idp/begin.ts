/** StartIdentityProviderIntent: where a login at a provider begins; at an LDAP server it is all of it (reference/user-credentials-v2.md 8.1). */
import { randomBytes } from 'node:crypto';
import type { Call } from '../access/call.ts';
import { reach } from '../access/permission.ts';
import { domainOf } from '../access/tenant.ts';
import { externalOrigin } from '../config/settings.ts';
import type { StartIdentityProviderIntentRequest } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { callerActor } from './actor.ts';
import type { LdapConfig } from './config.ts';
import { errors } from './errors.ts';
import { type Actor, begin, fail, type Step, type Succeeded, succeed, triedTooOften } from './intent.ts';
import { clientOf } from './kind/clients.ts';
import type { Context, NextStep } from './kind/context.ts';
import { jwtUrl } from './kind/jwt.ts';
import { ldapLogin } from './kind/ldap.ts';
import { authorization } from './kind/oauth.ts';
import { LoginError } from './login.ts';
import { kindConfigOf, type ProviderRow, providerColumns, secretsPlace } from './provider.ts';
import { samlRequest } from './saml/service-provider.ts';

export type Started =
  | { readonly step: Step; readonly next: NextStep }
  | { readonly step: Step; readonly next: { readonly case: 'idpIntent'; readonly intentId: string; readonly succeeded: Succeeded } };

type Content = StartIdentityProviderIntentRequest['content'];
type Urls = Extract<Content, { case: 'urls' }>['value'];
type Credentials = Extract<Content, { case: 'ldap' }>['value'];

/**
 * Any caller may begin one at a provider of the instance; at one of an organization who lives in it, or makes sessions for everybody. The
 * provider decides who it is, and its answer reaches whom the URLs name: so only who makes sessions for everybody names any.
 */
export async function startIntent(call: Call, { idpId, content }: StartIdentityProviderIntentRequest): Promise<Started> {
  const found = await providerOf(call, idpId);
  if (content.case === undefined) throw new Failure(errors.withoutContent);
  if (!found || !isFor(call, found)) throw new Failure(errors.providerUnknown);
  const { kind, config } = kindConfigOf(found);
  if (content.case === 'ldap') {
    if (kind !== 'ldap') throw new Failure(errors.noLogin);
    return byPassword(call, contextOf(call, found), config, content.value);
  }
  if (kind === 'ldap') throw new Failure(errors.needsLogin);
  return byPage(call, found, content.value);
}

interface Found extends ProviderRow {
  /** Under which the instance was reached. */
  domain: string;
  /** All that are the instance's own, and those that it trusts. */
  domains: string[];
}

/** A provider of the instance or of an organization that runs. */
async function providerOf(call: Call, idpId: string): Promise<Found | undefined> {
  const [row] = await call.db.read<Found | { idp_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select ${providerColumns(sql)},
          array(
            select d.domain from instance_domains d where d.instance_id = p.instance_id
            union select lower(t.domain) from instance_trusted_domains t where t.instance_id = p.instance_id
          ) as domains,
          (select d.domain from instance_domains d where d.instance_id = p.instance_id
           order by d.domain = ${domainOf(call.host)} desc, d.is_primary desc, d.domain limit 1) as domain
        from idps p left join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
        where p.instance_id = ${call.instance.id} and p.idp_id = ${idpId} and (p.org_id is null or o.state = 1)
      )
      select f.* from caller left join found f on true`,
  );
  return row.idp_id === null ? undefined : row;
}

const isFor = ({ caller }: Call, { org_id }: Found): boolean => org_id === null || org_id === caller.orgId || servesAll(caller);

/** As a login page does, for whoever comes to it. */
const servesAll = (caller: Call['caller']): boolean => reach(caller, 'session.write').instance;

function contextOf({ outside, masterkey, instance, external }: Call, { idp_id, secrets, domain }: Found): Context {
  return {
    outside,
    idpId: idp_id,
    secrets: JSON.parse(masterkey.decrypt(secrets, secretsPlace(instance.id, idp_id)).toString()), // as addProvider wrote it
    origin: externalOrigin({ ...external, externalDomain: domain }),
  };
}

async function byPage(call: Call, found: Found, { successUrl, failureUrl, loginHint }: Urls): Promise<Started> {
  const context = contextOf(call, found);
  const leads = servesAll(call.caller) ? isReference : leadsTo(found.domains, context.origin);
  if (!leads(successUrl)) throw new Failure(errors.successUrl);
  if (!leads(failureUrl)) throw new Failure(errors.failureUrl);
  const intentId = newId();
  const secret = randomBytes(24).toString('base64url');
  const state = stateOf(intentId, secret);
  const { next, pending } = await firstStep(context, found, { intentId, secret, state, loginHint: loginHint ?? '' });
  const step = await begin(callerActor(call), {
    intentId,
    idpId: found.idp_id,
    state,
    successUrl,
    failureUrl,
    pending,
    ...(loginHint !== undefined && { loginHint }),
    ...('requestId' in pending && { requestId: String(pending.requestId) }),
  });
  if (!step) throw new Failure(errors.providerUnknown);
  return { step, next };
}

/** What the provider sends back with its answer: the id of the intent and a secret, so that nobody answers a login that he did not see. */
export const stateOf = (intentId: string, secret: string): string => `${intentId}.${secret}`;
export const intentOf = (state: string): string => state.split('.', 1)[0] ?? '';

interface FirstStep {
  readonly intentId: string;
  readonly secret: string;
  readonly state: string;
  readonly loginHint: string;
}

async function firstStep(
  context: Context,
  found: Found,
  { intentId, secret, state, loginHint }: FirstStep,
): Promise<{ next: NextStep; pending: object }> {
  const of = kindConfigOf(found);
  try {
    switch (of.kind) {
      case 'ldap':
        throw new Failure(errors.needsLogin);
      case 'jwt':
        return { next: { case: 'authUrl', url: jwtUrl(of.config, intentId, secret) }, pending: {} };
      case 'saml':
        return await samlRequest(context, of.config, state);
      default: {
        const { url, pending } = authorization(await clientOf(context, of), context, { state, loginHint });
        return { next: { case: 'authUrl', url }, pending };
      }
    }
  } catch (error) {
    throw error instanceof LoginError ? new Failure(errors.unreachable, { cause: error }) : error;
  }
}

/** What a reference without a host is relative to, until it leads back: here. */
const RELATIVE = 'https://relative.invalid';

/** A URL reference, as validation demands; here also one that a browser can be sent to with parameters. */
const isReference = (url: string): boolean => URL.canParse(url, RELATIVE);

/** Whether a reference, as a browser will read it, stays on these domains, and is no less safe on the way than the instance itself. */
export function leadsTo(domains: readonly string[], origin: string): (url: string) => boolean {
  const safe = origin.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
  return (url) => {
    const to = URL.parse(url) ?? URL.parse(url, origin);
    return to !== null && safe.includes(to.protocol) && domains.includes(to.hostname);
  };
}

async function byPassword(call: Call, context: Context, config: LdapConfig, { username, password }: Credentials): Promise<Started> {
  const actor: Actor = callerActor(call);
  const { idpId } = context;
  if (await triedTooOften(actor, idpId, username)) throw new Failure(errors.tooManyLogins, { retryAfter: 600 });
  const intentId = newId();
  const step = await begin(actor, { intentId, idpId, state: undefined, successUrl: '', failureUrl: '', pending: {}, attempt: username });
  if (!step) throw new Failure(errors.providerUnknown);
  try {
    const login = await ldapLogin(context, config, username, password);
    const succeeded = await succeed(actor, { intentId, from: 'started' }, login);
    if (!succeeded) throw new Failure(errors.providerUnknown);
    return { step, next: { case: 'idpIntent', intentId, succeeded } };
  } catch (error) {
    if (error instanceof Failure) await fail(actor, intentId, error.message);
    throw error;
  }
}
