/** How fast passwords and codes can be guessed where nothing locks: the pause after many failures of a user, and what one source may fail. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { plainAddress } from '../outbound/networks.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';

export interface Throttle {
  /** Failures of a user, one after the other, that ask for no pause. */
  readonly userFailures: number;
  /** Failures of an address, or of a caller who tries others, in ten minutes. */
  readonly sourceFailures: number;
}

let throttle: Throttle = { userFailures: 20, sourceFailures: 300 };

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

/** What drains away of a source's failures in a second. */
const draining = () => throttle.sourceFailures / WINDOW_SECONDS;

/** Seconds until a further try from a source with so many failures is taken. */
export function sourcePause(level: number): number {
  return Math.max(0, (level + 1 - throttle.sourceFailures) / draining());
}

/** The failures of a source now, over the alias f (failed_sources). */
export function drainedLevel(sql: Sql): Fragment {
  return sql`greatest(0, f.level - extract(epoch from clock_timestamp() - f.last_at)::float8 * ${draining()}::float8)`;
}

/** A try of a source, counted before it is made; no row where too many have failed. `from`: a CTE of one row. */
export function sourceTry(sql: Sql, instanceId: string, source: Source, from: Fragment): Fragment {
  return sql`
    insert into failed_sources as f (instance_id, source, level, last_at)
    select ${instanceId}, ${sourceKey(sql, source)}, 1, clock_timestamp() from ${from}
    on conflict (instance_id, source) do update set level = ${drainedLevel(sql)} + 1, last_at = excluded.last_at
      where ${drainedLevel(sql)} + 1 <= ${throttle.sourceFailures}::float8
    returning f.instance_id`;
}

/** It did not fail. */
export function sourceTryBack(sql: Sql, instanceId: string, source: Source, from: Fragment): Fragment {
  return sql`
    update failed_sources f set level = greatest(0, f.level - 1) from ${from}
    where f.instance_id = ${instanceId} and f.source = ${sourceKey(sql, source)}`;
}

/** Forgets the sources whose failures have drained away. */
export async function forgetSources(store: Store, instanceId: string): Promise<void> {
  await store.list(
    (sql) =>
      sql`delete from failed_sources where instance_id = ${instanceId} and last_at < now() - ${WINDOW_SECONDS} * interval '1 second'`,
  );
}

/** Where tries come from, as failures are counted for it over all users: an address, or `user <id>`. */
export type Source = string;

/** An address; of IPv6 the network of 64 bits counts, which is what one person has. Undefined: none (with a zone, too), or of this machine. */
export function addressSource(ip: string | undefined): Source | undefined {
  if (ip === undefined || isIP(ip) === 0 || ip.includes('%')) return undefined;
  const plain = plainAddress(ip);
  return loopback.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4') ? undefined : plain;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** A caller who tries what is not his. */
export const callerSource = (userId: string): Source => `user ${userId}`;

/** The key of a source. */
export function sourceKey(sql: Sql, source: Source): Fragment {
  return isIPv6(source) ? sql`text(network(set_masklen(${source}::text::inet, 64)))` : sql`${source}::text`;
}
