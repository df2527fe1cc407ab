/** The database as the rest of the program sees it: three pools, whole statements retried, every error of the connection a Failure. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import postgres from 'postgres';
import type { DatabaseAddress } from '../config/database-url.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { type Moment, timestampToPg } from '../time/timestamp.ts';
import { failureOf, isLoss, retried } from './errors.ts';
import { Lane } from './lane.ts';

/** What may stand in a statement beyond text, numbers, booleans and buffers. int8 is read as bigint, timestamptz as text (microseconds!). */
// A type alias: postgres.js asks for an index signature, which an interface has not.
type Types = { readonly bigint: bigint; readonly timestamp: Moment | Date | string };

/** The tag of SQL templates, on a pool or inside a transaction. */
export type Sql = postgres.ISql<Types>;
/** Part of a statement. */
export type Fragment = postgres.Fragment;
/** A whole statement, sent when it is awaited. */
/**
 * A fragment without values, made once: each is a promise of some weight, and a hot statement would make a handful of them for every call. It
 * belongs to no connection.
 */
export function constant(make: (sql: Sql) => Fragment): (sql: Sql) => Fragment {
  let made: Fragment | undefined;
  return (sql) => (made ??= make(sql));
}

/** Nothing, where a statement may have more. */
export const nothing = constant((sql) => sql``);

export type Query<Row extends object> = postgres.PendingQuery<Row[]>;

export interface Store {
  /** The tag alone, to build fragments that are not sent. */
  readonly sql: Sql;
  /** One short statement of a call. `deadline` (ms since epoch), here and below: after it nothing is sent. */
  run<Row extends object>(statement: (sql: Sql) => Query<Row>, deadline?: number): Promise<readonly Row[]>;
  /**
   * One statement that reads by key and takes no lock. They share few connections, many on each, where one write and one read of the socket
   * serve several of them; and nobody's lock holds them up.
   */
  read<Row extends object>(statement: (sql: Sql) => Query<Row>, deadline?: number): Promise<readonly Row[]>;
  /** One statement that may take longer (lists, jobs), on a pool of its own, so that it cannot hold up the short ones. */
  list<Row extends object>(statement: (sql: Sql) => Query<Row>, deadline?: number): Promise<readonly Row[]>;
  /** Several statements that count as one; run again from the start after a deadlock. */
  transaction<T>(work: (sql: Sql) => Promise<T>, deadline?: number): Promise<T>;
  /** Lets running statements end, for `seconds` at most. */
  close(seconds?: number): Promise<void>;
}

export interface PoolSizes {
  readonly databaseConnections: number;
  readonly databaseListConnections: number;
  readonly databaseReadConnections?: number;
  readonly databasePooled: boolean;
  readonly databaseStatementSeconds?: number;
  readonly databaseWaitSeconds?: number;
}

/** Reads that are with the database at once on one connection; measured on two cores: 4 connections of 16 serve 40 % more than 16 of one. */
const READS_EACH = 16;

/** Opens no connection yet: that happens with the first statement, and again after each loss. */
export function connect(address: DatabaseAddress, config: PoolSizes): Store {
  const lane = (waitMs: number, max: number, prepare: boolean, each = 1) =>
    new Lane({
      address,
      open: () => openPool(address, { max, prepare }),
      places: max * each,
      waitMs,
      drainSeconds: (config.databaseStatementSeconds ?? 10) + 1,
    });
  const waitMs = (config.databaseWaitSeconds ?? 5) * 1000;
  const main = lane(waitMs, config.databaseConnections, !config.databasePooled);
  const reads = lane(waitMs, config.databaseReadConnections ?? 4, !config.databasePooled, READS_EACH);
  // The filters of a list make very many different statements; kept prepared, they would fill the memory of the server.
  const lists = lane(2 * waitMs, config.databaseListConnections, false);
  return {
    get sql() {
      return main.sql;
    },
    run: (statement, deadline) => retried(() => main.run(statement, deadline)),
    read: (statement, deadline) => retried(() => reads.run(statement, deadline)),
    list: (statement, deadline) => retried(() => lists.run(statement, deadline)),
    transaction: (work, deadline) => retried(() => main.run((pool) => transact(pool, work), deadline)),
    close: async (seconds = 5) => {
      await Promise.all([main.close(seconds), reads.close(seconds), lists.close(seconds)]);
    },
  };
}

