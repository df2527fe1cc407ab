/**
 * How an organization proves that a domain is its own: a token that it puts into a file under the domain or into a record of its DNS, where it is
 * then looked for (reference/org-and-settings.md 2.2, Generate and Verify).
 */
import { domainToASCII } from 'node:url';
import type { Call } from '../access/call.ts';
import { Stale } from '../access/guard.ts';
import { randomText } from '../crypto/secret.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { posted } from '../notification/signal.ts';
import { OutsideError } from '../outbound/fetch.ts';
import type { Outside } from '../outbound/outside.ts';
import { TxtError } from '../outbound/txt.ts';
import { append } from '../store/events.ts';
import { claim, lockDomain } from './claim.ts';
import { errors } from './errors.ts';
import { demandOrg, logOf } from './reach.ts';
import { uniquely } from './unique.ts';

/** Letters of both cases and digits. */
const TOKEN_LENGTH = 32;
/** Of the file that holds the token, with whatever an editor adds. */
const MOST_BYTES = 4096;
const REDIRECTS = 3;
/** What ends the host in a URL, or stands before it. */
const ELSEWHERE = /[/?#@\\\s]/;
/** For the whole look; nobody waits for what is found after the deadline of the call. */
const LOOK_MS = 10_000;
const LEAST_MS = 1;

/** Where the token is looked for. By number as on the wire. */
interface Way {
  readonly url: (domain: string, token: string) => string;
  /** Resolves where the token is there; rejects with why it is not. */
  readonly look: (outside: Outside, domain: string, token: string, timeoutMs: number) => Promise<void>;
}

const WAYS: Readonly<Record<1 | 2, Way>> = {
  1: { url: (domain, token) => `https://${domain}/.well-known/zitadel-challenge/${token}.txt`, look: lookByHttp },
  2: { url: recordOf, look: lookByDns },
};

export type ValidationType = keyof typeof WAYS;

export interface Challenge {
  readonly token: string;
  readonly url: string;
}

/** GenerateOrganizationDomainValidation: a new token in the place of an older one. */
export async function beginValidation(call: Call, orgId: string, domain: string, type: ValidationType): Promise<Challenge> {
  demandOrg(call, 'org.write', orgId);
  const token = randomText(TOKEN_LENGTH);
  const sealed = call.masterkey.encrypt(token, placeOf(call, orgId, domain));
  const [row] = await call.db.change<{ is_verified: boolean | null; done: boolean }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      org as (select o.instance_id, o.org_id from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} for no key update of o),
      known as (select d.is_verified from org_domains d join org using (instance_id, org_id) where d.domain = ${domain}),
      begun as (
        update org_domains d set validation_type = ${type}, validation_token = ${sealed} from org
        where d.instance_id = org.instance_id and d.org_id = org.org_id and d.domain = ${domain} and not d.is_verified
        returning d.instance_id, d.org_id
      ),
      changed as (
        update orgs o set sequence = o.sequence + 1 from begun b where o.instance_id = b.instance_id and o.org_id = b.org_id
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'org.domain.verification.added', payload: { domain, validationType: type } }])})
      select k.is_verified, exists (select from changed) as done from caller left join known k on true`,
  );
  if (row.done) return { token, url: WAYS[type].url(domain, token) };
  throw new Failure(row.is_verified === null ? errors.validateUnknown : errors.domainVerified);
}

interface Pending {
  is_verified: boolean;
  validation_type: ValidationType | null;
  validation_token: Buffer | null;
}

/** VerifyOrganizationDomain: looks for the token; what was not found is written to the log as well. Gives the time of the change. */
export async function verifyDomain(call: Call, orgId: string, domain: string): Promise<string> {
  demandOrg(call, 'org.write', orgId);
  const [pending] = await call.db.read<Pending | Record<keyof Pending, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select d.is_verified, d.validation_type, d.validation_token
      from caller left join org_domains d on d.instance_id = ${call.instance.id} and d.org_id = ${orgId} and d.domain = ${domain}`,
  );
  const { is_verified, validation_type: type, validation_token: sealed } = pending;
  if (is_verified === null) throw new Failure(errors.verifyUnknown);
  if (is_verified) throw new Failure(errors.domainVerified);
  if (type === null || sealed === null) throw new Failure(errors.validationMissing);
  const token = call.masterkey.decrypt(sealed, placeOf(call, orgId, domain)).toString();
  try {
    await WAYS[type].look(call.outside, domain, token, timeLeft(call));
  } catch (error) {
    if (error instanceof Failure) await noteFailure(call, orgId, domain);
    throw error;
  }
  const at = await verified(call, orgId, domain, sealed);
  posted(call.instance.id);
  return at;
}

