/**
 * Is there a PostgreSQL at this address? Asked by hand, over a socket of its own: where a proxy takes connections and cuts them (its
 * database is down), postgres.js 3.4 connects again and again without a pause and never answers.
 */
import { connect, type Socket } from 'node:net';
import type { DatabaseAddress } from '../config/database-url.ts';

/** SSLRequest: every server answers it with one byte (PostgreSQL documentation, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Resolves when any of the hosts answers; else rejects with the error of the last, or ETIMEDOUT. */
export function greet({ hosts, socketDir, socketPort }: DatabaseAddress, ms: number): Promise<void> {
  const places = socketDir === undefined ? hosts.map((at) => ({ ...at })) : [{ path: `${socketDir}/.s.PGSQL.${socketPort}` }];
  return Promise.any(places.map((place) => answered(connect(place), ms))).catch((all: AggregateError) => {
    throw all.errors.at(-1);
  });
}

function answered(socket: Socket, ms: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (code: string) => reject(Object.assign(new Error(`no answer from the database (${code})`), { code }));
    socket.setTimeout(ms, () => fail('ETIMEDOUT'));
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => fail('ECONNRESET'));
  }).then(
    () => {
      socket.destroy();
    },
    (error: unknown) => {
      socket.destroy();
      throw error;
    },
  );
}
