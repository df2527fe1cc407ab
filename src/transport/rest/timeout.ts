/** `Grpc-Timeout` over REST: as over gRPC, but of any length, and nought means none (reference/transport.md 5.5). */
import { Failure } from '../../failure/failure.ts';

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds (below nought: passed), or undefined where no timeout was sent. */
export function restTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const [, digits, unit] = /^([+-]?\d+)([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) throw new Failure({ code: 'invalid_argument', key: `invalid grpc-timeout: ${text}` });
  return Number(digits) === 0 ? undefined : Number(digits) * (units[unit] ?? 1);
}
