/** Which tenant (instance) a host belongs to. A node remembers it under the instance's version; the guard of each statement re-checks it. */
import { Failure } from '../failure/failure.ts';
import type { Store } from '../store/connect.ts';

/** A tenant, as a node remembers it. */
export interface Instance {
  readonly id: string;
  readonly defaultOrgId: string;
  readonly epoch: bigint;
  readonly accessVersion: bigint;
  /** Whether any organization ever put its domain behind login names. */
  readonly domainLogins: boolean;
  /** Of texts for whom none other is known of; one of settings/language.ts. */
  readonly defaultLanguage: string;
}

/** Most hosts that a node remembers at once. */
const REMEMBERED = 10_000;

export class Tenants {
  readonly #store: Store;
  readonly #anyHost: boolean;
  readonly #byHost = new Map<string, Instance>();
  readonly #byId = new Map<string, Instance>();

  /** `anyHost`: while there is a single instance, every host reaches it (no external domain was configured). */
  constructor(store: Store, { anyHost }: { anyHost: boolean }) {
    this.#store = store;
    this.#anyHost = anyHost;
  }

  /**
   * The running instance of a host; the port does not count, nor does the case (reference/instance-and-setup.md 2.1).
   * `fresh` asks the database whatever is remembered. An unknown host is never answered from memory.
   */
  async resolve(host: string, fresh: boolean): Promise<Instance> {
    const domain = domainOf(host);
    const remembered = fresh ? undefined : this.#byHost.get(domain);
    if (remembered) return remembered;
    const [found] = await this.#store.read(
      (sql) => sql<Instance[]>`
        with named as (
          select d.instance_id from instance_domains d where d.domain = ${domain}
        ),
        single as (
          select min(few.instance_id) as instance_id from (select instance_id from instances limit 2) as few where ${this.#anyHost} having count(*) = 1
        )
        select i.instance_id as id, i.default_org_id as "defaultOrgId", i.epoch, i.access_version as "accessVersion", i.domain_logins as "domainLogins",
          i.default_language as "defaultLanguage"
        from (select * from named union select * from single) as reached
        join instances i using (instance_id)
        where i.state = 1`,
    );
    this.#byHost.delete(domain);
    if (!found) throw unknownHost(domain);
    if (this.#byHost.size >= REMEMBERED) this.#byHost.clear();
    this.#byHost.set(domain, found);
    return found;
  }

  /** The running instance of an id, remembered as hosts are; undefined where there is none. */
  async byId(id: string, fresh: boolean): Promise<Instance | undefined> {
    const remembered = fresh ? undefined : this.#byId.get(id);
    if (remembered) return remembered;
    const [found] = await this.#store.read(
      (sql) => sql<Instance[]>`
        select i.instance_id as id, i.default_org_id as "defaultOrgId", i.epoch, i.access_version as "accessVersion", i.domain_logins as "domainLogins",
          i.default_language as "defaultLanguage"
        from instances i where i.instance_id = ${id} and i.state = 1`,
    );
    this.#byId.delete(id);
    if (!found) return undefined;
    if (this.#byId.size >= REMEMBERED) this.#byId.clear();
    this.#byId.set(id, found);
    return found;
  }
}

/** The host name alone, in small letters: without port, an IPv6 address without its brackets' port. */
export function domainOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

/** The reference's NotFound (reference/instance-and-setup.md 2.3), with a text that helps; no id and no detail, as there. */
function unknownHost(domain: string): Failure {
  const name = domain === '' ? 'no host' : domain;
  return new Failure({
    code: 'not_found',
    key: `Instance not found: no instance serves "${name}" (QUERY-1kIjX). Add it on the server: keyward instance add --name NAME --domain ${domain || 'DOMAIN'}`,
  });
}
