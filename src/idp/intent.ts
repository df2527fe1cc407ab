/**
 * Intents: logins at providers, from the first step to the session that they open (reference/user-credentials-v2.md 8.2). Begun, answered
 * once (a second answer finds it taken), then succeeded or failed; consumed by a session, once. An intent is worth nothing any more once the
 * instance, the provider, its organization or the linked user was switched off since.
 */

import { binding, gate } from '../access/gate.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import { digest, matches, randomText } from '../crypto/secret.ts';
import type { Fragment, Query, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import type { Login } from './login.ts';
import { type ProviderRow, providerColumns } from './provider.ts';

/** Through whom statements run: a caller behind the guard, or an endpoint that the provider's answer has reached. */
export interface Actor {
  readonly instanceId: string;
  readonly masterkey: Masterkey;
  readonly editor: string;
  /** The caller's (access/caller.ts); null where he has none. */
  readonly editorEpoch: bigint | null;
  readonly via: string;
  /** One statement that begins with `with caller as (${caller})` and changes something, and its one row; undefined where the instance does not run. */
  readonly run: <Row extends object>(statement: (sql: Sql, caller: Fragment) => Query<Row>) => Promise<Row | undefined>;
  /** The same for one that reads. */
  readonly read: Actor['run'];
}

export type IntentState = 'started' | 'answered' | 'succeeded' | 'failed' | 'consumed';

export interface Step {
  readonly sequence: bigint;
  readonly at: string;
  readonly createdAt: string;
}

/** How long a provider has time to answer, and the most that the token of an intent lives (reference/instance-and-setup.md, MaxIdPIntentLifetime). */
const ANSWER_SECONDS = 3600;
export const MOST_SECONDS = 3600;
/** Where a started intent leads back to, for what needs no page. */
export interface Begun {
  readonly intentId: string;
  readonly idpId: string;
  /** What the provider sends back; undefined where it sends nothing. */
  readonly state: string | undefined;
  readonly successUrl: string;
  readonly failureUrl: string;
  /** Kept for the answer: what it is compared with. */
  readonly pending: object;
  readonly loginHint?: string;
  /** Of a SAML request, for the log. */
  readonly requestId?: string;
}

/** Undefined where the provider is gone, or its organization is off. */
export async function begin(actor: Actor, begun: Begun): Promise<Step | undefined> {
  const { intentId, idpId, state, successUrl, failureUrl, pending, loginHint = '', requestId } = begun;
  const events: NewEvent[] = [{ type: 'idpintent.started', payload: { idpId, successURL: successUrl, failureURL: failureUrl, loginHint } }];
  if (requestId !== undefined) events.push({ type: 'idpintent.saml.requested', payload: { requestId } });
  const row = await actor.run<StepRow | Record<keyof StepRow, null>>(
    (sql, caller) => sql`
      with caller as (${caller}),
      provider as (
        select i.epoch, o.epoch as org_epoch
        from idps p
        join instances i on i.instance_id = p.instance_id
        left join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
        cross join caller
        where p.instance_id = ${actor.instanceId} and p.idp_id = ${idpId} and (p.org_id is null or o.state = 1)
      ),
      swept as (
        delete from idp_intents n where n.instance_id = ${actor.instanceId} and n.intent_id = any(array(
          select e.intent_id from idp_intents e where e.instance_id = ${actor.instanceId} and e.expires_at < now() - interval '1 day'
          order by e.expires_at limit ${SWEPT} for update skip locked))
      ),
      made as (
        insert into idp_intents (instance_id, intent_id, idp_id, creator, creator_epoch, state, state_hash, success_url, failure_url, pending,
          instance_epoch, idp_org_epoch, expires_at, sequence, created_at, changed_at)
        select ${actor.instanceId}, ${intentId}, ${idpId}, ${actor.editor}, ${actor.editorEpoch}, 'started', ${state === undefined ? null : digest(state)}, ${successUrl}, ${failureUrl},
          ${actor.masterkey.encrypt(JSON.stringify(pending), place(actor, intentId, 'pending'))},
          p.epoch, p.org_epoch, clock_timestamp() + ${ANSWER_SECONDS}::float8 * interval '1 second', ${events.length}, clock_timestamp(), clock_timestamp()
        from provider p
        returning instance_id, intent_id as aggregate_id, instance_id as owner, sequence, changed_at as at, created_at
      ),
      logged as (${append(sql, sql`made`, logOf(actor), events)})
      select m.sequence, m.at, m.created_at from caller left join made m on true`,
  );
  return stepOf(row);
}

/** How many of those that are long over go with each that begins. */
const SWEPT = 20;
/** An intent whose provider has answered, with that provider. */
export interface Answered {
  readonly intentId: string;
  readonly successUrl: string;
  readonly failureUrl: string;
  readonly provider: ProviderRow;
  readonly pending: unknown;
}

export type Claim =
  | ({ readonly outcome: 'taken' } & Answered)
  /** Was answered before, ran out, or its provider is worth nothing any more. */
  | { readonly outcome: 'over' | 'expired' | 'provider gone'; readonly intentId: string; readonly failureUrl: string };

interface ClaimRow extends ProviderRow {
  state: IntentState;
  state_hash: Buffer | null;
  expired: boolean;
  stands: boolean;
  success_url: string;
  failure_url: string;
  pending: Buffer;
  claimed: boolean;
}

/** Takes the answer to a started intent, once; undefined where no intent waits for what was sent. `idpId`: where the answer says whose it is. */
export async function claim(actor: Actor, intentId: string, state: string, idpId?: string): Promise<Claim | undefined> {
  const row = await actor.run<ClaimRow | { state: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      target as (
        select n.*, n.expires_at <= now() as expired from idp_intents n, caller
        where n.instance_id = ${actor.instanceId} and n.intent_id = ${intentId} and n.state_hash = ${digest(state)}
          and ${idpId === undefined ? sql`true` : sql`n.idp_id = ${idpId}`}
        for no key update of n
      ),
      provider as (
        select ${providerColumns(sql)} from target t
        join instances i on i.instance_id = t.instance_id
        join idps p on p.instance_id = t.instance_id and p.idp_id = t.idp_id
        left join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
        where i.epoch = t.instance_epoch and (p.org_id is null or (o.state = 1 and o.epoch = t.idp_org_epoch))
      ),
      claimed as (
        update idp_intents n set state = 'answered', pending = null from target t, provider p
        where n.instance_id = t.instance_id and n.intent_id = t.intent_id and t.state = 'started' and not t.expired
        returning n.intent_id
      )
      select t.state, t.state_hash, t.expired, t.success_url, t.failure_url, t.pending, p.idp_id is not null as stands, exists (select from claimed) as claimed,
        p.*
      from caller left join target t on true left join provider p on true`,
  );
  if (!row || row.state === null) return undefined;
  const { success_url: successUrl, failure_url: failureUrl } = row;
  if (row.claimed) {
    const pending: unknown = JSON.parse(actor.masterkey.decrypt(row.pending, place(actor, intentId, 'pending')).toString());
    return { outcome: 'taken', intentId, successUrl, failureUrl, provider: row, pending };
  }
  const outcome = row.state !== 'started' ? 'over' : row.expired ? 'expired' : 'provider gone';
  return { outcome, intentId, failureUrl };
}

export interface Succeeded extends Step {
  /** Opens what the intent found; told once. */
  readonly token: string;
  /** Empty where the account is linked to nobody. */
  readonly userId: string;
}

/** Which event of success tells it. */
const EVENTS = { oauth: 'idpintent.succeeded', ldap: 'idpintent.ldap.succeeded', saml: 'idpintent.saml.succeeded' } as const;

/**
 * The account was shown. The user to whom it is linked is bound to it under the epochs that stand; while he is off to none that will ever
 * stand, so that it opens nothing once he is back. `userId` (of the simulator): whom it is about, without a link. Undefined where it was ended meanwhile.
 */
export async function succeed(
  actor: Actor,
  { intentId, from }: { readonly intentId: string; readonly from: 'started' | 'answered' },
  { user, access, expiresAt }: Login,
  userId?: string,
): Promise<Succeeded | undefined> {
  const token = randomText(TOKEN_LENGTH);
  const most = Date.now() + MOST_SECONDS * 1000;
  // The simulator's end may lie wherever a test wants it.
  const ends = userId === undefined ? Math.min(expiresAt ?? most, most) : (expiresAt ?? most);
  const sealed = actor.masterkey.encrypt(JSON.stringify({ user, access }), place(actor, intentId, 'result'));
  const event: NewEvent = { type: EVENTS[access.case], payload: { idpUserId: user.id, idpUserName: user.userName } };
  const row = await actor.run<(StepRow & { user_id: string | null }) | (Record<keyof StepRow, null> & { user_id: null })>(
    (sql, caller) => sql`
      with caller as (${caller}),
      target as (
        select n.instance_id, n.intent_id, n.idp_id from idp_intents n, caller
        where n.instance_id = ${actor.instanceId} and n.intent_id = ${intentId} and n.state = ${from}
        for no key update of n
      ),
      linked as (
        ${
          userId === undefined
            ? sql`
        select l.user_id, true as by_link
        from target t
        join idps p on p.instance_id = t.instance_id and p.idp_id = t.idp_id
        join idp_links l on l.instance_id = t.instance_id and l.idp_id = t.idp_id and l.external_key = account_key(p.kind, p.config, ${user.id})`
            : sql`select ${userId} as user_id, false as by_link from target where ${userId} <> ''`
        }
      ),
      bound as (
        select l.user_id, l.by_link, case when ${gate(sql)} then u.epoch else 0 end as user_epoch, o.epoch as org_epoch
        from linked l
        left join (
          users u join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id join instances i on i.instance_id = u.instance_id
        ) on u.instance_id = ${actor.instanceId} and u.user_id = l.user_id
      ),
      changed as (
        update idp_intents n set
          state = 'succeeded', pending = null, result = ${sealed}, token_hash = ${digest(token)}, external_id = ${user.id},
          user_id = b.user_id, by_link = coalesce(b.by_link, false), user_epoch = b.user_epoch, org_epoch = b.org_epoch,
          expires_at = to_timestamp(${ends / 1000}::float8), sequence = n.sequence + 1, changed_at = clock_timestamp()
        from target t left join bound b on true
        where n.instance_id = t.instance_id and n.intent_id = t.intent_id
        returning n.instance_id, n.intent_id as aggregate_id, n.instance_id as owner, n.sequence, n.changed_at as at, n.created_at, n.user_id
      ),
      logged as (${append(sql, sql`changed`, logOf(actor), [event])})
      select c.sequence, c.at, c.created_at, c.user_id from caller left join changed c on true`,
  );
  const step = stepOf(row);
  return step && { ...step, token, userId: row?.user_id ?? '' };
}

/** 43 characters of 62: 256 bits. */
const TOKEN_LENGTH = 43;

/** Why there is no account; stays as it is where it is over already. */
export async function fail(actor: Actor, intentId: string, reason: string): Promise<void> {
  const event: NewEvent = { type: 'idpintent.failed', payload: { reason: reason.slice(0, 500) } };
  await actor.run(
    (sql, caller) => sql`
      with caller as (${caller}),
      changed as (
        update idp_intents n set state = 'failed', pending = null, sequence = n.sequence + 1, changed_at = clock_timestamp()
        from caller where n.instance_id = ${actor.instanceId} and n.intent_id = ${intentId} and n.state in ('started', 'answered')
        returning n.instance_id, n.intent_id as aggregate_id, n.instance_id as owner, n.sequence, n.changed_at as at
      ),
      logged as (${append(sql, sql`changed`, logOf(actor), [event])})
      select c.sequence from caller left join changed c on true`,
  );
}

/** An intent as those see it who have its token. */
export interface Intent {
  intent_id: string;
  idp_id: string;
  creator: string;
  creator_epoch: bigint | null;
  told_creator: boolean;
  state: IntentState;
  token_hash: Buffer | null;
  result: Buffer | null;
  external_id: string | null;
  user_id: string | null;
  by_link: boolean;
  user_epoch: bigint | null;
  org_epoch: bigint | null;
  expired: boolean;
  /** Instance and provider, with its organization, are as they were when it began. */
  stands: boolean;
  provider_found: boolean;
  /** Whether the account is linked to the user who was asked about, under his epochs of now where the link must lend them. */
  linked: boolean;
  sequence: bigint;
  created_at: string;
  changed_at: string;
}

/** `userId`: whose link to the account is looked for. Undefined where the id or the token is of no intent. */
export async function loadIntent(actor: Actor, intentId: string, token: string, userId = ''): Promise<Intent | undefined> {
  const row = await actor.read<Intent | { intent_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select n.intent_id, n.idp_id, n.creator, n.creator_epoch, n.told_creator, n.state, n.token_hash, n.result, n.external_id, n.user_id, n.by_link, n.user_epoch, n.org_epoch, n.sequence,
          n.created_at, n.changed_at, n.expires_at <= now() as expired, p.idp_id is not null as provider_found, ${linkedTo(sql, userId)} as linked,
          i.epoch = n.instance_epoch and p.idp_id is not null and (p.org_id is null or coalesce(po.state = 1 and po.epoch = n.idp_org_epoch, false)) as stands
        from idp_intents n
        join instances i on i.instance_id = n.instance_id
        left join idps p on p.instance_id = n.instance_id and p.idp_id = n.idp_id
        left join orgs po on po.instance_id = p.instance_id and po.org_id = p.org_id
        where n.instance_id = ${actor.instanceId} and n.intent_id = ${intentId}
      )
      select f.* from caller left join found f on true`,
  );
  if (!row || row.intent_id === null || !row.token_hash || !matches(token, row.token_hash)) return undefined;
  return row;
}

/** Over `n`: the account is linked to this user; where the intent is bound to nobody, by a link that was made under the epochs that stand. */
function linkedTo(sql: Sql, userId: string): Fragment {
  return sql`exists (
    select from idp_links l
    join idps lp on lp.instance_id = l.instance_id and lp.idp_id = l.idp_id
    join users u on u.instance_id = l.instance_id and u.user_id = l.user_id
    join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
    join instances i on i.instance_id = u.instance_id
    where l.instance_id = n.instance_id and l.idp_id = n.idp_id and l.external_key = account_key(lp.kind, lp.config, n.external_id) and l.user_id = ${userId}
      and (n.user_id is not null or ${binding(sql, sql`l`)}))`;
}

/** What a succeeded intent found. */
export function loginOf(actor: Pick<Actor, 'instanceId' | 'masterkey'>, { intent_id, result }: Intent): Pick<Login, 'user' | 'access'> {
  if (!result) throw new Error('an intent that succeeded has no result');
  return JSON.parse(actor.masterkey.decrypt(result, place(actor, intent_id, 'result')).toString()); // as `succeed` wrote it
}

/**
 * The intent as something that a session uses up: locked and still what it was, then consumed. `done` is the CTE of what used it.
 * Shaped as the `Use` of src/user/use.ts.
 */
export function consumption(actor: Pick<Actor, 'instanceId' | 'editor' | 'via'>, { intent_id, by_link, user_id }: Intent, userId: string) {
  return {
    held: (sql: Sql): Fragment => sql`
      select from idp_intents n, caller
      where n.instance_id = ${actor.instanceId} and n.intent_id = ${intent_id} and n.state = 'succeeded' and n.expires_at > now()
        and ${by_link || user_id === null ? linkedTo(sql, userId) : sql`true`}
      for no key update of n`,
    spent: (sql: Sql, done: Fragment): Fragment => sql`,
      consumed as (
        update idp_intents n set state = 'consumed', result = null, sequence = n.sequence + 1, changed_at = d.at
        from ${done} d where n.instance_id = d.instance_id and n.intent_id = ${intent_id}
        returning n.instance_id, n.intent_id as aggregate_id, n.instance_id as owner, n.sequence, n.changed_at as at
      ),
      logged_consumed as (${append(sql, sql`consumed`, logOf(actor), [{ type: 'idpintent.consumed' }])})`,
  };
}

/** Keeps in mind that whoever began this login was told what it found: he has its token, which reached the browser that logged in. */
export async function tellCreator(actor: Actor, { intent_id, creator, creator_epoch, told_creator }: Intent): Promise<void> {
  if (told_creator || creator !== actor.editor || creator_epoch !== actor.editorEpoch) return;
  await actor.run<{ held: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      told as (
        update idp_intents n set told_creator = true from caller
        where n.instance_id = ${actor.instanceId} and n.intent_id = ${intent_id} and n.state = 'succeeded'
      )
      select held from caller`,
  );
}

/**
 * Whether the caller has shown this account: in a login that he began himself, whose token he has presented, and that nobody has used. That
 * somebody answered is no proof, since a stranger can be led to the page at which another began.
 */
export async function hasShown(actor: Actor, { idpId, userId }: { readonly idpId: string; readonly userId: string }): Promise<boolean> {
  const row = await actor.read<{ shown: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (
        select from idp_intents n
        where n.instance_id = ${actor.instanceId} and n.creator = ${actor.editor} and n.creator_epoch = ${actor.editorEpoch} and n.told_creator
          and n.idp_id = ${idpId} and n.external_id = ${userId} and n.state = 'succeeded' and n.expires_at > now()
      ) as shown from caller`,
  );
  return row?.shown ?? false;
}

interface StepRow {
  sequence: bigint;
  at: string;
  created_at: string;
}

function stepOf(row: StepRow | Record<keyof StepRow, null> | undefined): Step | undefined {
  return row === undefined || row.sequence === null ? undefined : { sequence: row.sequence, at: row.at, createdAt: row.created_at };
}

const place = ({ instanceId }: Pick<Actor, 'instanceId'>, intentId: string, column: 'pending' | 'result') =>
  `idp_intents/${column}/${instanceId}/${intentId}`;

const logOf = ({ editor, via }: Pick<Actor, 'editor' | 'via'>) => ({ aggregateType: 'idpintent', editor, via }) as const;
