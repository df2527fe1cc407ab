/** A new tenant: the instance with its domains, its default organization, and the people it begins with. */
import postgres from 'postgres';
import { hashPassword } from '../crypto/password.ts';
import { digest, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { domainLabel } from '../org/domain.ts';
import type { Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import type { Moment } from '../time/timestamp.ts';
import type { PlannedKey } from '../user/key.ts';
import { named } from '../user/name.ts';
import { patAdded, SCOPES } from '../user/pat.ts';
import { kinds } from '../user/user.ts';
import { errors } from './errors.ts';
import { instanceStates } from './states.ts';

/** All that a new instance will hold, secrets included, made before anything is written: so that they can be kept safe first. */
export interface InstancePlan {
  readonly instanceId: string;
  readonly name: string;
  /** Of texts for whom none other is known of; else English. */
  readonly language?: string;
  /** Hosts that reach it; the first is the primary one. */
  readonly domains: readonly [InstanceDomain, ...InstanceDomain[]];
  readonly orgId: string;
  readonly orgName: string;
  /** The default organization's own domain, which need not be unique over instances. */
  readonly orgDomain: string;
  /** IAM_OWNER of the instance and ORG_OWNER of the organization. */
  readonly owners: readonly (NewHuman | NewMachine)[];
  readonly others: readonly NewHuman[];
  readonly log: By;
}

export interface InstanceDomain {
  readonly domain: string;
  readonly isGenerated: boolean;
}

/** Who makes the instance, through which door. */
export interface By {
  readonly editor: string;
  readonly via: string;
}

export interface NewHuman {
  readonly userId: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly password: { readonly text: string; readonly changeRequired: boolean } | undefined;
}

export interface NewMachine {
  readonly userId: string;
  readonly username: string;
  readonly name: string;
  readonly token: NewToken | undefined;
  readonly key?: PlannedKey | undefined;
}

export interface NewToken {
  readonly tokenId: string;
  readonly token: string;
  readonly expiresAt: Moment;
}

/** The organization's part of domains and login names; an instance may be called anything. */
export const labelOf = (name: string): string => domainLabel(name) || 'org';

/** A host that an instance is given by its name, beside those that are chosen for it (reference/instance-and-setup.md 3). */
export function generatedDomain(name: string, externalDomain: string): InstanceDomain {
  const random = randomText(6, 'abcdefghijklmnopqrstuvwxyz0123456789');
  const label = (domainLabel(name) || 'instance').slice(0, 63 - random.length - 1);
  return { domain: `${label}-${random}.${externalDomain}`, isGenerated: true };
}

/** A host that was chosen. */
export function chosenDomain(domain: string): InstanceDomain {
  const host = domain.toLowerCase();
  if (host.length > 253 || !/^[a-z0-9.-]+$/.test(host)) throw new Failure(errors.domainInvalid);
  return { domain: host, isGenerated: false };
}

/** Details of the default organization, which are what the original answers. */
export interface CreatedInstance {
  readonly sequence: bigint;
  readonly at: string;
}

/** Writes the plan; part of the caller's transaction. Fails with `already_exists` where a domain belongs to another instance. */
export async function createInstance(sql: Sql, plan: InstancePlan): Promise<CreatedInstance> {
  const { owners, others, log } = plan;
  // A second instance ends "every host reaches the single one": what nodes remember of hosts holds no more.
  await sql`update instances set access_version = nextval('epochs') where (select count(*) from (select 1 from instances limit 2) as few) = 1`;
  await insertInstance(sql, plan);
  const created = await insertOrganization(sql, plan);
  const home = { instanceId: plan.instanceId, orgId: plan.orgId, log };
  for (const person of [...owners, ...others]) {
    if (!('email' in person)) await createMachine(sql, home, person);
    else await createHuman(sql, home, person);
  }
  for (const { userId } of owners) await makeOwner(sql, home, userId);
  return created;
}

const UNIQUE_VIOLATION = '23505';

async function insertInstance(sql: Sql, { instanceId, name, language, orgId, domains, owners, log }: InstancePlan): Promise<void> {
  const [primary] = domains;
  const events: NewEvent[] = [
    { type: 'instance.added', payload: { name } },
    { type: 'instance.default.org.set', payload: { orgId } },
    ...(language === undefined ? [] : [{ type: 'instance.default.language.set', payload: { language } }]),
    ...domains.map(({ domain, isGenerated }) => ({ type: 'instance.domain.added', payload: { domain, generated: isGenerated } })),
    { type: 'instance.domain.primary.set', payload: { domain: primary.domain } },
    ...owners.map(({ userId }) => ({ type: 'instance.member.added', payload: { userId, roles: ['IAM_OWNER'] } })),
  ];
  try {
    await sql`
      with instance as (
        insert into instances (instance_id, name, default_language, default_org_id, sequence)
        values (${instanceId}, ${name}, coalesce(${language ?? null}, 'en'), ${orgId}, ${events.length})
        returning instance_id, instance_id as aggregate_id, instance_id as owner, sequence, created_at as at
      ),
      hosts as (
        insert into instance_domains (instance_id, domain, is_primary, is_generated)
        select instance_id, d.domain, d.domain = ${primary.domain}, d.is_generated
        from instance, unnest(${domains.map((d) => d.domain)}::text[], ${domains.map((d) => String(d.isGenerated))}::text[]::boolean[]) as d(domain, is_generated)
      ),
      logged as (${append(sql, sql`instance`, { aggregateType: 'instance', ...log }, events)})
      select 1`;
  } catch (error) {
    const taken =
      error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === 'instance_domains_domain';
    throw taken ? new Failure(errors.domainTaken, { cause: error }) : error;
  }
}

async function insertOrganization(
  sql: Sql,
  { instanceId, orgId, orgName, orgDomain, owners, log }: InstancePlan,
): Promise<CreatedInstance> {
  const events: NewEvent[] = [
    { type: 'org.added', payload: { name: orgName } },
    { type: 'org.domain.added', payload: { domain: orgDomain } },
    { type: 'org.domain.verified', payload: { domain: orgDomain } },
    { type: 'org.domain.primary.set', payload: { domain: orgDomain } },
    ...owners.map(({ userId }) => ({ type: 'org.member.added', payload: { userId, roles: ['ORG_OWNER'] } })),
  ];
  const [org] = await sql<CreatedInstance[]>`
    with org as (
      insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${orgId}, ${orgName}, ${events.length})
      returning instance_id, org_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    domain as (
      insert into org_domains (instance_id, org_id, domain, is_verified, is_primary) select instance_id, aggregate_id, ${orgDomain}, true, true from org
    ),
    logged as (${append(sql, sql`org`, { aggregateType: 'org', ...log }, events)})
    select sequence, at from org`;
  if (!org) throw new Error('an insert gave no row');
  return org;
}

/** Where somebody is made, and by whom. */
interface Home {
  readonly instanceId: string;
  readonly orgId: string;
  readonly log: By;
}

async function createHuman(sql: Sql, { instanceId, orgId, log }: Home, human: NewHuman): Promise<void> {
  const { userId, username, firstName, lastName, language, email, emailVerified, password } = human;
  const displayName = `${firstName} ${lastName}`;
  const hash = password === undefined ? null : await hashPassword(password.text);
  const events: NewEvent[] = [
    {
      type: 'user.human.added',
      payload: {
        userName: username,
        firstName,
        lastName,
        displayName,
        preferredLanguage: language,
        email,
        ...(password?.changeRequired ? { changeRequired: true } : {}),
      },
    },
    ...(emailVerified ? [{ type: 'user.human.email.verified' }] : []),
  ];
  await sql`
    with made as (
      insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
      values (${instanceId}, ${userId}, ${orgId}, ${kinds.human}, ${events.length}, ${events.length}, now(), now())
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    described as (
      insert into profiles (instance_id, user_id, username, first_name, last_name, display_name, preferred_language, gender, email, email_verified,
        password_hash, password_changed_at, password_change_required)
      select instance_id, aggregate_id, ${username}, ${firstName}, ${lastName}, ${displayName}, ${language}, 0, ${email}, ${emailVerified},
        ${hash}, case when ${hash !== null} then now() end, ${password?.changeRequired ?? false}
      from made
    ),
    logged as (${append(sql, sql`made`, { aggregateType: 'user', ...log }, events)})
    ${named(sql, sql`made`, sql`${username}::text`)}
    select 1`;
}

export async function createMachine(
  sql: Sql,
  { instanceId, orgId, log }: Home,
  { userId, username, name, token, key }: NewMachine,
): Promise<void> {
  const events: NewEvent[] = [
    { type: 'user.machine.added', payload: { userName: username, name } },
    ...(key ? [key.event] : []),
    ...(token ? [patAdded(token)] : []),
  ];
  await sql`
    with made as (
      insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
      values (${instanceId}, ${userId}, ${orgId}, ${kinds.machine}, ${events.length}, 1, now(), now())
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    described as (
      insert into profiles (instance_id, user_id, username, machine_name, access_token_type)
      select instance_id, aggregate_id, ${username}, ${name}, 0 from made
    ),
    logged as (${append(sql, sql`made`, { aggregateType: 'user', ...log }, events)})
    ${named(sql, sql`made`, sql`${username}::text`)}
    select 1`;
  if (key)
    await sql`
      insert into machine_keys (instance_id, key_id, user_id, public_key, expires_at, sequence, created_at, changed_at)
      values (${instanceId}, ${key.keyId}, ${userId}, ${key.publicKey}, ${sql.typed.timestamp(key.expiresAt)}, 2, now(), now())`;
  if (token) await bindToken(sql, instanceId, userId, token);
}

/** A token of a machine, bound to the epochs that stand. */
export async function bindToken(sql: Sql, instanceId: string, userId: string, { tokenId, token, expiresAt }: NewToken): Promise<void> {
  await sql`
    insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
    select u.instance_id, ${tokenId}, u.user_id, ${digest(token)}, ${SCOPES}::text[], ${sql.typed.timestamp(expiresAt)}, u.epoch, o.epoch, i.epoch, now(), now()
    from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
    where u.instance_id = ${instanceId} and u.user_id = ${userId}`;
}

async function makeOwner(sql: Sql, { instanceId, orgId }: Home, userId: string): Promise<void> {
  await sql`
    insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
    values (${instanceId}, ${userId}, 3, ${instanceId}, ${['IAM_OWNER']}, now(), now()), (${instanceId}, ${userId}, 2, ${orgId}, ${['ORG_OWNER']}, now(), now())`;
  await sql`update users set rank = 3, is_owner = true where instance_id = ${instanceId} and user_id = ${userId}`;
}

export interface InstanceRow {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly state: number;
}

export async function listInstances(sql: Sql): Promise<readonly InstanceRow[]> {
  return sql<InstanceRow[]>`
    select i.instance_id as id, i.name, i.state, coalesce((select array_agg(d.domain order by d.is_primary desc, d.domain) from instance_domains d where d.instance_id = i.instance_id), '{}') as domains
    from instances i where i.state <> ${instanceStates.removed} order by i.created_at, i.instance_id`;
}
