/** The caller's instance with its domains. */
import type { Call } from '../access/call.ts';

export interface CurrentInstance {
  readonly id: string;
  readonly name: string;
  readonly sequence: bigint;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly domains: readonly CurrentDomain[];
}

export interface CurrentDomain {
  readonly domain: string;
  readonly isPrimary: boolean;
  readonly isGenerated: boolean;
  readonly createdAt: string;
}

type Row = Omit<CurrentInstance, 'domains'> & CurrentDomain & { readonly domainCreatedAt: string };

/** An instance always has a domain, since one is generated with it. */
export async function currentInstance(call: Call): Promise<CurrentInstance> {
  const rows = await call.db.read<Row>(
    (sql, caller) => sql`
      with caller as (${caller})
      select i.instance_id as id, i.name, i.sequence, i.created_at as "createdAt", i.changed_at as "changedAt",
        d.domain, d.is_primary as "isPrimary", d.is_generated as "isGenerated", d.created_at as "domainCreatedAt"
      from caller
      join instances i on i.instance_id = ${call.instance.id}
      join instance_domains d on d.instance_id = i.instance_id
      order by d.is_generated desc, d.created_at, d.domain`,
  );
  const [{ id, name, sequence, createdAt, changedAt }] = rows;
  return {
    id,
    name,
    sequence,
    createdAt,
    changedAt,
    domains: rows.map(({ domain, isPrimary, isGenerated, domainCreatedAt }) => ({
      domain,
      isPrimary,
      isGenerated,
      createdAt: domainCreatedAt,
    })),
  };
}
