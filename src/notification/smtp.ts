/** Mail by SMTP (RFC 5321), each on a connection of its own, so that a server that stalls holds up no other. */
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type { SmtpAddress } from '../config/smtp-url.ts';
import type { Way } from './channel.ts';
import { mailOf } from './mail.ts';
import { Refused } from './refused.ts';

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000, socketCloseTimeout: 500 };

export function smtpChannel({ host, port, secure, tls, caFile, login }: SmtpAddress, from: string): Way {
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && tls === 'required',
    ignoreTLS: tls === 'none',
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
    tls: { minVersion: 'TLSv1.2', ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) },
    ...TIMEOUTS,
  });
  return {
    async send(message, signal) {
      try {
        await transport.sendMail({ ...mailOf(message, from), signal });
      } catch (error) {
        throw isFinal(error) ? new Refused(messageOf(error), { cause: error }) : error;
      }
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * A permanent answer (5yz, RFC 5321 section 4.2.1) to the recipient or the content. Whatever an operator can mend is tried again: a refused
 * login or sender, and answers of policy (X.7.X of RFC 3463: relaying denied and the like).
 */
function isFinal(error: unknown): boolean {
  const {
    code,
    responseCode,
    command,
    response = '',
  } = error as { code?: string; responseCode?: number; command?: string; response?: string }; // of nodemailer's errors
  if (code === 'EENVELOPE' && responseCode === undefined) return true; // no address that a mail can go to
  if (responseCode === undefined || responseCode < 550 || responseCode > 559) return false;
  return (command === 'RCPT TO' || command === 'DATA') && !/^5\d\d[ -]5\.7\./.test(response);
}
