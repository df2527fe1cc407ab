/** A domain that becomes an organization's own takes with it the user names of others that end in it (reference/org-and-settings.md 2.2). */
import type { Call } from '../access/call.ts';
import { postDomainClaimed } from '../notification/outbox.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { appendEach } from '../store/events.ts';
import { likeLiteral } from '../store/filter.ts';
import { usernameKey } from '../user/name.ts';
import { logOf } from './reach.ts';

/**
 * `, renamed as (…), …`: users of other organizations than `source` (instance_id, aggregate_id) whose names end in the domain get a temporary
 * one, and are told by mail: call `posted()` after the commit.
 */
export function claim(sql: Sql, call: Call, domain: string, source: Fragment): Fragment {
  return sql`,
    renamed as (
      update profiles p set
        username = p.user_id || '@temporary.' || d.domain,
        username_key = ${usernameKey(sql, sql`p.user_id || '@temporary.' || d.domain`, sql`u.instance_id`, sql`u.org_id`)}
      from ${source} c
      join users u on u.instance_id = c.instance_id and u.org_id <> c.aggregate_id
      join instance_domains d on d.instance_id = c.instance_id and d.is_primary
      where p.instance_id = u.instance_id and p.user_id = u.user_id and p.username ilike ${`%@${likeLiteral(domain)}`}
        -- With its own domain behind it, such a name is nobody else's.
        and not exists (select from orgs o where o.instance_id = u.instance_id and o.org_id = u.org_id and o.login_with_domain)
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
    logged_claimed as (${appendEach(sql, sql`claimed`, logOf(call, 'user'))})${postDomainClaimed(sql, sql`moved`, domain)}`;
}
