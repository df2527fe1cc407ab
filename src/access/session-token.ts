/**
 * The text of a session's token: `sess_<session id>_<secret>`. The secret is random, with a seal under the session's own key behind it:
 * so a token that was replaced is told from one that never was (reference/session-service-v2.md 9), without keeping the old ones.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { randomText } from '../crypto/secret.ts';

/** 32 characters of 62: 190 bits. */
const RANDOM_LENGTH = 32;
/** 64 bits in hexadecimal: what matters is the hash of the whole token; the seal only chooses the words of a refusal. */
const SEAL_LENGTH = 16;
const FORM = /^sess_([0-9]{1,20})_([A-Za-z0-9]{32})([0-9a-f]{16})$/;

export function newSessionToken(sessionId: string, key: Uint8Array): string {
  const random = randomText(RANDOM_LENGTH);
  return `sess_${sessionId}_${random}${seal(sessionId, random, key)}`;
}

export interface SessionToken {
  readonly sessionId: string;
  /** Whether this token was ever given out by the session with this key. */
  readonly isOf: (key: Uint8Array) => boolean;
}

/** Undefined where the text is no token of a session. */
export function parseSessionToken(text: string): SessionToken | undefined {
  const [, sessionId, random, given] = FORM.exec(text) ?? [];
  if (sessionId === undefined || random === undefined || given === undefined) return undefined;
  return { sessionId, isOf: (key) => timingSafeEqual(Buffer.from(given), Buffer.from(seal(sessionId, random, key))) };
}

function seal(sessionId: string, random: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`${sessionId} ${random}`).digest('hex').slice(0, SEAL_LENGTH);
}
