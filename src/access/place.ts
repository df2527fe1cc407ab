/**
 * The instance that a request to an endpoint has reached, with its issuer: the origin of the domain that was asked, where that is one of its
 * own, else of its primary one. Never what a request says of itself: the scheme and the port are those of the configuration.
 */
import { type External, externalOrigin } from '../config/settings.ts';
import type { Store } from '../store/connect.ts';
import { domainOf, type Instance, type Tenants } from './tenant.ts';

export interface Place {
  readonly instance: Instance;
  readonly issuer: string;
}

/** Fails with `not_found` where the host belongs to no instance. */
export async function placeOf(store: Store, tenants: Tenants, external: External, host: string): Promise<Place> {
  // Asked anew: no guarded statement would re-check what is remembered of the host.
  const instance = await tenants.resolve(host, true);
  const [row] = await store.run(
    (sql) => sql<{ domain: string }[]>`
      select domain from instance_domains where instance_id = ${instance.id} order by domain = ${domainOf(host)} desc, is_primary desc, domain limit 1`,
  );
  if (!row) throw new Error(`instance ${instance.id} has no domain`);
  return { instance, issuer: externalOrigin({ ...external, externalDomain: row.domain }) };
}
