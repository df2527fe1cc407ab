/** What the terminal says when Keyward is ready: where it listens, where the credentials lie, and one call that works as printed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/settings.ts';
import { outboxDir } from '../notification/channel.ts';
import { credentialsDir } from '../store/data-dir.ts';
import { whereOf } from '../store/server.ts';
import type { Database } from './database.ts';

export function banner(config: Config, database: Database, demoUserId: string | undefined, version: string): string {
  const dir = credentialsDir(config.dataDir);
  const pat = join(dir, 'admin.pat');
  const here = existsSync(pat);
  const lines = [
    `Keyward ${version} is ready.`,
    `  listens on    ${publicUrl(config)}  (${config.host.map((host) => `${host.includes(':') ? `[${host}]` : host}:${config.port}`).join(', ')})`,
    `  database      ${database.embeddedIn === undefined ? whereOf(database.address) : `embedded PostgreSQL in ${database.embeddedIn}`}`,
    here
      ? `  credentials   ${dir}  (admin.pat, admin.password)`
      : `  credentials   not here: they lie on the machine of the first start. A new PAT: npm run keyward -- instance pat --owner`,
  ];
  lines.push(...messagesLie(config));
  if (here && demoUserId !== undefined) {
    const url = `${publicUrl(config)}/v2/users/${demoUserId}/deactivate`;
    lines.push('', 'Switch the demo user off:', `  curl -X POST ${url} -H "Authorization: Bearer $(cat ${quoted(pat)})"`);
  }
  return `${lines.join('\n')}\n\n`;
}

/** What has no way out, and where it lies instead. */
function messagesLie({ smtpUrl, notificationWebhookUrl, dataDir }: Config): string[] {
  if (notificationWebhookUrl !== undefined) return [];
  const [what, form, setting] =
    smtpUrl === undefined ? ['mails', '.eml', 'KEYWARD_SMTP_URL'] : ['text messages', '.txt', 'KEYWARD_NOTIFICATION_WEBHOOK_URL'];
  return [`  messages      ${what} are not sent (set ${setting}); they lie as ${form} files in ${outboxDir(dataDir)}`];
}

/** Where a client on this machine reaches the server: the configured domain, else the first address. */
export function publicUrl({ externalDomain, externalSecure, externalPort, host, port, tlsCertFile }: Config): string {
  if (externalDomain !== undefined) return origin(externalSecure, externalDomain, externalPort);
  const anywhere = host.some((address) => ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(address));
  const first = host[0] ?? 'localhost';
  return origin(tlsCertFile !== undefined, anywhere ? 'localhost' : first.includes(':') ? `[${first}]` : first, port);
}

const origin = (secure: boolean, host: string, port: number): string =>
  `${secure ? 'https' : 'http'}://${host}${port === (secure ? 443 : 80) ? '' : `:${port}`}`;

const quoted = (path: string): string => (/^[\w./@%+,:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
