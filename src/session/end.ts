/** DeleteSession: logging out (reference/session-service-v2.md 5.2). */
import type { Call } from '../access/call.ts';
import { Stale } from '../access/guard.ts';
import { demandInstance } from '../access/permission.ts';
import { matches } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import { demandOn, loadSession, type Session, type SessionState, TRIES } from './session.ts';

/**
 * By its token, by its user, or with `session.delete` where it belongs. What is over already stays as it is, also the session of a user
 * who was switched off. Undefined where there never was such a session.
 */
export async function endSession(call: Call, sessionId: string, token: string): Promise<SessionState | undefined> {
  for (let n = 0; n < TRIES; n++) {
    const session = await loadSession(call, sessionId);
    demandEnd(call, session, token);
    if (!session?.alive) return session;
    const done = await end(call, session);
    if (done) return done;
  }
  throw new Stale();
}

function demandEnd(call: Call, session: Session | undefined, token: string): void {
  if (token !== '') {
    if (!session || !matches(token, session.token_hash)) throw new Failure(errors.tokenInvalid);
  } else if (!session) {
    demandInstance(call.caller, 'session.delete');
  } else if (session.user_id !== call.caller.userId) {
    demandOn(call.caller, 'session.delete', session);
  }
}

/** Undefined where the session is no more what was loaded. */
async function end(call: Call, session: Session): Promise<SessionState | undefined> {
  const [row] = await call.db.change<SessionState | Record<keyof SessionState, null>>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      changed as (
        update sessions s set sequence = s.sequence + 1, changed_at = now(), ended_at = now()
        from caller
        where s.instance_id = ${call.instance.id} and s.session_id = ${session.session_id} and s.sequence = ${session.sequence} and s.ended_at is null
        returning s.instance_id, s.session_id as aggregate_id, s.instance_id as owner, s.sequence, s.changed_at as at, s.created_at
      ),
      logged as (${append(sql, sql`changed`, { aggregateType: 'session', editor: call.caller.userId, via: call.method.path }, [{ type: 'session.terminated', payload: {} }])})
      select c.sequence, c.at as changed_at, c.created_at from caller left join changed c on true`,
  );
  return row.sequence === null ? undefined : row;
}
