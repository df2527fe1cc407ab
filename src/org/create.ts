/**
 * AddOrganization: a new organization with its domain, verified and primary, and those who administer it (reference/org-and-settings.md 2.2).
 * It is there with all of them, or not at all.
 */
import type { Call } from '../access/call.ts';
import { demandInstance } from '../access/permission.ts';
import type { AddOrganizationRequest_Admin } from '../contract/gen/zitadel/org/v2/org_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { addMember } from '../member/member.ts';
import { posted } from '../notification/signal.ts';
import { append } from '../store/events.ts';
import { type Created, planHuman } from '../user/create.ts';
import { claim, lockDomain } from './claim.ts';
import { domainLabel } from './domain.ts';
import { errors } from './errors.ts';
import { logOf } from './reach.ts';
import { uniquely } from './unique.ts';

export interface NewOrg {
  readonly orgId: string;
  readonly sequence: bigint;
  readonly at: string;
  /** Those of the administrators who are new as well. */
  readonly created: readonly Created[];
}

export interface OrgDraft {
  readonly name: string;
  /** A chosen id; else a new one. */
  readonly orgId: string | undefined;
  readonly admins: readonly Pick<AddOrganizationRequest_Admin, 'userType' | 'roles'>[];
}

/** Needs `org.write` on the instance, since nobody can hold anything on an organization that does not exist. */
export async function addOrganization(call: Call, { name: given, orgId: chosen, admins }: OrgDraft): Promise<NewOrg> {
  demandInstance(call.caller, 'org.write');
  const name = given.trim();
  if (name === '') throw new Failure(errors.nameEmpty);
  if (chosen !== undefined && chosen.trim() === '') throw new Failure(errors.idEmpty);
  const label = domainLabel(name);
  if (label === '') throw new Failure(errors.noLabel);
  const orgId = chosen ?? newId();
  const [{ domain }] = await call.db.read<{ domain: string }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${label}::text || '.' || (
        select d.domain from instance_domains d where d.instance_id = ${call.instance.id} order by d.is_primary desc, d.domain limit 1
      ) as domain from caller`,
  );
  const made = await whole(call, { name, orgId, domain }, admins);
  // Codes to the new ones, and news to those whose names it took, which could not be seen before the end of the transaction.
  posted(call.instance.id);
  return made;
}

type Named = Record<'name' | 'orgId' | 'domain', string>;

async function whole(call: Call, named: Named, admins: OrgDraft['admins']): Promise<NewOrg> {
  if (admins.length === 0) return { ...(await insert(call, named)), created: [] };
  const join = await Promise.all(admins.map((admin) => planAdmin(call, named.orgId, admin)));
  return call.db.together(async (db) => {
    const inside = { ...call, db };
    const org = await insert(inside, named);
    const created: Created[] = [];
    for (const one of join) {
      const user = await one(inside);
      if (user) created.push(user);
    }
    return { ...org, created };
  });
}

const OWNER = 'ORG_OWNER';

/** What makes somebody an administrator, with all that can be checked, and all that takes its time, done before. It gives the user if he is new. */
async function planAdmin(
  call: Call,
  orgId: string,
  { userType, roles: wanted }: OrgDraft['admins'][number],
): Promise<(call: Call) => Promise<Created | undefined>> {
  const roles = wanted.length > 0 ? wanted : [OWNER];
  const member = (userId: string) => ({ level: 'organization' as const, objectId: orgId, userId });
  if (userType.case === undefined) throw new Error('an administrator without a user has passed validation');
  if (userType.case === 'userId') {
    const userId = userType.value;
    return async (inside) => {
      await addMember(inside, member(userId), roles);
      return undefined;
    };
  }
  const { userId, username, profile, email, phone, passwordType, idpLinks, totpSecret, metadata } = userType.value;
  const insertHuman = await planHuman(call, {
    userId,
    orgId,
    username,
    profile,
    email,
    phone,
    password: passwordType,
    idpLinks,
    totpSecret,
    metadata,
  });
  return async (inside) => {
    const user = await insertHuman(inside);
    await addMember(inside, member(user.userId), roles);
    return user;
  };
}

async function insert(call: Call, { name, orgId, domain }: Named): Promise<Omit<NewOrg, 'created'>> {
  const [row] = await uniquely(() =>
    call.db.changeBehind<{ sequence: bigint; at: string } | { sequence: null; at: null }>(
      (sql) => lockDomain(sql, call, domain),
      (sql, caller) => sql`
        with caller as (${caller}),
        past as (
          select coalesce(max(e.sequence), 0) as sequence from events e
          where e.instance_id = ${call.instance.id} and e.aggregate_type = 'org' and e.aggregate_id = ${orgId}
        ),
        made as (
          insert into orgs (instance_id, org_id, name, sequence)
          select ${call.instance.id}, ${orgId}, ${name}, past.sequence + 4 from caller, past
          on conflict (instance_id, org_id) do nothing
          returning instance_id, org_id as aggregate_id, org_id as owner, sequence, created_at as at
        ),
        domain as (
          insert into org_domains (instance_id, org_id, domain, is_verified, is_primary) select instance_id, aggregate_id, ${domain}, true, true from made
        ),
        logged as (${append(sql, sql`made`, logOf(call), [
          { type: 'org.added', payload: { name } },
          { type: 'org.domain.added', payload: { domain } },
          { type: 'org.domain.verified', payload: { domain } },
          { type: 'org.domain.primary.set', payload: { domain } },
        ])})
        ${claim(sql, call, domain, sql`made`, 'proven')}
        select made.sequence, made.at from caller left join made on true`,
    ),
  );
  if (row.sequence === null) throw new Failure(errors.exists);
  return { orgId, sequence: row.sequence, at: row.at };
}
