/** One-time passwords by time (RFC 6238 over RFC 4226): SHA-1, 6 digits, 30 seconds, which is what authenticator apps know. */
import { HOTP, Secret, TOTP } from 'otpauth';

const DIGITS = 6;
const STEP_SECONDS = 30;
/** RFC 4226 section 4, R6: at least 128 bits, 160 recommended. */
const SEED_BYTES = 20;
/** How far a clock may be off, in steps to either side (RFC 6238 section 5.2: one). */
const SKEW = 1;

/** A new seed in the form that people and apps exchange: base32 (RFC 4648 section 6) without padding, 32 characters. */
export function newTotpSeed(): string {
  return new Secret({ size: SEED_BYTES }).base32;
}

/**
 * The step (half minute since 1970) that a code belongs to, or undefined where it is wrong. Blanks around it are forgiven. A code is good
 * once (RFC 6238 section 5.2): whoever takes it remembers its step and gives it as `after` the next time.
 */
export function totpStep(seed: string, code: string, after: bigint | null = null, now: number = Date.now()): bigint | undefined {
  const key = decodeBase32(seed);
  const token = code.trim();
  if (!key || !/^\d{6}$/.test(token)) return undefined;
  const config = { token, secret: secretOf(key), digits: DIGITS, period: STEP_SECONDS, timestamp: now, window: SKEW };
  const delta = TOTP.validate(config);
  if (delta === null) return undefined;
  const step = BigInt(TOTP.counter({ period: STEP_SECONDS, timestamp: now }) + delta);
  return after === null || step > after ? step : undefined;
}

/** The code of one step. */
export function totpCode(key: Uint8Array, step: bigint): string {
  return HOTP.generate({ secret: secretOf(key), digits: DIGITS, counter: Number(step) });
}

/** What an app reads from a QR code (the Key Uri Format of Google Authenticator); parameters in order of name, as on the original. */
export function totpUri(issuer: string, account: string, seed: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?algorithm=SHA1&digits=${DIGITS}&issuer=${encodeURIComponent(issuer)}&period=${STEP_SECONDS}&secret=${seed}`;
}

export function encodeBase32(bytes: Uint8Array): string {
  return secretOf(bytes).base32;
}

/** Undefined where the text is no base32; case, padding and blanks between groups do not matter. */
export function decodeBase32(text: string): Buffer | undefined {
  const clean = text.replaceAll(/\s/g, '');
  return /^[A-Z2-7]+=*$/i.test(clean) ? Buffer.from(Secret.fromBase32(clean).bytes) : undefined;
}

/** A Secret takes the whole of a buffer, and the bytes may be a part of one. */
const secretOf = (bytes: Uint8Array) => new Secret({ buffer: Uint8Array.from(bytes).buffer });
