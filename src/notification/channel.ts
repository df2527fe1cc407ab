/** A way out of the outbox. Which one a message takes is for the configuration to say. */
import { join } from 'node:path';
import { type Config, externalOrigin, LOCAL } from '../config/settings.ts';
import { fileChannel } from './file.ts';
import type { Channel } from './kinds.ts';
import type { Rendered } from './render.ts';
import { smtpChannel } from './smtp.ts';
import { webhookChannel } from './webhook.ts';

export interface Way {
  /** Resolves when the message is taken over; throws Refused where it never will be, anything else where a later attempt may succeed. */
  send(message: Rendered, signal: AbortSignal): Promise<void>;
}

export type Ways = Readonly<Record<Channel, Way>>;

/** Mail by SMTP, else by webhook; text messages by webhook; what has no way lies as files in the data folder. */
export function waysOf(config: Pick<Config, 'smtpUrl' | 'smtpFrom' | 'notificationWebhookUrl' | 'dataDir' | 'externalDomain'>): Ways {
  const from = config.smtpFrom ?? `Keyward <no-reply@${config.externalDomain ?? LOCAL}>`;
  const webhook = config.notificationWebhookUrl === undefined ? undefined : webhookChannel(config.notificationWebhookUrl);
  const files = fileChannel(outboxDir(config.dataDir), from);
  const smtp = config.smtpUrl === undefined ? undefined : smtpChannel(config.smtpUrl, from);
  return { mail: smtp ?? webhook ?? files, sms: webhook ?? files };
}

export const outboxDir = (dataDir: string): string => join(dataDir, 'outbox');

/** Under which links of an instance lie: `domain` is one of its own, never a request's host (DESIGN.md 8). */
export const originOf = (config: Pick<Config, 'externalPort' | 'externalSecure'>, domain: string): string =>
  externalOrigin({ ...config, externalDomain: domain });
