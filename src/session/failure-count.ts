/** A check that failed: written on its user and counted, each kind for itself (reference/session-service-v2.md 6.8 and 7.2). */
import type { Call } from '../access/call.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { type CountedCheck, standingUser } from './proof.ts';
import type { Subject } from './subject.ts';

/** A code that was asked for, by its hash: the wrong try counts for it too. */
interface TriedCode {
  readonly sessionId: string;
  readonly kind: 'otp_sms' | 'otp_email';
  readonly hash: string;
}

/** False where the user is no more as he was: nothing was counted. */
export async function countFailure(
  call: Call,
  subject: Subject,
  { kind, event }: { readonly kind: CountedCheck; readonly event: NewEvent },
  code?: TriedCode,
): Promise<boolean> {
  const log = { aggregateType: 'user', editor: call.caller.userId, via: call.method.path } as const;
  const [{ counted }] = await call.db.change<{ counted: boolean }>(
    subject.user_id,
    (sql, caller) => sql`
      with caller as (${caller}),
      ${standingUser(sql, call, subject)},
      changed as (
        update users u set sequence = u.sequence + 1 from proven v
        where u.instance_id = v.instance_id and u.user_id = v.user_id
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, clock_timestamp() as at
      ),
      logged as (${append(sql, sql`changed`, log, [event])}),
      counted as (
        insert into failed_checks as f (instance_id, user_id, kind, failed, user_epoch, last_at)
        select c.instance_id, c.aggregate_id, ${kind}, 1, ${subject.epoch}, c.at from changed c
        on conflict (instance_id, user_id, kind) do update set
          failed = case when f.user_epoch = excluded.user_epoch then f.failed else 0 end + 1, user_epoch = excluded.user_epoch, last_at = excluded.last_at
      )
      ${code ? tried(sql, code) : sql``}
      select exists (select from changed) as counted from caller`,
  );
  return counted;
}

/** On the row as it is when its turn comes: of a hundred at once, each counts. */
function tried(sql: Sql, { sessionId, kind, hash }: TriedCode): Fragment {
  return sql`,
    tried as (
      update sessions s set challenges = jsonb_set(s.challenges, ${[kind, 'failed']}::text[], to_jsonb((s.challenges #>> ${[kind, 'failed']}::text[])::int + 1))
      from changed c
      where s.instance_id = c.instance_id and s.session_id = ${sessionId} and s.challenges #>> ${[kind, 'hash']}::text[] = ${hash}
    )`;
}
