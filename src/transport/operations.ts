/** What operators and crawlers ask: `/debug/*`, `/healthz`, `/robots.txt`, `/` (reference/transport.md 4). */
import { corsHeaders } from './cors.ts';
import type { Exchange } from './exchange.ts';
import type { Metrics } from './metrics.ts';
import { sendMissed } from './rest/error.ts';
import { parseQuery } from './rest/query.ts';

const text = ['content-type', 'text/plain; charset=utf-8'];
const json = ['content-type', 'application/json'];

/** Whether calls can be served: the database answers. */
export type Ready = () => Promise<boolean>;

export async function serveDebug(exchange: Exchange, path: string, ready: Ready, metrics: Metrics): Promise<void> {
  switch (path) {
    case '/debug/healthz':
      return exchange.send(200, text, 'ok');
    case '/debug/ready':
      if (await ready().catch(() => false)) return exchange.send(200, json, '"ok"');
      return exchange.send(412, text, 'ID=API-F24h2 Message=DB CONNECTION ERROR');
    case '/debug/metrics': {
      const said = await metrics.text();
      if (said === undefined) return exchange.send(503, text, 'not every process tells its metrics\n');
      return exchange.send(200, ['content-type', metrics.registry.contentType], said);
    }
    default:
      return exchange.send(404, [...text, 'x-content-type-options', 'nosniff'], '404 page not found\n');
  }
}

/** `GET /healthz?service=`: serving, as long as the process runs and knows the service. */
export function serveHealthz(exchange: Exchange, query: string, isKnown: (service: string) => boolean): void {
  if (exchange.verb !== 'GET') {
    sendMissed(exchange, 'method');
    return;
  }
  const head = [...json, 'x-robots-tag', 'none', ...corsHeaders(exchange)];
  const [service = ''] = parseQuery(query).get('service') ?? [];
  if (isKnown(service)) exchange.send(200, head, '{"status":"SERVING"}\n');
  else exchange.send(404, [...head, 'cache-control', 'no-store'], '{"code":5,"message":"unknown service"}');
}

export const sendRobots = (exchange: Exchange): void => exchange.send(200, text, 'User-agent: *\nDisallow: /\n');

/** The start page is the login. */
export const sendStart = (exchange: Exchange): void =>
  exchange.send(302, ['content-type', 'text/html; charset=utf-8', 'location', '/ui/login'], '<a href="/ui/login">Found</a>.\n\n');
