/** SetSession: the next step of a login (reference/session-service-v2.md 4). Each step that writes gives a new token; the one before is dead. */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import { Stale } from '../access/guard.ts';
import { newSessionToken } from '../access/session-token.ts';
import type { Checks } from '../contract/gen/zitadel/session/v2/session_pb.js';
import type { SetSessionRequest } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { digest } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { posted } from '../notification/signal.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { commas } from '../store/filter.ts';
import { Attempts } from '../user/attempt.ts';
import { addressSource } from '../user/throttle.ts';
import { checkChallenges, messagesOf, newChallenges, postCodes } from './challenge.ts';
import { type Comparison, comparison } from './comparison.ts';
import { errors } from './errors.ts';
import { checkFactors } from './factors.ts';
import { checkPassword } from './password.ts';
import { held, joinedHeld, passed, provenBy } from './proof.ts';
import { demandOn, loadSession, type Session, type SessionState, TRIES } from './session.ts';
import { answerOf, asked, asksUser, eventsOf, merged, type Step, secondsOf, tokenSet } from './step.ts';
import { checkedUser, findSubject, isEnabled, type Subject } from './subject.ts';

export interface CarriedOn {
  readonly state: SessionState;
  /** Undefined where there was nothing to write. */
  readonly token: string | undefined;
  readonly challenges: ReturnType<typeof answerOf>;
}

/** Needs `session.write` where the session belongs, also for the own one; the token that is sent along says nothing. */
export async function setSession(call: Call, request: SetSessionRequest): Promise<CarriedOn> {
  checkChallenges(request.challenges);
  let attempts: Attempts | undefined;
  const fits = comparison(request.checks?.password?.password ?? '');
  try {
    for (let n = 0; n < TRIES; n++) {
      const session = await loadSession(call, request.sessionId);
      demandOn(call.caller, 'session.write', session);
      if (!session) throw new Failure(errors.notFound);
      attempts ??= new Attempts(call, addressSource(session.user_agent?.ip));
      const done = await carryOn(call, attempts, session, request, fits);
      if (done) return done;
    }
    throw new Stale();
  } finally {
    await attempts?.end();
  }
}

/** Undefined where the session or its user was changed meanwhile: look at both again. */
async function carryOn(
  call: Call,
  attempts: Attempts,
  session: Session,
  request: SetSessionRequest,
  fits: Comparison,
): Promise<CarriedOn | undefined> {
  const { checks } = request;
  const user = checks && (await checkedUser(call, attempts, checks));
  await demandOpen(call, attempts, session, request);
  if (user && session.user_id !== null && session.user_id !== user.user_id) throw new Failure(errors.otherUser);
  const subject = user ?? (asksUser(request) ? await userOf(call, attempts, session) : undefined);
  const password = checks?.password && (await checkPassword(attempts, subject, checks.password.password, fits));
  if (checks?.password && !password) return undefined;
  const proofs = await checkFactors({ call, attempts, session, subject }, checks);
  if (!proofs) return undefined;
  const challenges = await newChallenges({ call, sessionId: session.session_id, subject }, request.challenges);
  const step = {
    attempts,
    user,
    password,
    proofs,
    subject,
    challenges,
    metadata: merged(session.metadata, request.metadata),
    lifetime: secondsOf(request.lifetime),
  };
  if (eventsOf(step).length === 0) return { state: session, token: undefined, challenges: undefined };
  const done = await update(call, session, step);
  return done && { ...done, challenges: answerOf(challenges) };
}

async function userOf(call: Call, attempts: Attempts, { user_id }: Session): Promise<Subject | undefined> {
  if (user_id === null) return undefined;
  const subject = await findSubject(call, { case: 'userId', value: user_id }, attempts);
  if (!subject) throw new Failure(errors.noHuman);
  return subject;
}

/** Refuses a session that can be carried on no more: ended, of a user who is off or was since, run out (reference/session-service-v2.md 8). */
async function demandOpen(call: Call, attempts: Attempts, session: Session, { checks }: SetSessionRequest): Promise<void> {
  if (session.ended) throw new Failure(errors.terminated);
  if (!session.alive) throw await whyDead(call, attempts, session, checks);
  if (session.expired) throw new Failure(errors.expired);
}

