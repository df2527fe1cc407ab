/** A mail in the terms of nodemailer, the same for every attempt: its Message-ID tells the receiver that he has it already. */
import type { Rendered } from './render.ts';

export function mailOf({ message, language, subject, text, html }: Rendered, from: string) {
  const domain = /@([^\s@>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    // an object: as text, a comma in it would make two of it
    to: { name: '', address: message.recipient },
    subject,
    text,
    html,
    date: message.createdAt,
    messageId: `<${message.id}@${domain}>`,
    // RFC 3834 section 5: no answer of a machine is wanted
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
