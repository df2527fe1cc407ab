/**
 * Memberships: who holds which roles on the instance or on an organization. A change is written to the membership, to the user's row (his
 * rank, and the version under which nodes remember what he may do), and to the log of the object.
 */
import type { Call } from '../access/call.ts';
import type { Statement } from '../access/guard.ts';
import { reach } from '../access/permission.ts';
import { isRoleOf } from '../access/roles.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { errors, lastOwner, orgNotFound, projectNotFound } from './errors.ts';

export type MemberLevel = 'instance' | 'organization' | 'project';

/** What is a member of what. */
export interface Member {
  readonly level: MemberLevel;
  readonly objectId: string;
  readonly userId: string;
  /** Of a project: in v1 those of other organizations than that of the call do not exist. */
  readonly orgId?: string;
}

export interface MemberDone {
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
}

export const STORED = { project: 1, organization: 2, instance: 3 } as const;
/** As aggregates and events name what has members. */
const AGGREGATES = { project: 'project', organization: 'org', instance: 'instance' } as const;
const OWNER = 'IAM_OWNER';

/** Adds a member; the permission (`iam.member.write`, `org.member.write`) was checked by the method's option. */
export async function addMember(call: Call, member: Member, roles: readonly string[]): Promise<MemberDone> {
  const reasons = errors[member.level];
  if (roles.length === 0 && reasons.noRoles) throw new Failure(reasons.noRoles);
  if (!roles.every((role) => isRoleOf(member.level, role) || (member.level === 'organization' && role === 'SELF_MANAGEMENT_GLOBAL')))
    throw new Failure(reasons.badRole);
  const outcome = await write(call, member, roles, 'added');
  if (!outcome.user_found) throw new Failure(reasons.unknownUser);
  if (outcome.had !== null) throw new Failure(reasons.exists);
  return doneOf(outcome);
}

/** Replaces the roles of a member; the same roles in the same order change nothing. */
export async function updateMember(call: Call, member: Member, roles: readonly string[]): Promise<MemberDone> {
  const reasons = errors[member.level];
  if (roles.length === 0) throw new Failure(reasons.noRolesOnUpdate);
  if (!roles.every((role) => isRoleOf(member.level, role))) throw new Failure(reasons.badRoleOnUpdate);
  const outcome = await write(call, member, roles, 'changed');
  if (outcome.had === null) throw new Failure(reasons.missing);
  return doneOf(outcome);
}

/** Takes a member's roles away; undefined where he never was one, which is no error. */
export async function removeMember(call: Call, member: Member): Promise<MemberDone | undefined> {
  const outcome = await write(call, member, [], 'removed');
  return outcome.had === null ? undefined : doneOf(outcome);
}

/**
 * Whether it is a membership that the caller may end as one of those who administer the user's own organization: his roles elsewhere keep them
 * from what would give them access to him (DESIGN.md 8), and nobody asked them. Not of one who is a member of the instance.
 */