/** As the original refuses, where it does; else as a check of the user, and once he is back or removed as an ended session. */
async function whyDead(call: Call, attempts: Attempts, { user_id }: Session, checks: Checks | undefined): Promise<Failure> {
  const password = checks?.user === undefined ? checks?.password : undefined;
  const subject = user_id === null ? undefined : await findSubject(call, { case: 'userId', value: user_id }, attempts);
  if (password) await attempts.spend(password.password);
  if (!subject) return new Failure(password && user_id !== null ? errors.noHuman : errors.terminated);
  if (isEnabled(subject)) return new Failure(errors.terminated);
  if (password && subject.state === userStates.locked)
    return new Failure(errors.locked, { failedAttempts: subject.tries?.failed?.password?.times ?? 0 });
  return new Failure(errors.notActive);
}

/** Undefined where the session, or the user of a password, is no more what was loaded. */
async function update(call: Call, session: Session, step: Step): Promise<Omit<CarriedOn, 'challenges'> | undefined> {
  const { proofs, subject, challenges } = step;
  const token = newSessionToken(session.session_id, session.token_key);
  const events = [...eventsOf(step), tokenSet(token)];
  const [row] = await call.db.change<SessionState | Record<keyof SessionState, null>>(
    provenBy(step)?.user_id,
    (sql, caller) => sql`
      with caller as (${caller})${held(sql, call, step)},
      changed as (
        update sessions s set
          sequence = s.sequence + ${events.length}, changed_at = now(), token_hash = ${digest(token)}, ${columnsOf(sql, session, step)}
        from caller ${joinedHeld(sql, step)}
        where s.instance_id = ${call.instance.id} and s.session_id = ${session.session_id} and s.sequence = ${session.sequence} and s.ended_at is null
          ${subject ? sql`and (s.user_id is null or s.user_epoch = ${subject.epoch})` : sql``} ${proofs.reduce((all, { holds }) => (holds ? sql`${all} and ${holds(sql)}` : all), sql``)}
        returning s.instance_id, s.session_id as aggregate_id, s.instance_id as owner, s.sequence, s.changed_at as at, s.created_at
      ),
      logged as (${append(sql, sql`changed`, { aggregateType: 'session', editor: call.caller.userId, via: call.method.path }, events)})
      ${passed(sql, call, step, sql`changed`)}
      ${postCodes(sql, subject, challenges, sql`changed`)}
      select c.sequence, c.at as changed_at, c.created_at from caller left join changed c on true`,
  );
  if (row.sequence === null) return undefined;
  step.attempts.settled();
  if (messagesOf(challenges).length > 0) posted(call.instance.id);
  return { state: row, token };
}

/** At least one: a step without any is not written. */
function columnsOf(sql: Sql, session: Session, { user, password, proofs, challenges, metadata, lifetime }: Step): Fragment {
  const columns: Fragment[] = [];
  if (user) columns.push(sql`user_checked_at = ${user.read_at}::timestamptz`);
  if (user && session.user_id === null)
    columns.push(
      sql`user_id = ${user.user_id}, org_id = ${user.org_id}, user_epoch = ${user.epoch}, org_epoch = ${user.org_epoch}, instance_epoch = ${user.instance_epoch}`,
    );
  if (password) columns.push(sql`password_checked_at = ${password.subject.read_at}::timestamptz`);
  for (const { name, value } of proofs.flatMap((proof) => proof.columns)) columns.push(sql`${sql(name)} = ${value(sql)}`);
  const answered = proofs.flatMap((proof) => proof.answered ?? []);
  // On the row as it is: tries of other codes may be counted meanwhile.
  if (answered.length > 0 || challenges.length > 0)
    columns.push(sql`challenges = (s.challenges - ${answered}::text[]) || ${JSON.stringify(asked(challenges))}::text::jsonb`);
  if (metadata) columns.push(sql`metadata = ${JSON.stringify(metadata)}::text::jsonb`);
  if (lifetime !== undefined) columns.push(sql`expires_at = now() + ${lifetime}::float8 * interval '1 second'`);
  return commas(sql, columns);
}
