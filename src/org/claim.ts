/** A domain that becomes an organization's own takes with it the user names of others that end in it (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { reach } from '../access/permission.ts';
import { postDomainClaimed } from '../notification/outbox.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { appendEach } from '../store/events.ts';
import { likeLiteral } from '../store/filter.ts';
import { named } from '../user/name.ts';
import { logOf } from './reach.ts';

/**
 * Behind this lock alone a domain is given to an organization. Who writes a user name takes it as well, shared with others who do (migrations/0013):
 * so either the name is there when the renaming looks, or the domain is when the name is written.
 */
export function lockDomain(sql: Sql, call: Call, domain: string): Promise<unknown> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${call.instance.id}::text || '@' || lower(${domain}), 0))`;
}

/** Proven: by DNS or a file, or given by who makes organizations. Else anybody may have said that it is his. */
export type Claimed = 'proven' | 'unproven';

/**
 * `, renamed as (…), …`: users of other organizations than `source` (instance_id, aggregate_id) whose names end in the domain get a temporary
 * one, and are told by mail: call `posted()` after the commit. In a statement behind `lockDomain`. Where the domain is not proven, those alone whom the caller may rename himself.
 */
export function claim(sql: Sql, call: Call, domain: string, source: Fragment, claimed: Claimed): Fragment {
  return sql`,
    meant as (
      select u.instance_id, u.user_id, u.org_id, ${temporaryName(sql)} as username
      from ${source} c
      join users u on u.instance_id = c.instance_id and u.org_id <> c.aggregate_id
      join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
      join instance_domains d on d.instance_id = c.instance_id and d.is_primary
      where p.username ilike ${`%@${likeLiteral(domain)}`}
        -- With its own domain behind it, such a name is nobody else's.
        and not exists (select from orgs o where o.instance_id = u.instance_id and o.org_id = u.org_id and o.login_with_domain)
        and ${claimed === 'proven' ? sql`true` : renameable(sql, call)}
    ),
    renamed as (
      update profiles p set username = m.username from meant m where p.instance_id = m.instance_id and p.user_id = m.user_id
      returning p.instance_id, p.user_id, p.username
    ),
    moved as (
      update users u set sequence = u.sequence + 1, changed_sequence = u.sequence + 1, changed_at = clock_timestamp()
      from renamed r where u.instance_id = r.instance_id and u.user_id = r.user_id
      returning u.instance_id, u.user_id, u.org_id, u.sequence, u.changed_at, r.username
    ),
    claimed as (
      select m.instance_id, m.user_id as aggregate_id, m.org_id as owner, m.sequence, m.changed_at as at,
        'user.domain.claimed' as type, jsonb_build_object('userName', m.username) as payload
      from moved m
    ),
    logged_claimed as (${appendEach(sql, sql`claimed`, logOf(call, 'user'))})
    ${named(sql, sql`(select instance_id, user_id as aggregate_id, org_id as owner, username from moved)`, sql`s.username`)}${postDomainClaimed(sql, sql`moved`, domain)}`;
}

/** Over `u` (users) and `d` (the domain of the instance): by his id; where somebody has taken that name, one that nobody can foresee. */
function temporaryName(sql: Sql): Fragment {
  const named = (end: Fragment) => sql`u.user_id || ${end} || '@temporary.' || d.domain`;
  return sql`
    case when exists (
      select from profiles q where q.instance_id = u.instance_id and lower(q.username) = lower(${named(sql`''`)}) and q.user_id <> u.user_id
    ) then ${named(sql`'-' || gen_random_uuid()::text`)} else ${named(sql`''`)} end`;
}

/** Over `u` (users): whom the caller may rename by UpdateUser: he holds `user.write` there, and wherever the user has a role (DESIGN.md 8). */
function renameable(sql: Sql, call: Call): Fragment {
  const { instance, orgs } = reach(call.caller, 'user.write');
  return sql`(${instance} or (
    u.org_id = any(${orgs}::text[]) and not exists (
      select from memberships w left join projects t on w.level = 1 and t.instance_id = w.instance_id and t.project_id = w.object_id
      where w.instance_id = u.instance_id and w.user_id = u.user_id
        and not coalesce(case w.level when 1 then t.org_id when 2 then w.object_id end = any(${orgs}::text[]), false))))`;
}
