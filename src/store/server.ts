/** Is this a database that Keyward can work with? Asked once at the start; every "no" is one line that says what to do. */
import type { DatabaseAddress } from '../config/database-url.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import type { Sql } from './connect.ts';
import { greet } from './greet.ts';

const OLDEST = 15;

export interface ServerFacts {
  /** server_version_num: 150006 is 15.6 */
  readonly version: number;
  readonly encoding: string;
  readonly standby: boolean;
  readonly database: string;
  readonly role: string;
  /** Schema for new tables, and whether the role may make some. */
  readonly schema: string | null;
  readonly mayCreate: boolean | null;
}

export async function checkServer(sql: Sql, address: DatabaseAddress): Promise<void> {
  let facts: ServerFacts | undefined;
  try {
    await greet(address, (address.connectSeconds ?? 3) * 1000);
    [facts] = await sql<ServerFacts[]>`
      select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
        pg_is_in_recovery() as standby, current_database() as database, current_user as role,
        current_schema() as schema, has_schema_privilege(current_schema(), 'create') as "mayCreate"`;
  } catch (error) {
    throw new CannotStart(`The database at ${whereOf(address)} cannot be used: ${reasonOf(error)}.`, 1, error);
  }
  const problem = problemWith(facts!); // a select without from gives one row
  if (problem !== undefined) throw new CannotStart(`The database at ${whereOf(address)} cannot be used: ${problem}.`);
}

export function problemWith({ version, encoding, standby, database, role, schema, mayCreate }: ServerFacts): string | undefined {
  if (version < OLDEST * 10_000) {
    return `it is PostgreSQL ${Math.trunc(version / 10_000)}.${version % 10_000}, Keyward needs ${OLDEST} or newer`;
  }
  if (encoding !== 'UTF8') return `its encoding is ${encoding}, Keyward needs UTF8 (create database … encoding 'UTF8' template template0)`;
  if (standby) return 'it is a standby, which cannot be written (target_session_attrs=read-write picks the primary of several hosts)';
  if (schema === null) return `the search_path of role ${role} names no schema that exists`;
  if (mayCreate !== true)
    return `role ${role} may not make tables in it (grant create on schema ${schema} to ${role}, or make it owner of ${database})`;
  return undefined;
}

export const whereOf = ({ hosts, socketDir, database }: DatabaseAddress): string =>
  `${socketDir ?? hosts.map(({ host, port }) => `${host}:${port}`).join(',')}${database === undefined ? '' : `/${database}`}`;

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]); // a name with several addresses
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException; // set by the driver and by Node's sockets
  return (code === undefined ? undefined : reasons[code]) ?? error.message.split('\n')[0]!;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no socket',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  CONNECT_TIMEOUT: 'the host does not answer',
  ECONNRESET: 'the connection was cut (does the server offer TLS as sslmode asks?)',
  CONNECTION_CLOSED: 'the connection was cut',
};
