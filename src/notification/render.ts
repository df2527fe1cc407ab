/** A message as its user reads it: subject, plain text and HTML in his language, the link filled in. */
import { fillTemplate } from './go-template.ts';
import { type Channel, defaultTemplate, type MessageKind } from './kinds.ts';
import type { MessageData } from './outbox.ts';
import { isMail, isSms, type Language, languageFor, languages, type MailText } from './texts/texts.ts';

/** What stands in the outbox, opened. */
export interface Message {
  readonly id: string;
  readonly instanceId: string;
  readonly userId: string;
  readonly orgId: string;
  readonly kind: MessageKind;
  readonly channel: Channel;
  readonly recipient: string;
  readonly language: string;
  readonly code: string | undefined;
  readonly data: MessageData;
  readonly createdAt: Date;
}

export interface Rendered {
  readonly message: Message;
  readonly language: Language;
  readonly link: string | undefined;
  /** Of a mail; a text message has none. */
  readonly subject: string | undefined;
  readonly text: string;
  readonly html: string | undefined;
}

/** Who invites, where the call did not say. */
const APPLICATION = 'Keyward';
/** Most characters of a name that a message repeats: whoever chooses it must not write the message. */
const LONGEST_NAME = 100;

/** `origin`: of the instance, where relative links begin; `otherwise`: its language, where there are no texts in that of the user. Throws where the template of the link cannot be filled. */
export function render(message: Message, origin: string, otherwise = 'en'): Rendered {
  const language = languageFor(message.language, languageFor(otherwise));
  const { data, kind, code } = message;
  const link = linkOf(message, origin);
  const values: Values = {
    name: oneLine(data.name ?? ''),
    username: oneLine(data.username ?? ''),
    application: oneLine(data.applicationName ?? APPLICATION),
    domain: oneLine(data.domain ?? ''),
    host: new URL(origin).hostname,
    code: code ?? '',
    link: link ?? '',
  };
  const texts = languages[language];
  if (message.channel === 'sms') {
    if (!isSms(kind)) throw new Error(`${kind} is no text message`);
    return { message, language, link, subject: undefined, text: filled(texts.messages[kind], values).trim(), html: undefined };
  }
  if (!isMail(kind)) throw new Error(`${kind} is no mail`);
  const mail: MailText = texts.mails[kind];
  const parts = {
    greeting: filled(texts.greeting, values),
    body: filled(mail.body, values),
    button: mail.button,
    code: code === undefined ? undefined : { label: texts.code, code },
    unasked: mail.unasked ?? texts.unasked,
    link,
  };
  return {
    message,
    language,
    link,
    subject: filled(mail.subject, values),
    text: plain(parts),
    html: html(parts, language, mail.subject, values),
  };
}

/** Filled with what belongs to the user; undefined where the message has no link. */
function linkOf({ kind, code, data, userId, orgId, language }: Message, origin: string): string | undefined {
  const template = data.template || defaultTemplate(kind);
  if (template === undefined || code === undefined || kind === 'verify-phone') return undefined;
  const link = fillTemplate(template, {
    UserID: userId,
    OrgID: orgId,
    Code: code,
    LoginName: data.username ?? '',
    DisplayName: data.name ?? '',
    PreferredLanguage: language,
    ...(data.codeId === undefined ? {} : { CodeID: data.codeId }),
    ...(data.sessionId === undefined ? {} : { SessionID: data.sessionId }),
  });
  return link.startsWith('/') ? `${origin}${link}` : link;
}

type Values = Readonly<Record<'name' | 'username' | 'application' | 'domain' | 'host' | 'code' | 'link', string>>;

/** Each placeholder by its value; what a value brings along is not read again. */
const filled = (text: string, values: Values): string => text.replace(/\{(\w+)\}/g, (_, name: keyof Values) => values[name]);

/** A name that somebody chose: in one line, of bounded length. */
function oneLine(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= LONGEST_NAME ? line : `${characters.slice(0, LONGEST_NAME).join('')}…`;
}

interface Parts {
  readonly greeting: string;
  readonly body: string;
  readonly button: string | undefined;
  readonly code: { readonly label: string; readonly code: string } | undefined;
  readonly unasked: string;
  readonly link: string | undefined;
}

function plain({ greeting, body, button, code, unasked, link }: Parts): string {
  return [
    greeting,
    body,
    ...(link === undefined || button === undefined ? [] : [`${button}:\n${link}`]),
    ...(code === undefined ? [] : [`${code.label} ${code.code}`]),
    unasked,
  ]
    .join('\n\n')
    .concat('\n');
}

const P = 'style="margin:0 0 16px"';

function html({ greeting, body, button, code, unasked, link }: Parts, language: Language, subject: string, values: Values): string {
  const lines = [
    `<p ${P}>${escaped(greeting)}</p>`,
    `<p ${P}>${escaped(body)}</p>`,
    ...(link === undefined || button === undefined ? [] : [`<p ${P}>${anchor(link, button)}</p>`]),
    ...(code === undefined ? [] : [`<p ${P}>${escaped(code.label)} <strong style="letter-spacing:1px">${escaped(code.code)}</strong></p>`]),
    `<p style="margin:0;color:#555">${escaped(unasked)}</p>`,
  ];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(filled(subject, values))}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#111;background:#fff">
<div style="max-width:560px;margin:0 auto">
${lines.join('\n')}
</div>
</body>
</html>
`;
}

/** Schemes that run in the reader; a template may name any. */
const RUNS = /^(?:javascript|data|vbscript|blob|file):$/;

/** A link that can be followed: an absolute URL of a harmless scheme. Another one is shown only. */
function anchor(link: string, button: string): string {
  const url = URL.parse(link);
  if (!url || RUNS.test(url.protocol)) return `${escaped(button)}: ${escaped(link)}`;
  const style = 'display:inline-block;padding:10px 18px;border-radius:4px;background:#1f4fd8;color:#fff;text-decoration:none';
  return `<a href="${escaped(link)}" style="${style}">${escaped(button)}</a>`;
}

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (mark) => MARKS[mark] ?? mark);
