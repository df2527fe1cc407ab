/** The way to other than HTTP servers that a client named (LDAP): a connection to an address that may be called, as fetch.ts judges it. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { lookupWithin, refused } from './fetch.ts';
import type { Reachable } from './networks.ts';

/** Throws OutsideError where the host is an address that may not be called; a name that leads to one ends the socket with that error. */
export function connectOutside(reachable: Reachable, host: string, port: number): Socket {
  return connect({ host: judged(reachable, host), port, lookup: lookupWithin(reachable) });
}

/** The same under TLS. `ca`: PEM; undefined: the system's. */
export function connectOutsideTls(reachable: Reachable, host: string, port: number, ca: string | undefined): ReturnType<typeof connectTls> {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({
    host: judged(reachable, host),
    port,
    lookup: lookupWithin(reachable),
    ...servername,
    ...(ca !== undefined && { ca }),
  });
}

function judged(reachable: Reachable, host: string): string {
  if (isIP(host) !== 0 && !reachable.has(host)) throw refused(host);
  return host;
}