/** After the error that ends a connection, its socket closes within this time; the transaction is told then. */
const CLOSING_MS = 1000;

/**
 * A transaction that touches its connection no more once it is lost: postgres.js 3.4 would send its rollback (or the next statement) into
 * a socket that is gone, which ends the process, or runs it outside of the transaction.
 */
async function transact<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  let lost = false;
  const never = new Promise<never>(() => undefined); // `begin` has rejected already; what it would do next must not happen
  const whole = pool.begin(async (sql) => {
    const guarded = new Proxy(sql, { apply: (tag, self, args) => (lost ? refuse() : Reflect.apply(tag, self, args)) });
    try {
      const result = await work(guarded);
      return lost ? await never : result;
    } catch (error) {
      if (!lost && isLoss(error)) await pause(CLOSING_MS);
      if (lost) return await never;
      throw error;
    }
  }) as Promise<T>; // UnwrapPromiseArray<T> of postgres.js is T unless T is an array of promises, which no caller returns
  whole.catch(() => {
    lost = true;
  });
  return await whole;
}

function refuse(): never {
  throw new Error('the connection of this transaction was lost');
}

export type Pool = postgres.Sql<Types>;

/** A pool without retries and Failures: for the start, migrations and tests. */
export function openPool(address: DatabaseAddress, options: { readonly max: number; readonly prepare: boolean }): Pool {
  return postgres({
    ...(address.socketDir === undefined
      ? { ...hostsOf(address), ssl: tlsOf(address) }
      : { path: `${address.socketDir}/.s.PGSQL.${address.socketPort}` }),
    ...(address.user === undefined ? {} : { user: address.user }),
    ...(address.database === undefined ? {} : { database: address.database }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.targetSession === undefined ? {} : { target_session_attrs: address.targetSession }),
    connection: { application_name: address.applicationName ?? 'keyward' },
    max: options.max,
    prepare: options.prepare,
    // A database that is away must be told as such within a second or so (PROMISES.md 23), and found again as fast without a storm.
    connect_timeout: address.connectSeconds ?? 3,
    backoff: (attempts: number) => (0.5 + Math.random() / 2) * Math.min(Math.max(3 ** attempts / 100, 0.1), 0.5),
    onnotice: () => undefined,
    types,
  });
}

/** postgres.js takes lists of hosts and ports (its types say otherwise); written as one text it would split IPv6 addresses. */
const hostsOf = ({ hosts }: DatabaseAddress) =>
  ({ host: hosts.map(({ host }) => host), port: hosts.map(({ port }) => port) }) as unknown as { host: string; port: number };

const types = {
  bigint: postgres.BigInt,
  timestamp: {
    to: 1184,
    from: [1082, 1114, 1184],
    serialize: (moment: Moment | Date | string) =>
      typeof moment === 'string' ? moment : moment instanceof Date ? moment.toISOString() : timestampToPg(moment),
    parse: (text: string): Moment | Date | string => text, // typed as what may be written, which is how postgres.js infers it
  },
};

/** libpq's sslmode in the terms of Node (https://www.postgresql.org/docs/current/libpq-ssl.html). */
function tlsOf({ sslMode, sslRootCert, sslCert, sslKey, hosts }: DatabaseAddress): false | 'prefer' | object {
  if (sslMode === 'disable') return false;
  if (sslMode === 'allow' || sslMode === 'prefer') return 'prefer';
  const ca = sslRootCert === undefined || sslRootCert === 'system' ? undefined : pem('sslrootcert', sslRootCert);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(sslCert === undefined ? {} : { cert: pem('sslcert', sslCert) }),
    ...(sslKey === undefined ? {} : { key: pem('sslkey', sslKey) }),
    // "require" with a root certificate behaves like verify-ca in libpq
    rejectUnauthorized: sslMode !== 'require' || ca !== undefined,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => {
      if (sslMode !== 'verify-full') return undefined;
      // The name that Node passes is "localhost" for IP addresses, so it is ours that is checked.
      const refusals = hosts.map(({ host }) => checkServerIdentity(host, certificate));
      return refusals.includes(undefined) ? undefined : refusals[0];
    },
  };
}

function pem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CannotStart(`KEYWARD_DATABASE_URL: ${option} names ${path}, which cannot be read`, 78, cause);
  }
}

/** For those who catch what a transaction threw and must tell it. */
export { failureOf };
