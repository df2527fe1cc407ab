/** The kinds of value that a setting can have: how its text (environment, flag) or JSON value (file) is read, and what is expected of it. */
import { isIP } from 'node:net';
import * as z from 'zod';
import { parseSmtpUrl, EXPECTED as SMTP_EXPECTED } from './smtp-url.ts';

/** What a kind expects, said in the words of a mistake line ("expected …"). */
const expecting = <T extends z.ZodType>(expected: string, schema: T): T => schema.meta({ expected });

/** A whole number; text is taken in decimal digits only. */
export const whole = (least: number, most: number) =>
  expecting(`a whole number from ${least} to ${most}`, z.preprocess(numberFromText, z.number().int().min(least).max(most)));

export const yesOrNo = () => expecting('true or false', z.preprocess(booleanFromText, z.boolean()));

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  expecting(`one of ${values.join(', ')}`, z.enum(values));

/** Comma-separated in text, an array in the file. */
export const listOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  expecting(`a comma-separated list of ${values.join(', ')}`, z.preprocess(listFromText, z.array(z.enum(values))));

export const path = () => expecting('the path of a file or folder', z.string().min(1));

/** A name as in DNS, without scheme, port or path; kept in lower case. */
export const domain = () =>
  expecting('a domain name such as id.example.com, without scheme, port or path', z.string().max(253).regex(domainName).toLowerCase());

/** Addresses to listen on. `localhost` stands for both loopback addresses. */
export const addresses = () =>
  expecting(
    'a comma-separated list of IP addresses or localhost',
    z.preprocess(listFromText, z.array(z.string().refine((host) => host === 'localhost' || isIP(host) !== 0)).min(1)),
  );

/** Networks as address/prefix; a bare address is a network of one. */
export const networks = () =>
  expecting(
    'a comma-separated list of IP networks such as 10.0.0.0/8, ::1/128 or 192.0.2.7',
    z.preprocess(listFromText, z.array(z.string().refine(isNetwork))),
  );

/** Name servers as an IP address, with a port if it is another than 53: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`. */
export const nameServers = () =>
  expecting(
    'a comma-separated list of IP addresses, each with or without a port, such as 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:5353',
    z.preprocess(listFromText, z.array(z.string().refine(isNameServer))),
  );

/** 32 bytes; one trailing newline is not part of the key, since every way to write a file or a secret adds one. */
export const key = () =>
  expecting(
    'exactly 32 bytes',
    z.preprocess(
      keyFromText,
      z.instanceof(Buffer).refine((bytes) => bytes.length === 32),
    ),
  );

/**
 * System users by name: an RSA key (`keyData`, PEM in base64, or the `path` of a PEM file) and memberships; without any he is SYSTEM_OWNER
 * (reference/authn-authz-oidc.md 1.4). JSON in text, an object in the file. The keys themselves are judged by src/config/load.ts.
 */
export const systemUsers = () =>
  expecting(
    '{"<name>": {"keyData": "<PEM in base64>" or "path": "<PEM file>", "memberships": [{"memberType": "System", "IAM" or "Organization", "aggregateId": "<id>", "roles": ["<role>"]}]}}',
    z.preprocess(jsonFromText, z.record(z.string().min(1).max(200), systemUser)),
  );

const membership = z
  .strictObject({
    memberType: z.enum(['System', 'IAM', 'Organization']),
    /** Of the instance or organization; a System membership has none. */
    aggregateId: z.string().default(''),
    roles: z.array(z.string().min(1)),
  })
  .refine(({ memberType, aggregateId }) => memberType === 'System' || aggregateId !== '');

const systemUser = z
  .strictObject({
    keyData: z.base64().min(1).optional(),
    path: z.string().min(1).optional(),
    memberships: z.array(membership).default([]),
  })
  .refine(({ keyData, path }) => (keyData === undefined) !== (path === undefined))
  .transform(({ memberships, ...key }) => ({
    ...key,
    memberships: memberships.length > 0 ? memberships : [{ memberType: 'System' as const, aggregateId: '', roles: ['SYSTEM_OWNER'] }],
  }));

export type SystemUserSetting = z.output<typeof systemUser>;

/** A PostgreSQL URL; its parts are judged by parseDatabaseUrl. */
export const databaseUrl = () =>
  expecting('postgres://user:password@host:5432/database?sslmode=verify-full', z.string().regex(/^postgres(ql)?:\/\//));

/** The mail server; its parts are judged by parseSmtpUrl, with the file that it names by src/config/load.ts. */
export const smtpUrl = () =>
  expecting(
    SMTP_EXPECTED,
    z.string().transform((text, context) => {
      const { address } = parseSmtpUrl(text);
      if (address === undefined) context.addIssue({ code: 'custom' });
      return address ?? z.NEVER;
    }),
  );

export const httpUrl = () =>
  expecting(
    'an absolute URL such as https://hooks.example.com/messages',
    z
      .string()
      .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''))
      .transform((text) => new URL(text)),
  );

/** An address, with or without a name before it. */
export const mailbox = () =>
  expecting(
    'a mail address such as no-reply@example.com or Example <no-reply@example.com>',
    z.string().regex(/^(?:[^<>@\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@,]+@[^\s<>@,]+)$/),
  );

export const keyFromText = (given: unknown): unknown => {
  if (typeof given !== 'string' && !Buffer.isBuffer(given)) return given;
  const bytes = Buffer.from(given);
  if (bytes.length === 34 && bytes[32] === 0x0d && bytes[33] === 0x0a) return bytes.subarray(0, 32);
  if (bytes.length === 33 && bytes[32] === 0x0a) return bytes.subarray(0, 32);
  return bytes;
};

/** Without the underscore, which no host of a URL and no certificate has (RFC 952, RFC 1123 2.1). */
const domainName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const numberFromText = (given: unknown): unknown => (typeof given === 'string' && /^-?[0-9]{1,15}$/.test(given) ? Number(given) : given);

const booleanFromText = (given: unknown): unknown => (given === 'true' ? true : given === 'false' ? false : given);

const jsonFromText = (given: unknown): unknown => {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    return given; // no object, so it is refused
  }
};

const listFromText = (given: unknown): unknown =>
  typeof given === 'string'
    ? given
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : given;

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function isNameServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, v6, v4, port = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const version = isIP(v6 ?? v4 ?? '');
  return version === (v6 === undefined ? 4 : 6) && Number(port) >= 1 && Number(port) <= 65535;
}
