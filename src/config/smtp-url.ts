/** The URL of the mail server: `smtp://user:password@host:587`, `smtps://…` for TLS from the first byte. */
import { isIP } from 'node:net';

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (RFC 8314 section 3.3). */
  readonly secure: boolean;
  /** By STARTTLS, where it does not begin with it: demanded, taken where it is offered, or not used. */
  readonly tls: 'required' | 'optional' | 'none';
  readonly caFile: string | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

const PORTS = { 'smtp:': 587, 'smtps:': 465 } as const;

/** The address, or what is wrong with it. Without TLS only to this machine, unless the URL says otherwise: codes and the password travel there. */
export function parseSmtpUrl(text: string): { readonly address?: SmtpAddress; readonly problem?: string } {
  const url = URL.parse(text);
  if (
    !url ||
    (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') ||
    url.hostname === '' ||
    !/^\/?$/.test(url.pathname) ||
    url.hash !== ''
  )
    return { problem: EXPECTED };
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'tls' && name !== 'ca');
  if (unknown !== undefined) return { problem: `${EXPECTED}; it has no option ${JSON.stringify(unknown)}` };
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'smtps:';
  const tls = url.searchParams.get('tls') ?? (isThisMachine(host) ? 'optional' : 'required');
  if (tls !== 'required' && tls !== 'optional' && tls !== 'none') return { problem: `${EXPECTED}; tls is one of required, optional, none` };
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (user === undefined || password === undefined) return { problem: `${EXPECTED}; user and password in percent-encoding` };
  return {
    address: {
      host,
      port: url.port === '' ? PORTS[url.protocol] : Number(url.port),
      secure,
      tls,
      caFile: url.searchParams.get('ca') ?? undefined,
      login: user === '' ? undefined : { user, password },
    },
  };
}

export const EXPECTED = 'smtp://user:password@host:587?tls=required or smtps://user:password@host:465';

const isThisMachine = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
