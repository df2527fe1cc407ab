/** Every setting of Keyward, once: name, kind, default, what it is for. File, environment, flags, types and docs are derived from this. */
import * as z from 'zod';
import {
  addresses,
  databaseUrl,
  domain,
  domains,
  httpUrl,
  key,
  listOf,
  mailbox,
  nameServers,
  networks,
  oneOf,
  path,
  smtpUrl,
  systemUsers,
  whole,
  yesOrNo,
} from './kinds.ts';

/** As root the data must lie where the unprivileged user that runs PostgreSQL can reach it; a checkout under /root is not such a place. */
const dataDir = process.getuid?.() === 0 ? '/var/lib/keyward' : './data';

export const settings = z.object({
  dataDir: path()
    .default(dataDir)
    .describe(
      'Folder for the embedded database (`postgres/`), the generated credentials (`credentials/`), and messages that have no way out (`outbox/`).',
    )
    .meta({ shownDefault: './data; as root /var/lib/keyward' }),
  databaseUrl: databaseUrl()
    .optional()
    .describe(
      'PostgreSQL 15 or newer. TLS as in libpq: `sslmode`, `sslrootcert`, `sslcert`, `sslkey` in the query; several hosts with commas; `?host=/folder` for a Unix socket.',
    )
    .meta({ secret: true, shownDefault: 'the embedded PostgreSQL in `KEYWARD_DATA_DIR`' }),
  databasePooled: yesOrNo()
    .default(false)
    .describe('Set to true behind a transaction-pooling proxy such as PgBouncer: no prepared statements are kept.'),
  databaseConnections: whole(1, 1000).default(16).describe('Connections of one process for calls that change something.'),
  databaseReadConnections: whole(1, 1000).default(4).describe('Connections of one process for reads by key, up to 16 at once on each.'),
  databaseListConnections: whole(1, 1000).default(4).describe('Connections of one process for lists and background work.'),
  databaseWaitSeconds: whole(1, 3600)
    .default(5)
    .describe('A call that waits longer for a free connection is refused (`unavailable`); a list may wait twice as long.'),
  databaseStatementSeconds: whole(1, 3600)
    .default(10)
    .describe('The database ends a statement that runs longer. Stored with the database role by `migrate`.'),
  databaseLockSeconds: whole(1, 3600)
    .default(5)
    .describe('The database ends a statement that waits longer for a lock. Stored with the database role by `migrate`.'),
  port: whole(1, 65535).default(8080).describe('Port for every protocol: HTTP/1.1, HTTP/2, gRPC.'),
  host: addresses()
    .default(['127.0.0.1', '::1'])
    .describe('Addresses to listen on. `0.0.0.0` and `::` mean every interface.')
    .meta({ shownDefault: '127.0.0.1,::1' }),
  externalDomain: domain()
    .optional()
    .describe('Domain under which clients reach the first instance. Without it a single instance answers to every host.')
    .meta({ shownDefault: 'localhost, and every host while there is one instance' }),
  externalPort: whole(1, 65535)
    .optional()
    .describe('Port under which clients reach Keyward, if another than `KEYWARD_PORT`.')
    .meta({ shownDefault: 'KEYWARD_PORT' }),
  externalSecure: yesOrNo()
    .optional()
    .describe('Whether clients use https, for example because a proxy ends TLS.')
    .meta({ shownDefault: 'true if TLS is configured here' }),
  masterkey: key()
    .optional()
    .describe('32 bytes that encrypt secrets in the database. Generated on the first start.')
    .meta({ secret: true, shownDefault: '`credentials/masterkey` in `KEYWARD_DATA_DIR`' }),
  masterkeyFile: path()
    .optional()
    .describe('File that holds the master key, instead of `KEYWARD_MASTERKEY`.')
    .meta({ shownDefault: 'none' }),
  tlsCertFile: path().optional().describe('PEM file with the certificate chain; Keyward then speaks TLS.').meta({ shownDefault: 'none' }),
  tlsKeyFile: path().optional().describe('PEM file with the private key of the certificate.').meta({ shownDefault: 'none' }),
  trustedProxies: networks().default([]).describe('Networks of the proxies whose forwarded headers count.').meta({ shownDefault: 'none' }),
  outboundNetworks: networks()
    .default([])
    .describe(
      'Private networks that Keyward may call where a client names an address there (identity providers, validation of domains). Public addresses may always be called.',
    )
    .meta({ shownDefault: 'none' }),
  nameServers: nameServers()
    .default([])
    .describe('DNS servers that are asked for the TXT records which validate domains.')
    .meta({ shownDefault: 'those of the system' }),
  returnHosts: domains()
    .default([])
    .describe(
      'Hosts that a login at an identity provider may lead back to, beside the domains of the instance itself. Whoever begins one is told there who it was: without this list any host may be named, by anyone with a token.',
    )
    .meta({ shownDefault: 'any' }),
  simulatorPort: whole(1, 65535)
    .optional()
    .describe(
      'For tests only: port on 127.0.0.1 and ::1 of the identity simulator, by which whoever reaches it logs in as anybody (`POST /intent/successful/…`).',
    )
    .meta({ shownDefault: 'none' }),
  legacyHashes: listOf(['md5'])
    .default([])
    .describe('Weak password hashes that are nevertheless accepted from imports.')
    .meta({ shownDefault: 'none' }),
  throttleUserFailures: whole(1, 1_000_000)
    .default(20)
    .describe(
      'Wrong passwords or codes of a user, one after the other, that ask for no pause. After more of them a further try is refused for a second, doubling with each to a minute, until one succeeds.',
    ),
  throttleSourceFailures: whole(1, 1_000_000)
    .default(300)
    .describe(
      'Wrong passwords or codes from one address (`user_agent.ip` of the session; of IPv6 its network of 64 bits) in ten minutes, and as many by a caller who tries passwords of users whom he may not write. After more of them tries from there are refused. Addresses of this machine are not counted.',
    ),
  sessionKeptDays: whole(0, 3650)
    .default(30)
    .describe(
      'Days that a session which has ended, has run out, or whose user was switched off, can still be looked at; then it is removed. What happened stays in the log.',
    ),
  systemUsers: systemUsers()
    .default({})
    .describe(
      'Users of the system API, who live on no instance and prove themselves by JWTs of their own RSA key: `iss` and `sub` = name, `aud` = the external origin, RS256, at most an hour old. Without memberships a user is SYSTEM_OWNER.',
    )
    // keys are pasted here: a private one by mistake must not be shown
    .meta({ secret: true, shownDefault: 'none' }),
  smtpUrl: smtpUrl()
    .optional()
    .describe(
      'Server that sends mails: `smtps://` speaks TLS from the start, `smtp://` by STARTTLS. In the query: `tls` (`required`, `optional`, `none`; without it required, on this machine optional) and `ca` (a PEM file). Without server and webhook mails lie as `.eml` files in `outbox/` of `KEYWARD_DATA_DIR`.',
    )
    .meta({ secret: true, shownDefault: 'none' }),
  smtpFrom: mailbox().optional().describe('Sender of mails.').meta({ shownDefault: 'Keyward <no-reply@(KEYWARD_EXTERNAL_DOMAIN)>' }),
  notificationWebhookUrl: httpUrl()
    .optional()
    .describe(
      'URL that sends text messages, and mails where `KEYWARD_SMTP_URL` is not set: each message is POSTed as JSON, with its id as `Idempotency-Key`. Name and password in the URL are sent as Basic authorization. Without it text messages lie as `.txt` files in `outbox/` of `KEYWARD_DATA_DIR`.',
    )
    .meta({ secret: true, shownDefault: 'none' }),
  workers: whole(1, 256).default(1).describe('Processes that share the port.'),
  shutdownSeconds: whole(0, 3600).default(20).describe('How long calls in flight may finish after SIGTERM.'),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level that is logged (to stderr; JSON unless that is a terminal).'),
});

