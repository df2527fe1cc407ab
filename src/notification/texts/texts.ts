/**
 * What messages say, by language. Placeholders: {name}, {username}, {application}, {domain}, {host}, {code}, {link}. The last line of a code to
 * log in by text message is for machines: a browser fills it in on that host alone (https://wicg.github.io/sms-one-time-codes/).
 */
import { type Channel, KINDS, type MessageKind } from '../kinds.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { it } from './it.ts';
import { ja } from './ja.ts';
import { nl } from './nl.ts';
import { pl } from './pl.ts';
import { pt } from './pt.ts';
import { zh } from './zh.ts';

/** Around the body of every mail. */
export interface Frame {
  readonly greeting: string;
  /** Before the code, where the message has one. */
  readonly code: string;
  /** Where somebody else may have asked for the message. */
  readonly unasked: string;
}

export interface MailText {
  readonly subject: string;
  readonly body: string;
  /** On the link; a message without one has none. */
  readonly button?: string;
  /** Another last line than the frame's. */
  readonly unasked?: string;
}

type Sent<C extends Channel> = { [K in MessageKind]: C extends (typeof KINDS)[K]['channels'][number] ? K : never }[MessageKind];

export const isMail = (kind: MessageKind): kind is Sent<'mail'> => goes(kind, 'mail');
export const isSms = (kind: MessageKind): kind is Sent<'sms'> => goes(kind, 'sms');

function goes(kind: MessageKind, channel: Channel): boolean {
  const channels: readonly Channel[] = KINDS[kind].channels;
  return channels.includes(channel);
}

export interface Texts extends Frame {
  readonly mails: Readonly<Record<Sent<'mail'>, MailText>>;
  readonly messages: Readonly<Record<Sent<'sms'>, string>>;
}

export const languages = { en, de, fr, es, it, pt, nl, pl, ja, zh } as const satisfies Record<string, Texts>;
export type Language = keyof typeof languages;

/** The nearest language that there are texts in: of the tag (`de-CH` is German), else the given one. */
export function languageFor(tag: string, otherwise: Language = 'en'): Language {
  const [language = ''] = tag.toLowerCase().split(/[-_]/);
  return Object.hasOwn(languages, language) ? (language as Language) : otherwise; // just looked up
}
