/** Which codes that sessions wait for still count: whether the message that brings one may go out to its user (user/standing.ts). */
import { binding } from '../access/gate.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { CODE_TRIES } from './session.ts';

/** Kinds of messages and the challenges that they belong to. */
const KINDS = [
  { kind: 'otp-email', challenge: 'otp_email' },
  { kind: 'otp-sms', challenge: 'otp_sms' },
] as const;

/** Over the aliases m (outbox), u, o and i: no row where the session is over, its user was switched off since, or it waits for another code. */
export function codesInSessions(sql: Sql): Fragment {
  return sql`
    select m.code_hash, to_timestamp((c.code->>'expires_at')::float8 / 1000), (c.code->>'failed')::int, ${CODE_TRIES}::int
    from jsonb_to_recordset(${JSON.stringify(KINDS)}::text::jsonb) as w(kind text, challenge text)
    join sessions s on s.instance_id = m.instance_id and s.session_id = m.data->>'sessionId' and s.user_id = m.user_id
    cross join lateral (select s.challenges->w.challenge as code) c
    where w.kind = m.kind and s.ended_at is null and coalesce(s.expires_at > now(), true) and ${binding(sql, sql`s`)}
      and c.code->>'hash' = encode(m.code_hash, 'hex')`;
}
