/**
 * The applications that ask about tokens: an API, or a client of OpenID Connect, which proves itself by its secret or by an assertion that
 * one of its keys signed (reference/authn-authz-oidc.md 3.4, 5.2). It must be switched on, with its project and its organization. One that is
 * unknown or off, a wrong secret and an assertion that proves nothing are told alike.
 */
import type { Place } from '../access/place.ts';
import { authMethods } from '../app/config.ts';
import { verifyPassword } from '../crypto/password.ts';
import { spendVerification } from '../session/comparison.ts';
import type { Store } from '../store/connect.ts';
import { keyIdOf, provesIdentity } from './assertion.ts';
import { OAuthError } from './error.ts';
import type { ClientAssertion, ClientProof } from './form.ts';

export interface Client {
  client_id: string;
  project_id: string;
}

interface ClientRow extends Client {
  auth_method: number;
  secret_hash: string | null;
  /** PEM; null where the client is looked for by its id. */
  public_key: string | null;
}

/** What the keys of applications sign with. */
const ALGORITHMS = ['RS256', 'PS256'];

const refused = () => new OAuthError('unauthorized_client', '');

export async function authenticatedClient(store: Store, place: Place, proof: ClientProof | ClientAssertion): Promise<Client> {
  const client = await ('assertion' in proof ? byAssertion(store, place, proof) : bySecret(store, place, proof));
  if (!client) throw refused();
  return client;
}

async function bySecret(store: Store, { instance }: Place, { clientId, secret }: ClientProof): Promise<Client | undefined> {
  const client = await find(store, instance.id, { clientId });
  const stored = client?.auth_method === authMethods.basic || client?.auth_method === authMethods.post ? client.secret_hash : null;
  if (stored === null) {
    await spendVerification(secret); // so that time does not tell which clients there are
    return undefined;
  }
  return (await verifyPassword(stored, secret)) ? client : undefined;
}

async function byAssertion(store: Store, { instance, issuer }: Place, { assertion }: ClientAssertion): Promise<Client | undefined> {
  const keyId = keyIdOf(assertion);
  const client = keyId === undefined ? undefined : await find(store, instance.id, { keyId });
  if (!client || client.public_key === null || client.auth_method !== authMethods.privateKeyJwt) return undefined;
  const proven = await provesIdentity(assertion, client.public_key, {
    identity: client.client_id,
    audience: issuer,
    algorithms: ALGORITHMS,
  });
  return proven ? client : undefined;
}

type Which = { readonly clientId: string } | { readonly keyId: string };

async function find(store: Store, instanceId: string, which: Which): Promise<ClientRow | undefined> {
  const [row] = await store.read(
    (sql) => sql<ClientRow[]>`
      select a.client_id, a.project_id, (a.config->>'authMethod')::int as auth_method, a.secret_hash, ${'keyId' in which ? sql`k.public_key` : sql`null::text`} as public_key
      from apps a
      join projects p on p.instance_id = a.instance_id and p.project_id = a.project_id
      join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
      join instances i on i.instance_id = a.instance_id
      ${'keyId' in which ? sql`join app_keys k on k.instance_id = a.instance_id and k.app_id = a.app_id` : sql``}
      where a.instance_id = ${instanceId} and a.state = 1 and p.state = 1 and o.state = 1 and i.state = 1
        and ${'keyId' in which ? sql`k.key_id = ${which.keyId} and k.expires_at > now()` : sql`a.client_id = ${which.clientId}`}`,
  );
  return row;
}
