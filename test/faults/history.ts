/** Holds the log against the state: no event without its state, no state without its event. */
import assert from 'node:assert/strict';
import type { Pool } from '../../src/store/connect.ts';

/** Every question gives the rows that contradict each other; none must. */
const contradictions: Readonly<Record<string, string>> = {
  "a user's sequence is that of the last event": `
    select u.user_id, u.sequence, max(e.sequence) as last from users u
    left join events e on e.instance_id = u.instance_id and e.aggregate_type = 'user' and e.aggregate_id = u.user_id
    group by u.instance_id, u.user_id having max(e.sequence) is distinct from u.sequence`,
  'the sequences of every aggregate have no gap': `
    select aggregate_type, aggregate_id, count(*), max(sequence) from events
    group by instance_id, aggregate_type, aggregate_id having count(*) <> max(sequence) or min(sequence) <> 1`,
  "an organization's sequence is that of the last event": `
    select o.org_id, o.sequence, max(e.sequence) as last from orgs o
    left join events e on e.instance_id = o.instance_id and e.aggregate_type = 'org' and e.aggregate_id = o.org_id
    group by o.instance_id, o.org_id having max(e.sequence) is distinct from o.sequence`,
  "an instance's sequence is that of the last event": `
    select i.instance_id, i.sequence, max(e.sequence) as last from instances i
    left join events e on e.instance_id = i.instance_id and e.aggregate_type = 'instance' and e.aggregate_id = i.instance_id
    group by i.instance_id having max(e.sequence) is distinct from i.sequence`,
  "a user's state is what the log of the life cycle ends in": `
    select a.aggregate_id, u.state, a.state as logged
    from (
      select distinct on (instance_id, aggregate_id) instance_id, aggregate_id, case type
          when 'user.deactivated' then 2 when 'user.locked' then 4 when 'user.removed' then null else 1 end as state
      from events
      where aggregate_type = 'user'
        and type in ('user.human.added', 'user.machine.added', 'user.deactivated', 'user.reactivated', 'user.locked', 'user.unlocked', 'user.removed')
      order by instance_id, aggregate_id, sequence desc
    ) a
    full join users u on u.instance_id = a.instance_id and u.user_id = a.aggregate_id
    where u.state is distinct from a.state`,
  'every user has a profile': `
    select u.user_id from users u left join profiles p using (instance_id, user_id) where p.user_id is null`,
  'every token has its event, and every event of a token that was not removed its token': `
    select coalesce(p.token_id, e.token_id) as token, p.token_id is not null as token_there, e.token_id is not null as event_there
    from pats p
    full join (
      select a.instance_id, a.aggregate_id, a.payload->>'tokenId' as token_id from events a
      where a.type = 'user.pat.added'
        and not exists (
          select from events r where r.instance_id = a.instance_id and r.aggregate_type = 'user' and r.aggregate_id = a.aggregate_id
            and (r.type = 'user.removed' and r.sequence > a.sequence or r.type = 'user.pat.removed' and r.payload->>'tokenId' = a.payload->>'tokenId'))
    ) e on e.instance_id = p.instance_id and e.token_id = p.token_id and e.aggregate_id = p.user_id
    where p.token_id is null or e.token_id is null`,
  'every role on the instance has its event, and the other way round': `
    select coalesce(m.user_id, e.user_id) as user_id, m.user_id is not null as role_there, e.user_id is not null as event_there
    from (select * from memberships where level = 3) m
    full join (
      select distinct on (instance_id, payload->>'userId') instance_id, payload->>'userId' as user_id, type from events
      where type like 'instance.member.%' order by instance_id, payload->>'userId', sequence desc
    ) e on e.instance_id = m.instance_id and e.user_id = m.user_id
    where (m.user_id is null) <> (e.user_id is null or e.type like '%removed')`,
  'rank and ownership of a user are those of the memberships': `
    select u.user_id, u.rank, u.is_owner, max(m.level) as level from users u
    left join memberships m using (instance_id, user_id)
    group by u.instance_id, u.user_id
    having u.rank <> coalesce(max(m.level), 0) or u.is_owner <> coalesce(bool_or(m.level = 3 and 'IAM_OWNER' = any(m.roles)), false)`,
};

export async function verifyHistory(sql: Pool): Promise<void> {
  for (const [promise, question] of Object.entries(contradictions)) {
    const rows = await sql.unsafe(question);
    assert.deepEqual([...rows].slice(0, 5), [], `not true: ${promise}`);
  }
}

/** What a killed server had sent is over: its statements end or are undone. */
export async function statementsOver(sql: Pool): Promise<void> {
  for (;;) {
    const [row] = await sql<{ busy: bigint }[]>`
      select count(*) as busy from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query not like '%pg_stat_activity%'`;
    if (row?.busy === 0n) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
