/** Reads a PostgreSQL URL as libpq does (PostgreSQL documentation 32.1.1.2 and 32.1.2), as far as it concerns reaching a server safely. */

/** https://www.postgresql.org/docs/current/libpq-ssl.html, table "SSL Mode Descriptions" */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export interface DatabaseAddress {
  /** Host names or IP addresses with their ports; tried in this order. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Folder of a Unix socket, instead of hosts. */
  readonly socketDir: string | undefined;
  /** The number in the name of the socket file. */
  readonly socketPort: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly sslMode: SslMode;
  /** Path of a PEM file, or `system` for the authorities that Node knows. */
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly applicationName: string | undefined;
  readonly connectSeconds: number | undefined;
  readonly targetSession: TargetSession | undefined;
}

const targetSessions = ['read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
type TargetSession = (typeof targetSessions)[number];

const shape = /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^@/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

export function parseDatabaseUrl(
  url: string,
): { readonly address: DatabaseAddress; readonly problem: undefined } | { readonly address: undefined; readonly problem: string } {
  const parts = shape.exec(url);
  if (parts === null) return wrong('postgres://user:password@host:5432/database, with reserved characters in %-form');
  const [, user, password, authority = '', database, query] = parts;
  const options = new Map(new URLSearchParams(query ?? ''));

  for (const name of options.keys()) {
    if (!known.has(name)) return wrong(`options of libpq that Keyward knows (${[...known].join(', ')}), not ${name}`);
  }
  const named = options.get('host') ?? decode(authority);
  const socketDir = named?.startsWith('/') ? named : undefined;
  const hosts = socketDir === undefined && named !== undefined ? hostsOf(named === '' ? 'localhost' : named, options.get('port')) : [];
  if (hosts === undefined) return wrong('hosts such as db.example.com:5432, separated by commas, with ports from 1 to 65535');

  const sslRootCert = options.get('sslrootcert');
  const sslMode = options.get('sslmode') ?? (sslRootCert === 'system' ? 'verify-full' : 'prefer');
  if (!isSslMode(sslMode)) return wrong(`sslmode to be one of ${sslModes.join(', ')}`);
  const targetSession = options.get('target_session_attrs');
  if (targetSession !== undefined && targetSession !== 'any' && !isTargetSession(targetSession)) {
    return wrong(`target_session_attrs to be one of any, ${targetSessions.join(', ')}`);
  }
  const connectTimeout = options.get('connect_timeout');
  if (connectTimeout !== undefined && !/^[0-9]{1,4}$/.test(connectTimeout)) return wrong('connect_timeout to be a number of seconds');

  return {
    address: {
      hosts,
      socketDir,
      socketPort: Number(options.get('port') ?? 5432),
      user: decode(options.get('user') ?? user),
      password: options.get('password') ?? decode(password),
      database: options.get('dbname') ?? decode(database === '' ? undefined : database),
      sslMode,
      sslRootCert,
      sslCert: options.get('sslcert'),
      sslKey: options.get('sslkey'),
      applicationName: options.get('application_name'),
      connectSeconds: connectTimeout === undefined ? undefined : Number(connectTimeout),
      targetSession: isTargetSession(targetSession) ? targetSession : undefined,
    },
    problem: undefined,
  };
}

const known = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'application_name',
  'connect_timeout',
  'target_session_attrs',
]);

const wrong = (problem: string) => ({ address: undefined, problem });

function hostsOf(list: string, defaultPort: string | undefined): { host: string; port: number }[] | undefined {
  const hosts = list.split(',').map((entry) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/i.exec(entry) ?? [];
    return { host: bracketed ?? plain ?? '', port: Number(port ?? defaultPort ?? 5432) };
  });
  return hosts.every(({ host, port }) => host !== '' && Number.isInteger(port) && port > 0 && port < 65536) ? hosts : undefined;
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isSslMode = (text: string): text is SslMode => (sslModes as readonly string[]).includes(text); // widened to ask
const isTargetSession = (text: string | undefined): text is TargetSession =>
  (targetSessions as readonly (string | undefined)[]).includes(text); // widened to ask
