/** The providers that a login policy offers: that of the instance, or the own one of an organization. */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { joined } from '../store/filter.ts';
import type { Owner } from './config.ts';
import { ownerErrors } from './errors.ts';
import { type Done, logOf, orgOf, type ProviderRow, providerColumns, raiseOwner } from './provider.ts';

/** The instance's policy offers its own providers; an organization's also those of the instance. The permission was checked by the method's option. */
export async function attachProvider(call: Call, owner: Owner, idpId: string): Promise<Done> {
  const orgId = orgOf(call, owner);
  const event: NewEvent = { type: `${eventPrefix(owner)}.added`, payload: { idpConfigId: idpId } };
  const [done] = await attachedOnce(owner, () =>
    call.db.change<{ has_policy: boolean } & (Done | Record<keyof Done, null>)>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        policy as (
          -- Locked, so that it is not taken away meanwhile; the instance has one in any case.
          select true as here from policies y, caller
          where y.instance_id = ${call.instance.id} and y.kind = 'login' and y.org_id = ${orgId ?? ''} for share of y
        ),
        has as (select ${orgId === null} or exists (select from policy) as policy from caller),
        target as (
          select p.instance_id, p.idp_id from idps p, has
          where has.policy and p.instance_id = ${call.instance.id} and p.idp_id = ${idpId} and (p.org_id is null or p.org_id = ${orgId})
        ),
        changed as (${raiseOwner(sql, call, owner, sql`target`)}),
        attached as (
          insert into login_policy_idps (instance_id, owner, org_id, idp_id, created_at)
          select c.instance_id, c.owner, ${orgId}, ${idpId}, c.at from changed c
        ),
        logged as (${append(sql, sql`changed`, logOf(call, owner), [event])})
        select has.policy as has_policy, c.owner, c.sequence, c.at from caller join has on true left join changed c on true`,
    ),
  );
  if (!done.has_policy) throw new Failure(ownerErrors[owner].attachNowhere);
  if (done.owner === null) throw new Failure(ownerErrors[owner].attachUnknown);
  return done;
}

async function attachedOnce<T>(owner: Owner, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.table_name === 'login_policy_idps') {
      if (error.code === '23505') throw new Failure(ownerErrors[owner].attachAgain, { cause: error });
      if (error.code === '23503') throw new Failure(ownerErrors[owner].attachUnknown, { cause: error }); // removed meanwhile
    }
    throw error;
  }
}

/** Links of users to it stay. */
export async function detachProvider(call: Call, owner: Owner, idpId: string): Promise<Done> {
  const event: NewEvent = { type: `${eventPrefix(owner)}.removed`, payload: { idpConfigId: idpId } };
  const [done] = await call.db.change<Done | Record<keyof Done, null>>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      detached as (
        delete from login_policy_idps l using caller
        where l.instance_id = ${call.instance.id} and l.owner = ${orgOf(call, owner) ?? call.instance.id} and l.idp_id = ${idpId}
        returning l.idp_id
      ),
      changed as (${raiseOwner(sql, call, owner, sql`detached`)}),
      logged as (${append(sql, sql`changed`, logOf(call, owner), [event])})
      select c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (done.owner === null) throw new Failure(ownerErrors[owner].detach);
  return done;
}

/** `detached as (…)`: an organization's login policy that is removed offers no providers any more. `source` has a row where it is removed. */
export function detachAll(sql: Sql, call: Call, orgId: string, source: Fragment): Fragment {
  return sql`
    detached as (delete from login_policy_idps l using ${source} s where l.instance_id = ${call.instance.id} and l.owner = ${orgId} and s.instance_id = l.instance_id)`;
}

const eventPrefix = (owner: Owner) => `${owner === 'instance' ? 'instance' : 'org'}.policy.login.idpprovider`;

/** What GetActiveIdentityProviders asks for; undefined: whether or not. */
export interface ActiveFilter {
  readonly creationAllowed?: boolean | undefined;
  readonly linkingAllowed?: boolean | undefined;
  readonly autoCreation?: boolean | undefined;
  readonly autoLinking?: boolean | undefined;
}

/** The providers of a policy, by whose it is (the id of the instance, or of an organization that has its own), as they were added; none of an organization that is off. */
export async function policyProviders(
  call: Call,
  policyOwner: string,
  filter: ActiveFilter = {},
): Promise<readonly Omit<ProviderRow, 'secrets'>[]> {
  const rows = await call.db.list<ProviderRow | { idp_id: null }>((sql, caller) => {
    const wanted = [
      [sql`p.is_creation_allowed`, filter.creationAllowed],
      [sql`p.is_linking_allowed`, filter.linkingAllowed],
      [sql`p.is_auto_creation`, filter.autoCreation],
      [sql`(p.auto_linking > 0)`, filter.autoLinking],
    ] as const;
    const conditions = wanted.flatMap(([column, value]) => (value === undefined ? [] : sql`${column} = ${value}`));
    return sql`
      with caller as (${caller}),
      offered as (
        select ${providerColumns(sql)}, l.created_at as offered_at
        from login_policy_idps l
        join idps p on p.instance_id = l.instance_id and p.idp_id = l.idp_id
        left join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
        where l.instance_id = ${call.instance.id} and l.owner = ${policyOwner} and (p.org_id is null or o.state = 1) and ${joined(sql, conditions, 'and')}
      )
      select f.* from caller left join offered f on true order by f.offered_at, f.idp_id`;
  });
  return rows.flatMap((row) => (row.idp_id === null ? [] : row));
}
