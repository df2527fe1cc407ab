/** The log: JSON lines on stderr, or readable ones where that is a terminal. Secrets are struck out by name, wherever a field of that name lies. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export function createLog(level: string, stream: DestinationStream = standard()): Log {
  return pino({ level, redact: { paths: struck, censor: '***' }, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** Names under which a token, password or code could come along; two levels deep, because that is where headers and messages lie. */
const names = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-zitadel-token',
  'token',
  'access_token',
  'refresh_token',
  'sessionToken',
  'pat',
  'password',
  'masterkey',
  'secret',
  'client_secret',
  'verificationCode',
  'assertion',
];
const struck = [
  ...names.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
  // `code` is also the outcome of a call and the number of an error, which are wanted
  'message.code',
  'request.code',
  'response.code',
  // PostgreSQL quotes the row there
  'err.detail',
  'err.where',
];

/** stdout belongs to what a person or script asked for. */
function standard(): DestinationStream {
  return process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' })
    : destination({ fd: 2, sync: false });
}