function timeLeft({ deadline }: Call): number {
  return deadline === undefined ? LOOK_MS : Math.max(LEAST_MS, Math.min(LOOK_MS, deadline - Date.now()));
}

/** Stale where the domain is no more as it was looked for. */
async function verified(call: Call, orgId: string, domain: string, sealed: Buffer): Promise<string> {
  const [row] = await uniquely(() =>
    call.db.changeBehind<{ at: string | null }>(
      (sql) => lockDomain(sql, call, domain),
      (sql, caller) => sql`
        with caller as (${caller}),
        org as (select o.instance_id, o.org_id from orgs o, caller where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} for no key update of o),
        proven as (
          update org_domains d set is_verified = true, validation_token = null from org
          where d.instance_id = org.instance_id and d.org_id = org.org_id and d.domain = ${domain} and not d.is_verified and d.validation_token = ${sealed}
          returning d.instance_id, d.org_id
        ),
        changed as (
          update orgs o set sequence = o.sequence + 1, access_version = nextval('epochs') from proven p where o.instance_id = p.instance_id and o.org_id = p.org_id
          returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at
        ),
        logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'org.domain.verified', payload: { domain } }])})
        ${claim(sql, call, domain, sql`changed`, 'proven')}
        select c.at from caller left join changed c on true`,
    ),
  );
  if (row.at === null) throw new Stale();
  return row.at;
}

async function noteFailure(call: Call, orgId: string, domain: string): Promise<void> {
  await call.db.change(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      changed as (
        update orgs o set sequence = o.sequence + 1 from caller, org_domains d
        where o.instance_id = ${call.instance.id} and o.org_id = ${orgId} and d.instance_id = o.instance_id and d.org_id = o.org_id and d.domain = ${domain}
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, logOf(call), [{ type: 'org.domain.verification.failed', payload: { domain } }])})
      select 1 from caller`,
  );
}

async function lookByHttp(outside: Outside, domain: string, token: string, timeoutMs: number): Promise<void> {
  // Domains are not checked when they are added: one that holds more than the name of a host (and a port) would lead elsewhere.
  const url = ELSEWHERE.test(domain) ? null : URL.parse(WAYS[1].url(domain, token));
  if (!url) throw new Failure(errors.fileMissing);
  const response = await outside
    .fetch(url, { timeoutMs, maxBytes: MOST_BYTES, redirects: REDIRECTS })
    .catch((error: unknown) => refuse(error, OutsideError, { size: errors.fileDiffers }, errors.fileUnreachable));
  if (response.status !== 200) throw new Failure(errors.fileMissing);
  if ((await response.text()).trim() !== token) throw new Failure(errors.fileDiffers);
}

async function lookByDns(outside: Outside, domain: string, token: string): Promise<void> {
  const records = await outside
    .txt(recordOf(domainToASCII(domain)))
    .catch((error: unknown) => refuse(error, TxtError, { timeout: errors.recordLate }, errors.recordMissing));
  if (!records.includes(token)) throw new Failure(errors.recordDiffers);
}

/** What went wrong outside, as what it means here; what went wrong in here stays what it is. */
function refuse(
  error: unknown,
  kind: new (...args: never) => Error & { readonly trouble: string },
  reasons: Readonly<Record<string, Reason>>,
  otherwise: Reason,
): never {
  throw error instanceof kind ? new Failure(reasons[error.trouble] ?? otherwise, { cause: error }) : error;
}

function recordOf(domain: string): string {
  return `_zitadel-challenge.${domain}`;
}

/** Where a token is stored, for the master key. */
const placeOf = (call: Call, orgId: string, domain: string): string => `org_domains/${call.instance.id}/${orgId}/${domain}`;
