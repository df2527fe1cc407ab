/** How fast passwords and codes can be guessed where nothing locks: the pause after many failures of a user, and the failures of an address. */
import { isIP, isIPv4 } from 'node:net';
import type { Fragment, Sql, Store } from '../store/connect.ts';

export interface Throttle {
  /** Failures of a user, one after the other, that ask for no pause. */
  readonly userFailures: number;
  /** Failures of an address in ten minutes. */
  readonly addressFailures: number;
}

let throttle: Throttle = { userFailures: 20, addressFailures: 300 };

/** Once, when the process starts. */
export function configureThrottle(configured: Throttle): void {
  throttle = configured;
}

/** After how many failures a user must pause: where a lower number would lock, from that on (who is spared the lock pauses). */
export const freeFailures = (limit: number): number => (limit > 0 ? Math.min(limit, throttle.userFailures) : throttle.userFailures);

const LONGEST_PAUSE = 60;

/** Seconds after the last failure in which no further try is taken: 1, doubling to a minute. */
export function pauseAfter(failed: number, limit: number): number {
  const free = freeFailures(limit);
  return failed < free ? 0 : Math.min(2 ** Math.min(failed - free, 10), LONGEST_PAUSE);
}

/** The same in SQL, in seconds, for a number of failures that is not below `free`. */
export function pauseInSql(sql: Sql, failed: Fragment, free: number): Fragment {
  return sql`least(power(2, least(${failed} - ${free}::int, 10)), ${LONGEST_PAUSE}::float8)`;
}

const WINDOW_SECONDS = 600;

/** What drains away of an address' failures in a second. */
const draining = () => throttle.addressFailures / WINDOW_SECONDS;

/** Seconds until a further try from an address with so many failures is taken. */
export function addressPause(level: number): number {
  return Math.max(0, (level + 1 - throttle.addressFailures) / draining());
}

/** The failures of an address now, over the alias f (failed_addresses). */
export function drainedLevel(sql: Sql): Fragment {
  return sql`greatest(0, f.level - extract(epoch from clock_timestamp() - f.last_at)::float8 * ${draining()}::float8)`;
}

/** Forgets the addresses whose failures have drained away. */
export async function forgetAddresses(store: Store, instanceId: string): Promise<void> {
  await store.list(
    (sql) =>
      sql`delete from failed_addresses where instance_id = ${instanceId} and last_at < now() - ${WINDOW_SECONDS} * interval '1 second'`,
  );
}

/** An address as failures are counted for: of IPv6 the network of 64 bits, which is what one person has. Undefined: none, or of this machine. */
export function countedAddress(ip: string | undefined): string | undefined {
  if (ip === undefined || isIP(ip) === 0) return undefined;
  const mapped = ip.toLowerCase().startsWith('::ffff:') ? ip.slice(7) : ip;
  if (isIPv4(mapped)) return mapped.startsWith('127.') ? undefined : mapped;
  return ip === '::1' ? undefined : ip;
}

/** The key of a counted address. */
export function addressKey(sql: Sql, address: string): Fragment {
  return isIPv4(address) ? sql`${address}::text::inet` : sql`network(set_masklen(${address}::text::inet, 64))::inet`;
}