export async function isOfOwnUser(call: Call, { level, objectId, userId }: Member): Promise<boolean> {
  const [{ found }] = await call.db.read<{ found: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (
        select from memberships m join users u on u.instance_id = m.instance_id and u.user_id = m.user_id
        where m.instance_id = ${call.instance.id} and m.user_id = ${userId} and m.level = ${STORED[level]} and m.object_id = ${objectId}
          and u.rank < ${STORED.instance} and u.org_id = any(${reach(call.caller, 'org.member.delete').orgs}::text[])
      ) as found from caller`,
  );
  return found;
}

interface Outcome {
  object_found: boolean;
  user_found: boolean;
  /** The roles before; null where there was no membership. */
  had: string[] | null;
  owner: string | null;
  sequence: bigint | null;
  at: string | null;
  old_owner: string;
  old_sequence: bigint;
  old_at: string;
  spared: boolean;
}

function doneOf({ owner, sequence, at, old_owner, old_sequence, old_at, spared }: Outcome): MemberDone {
  if (spared) throw new Failure(lastOwner);
  if (owner === null || sequence === null || at === null) return { owner: old_owner, sequence: old_sequence, at: old_at };
  return { owner, sequence, at };
}

/**
 * The membership, the user's rank, the object's sequence and the event. Alone, since the rank is computed from the user's other memberships,
 * and the last owner may not lose his role.
 */
async function write(
  call: Call,
  { level, objectId, userId, orgId }: Member,
  roles: readonly string[],
  what: 'added' | 'changed' | 'removed',
): Promise<Outcome> {
  const instanceId = call.instance.id;
  const stored = STORED[level];
  const event: NewEvent = {
    type: `${AGGREGATES[level]}.member.${what}`,
    payload: what === 'removed' ? { userId } : { userId, roles: [...roles] },
  };
  const statement: Statement<Outcome> = (sql, caller) => sql<Outcome[]>`
    with caller as (${caller}),
    target as (
      select u.instance_id, u.user_id, u.is_owner, u.state from users u, caller
      where u.instance_id = ${instanceId} and u.user_id = ${userId}
      for no key update of u
    ),
    object as (
      ${objectLocked(sql, level, instanceId, objectId, orgId)}
    ),
    before as (
      select m.roles, m.changed_at from memberships m join target t on m.instance_id = t.instance_id and m.user_id = t.user_id
      where m.level = ${stored} and m.object_id = ${objectId}
    ),
    spared as (
      select from target t where ${level === 'instance' && what !== 'added' && !roles.includes(OWNER) && !call.allowLastOwner} and t.is_owner and t.state = 1 and not exists (
        select from users w join orgs o on o.instance_id = w.instance_id and o.org_id = w.org_id
        where w.instance_id = t.instance_id and w.is_owner and w.user_id <> t.user_id and w.state = 1 and o.state = 1)
    ),
    meant as (
      select t.* from target t
      where exists (select from object) and not exists (select from spared) and ${
        what === 'added'
          ? sql`not exists (select from before)`
          : what === 'changed'
            ? sql`exists (select from before b where b.roles <> ${roles}::text[])`
            : sql`exists (select from before)`
      }
    ),
    ${writeMembership(sql, stored, objectId, roles, what)},
    ranked as (
      update users u set
        is_owner = case when ${level === 'instance'} then ${roles.includes(OWNER)} else u.is_owner end,
        rank = greatest(
          case when ${what !== 'removed'} then ${stored}::smallint else 0::smallint end,
          coalesce((select max(o.level) from memberships o where o.instance_id = u.instance_id and o.user_id = u.user_id and not (o.level = ${stored} and o.object_id = ${objectId})), 0)),
        access_version = nextval('epochs')
      from meant t where u.instance_id = t.instance_id and u.user_id = t.user_id
      returning u.instance_id
    ),
    changed as (
      ${objectChanged(sql, level, objectId)}
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: AGGREGATES[level], editor: call.caller.userId, via: call.method.path }, [event])})
    select exists (select from object) as object_found, exists (select from target) as user_found, (select b.roles from before b) as had, c.owner, c.sequence, c.at,
      ${level === 'project' ? sql`(select p.org_id from projects p where p.instance_id = ${instanceId} and p.project_id = ${objectId})` : sql`${objectId}::text`} as old_owner, ${objectSequence(sql, level, instanceId, objectId)} as old_sequence, coalesce((select b.changed_at from before b), now()) as old_at,
      exists (select from spared) as spared
    from caller left join changed c on true`;
  const [outcome] = await call.db.changeAlone(userId, statement);
  if (!outcome.object_found) throw new Failure(level === 'project' ? projectNotFound : orgNotFound);
  return outcome;
}

function writeMembership(
  sql: Sql,
  stored: number,
  objectId: string,
  roles: readonly string[],
  what: 'added' | 'changed' | 'removed',
): Fragment {
  if (what === 'removed') {
    return sql`
      membership as (
        delete from memberships m using meant t where m.instance_id = t.instance_id and m.user_id = t.user_id and m.level = ${stored} and m.object_id = ${objectId}
      )`;
  }
  return sql`
    membership as (
      insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
      select t.instance_id, t.user_id, ${stored}, ${objectId}, ${roles}::text[], now(), now() from meant t
      on conflict (instance_id, user_id, level, object_id) do update set roles = excluded.roles, changed_at = excluded.changed_at
    )`;
}

/** The instance is locked already: see Guard.changeAlone. */
function objectLocked(sql: Sql, level: MemberLevel, instanceId: string, objectId: string, orgId: string | undefined): Fragment {
  switch (level) {
    case 'instance':
      return sql`select from caller`;
    case 'organization':
      return sql`select from orgs o, caller where o.instance_id = ${instanceId} and o.org_id = ${objectId} for no key update of o`;
    case 'project':
      return sql`
        select from projects p, caller
        where p.instance_id = ${instanceId} and p.project_id = ${objectId} and p.org_id = coalesce(${orgId ?? null}, p.org_id)
        for no key update of p`;
  }
}

function objectChanged(sql: Sql, level: MemberLevel, objectId: string): Fragment {
  switch (level) {
    case 'instance':
      return sql`
        update instances i set sequence = i.sequence + 1 from ranked r where i.instance_id = r.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at`;
    case 'organization':
      return sql`
        update orgs o set sequence = o.sequence + 1 from ranked r where o.instance_id = r.instance_id and o.org_id = ${objectId}
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at`;
    case 'project':
      return sql`
        update projects p set sequence = p.sequence + 1 from ranked r where p.instance_id = r.instance_id and p.project_id = ${objectId}
        returning p.instance_id, p.project_id as aggregate_id, p.org_id as owner, p.sequence, clock_timestamp() as at`;
  }
}

function objectSequence(sql: Sql, level: MemberLevel, instanceId: string, objectId: string): Fragment {
  switch (level) {
    case 'instance':
      return sql`(select i.sequence from instances i where i.instance_id = ${instanceId})`;
    case 'organization':
      return sql`(select o.sequence from orgs o where o.instance_id = ${instanceId} and o.org_id = ${objectId})`;
    case 'project':
      return sql`(select p.sequence from projects p where p.instance_id = ${instanceId} and p.project_id = ${objectId})`;
  }
}
