/** A new tenant: the instance, its default organization, its owners (a human and a machine with a token), and a user to try things on. */
import { newToken } from '../access/token.ts';
import { hashPassword } from '../crypto/password.ts';
import { alphabets, digest, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { domainLabel } from '../org/domain.ts';
import type { Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { SCOPES } from '../user/pat.ts';
import { errors } from './errors.ts';

/** All that a new instance will hold, secrets included, made before anything is written: so that they can be kept safe first. */
export interface InstancePlan {
  readonly instanceId: string;
  readonly name: string;
  /** Hosts that reach it; the first is the primary one. */
  readonly domains: readonly string[];
  readonly orgId: string;
  readonly admin: { readonly userId: string; readonly username: string; readonly password: string };
  readonly machine: { readonly userId: string; readonly tokenId: string; readonly token: string };
  readonly demo: { readonly userId: string; readonly username: string } | undefined;
}

/** The organization's part of domains and login names; an instance may be called anything. */
const label = (name: string): string => domainLabel(name) || 'org';

const VIA = 'keyward instance add';
const NEVER = '9999-12-31T23:59:59Z';
const HUMAN = 1;
const MACHINE = 2;

/** `domain`: the host that reaches the instance, and the suffix of generated names. */
export function planInstance({ name, domain, withDemo }: { name: string; domain: string; withDemo: boolean }): InstancePlan {
  const host = domain.toLowerCase();
  if (host.length > 253 || !/^[a-z0-9.-]+$/.test(host)) throw new Failure(errors.domainInvalid);
  const tokenId = newId();
  return {
    instanceId: newId(),
    name,
    domains: [host],
    orgId: newId(),
    // The form of the original's first administrator (reference/instance-and-setup.md 8.2); the password is nobody's default.
    admin: { userId: newId(), username: `admin@${label(name)}.${host}`, password: `${randomText(20, alphabets.secret)}-Aa1` },
    machine: { userId: newId(), tokenId, token: newToken(tokenId) },
    demo: withDemo ? { userId: newId(), username: 'demo' } : undefined,
  };
}

/** Writes the plan; part of the caller's transaction. Fails with `already_exists` where a domain belongs to another instance. */
export async function createInstance(sql: Sql, plan: InstancePlan): Promise<void> {
  const { instanceId, orgId, name, domains, admin, machine, demo } = plan;
  const orgDomain = `${label(name)}.${domains[0]}`;
  const taken = await sql`select 1 from instance_domains where domain = any(${domains}::text[])`;
  if (taken.length > 0) throw new Failure(errors.domainTaken);
  // A second instance ends "every host reaches the single one": what nodes remember of hosts holds no more.
  await sql`update instances set access_version = nextval('epochs')`;
  const password = await hashPassword(admin.password);
  await sql`
    with instance as (
      insert into instances (instance_id, name, default_org_id, sequence) values (${instanceId}, ${name}, ${orgId}, ${4 + 2 * domains.length - 1})
      returning instance_id, instance_id as aggregate_id, instance_id as owner, sequence, created_at as at
    ),
    hosts as (
      insert into instance_domains (instance_id, domain, is_primary)
      select instance_id, d.domain, d.n = 1 from instance, unnest(${domains}::text[]) with ordinality as d(domain, n)
    ),
    logged as (${append(sql, sql`instance`, { aggregateType: 'instance', editor: VIA, via: VIA }, [
      { type: 'instance.added', payload: { name } },
      { type: 'instance.default.org.set', payload: { orgId } },
      ...domains.flatMap((domain, i): NewEvent[] => [
        { type: 'instance.domain.added', payload: { domain } },
        ...(i === 0 ? [{ type: 'instance.domain.primary.set', payload: { domain } }] : []),
      ]),
      ...[admin.userId, machine.userId].map(
        (userId): NewEvent => ({ type: 'instance.member.added', payload: { userId, roles: ['IAM_OWNER'] } }),
      ),
    ])})
    select 1`;
  await sql`
    with org as (
      insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${orgId}, ${name}, 6)
      returning instance_id, org_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    domain as (
      insert into org_domains (instance_id, org_id, domain, is_verified, is_primary) select instance_id, aggregate_id, ${orgDomain}, true, true from org
    ),
    logged as (${append(sql, sql`org`, { aggregateType: 'org', editor: VIA, via: VIA }, [
      { type: 'org.added', payload: { name } },
      { type: 'org.domain.added', payload: { domain: orgDomain } },
      { type: 'org.domain.verified', payload: { domain: orgDomain } },
      { type: 'org.domain.primary.set', payload: { domain: orgDomain } },
      ...[admin.userId, machine.userId].map(
        (userId): NewEvent => ({ type: 'org.member.added', payload: { userId, roles: ['ORG_OWNER'] } }),
      ),
    ])})
    select 1`;
  await createHuman(sql, plan, {
    userId: admin.userId,
    username: admin.username,
    firstName: name,
    lastName: 'Admin',
    email: admin.username,
    password,
  });
  await createMachine(sql, plan);
  for (const userId of [admin.userId, machine.userId]) {
    await sql`
      insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
      values (${instanceId}, ${userId}, 3, ${instanceId}, ${['IAM_OWNER']}, now(), now()), (${instanceId}, ${userId}, 2, ${orgId}, ${['ORG_OWNER']}, now(), now())`;
    await sql`update users set rank = 3, is_owner = true where instance_id = ${instanceId} and user_id = ${userId}`;
  }
  if (demo)
    await createHuman(sql, plan, {
      ...demo,
      firstName: 'Demo',
      lastName: 'User',
      email: `demo@${domains[0] === 'localhost' ? 'example.com' : domains[0]}`,
      password: null,
    });
}

interface Human {
  readonly userId: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly password: string | null;
}

async function createHuman(
  sql: Sql,
  { instanceId, orgId }: InstancePlan,
  { userId, username, firstName, lastName, email, password }: Human,
): Promise<void> {
  const displayName = `${firstName} ${lastName}`;
  await sql`
    with made as (
      insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
      values (${instanceId}, ${userId}, ${orgId}, ${HUMAN}, 2, 2, now(), now())
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    described as (
      insert into profiles (instance_id, user_id, username, username_key, first_name, last_name, display_name, preferred_language, gender, email, email_verified, password_hash, password_changed_at)
      select instance_id, aggregate_id, ${username}, lower(${username}), ${firstName}, ${lastName}, ${displayName}, 'en', 0, ${email}, true, ${password}, case when ${password !== null} then now() end
      from made
    ),
    logged as (${append(sql, sql`made`, { aggregateType: 'user', editor: VIA, via: VIA }, [
      { type: 'user.human.added', payload: { userName: username, firstName, lastName, displayName, preferredLanguage: 'en', email } },
      { type: 'user.human.email.verified' },
    ])})
    select 1`;
}

async function createMachine(
  sql: Sql,
  { instanceId, orgId, machine }: Pick<InstancePlan, 'instanceId' | 'orgId' | 'machine'>,
): Promise<void> {
  await sql`
    with made as (
      insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
      values (${instanceId}, ${machine.userId}, ${orgId}, ${MACHINE}, 2, 1, now(), now())
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, created_at as at
    ),
    described as (
      insert into profiles (instance_id, user_id, username, username_key, machine_name, access_token_type)
      select instance_id, aggregate_id, 'admin', 'admin', 'admin', 0 from made
    ),
    logged as (${append(sql, sql`made`, { aggregateType: 'user', editor: VIA, via: VIA }, [
      { type: 'user.machine.added', payload: { userName: 'admin', name: 'admin' } },
      { type: 'user.pat.added', payload: { tokenId: machine.tokenId, expiration: NEVER, scopes: SCOPES } },
    ])})
    select 1`;
  await bindToken(sql, instanceId, machine);
}

/** A token of a machine, bound to the epochs that stand. */
async function bindToken(sql: Sql, instanceId: string, { userId, tokenId, token }: InstancePlan['machine']): Promise<void> {
  await sql`
    insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
    select u.instance_id, ${tokenId}, u.user_id, ${digest(token)}, ${SCOPES}, ${NEVER}, u.epoch, o.epoch, i.epoch, now(), now()
    from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
    where u.instance_id = ${instanceId} and u.user_id = ${userId}`;
}

/**
 * Restores access from the machine itself: a new token for the machine `admin` of an instance (made anew where it is gone, switched on where it
 * is off, owner again where it is not). Gives the token, which is shown once.
 */
export async function restoreOwner(sql: Sql, instanceId: string): Promise<{ token: string; userId: string }> {
  const [instance] = await sql<
    { default_org_id: string }[]
  >`select default_org_id from instances where instance_id = ${instanceId} for no key update`;
  if (!instance) throw new Failure(errors.notFound);
  const [known] = await sql<{ user_id: string }[]>`
    select u.user_id from users u join profiles p using (instance_id, user_id)
    where u.instance_id = ${instanceId} and u.kind = ${MACHINE} and p.username_key = 'admin'`;
  const tokenId = newId();
  const machine = { userId: known?.user_id ?? newId(), tokenId, token: newToken(tokenId) };
  if (known) await switchOn(sql, instanceId, machine);
  else await createMachine(sql, { instanceId, orgId: instance.default_org_id, machine });
  await sql`
    insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
    values (${instanceId}, ${machine.userId}, 3, ${instanceId}, ${['IAM_OWNER']}, now(), now())
    on conflict (instance_id, user_id, level, object_id) do update
      set roles = (select array_agg(distinct r) from unnest(memberships.roles || 'IAM_OWNER'::text) r), changed_at = now()`;
  await sql`update users set rank = 3, is_owner = true where instance_id = ${instanceId} and user_id = ${machine.userId}`;
  await sql`
    with changed as (
      update instances set sequence = sequence + 1, access_version = nextval('epochs') where instance_id = ${instanceId}
      returning instance_id, instance_id as aggregate_id, instance_id as owner, sequence, now() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'instance', editor: 'operator', via: 'keyward instance pat --owner' }, [
      { type: 'instance.member.changed', payload: { userId: machine.userId, roles: ['IAM_OWNER'] } },
    ])})
    select 1`;
  return machine;
}

async function switchOn(sql: Sql, instanceId: string, machine: InstancePlan['machine']): Promise<void> {
  const [user] = await sql<
    { state: number }[]
  >`select state from users where instance_id = ${instanceId} and user_id = ${machine.userId} for no key update`;
  const back: NewEvent[] = user?.state === 2 ? [{ type: 'user.reactivated' }] : user?.state === 4 ? [{ type: 'user.unlocked' }] : [];
  const events: NewEvent[] = [
    ...back,
    { type: 'user.pat.added', payload: { tokenId: machine.tokenId, expiration: NEVER, scopes: SCOPES } },
  ];
  await sql`
    with changed as (
      update users set state = 1, access_version = nextval('epochs'), sequence = sequence + ${events.length},
        changed_sequence = case when ${back.length > 0} then sequence + 1 else changed_sequence end,
        changed_at = case when ${back.length > 0} then now() else changed_at end
      where instance_id = ${instanceId} and user_id = ${machine.userId}
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, now() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'user', editor: 'operator', via: 'keyward instance pat --owner' }, events)})
    select 1`;
  await bindToken(sql, instanceId, machine);
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
    from instances i order by i.created_at, i.instance_id`;
}
