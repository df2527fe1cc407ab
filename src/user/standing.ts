/** Whether a message that waits in the outbox may still go out to its user. */
import { binding, gate } from '../access/gate.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { messageCodes } from './code.ts';

/** Wrong tries of a passkey link (reference/user-credentials-v2.md 0.2). */
const LINK_TRIES = 3;

/**
 * `good`, `void` or `expired` (null: the user is gone), over the alias m, a row of the outbox. Void: its user is off or was since, his
 * address is another now, the code was used, replaced or tried too often. Expired: the code ran out while the message could not be delivered.
 * `others`: `select hash, expires_at, failed, tries …` over m, u, o and i, for the codes of another slice.
 */
export function standing(sql: Sql, others: Fragment): Fragment {
  return sql`(
    select case
      when not (${gate(sql)} and ${binding(sql, sql`m`)}) then 'void'
      when m.code_hash is null then 'good'
      when m.recipient is distinct from (case m.channel when 'sms' then p.phone else p.email end) then 'void'
      when k.hash is null or k.failed >= k.tries then 'void'
      when k.expires_at <= now() then 'expired'
      else 'good'
    end
    from users u
    join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
    join instances i on i.instance_id = u.instance_id
    join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
    left join lateral (
      select c.hash, c.expires_at, c.failed, w.tries
      from user_codes c
      join jsonb_to_recordset(${JSON.stringify(messageCodes)}::text::jsonb) as w(kind text, purpose text, tries int) on w.purpose = c.purpose
      where c.instance_id = m.instance_id and c.user_id = m.user_id and c.hash = m.code_hash and w.kind = m.kind
      union all
      select l.hash, l.expires_at, l.failed, ${LINK_TRIES}::int
      from passkey_links l
      where m.kind = 'passkey-link' and l.instance_id = m.instance_id and l.user_id = m.user_id and l.link_id = m.data->>'codeId' and l.hash = m.code_hash
      union all
      ${others}
    ) k on true
    where u.instance_id = m.instance_id and u.user_id = m.user_id
  )`;
}
