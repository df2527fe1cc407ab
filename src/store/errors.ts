/** What an error of the database means: run it again, tell the client to come back, or a fault of ours. SQL never reaches the wire. */
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { Failure, type Reason } from '../failure/failure.ts';

const UNAVAILABLE = { code: 'unavailable', key: 'Errors.Database.Unavailable' } as const;
/** No changes are taken: the disk is full or nearly so, or the primary has become a standby. */
const READ_ONLY = { code: 'unavailable', key: 'Errors.Database.ReadOnly' } as const;
const BUSY = { code: 'unavailable', key: 'Errors.Database.Busy' } as const;
/** Class 22, data exception: a value that no statement can take (a NUL in a text, a number or a date out of range). */
const BAD_VALUE = { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'KEYWARD-value' } as const;
/** Not `deadline_exceeded`: it is the server's own limit, and with less to do for the database a retry may well succeed. */
const TOO_SLOW = { code: 'unavailable', key: 'Errors.Database.TooSlow' } as const;

/** SQLSTATE (PostgreSQL documentation, appendix A) or code of the driver and of Node → what the client is told. */
const reasons: Readonly<Record<string, Reason>> = {
  '25006': READ_ONLY, // a transaction that may not write
  '53100': READ_ONLY, // disk full
  '53200': UNAVAILABLE, // out of memory
  '53300': UNAVAILABLE, // too many connections
  '57P01': UNAVAILABLE, // shut down by an administrator
  '57P02': UNAVAILABLE, // crash of another backend
  '57P03': UNAVAILABLE, // starting up
  '57P05': UNAVAILABLE, // idle session ended
  '40001': BUSY, // serialization failure, after the retries
  '40P01': BUSY, // deadlock, after the retries
  '55P03': BUSY, // lock_timeout
  '57014': TOO_SLOW, // statement_timeout
  CONNECT_TIMEOUT: UNAVAILABLE,
  CONNECTION_CLOSED: UNAVAILABLE,
  CONNECTION_DESTROYED: UNAVAILABLE,
  CONNECTION_ENDED: UNAVAILABLE,
  EAI_AGAIN: UNAVAILABLE,
  ECONNREFUSED: UNAVAILABLE,
  ECONNRESET: UNAVAILABLE,
  EHOSTUNREACH: UNAVAILABLE,
  EMFILE: UNAVAILABLE,
  ENETUNREACH: UNAVAILABLE,
  ENOENT: UNAVAILABLE, // the Unix socket is gone
  ENOTFOUND: UNAVAILABLE,
  EPIPE: UNAVAILABLE,
  ETIMEDOUT: UNAVAILABLE,
};

/** The Failure that an error of the database stands for; undefined if it stands for none (a fault of ours, or no error of the database). */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (/^22...$/.test(code)) return new Failure(BAD_VALUE, { cause: error });
  const reason = reasons[code] ?? (code.startsWith('08') ? UNAVAILABLE : undefined);
  return reason && new Failure(reason, { retryAfter: 1, cause: error });
}

/** UNAVAILABLE where the connection lives on. */
const ALIVE: ReadonlySet<string> = new Set(['53200', '53300', 'EMFILE']);

/** Whether an error says that a connection to the database was lost, or could not be made. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !ALIVE.has(code) && (reasons[code] === UNAVAILABLE || code.startsWith('08'));
}

const RETRIES = 3;

/** Runs a whole statement or transaction again after a deadlock or serialization failure: PostgreSQL has undone all of it. */
export async function retried<T>(work: () => PromiseLike<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (attempt === RETRIES || (code !== '40P01' && code !== '40001')) throw failureOf(error) ?? error;
      await pause(Math.random() * 10 * 2 ** attempt);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof postgres.PostgresError) {
    // Two who went on with the same log at once (a user made anew while he is being removed): a serialization failure by another name.
    return error.code === '23505' && error.constraint_name === 'events_pkey' ? '40001' : error.code;
  }
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) return codeOf(error.errors[0]); // a name with several addresses, none of which answers
  const { code } = error as NodeJS.ErrnoException; // set by the driver and by Node's sockets
  return typeof code === 'string' ? code : undefined;
}
