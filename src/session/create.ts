/** CreateSession: the first step of a login, or all of it at once (reference/session-service-v2.md 3). */
import { randomBytes } from 'node:crypto';
import type { Call } from '../access/call.ts';
import { epochOf } from '../access/caller.ts';
import { Stale } from '../access/guard.ts';
import { demandInstance } from '../access/permission.ts';
import { newSessionToken } from '../access/session-token.ts';
import { addressSource } from '../access/throttle.ts';
import type { CreateSessionRequest } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { digest } from '../crypto/secret.ts';
import { newId } from '../id/id.ts';
import { posted } from '../notification/signal.ts';
import { append } from '../store/events.ts';
import { Attempts } from '../user/attempt.ts';
import { checkChallenges, messagesOf, newChallenges, postCodes } from './challenge.ts';
import { comparison } from './comparison.ts';
import { checkFactors } from './factors.ts';
import { checkPassword } from './password.ts';
import { held, joinedHeld, passed, provenBy } from './proof.ts';
import { TRIES } from './session.ts';
import { agentOf, answerOf, asked, eventsOf, merged, type Step, secondsOf, tokenSet } from './step.ts';
import { checkedUser } from './subject.ts';

export interface NewSession {
  readonly sessionId: string;
  readonly token: string;
  readonly sequence: bigint;
  readonly at: string;
  readonly challenges: ReturnType<typeof answerOf>;
}

/** Permission first (`session.write` on the instance), then the user, then the other checks: nobody without it learns who exists. */
export async function createSession(call: Call, request: CreateSessionRequest): Promise<NewSession> {
  checkChallenges(request.challenges);
  demandInstance(call.caller, 'session.write');
  const { checks } = request;
  const fits = comparison(checks?.password?.password ?? '');
  const sessionId = newId();
  const attempts = new Attempts(call, addressSource(request.userAgent?.ip));
  try {
    for (let n = 0; n < TRIES; n++) {
      const user = checks && (await checkedUser(call, attempts, checks));
      const password = checks?.password && (await checkPassword(attempts, user, checks.password.password, fits));
      if (checks?.password && !password) continue;
      const proofs = await checkFactors({ call, attempts, session: undefined, subject: user }, checks);
      if (!proofs) continue;
      const challenges = await newChallenges({ call, sessionId, subject: user }, request.challenges);
      const step = {
        attempts,
        user,
        password,
        proofs,
        subject: user,
        challenges,
        metadata: merged({}, request.metadata),
        lifetime: secondsOf(request.lifetime),
      };
      const made = await insert(call, request, sessionId, step);
      if (made) return { ...made, challenges: answerOf(challenges) };
    }
    throw new Stale();
  } finally {
    await attempts.end();
  }
}

/** The session is bound to the epochs that were read before the password was hashed: who is switched off meanwhile gets none, or a dead one. */
async function insert(
  call: Call,
  request: CreateSessionRequest,
  sessionId: string,
  step: Step,
): Promise<Omit<NewSession, 'challenges'> | undefined> {
  const { user, password, challenges, metadata = {}, lifetime } = step;
  const columns = step.proofs.flatMap((proof) => proof.columns);
  const key = randomBytes(16);
  const token = newSessionToken(sessionId, key);
  const agent = agentOf(request.userAgent);
  const events = [{ type: 'session.added', payload: agent ? { user_agent: { ...agent } } : {} }, ...eventsOf(step), tokenSet(token)];
  const [{ sequence, at }] = await call.db.change<{ sequence: bigint; at: string } | { sequence: null; at: null }>(
    provenBy(step)?.user_id,
    (sql, caller) => sql`
      with caller as (${caller})${held(sql, call, step)},
      made as (
        insert into sessions (instance_id, session_id, creator, creator_epoch, user_id, org_id, user_checked_at, password_checked_at, token_key, token_hash, user_agent, metadata, challenges,
          expires_at, user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at${columns.reduce((all, { name }) => sql`${all}, ${sql(name)}`, sql``)})
        select ${call.instance.id}, ${sessionId}, ${call.caller.userId}, ${epochOf(call.caller)}, ${user?.user_id ?? null}, ${user?.org_id ?? null}, ${user?.read_at ?? null}::timestamptz,
          ${password?.subject.read_at ?? null}::timestamptz, ${key}, ${digest(token)}, ${JSON.stringify(agent ?? null)}::text::jsonb,
          ${JSON.stringify(metadata)}::text::jsonb, ${JSON.stringify(asked(challenges))}::text::jsonb, now() + ${lifetime ?? null}::float8 * interval '1 second',
          ${user?.epoch ?? null}, ${user?.org_epoch ?? null}, ${user?.instance_epoch ?? call.instance.epoch}, ${events.length}, now(), now()${columns.reduce((all, { value }) => sql`${all}, ${value(sql)}`, sql``)}
        from caller ${joinedHeld(sql, step)}
        returning instance_id, session_id as aggregate_id, instance_id as owner, sequence, created_at as at
      ),
      logged as (${append(sql, sql`made`, { aggregateType: 'session', editor: call.caller.userId, via: call.method.path }, events)})
      ${passed(sql, call, step, sql`made`)}
      ${postCodes(sql, user, challenges, sql`made`)}
      select made.sequence, made.at from caller left join made on true`,
  );
  if (sequence === null) return undefined;
  step.attempts.settled();
  if (messagesOf(challenges).length > 0) posted(call.instance.id);
  return { sessionId, token, sequence, at };
}
