/** The organization calls of zitadel.management.v1, which all mean the organization of the call: message in, message out. */
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { Call, Implementation } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { errors } from './errors.ts';

export const managementOrganization: Implementation<typeof ManagementService> = {
  async getMyOrg(_, call) {
    const org = await organizationOf(call);
    return {
      org: {
        id: org.org_id,
        details: {
          sequence: org.sequence,
          creationDate: timestampFromPg(org.created_at),
          changeDate: timestampFromPg(org.changed_at),
          resourceOwner: org.org_id,
        },
        state: org.state,
        name: org.name,
        primaryDomain: org.primary_domain,
      },
    };
  },
};

interface Org {
  org_id: string;
  name: string;
  /** 1 active, 2 inactive, as stored. */
  state: 1 | 2;
  primary_domain: string;
  sequence: bigint;
  created_at: string;
  changed_at: string;
}

/** Fails with `not_found` for a system user who names no organization. */
async function organizationOf(call: Call): Promise<Org> {
  const [org] = await call.db.read<Org | Record<keyof Org, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select o.org_id, o.name, o.state, o.sequence, o.created_at, o.changed_at,
        coalesce((select d.domain from org_domains d where d.instance_id = o.instance_id and d.org_id = o.org_id and d.is_primary limit 1), '') as primary_domain
      from caller left join orgs o on o.instance_id = ${call.instance.id} and o.org_id = ${call.orgId}`,
  );
  if (org.org_id === null) throw new Failure(errors.currentNotFound);
  return org;
}
