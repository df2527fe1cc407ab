/** `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Timeout"). */
import { Failure } from '../../failure/failure.ts';

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds, or undefined where no timeout was sent. */
export function grpcTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const digits = text.slice(0, -1);
  const unit = units[text.slice(-1)];
  if (unit === undefined) throw refuse(`timeout has invalid unit '${text.slice(-1)}'`);
  if (!/^\d+$/.test(digits)) throw refuse(`invalid timeout "${text}"`);
  if (digits.length > 8) throw refuse(`timeout "${text}" is too long`);
  return Number(digits) * unit;
}

const refuse = (reason: string): Failure => new Failure({ code: 'invalid_argument', key: `protocol error: ${reason}` });
