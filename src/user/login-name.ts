/**
 * Login names: the user name, or where the domain policy says so the user name with each verified domain of the organization behind it, the
 * primary one preferred (reference/user-service-v2.md 2.5). They are made when they are read, so that a change of policy or domain shows at once.
 */
import type { Fragment, Sql } from '../store/connect.ts';

/** Of a user with his `loginDomains`. */
interface Named {
  readonly username: string;
  readonly login_domains: readonly string[] | null;
}

export function loginNames({ username, login_domains: domains }: Named): string[] {
  return domains === null ? [username] : domains.map((domain) => `${username}@${domain}`).sort();
}

export function preferredLoginName({ username, login_domains: domains }: Named): string {
  return domains?.[0] === undefined ? username : `${username}@${domains[0]}`;
}

/** Over `u` (users): the domains behind the user name, the primary one first; null where there are none. */
export function loginDomains(sql: Sql): Fragment {
  return sql`(
    select array_agg(d.domain order by d.is_primary desc, d.domain)
    from orgs l join org_domains d on d.instance_id = l.instance_id and d.org_id = l.org_id
    where l.instance_id = u.instance_id and l.org_id = u.org_id and l.login_with_domain and d.is_verified)`;
}

/** Over `u` (users) and `p` (profiles): the preferred login name. */
export function preferredLoginNameOf(sql: Sql): Fragment {
  return sql`(p.username || coalesce('@' || (${loginDomains(sql)})[1], ''))`;
}

/** Whose a login name is, the strongest first: so that no organization can take the users of another their names by a name of its own. */
const claims = {
  /** It ends in a domain that his organization has proven. */
  proven: 1,
  /** It is unique in the instance: no other can have it, but by a domain that was added later. */
  unique: 2,
  /** It ends in a domain that his organization has added. */
  added: 3,
  /** His organization lets it stand beside those of others. */
  scoped: 4,
} as const;

/**
 * The id of the user with a login name, whatever its case: of the strongest claim; null where there is none, and where several are equally
 * strong, since nobody can say whom it means.
 */
export function userIdByLoginName(sql: Sql, instanceId: string, loginName: string): Fragment {
  const at = loginName.lastIndexOf('@');
  const domain = at <= 0 || at === loginName.length - 1 ? undefined : loginName.slice(at + 1);
  const ofDomain = sql`case when d.validation_type is null then ${claims.added}::int else ${claims.proven}::int end`;
  const ofName = sql`case when o.scoped_names then ${claims.scoped}::int else ${claims.unique}::int end`;
  const withDomain =
    domain === undefined
      ? sql``
      : sql`
      union all
      select u.user_id, ${ofDomain}
      from org_domains d
      join orgs o on o.instance_id = d.instance_id and o.org_id = d.org_id
      join users u on u.instance_id = o.instance_id and u.org_id = o.org_id
      join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
      where d.instance_id = ${instanceId} and lower(d.domain) = lower(${domain}) and d.is_verified and o.login_with_domain
        and lower(p.username) = lower(${loginName.slice(0, at)})`;
  const byDomain =
    domain === undefined
      ? ofName
      : sql`least(${ofName}, (
          select ${ofDomain} from org_domains d
          where d.instance_id = o.instance_id and d.org_id = o.org_id and lower(d.domain) = lower(${domain}) and d.is_verified))`;
  return sql`(
    select case when count(*) = 1 then min(best.user_id) end
    from (
      select named.user_id, rank() over (order by named.claim) as place
      from (
        select u.user_id, ${byDomain} as claim
        from profiles p
        join users u on u.instance_id = p.instance_id and u.user_id = p.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        where p.instance_id = ${instanceId} and lower(p.username) = lower(${loginName}) and not o.login_with_domain
        ${withDomain}
      ) named
    ) best
    where best.place = 1)`;
}
