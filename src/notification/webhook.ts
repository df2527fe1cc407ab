/** Mail and text messages by HTTP: each is a JSON object that is POSTed to one URL, which sends it on. */
import type { Way } from './channel.ts';
import { Refused } from './refused.ts';
import type { Rendered } from './render.ts';

/** Answers that the same request will get again. Others that are no success may be mended (a wrong path, a lost login, an overload). */
const FINAL: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);

export function webhookChannel(given: URL): Way {
  const { url, authorization } = withoutLogin(given);
  return {
    async send(message, signal) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': message.message.id,
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: JSON.stringify(bodyOf(message)),
        redirect: 'error', // a code is for that URL, and no other
        signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      const said = `the webhook answered ${response.status}`;
      throw FINAL.has(response.status) ? new Refused(said) : new Error(said);
    },
  };
}

function bodyOf({ message, language, link, subject, text, html }: Rendered) {
  const { id, kind, channel, recipient, instanceId, orgId, userId, code, createdAt, data } = message;
  return {
    id,
    kind,
    channel,
    recipient,
    language,
    subject,
    text,
    html,
    link,
    code,
    codeId: data.codeId,
    instanceId,
    organizationId: orgId,
    userId,
    createdAt: createdAt.toISOString(),
  };
}

/** Name and password of a URL go into the header (RFC 7617); fetch takes no URL that has them. */
function withoutLogin(given: URL): { url: URL; authorization: string | undefined } {
  const url = new URL(given);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, authorization: undefined };
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
