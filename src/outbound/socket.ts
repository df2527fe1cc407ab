/** The way to other than HTTP servers that a client named (LDAP): a connection to an address that may be called, as fetch.ts judges it, within limits. */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { lookupWithin, refused } from './fetch.ts';
import type { Reachable } from './networks.ts';

export interface Limits {
  /** Ends the connection, in whatever state it is. */
  readonly signal: AbortSignal;
  /** That the server may send. */
  readonly maxBytes: number;
}

/** Throws OutsideError where the host is an address that may not be called; a name that leads to one ends the socket with that error. */
export function connectOutside(reachable: Reachable, host: string, port: number, limits: Limits): Socket {
  return limited(connect({ host: judged(reachable, host), port, lookup: lookupWithin(reachable) }), limits);
}

/** The same under TLS. `ca`: PEM; undefined: the system's. */
export function connectOutsideTls(reachable: Reachable, host: string, port: number, ca: string | undefined, limits: Limits): TLSSocket {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const options = { host: judged(reachable, host), port, lookup: lookupWithin(reachable), ...servername, ...(ca !== undefined && { ca }) };
  return limited(connectTls(options), limits);
}

/** TLS over a connection that was made by `connectOutside`, and is named in the options. */
export function securedOutside(options: ConnectionOptions & { readonly socket: Socket }, limits: Limits): TLSSocket {
  return limited(connectTls(options), limits);
}

/** Ended without an error: whoever waits for an answer learns that there is no connection any more. */
function limited<S extends Socket>(socket: S, { signal, maxBytes }: Limits): S {
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) socket.destroy();
  });
  const end = () => void socket.destroy();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', end));
  // ldapts takes all listeners off a socket that may still fail; an error that nobody hears would end the process.
  const remove = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...names: Parameters<typeof remove>) => {
    remove(...names);
    return socket.on('error', () => undefined);
  };
  return socket;
}

function judged(reachable: Reachable, host: string): string {
  if (isIP(host) !== 0 && !reachable.has(host)) throw refused(host);
  return host;
}
