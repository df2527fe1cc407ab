/** A Failure as the REST gateway tells it (reference/transport.md 8.3), and the gateway's own answers to what is no call. */
import { codes, type Failure } from '../../failure/failure.ts';
import { corsHeaders } from '../cors.ts';
import { detailOf } from '../details.ts';
import type { Exchange } from '../exchange.ts';
import { headerText } from '../header-text.ts';

export function restError(failure: Failure): string {
  const code = codes[failure.code].grpc;
  const { message } = failure;
  const detail = detailOf(failure);
  if (detail === undefined) return JSON.stringify({ code, message });
  return JSON.stringify({ code, message, details: [{ '@type': `type.googleapis.com/${detail.type}`, ...detail.json }] });
}

/** The headers that a Failure brings over REST. */
export function restErrorHead({ code, message, retryAfter }: Failure): string[] {
  const head: string[] = [];
  if (code === 'unauthenticated') head.push('www-authenticate', headerText(message));
  if (retryAfter !== undefined) head.push('retry-after', String(retryAfter));
  return head;
}

/** What is answered where no route is met: status and body (reference/transport.md 2, 5.5). */
const missed = {
  path: [404, '{"code":5,"message":"Not Found"}'],
  method: [405, '{"code":12,"message":"Method Not Allowed"}'],
  prefix: [400, '{"code":3,"message":"Bad Request"}'],
} as const;

export function sendMissed(exchange: Exchange, what: keyof typeof missed): void {
  const [status, body] = missed[what];
  exchange.send(status, ['content-type', 'application/json', 'x-robots-tag', 'none', ...corsHeaders(exchange)], body);
}