export type SettingName = keyof typeof settings.shape;
export const settingNames = Object.keys(settings.shape) as readonly SettingName[]; // the keys of a literal object are its names

/** What the program runs with: the settings, with the defaults that depend on other settings filled in. */
export type Config = z.output<typeof settings> & { readonly externalPort: number; readonly externalSecure: boolean };

/** What of an origin is the same for every domain. */
export type External = Pick<Config, 'externalPort' | 'externalSecure'>;

/** The origin under which clients reach Keyward; `localhost` where no domain is configured. */
export function externalOrigin({
  externalDomain,
  externalPort,
  externalSecure,
}: Pick<Config, 'externalDomain' | 'externalPort' | 'externalSecure'>): string {
  return new URL(`${externalSecure ? 'https' : 'http'}://${externalDomain ?? LOCAL}:${externalPort}`).origin;
}

/** The external domain where none is configured. */
export const LOCAL = 'localhost';

/** `tlsCertFile` → `KEYWARD_TLS_CERT_FILE`; the file uses the name as it is, the flag is `--tls-cert-file`. */
export const environmentName = (name: SettingName): string => `KEYWARD_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
export const flagName = (name: SettingName): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

interface Meta {
  readonly about: string;
  readonly expected: string;
  readonly secret: boolean;
  readonly shownDefault: string;
}

/** What the docs and the mistake lines say about a setting. Secrets have no flag: a command line is readable by everyone on the machine. */
export function metaOf(name: SettingName): Meta {
  const outer: z.ZodType = settings.shape[name];
  const inner = innermost(outer);
  const meta = { ...inner.meta(), ...outer.meta() } as { description?: string; expected?: string; secret?: boolean; shownDefault?: string }; // the keys given above
  const fallback = outer instanceof z.ZodDefault ? String(outer.parse(undefined)) : '';
  return {
    about: meta.description ?? '',
    expected: meta.expected ?? '',
    secret: meta.secret === true,
    shownDefault: meta.shownDefault ?? fallback,
  };
}

function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? innermost(schema.unwrap() as z.ZodType) : schema; // unwrap gives the core type of the same schema
}
