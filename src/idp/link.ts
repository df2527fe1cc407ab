/**
 * Links of users to accounts at providers, as parts of the statements that change a user (src/user/link.ts, src/user/create.ts). An account
 * belongs to one user; what of its id makes it another is decided by `account_key` (migrations/0011_identity_providers.sql).
 */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';

/** As the API has it: the provider, and the account there. */
export interface Link {
  readonly idpId: string;
  readonly userId: string;
  readonly userName: string;
}

export const linkAdded = ({ idpId, userId, userName }: Link): NewEvent => ({
  type: 'user.human.externalidp.added',
  payload: { idpConfigId: idpId, userId, displayName: userName },
});

/** Refuses a provider that is neither of the instance nor of the user's organization. */
export async function demandProviders(call: Call, orgId: string, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  const ids = [...new Set(links.map(({ idpId }) => idpId))];
  const [{ found }] = await call.db.read<{ found: number }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select (
        select count(*)::int from idps p where p.instance_id = ${call.instance.id} and p.idp_id = any(${ids}::text[]) and (p.org_id is null or p.org_id = ${orgId})
      ) as found from caller`,
  );
  if (found !== ids.length) throw new Failure(errors.linkProviderUnknown);
}

/** `, links as (…)`: links of the user in the CTE `changed`. */
export function insertLinks(sql: Sql, links: readonly Link[]): Fragment {
  if (links.length === 0) return sql``;
  return sql`,
    links as (
      insert into idp_links (instance_id, idp_id, external_id, external_key, user_id, display_name, user_epoch, org_epoch, instance_epoch, created_at)
      select c.instance_id, n.idp_id, n.external_id, account_key(p.kind, p.config, n.external_id), c.aggregate_id, n.display_name, c.epoch, o.epoch, i.epoch, c.at
      from changed c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      cross join unnest(${links.map((l) => l.idpId)}::text[], ${links.map((l) => l.userId)}::text[], ${links.map((l) => l.userName)}::text[])
        as n(idp_id, external_id, display_name)
      left join idps p on p.instance_id = c.instance_id and p.idp_id = n.idp_id
    )`;
}

/** Runs a statement that writes links. */
export async function linkTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.table_name === 'idp_links') {
      if (error.code === '23505') throw new Failure(errors.linkTaken, { cause: error });
      // Removed meanwhile.
      if (error.code === '23503') throw new Failure(errors.linkProviderUnknown, { cause: error });
    }
    throw error;
  }
}

/** `, unlinked as (…)`: the link of the user in the CTE `changed`, with the id as it was linked, gone. */
export function deleteLink(sql: Sql, { idpId, userId }: Pick<Link, 'idpId' | 'userId'>): Fragment {
  return sql`,
    unlinked as (
      delete from idp_links l using changed c
      where l.instance_id = c.instance_id and l.user_id = c.aggregate_id and l.idp_id = ${idpId} and l.external_id = ${userId}
    )`;
}

/** Whether a user can log in by a provider. */
export function hasLink(sql: Sql, instanceId: string, ownerId: string): Fragment {
  return sql`exists (select from idp_links l where l.instance_id = ${instanceId} and l.user_id = ${ownerId})`;
}

export async function isLinked(call: Call, ownerId: string): Promise<boolean> {
  const [{ linked }] = await call.db.read<{ linked: boolean }>(
    (sql, caller) => sql`with caller as (${caller}) select ${hasLink(sql, call.instance.id, ownerId)} as linked from caller`,
  );
  return linked;
}

interface StoredLink {
  idp_id: string;
  external_id: string;
  display_name: string;
}

/** The account as it was linked, where it is. */
export async function linkOf(call: Call, ownerId: string, { idpId, userId }: Pick<Link, 'idpId' | 'userId'>): Promise<Link | undefined> {
  const [row] = await call.db.read<StoredLink | Record<keyof StoredLink, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select l.idp_id, l.external_id, l.display_name
      from caller left join (idp_links l join idps p on p.instance_id = l.instance_id and p.idp_id = l.idp_id)
        on l.instance_id = ${call.instance.id} and l.user_id = ${ownerId} and l.idp_id = ${idpId} and l.external_key = account_key(p.kind, p.config, ${userId})`,
  );
  return row.idp_id === null ? undefined : linkFrom(row);
}

/** A page of the links of a user, in the order in which they were made. */
export async function linksOf(
  call: Call,
  ownerId: string,
  { asc, limit, offset }: { readonly asc: boolean; readonly limit: number; readonly offset: bigint },
): Promise<{ readonly total: bigint; readonly links: readonly Link[] }> {
  const rows = await call.db.list<(StoredLink | Record<keyof StoredLink, null>) & { total: bigint | null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select l.idp_id, l.external_id, l.display_name, row_number() over (order by l.created_at ${asc ? sql`asc` : sql`desc`}, l.idp_id, l.external_key) as place
        from idp_links l where l.instance_id = ${call.instance.id} and l.user_id = ${ownerId}
      )
      select f.*, (select count(*) from found) as total
      from caller left join (select * from found order by place limit ${limit} offset ${offset}) f on true order by f.place`,
  );
  return { total: rows[0].total ?? 0n, links: rows.flatMap((row) => (row.idp_id === null ? [] : linkFrom(row))) };
}

const linkFrom = ({ idp_id, external_id, display_name }: StoredLink): Link => ({
  idpId: idp_id,
  userId: external_id,
  userName: display_name,
});

/** `cut as (…), …`: all links to the providers in `target` are gone, each told in the log of its user. */
export function cutLinks(sql: Sql, target: Fragment, { editor, via }: { readonly editor: string; readonly via: string }): Fragment {
  return sql`
    cut as (
      delete from idp_links l using ${target} t where l.instance_id = t.instance_id and l.idp_id = t.idp_id
      returning l.instance_id, l.idp_id, l.user_id, l.external_id
    ),
    cut_users as (
      update users u set sequence = u.sequence + n.links
      from (select instance_id, user_id, count(*)::int as links from cut group by instance_id, user_id) n
      where u.instance_id = n.instance_id and u.user_id = n.user_id
      returning u.instance_id, u.user_id, u.org_id, u.sequence, n.links
    ),
    logged_cut as (
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
      select u.instance_id, 'user', u.user_id, u.sequence - u.links + row_number() over (partition by u.user_id order by c.external_id),
        'user.human.externalidp.cascade.removed', jsonb_build_object('idpConfigId', c.idp_id, 'userId', c.external_id), ${editor}, u.org_id, ${via}, clock_timestamp()
      from cut_users u join cut c on c.instance_id = u.instance_id and c.user_id = u.user_id
    )`;
}
