/** What messages of v1 and v2 have in common about applications: the version of the login, and durations. */
import type { LoginVersion } from './config.ts';

/** Of either version. */
interface GivenVersion {
  readonly version:
    | { readonly case: 'loginV1'; readonly value: object }
    | { readonly case: 'loginV2'; readonly value: { readonly baseUri?: string | undefined } }
    | { readonly case: undefined };
}

export function loginVersionOf(given: GivenVersion | undefined): LoginVersion | undefined {
  if (given?.version.case === 'loginV1') return { version: 1 };
  return given?.version.case === 'loginV2' ? { version: 2, baseUri: given.version.value.baseUri } : undefined;
}

/** A member `loginVersion`, or none. */
export function loginVersionMessage(version: LoginVersion | undefined) {
  if (version === undefined) return {};
  if (version.version === 1) return { loginVersion: { version: { case: 'loginV1' as const, value: {} } } };
  const value = version.baseUri === undefined ? {} : { baseUri: version.baseUri };
  return { loginVersion: { version: { case: 'loginV2' as const, value } } };
}

interface Duration {
  readonly seconds: bigint;
  readonly nanos: number;
}

export const nanosOf = (duration: Duration | undefined): number => Number(duration?.seconds ?? 0n) * 1e9 + (duration?.nanos ?? 0);
export const durationOf = (nanos: number): Duration => ({ seconds: BigInt(Math.trunc(nanos / 1e9)), nanos: nanos % 1e9 });
