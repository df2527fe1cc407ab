/** The published keys of an instance (RFC 7517 section 5; reference/authn-authz-oidc.md 3.3). */
import type { EndpointAnswer } from '../contract/endpoint.ts';
import type { WebKeys } from '../webkey/keys.ts';
import { json } from './error.ts';

/** Whoever remembers the set asks again after five minutes. */
const headers = ['content-type', 'application/json', 'cache-control', 'max-age=300, must-revalidate'];

export async function keySet(webKeys: WebKeys, instanceId: string): Promise<EndpointAnswer> {
  const keys = await webKeys.published(instanceId);
  return json({ keys: keys.map(({ keyId, algorithm, publicKey }) => ({ use: 'sig', kid: keyId, alg: algorithm, ...publicKey })) }, headers);
}
