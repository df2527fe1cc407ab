/** What a request does to a session once its checks have passed: the events of one step, in the reference's order, and the values of its columns. */
import { isIP } from 'node:net';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { UserAgent as AgentMessage, ChallengesSchema } from '../contract/gen/zitadel/session/v2/session_pb.js';
import type { CreateSessionRequest, SetSessionRequest } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { digest } from '../crypto/secret.ts';
import type { Json, NewEvent } from '../store/events.ts';
import type { Attempts } from '../user/attempt.ts';
import type { Challenge } from './challenge.ts';
import type { Proven } from './password.ts';
import type { Proof } from './proof.ts';
import type { Challenges, Metadata, UserAgent } from './session.ts';
import type { Subject } from './subject.ts';

export interface Step {
  readonly attempts: Attempts;
  /** The user, where he was checked. */
  readonly user: Subject | undefined;
  readonly password: Proven | undefined;
  readonly proofs: readonly Proof[];
  /** Whose the proofs are. */
  readonly subject: Subject | undefined;
  readonly challenges: readonly Challenge[];
  /** All of it, where it changes. */
  readonly metadata: Metadata | undefined;
  /** Seconds from now. */
  readonly lifetime: number | undefined;
}

/** The events of a step without those of the beginning and of the token; none: there is nothing to do. */
export function eventsOf({ user, password, proofs, challenges, metadata, lifetime }: Step): NewEvent[] {
  const events: NewEvent[] = [];
  if (user) {
    const payload: Record<string, Json> = { userID: user.user_id, userResourceOwner: user.org_id, checkedAt: user.read_at };
    if (user.preferred_language !== null) payload.preferredLanguage = user.preferred_language;
    events.push({ type: 'session.user.checked', payload });
  }
  if (password) events.push({ type: 'session.password.checked', payload: { checkedAt: password.subject.read_at } });
  events.push(...proofs.map(({ event }) => event), ...challenges.map(({ event }) => event));
  if (metadata) events.push({ type: 'session.metadata.set', payload: { metadata } });
  if (lifetime !== undefined) events.push({ type: 'session.lifetime.set', payload: { lifetime: Math.round(lifetime * 1e9) } });
  return events;
}

/** The last event of every step. The id names the token without telling it: the first bytes of its hash. */
export function tokenSet(token: string): NewEvent {
  return { type: 'session.token.set', payload: { tokenID: digest(token).toString('hex').slice(0, 16) } };
}

/** The most that a `google.protobuf.Duration` may say. */
const MOST_SECONDS = 315_576_000_000;

export function secondsOf(lifetime: SetSessionRequest['lifetime']): number | undefined {
  return lifetime && Math.min(Number(lifetime.seconds) + lifetime.nanos / 1e9, MOST_SECONDS);
}

/** Metadata after a request: its entries over those that stand, an empty value takes the key away. Undefined: nothing changes. */
export function merged(standing: Metadata, given: Readonly<Record<string, Uint8Array>>): Metadata | undefined {
  const after = new Map(Object.entries(standing));
  for (const [key, value] of Object.entries(given)) {
    if (value.length === 0) after.delete(key);
    else after.set(key, Buffer.from(value).toString('base64'));
  }
  const same = after.size === Object.keys(standing).length && [...after].every(([key, value]) => standing[key] === value);
  return same ? undefined : Object.fromEntries(after);
}

/** An address that is none is left out (reference/session-service-v2.md 3). */
export function agentOf(given: AgentMessage | undefined): UserAgent | undefined {
  if (!given) return undefined;
  const { fingerprintId, ip, description } = given;
  const header = Object.fromEntries(Object.entries(given.header).map(([name, { values }]) => [name, values]));
  return {
    ...(fingerprintId !== undefined && { fingerprint_id: fingerprintId }),
    ...(ip !== undefined && isIP(ip) !== 0 && !ip.includes('%') && { ip }),
    ...(description !== undefined && { description }),
    ...(Object.keys(header).length > 0 && { header }),
  };
}

/** Whether a request asks for more than to know the user. */
export function asksUser({ checks, challenges }: Pick<CreateSessionRequest, 'checks' | 'challenges'>): boolean {
  const { user: _, $typeName, $unknown, ...others } = checks ?? {};
  return [...Object.values(others), challenges?.webAuthN, challenges?.otpSms, challenges?.otpEmail].some((asked) => asked !== undefined);
}

/** The answer to what was asked for; undefined where nothing was. */
export function answerOf(challenges: readonly Challenge[]): MessageInitShape<typeof ChallengesSchema> | undefined {
  return challenges.length === 0 ? undefined : Object.assign({}, ...challenges.map(({ answer }) => answer));
}

/** What a session waits for after a step, as parts of `challenges`: what was answered is gone, what was asked for takes its place. */
export function asked(challenges: readonly Challenge[]): Challenges {
  return Object.fromEntries(challenges.map(({ kind, stored }) => [kind, stored]));
}
