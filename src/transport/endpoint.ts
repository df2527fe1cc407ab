/** What is served beside the methods (contract/endpoint.ts): bytes in, bytes out, with the limits, the request id, CORS and the log line of a call. */
import type { Endpoint, EndpointAnswer, EndpointRequest } from '../contract/endpoint.ts';
import { Failure } from '../failure/failure.ts';
import { answerPreflight, corsHeaders, forEndpoints, isPreflight } from './cors.ts';
import { type Exchange, Gone } from './exchange.ts';
import { newRequestId } from './request-id.ts';
import { type Surroundings, traceId } from './served-call.ts';

export async function serveEndpoint(
  around: Surroundings,
  exchange: Exchange,
  endpoint: Endpoint,
  path: string,
  query: string,
): Promise<void> {
  if (isPreflight(exchange)) return answerPreflight(exchange, forEndpoints);
  const requestId = newRequestId();
  const started = performance.now();
  const seen: EndpointRequest['seen'] = { instance: undefined, caller: undefined };
  const answer = await answered();
  if (answer !== undefined) {
    exchange.send(answer.status, [...answer.headers, 'x-request-id', requestId, ...corsHeaders(exchange, forEndpoints)], answer.body);
  }
  const code = answer?.code ?? 'canceled';
  const ms = performance.now() - started;
  const { protocol = 'oauth' } = endpoint;
  around.metrics.observe(endpoint, protocol, code, ms);
  around.onCall({ protocol, method: endpoint, ...seen, code, ms, requestId, traceId: traceId(exchange.header('traceparent')) });

  /** Undefined where there is no client any more. */
  async function answered(): Promise<EndpointAnswer | undefined> {
    try {
      const body = await exchange.body(around.limits.bodyBytes);
      const header = (name: string): string | undefined => exchange.header(name);
      return await endpoint.answer({ method: exchange.verb, path, query, header, body, host: around.hostOf(exchange), seen });
    } catch (thrown) {
      if (thrown instanceof Gone) return undefined;
      if (thrown instanceof Failure) return endpoint.refuse(thrown);
      around.log({ requestId, method: endpoint, error: thrown });
      return endpoint.refuse(new Failure({ code: 'internal', key: 'Errors.Internal', id: requestId }, { cause: thrown }));
    }
  }
}
