/** The machine that a token is for, with what decides on the token and what its claims say of it. */
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { preferredLoginNameOf, userIdByLoginName } from '../user/login-name.ts';
import { kinds } from '../user/user.ts';
import { scopeNames } from './scope.ts';

export interface Subject {
  user_id: string;
  org_id: string;
  username: string;
  login_name: string;
  /** 0 opaque, 1 JWT. */
  access_token_type: number | null;
  name: string | null;
  /** In seconds since the epoch. */
  changed_at: number;
  secret_hash: string | null;
  preferred_language: string | null;
  org_name: string;
  /** Of its organization. */
  primary_domain: string | null;
  /** That of the instance's own API. */
  project_id: string;
  /** Values in base64; null where no scope asks for them. */
  metadata: Record<string, string> | null;
}

/** By its login name, whatever its case; or by its id. People are no subjects here. */
export type Which = { readonly loginName: string } | { readonly userId: string };

export async function findSubject(store: Store, instanceId: string, which: Which, scopes: readonly string[]): Promise<Subject | undefined> {
  const [row] = await store.run(
    (sql) => sql<Subject[]>`
      select u.user_id, u.org_id, p.username, ${preferredLoginNameOf(sql)} as login_name, p.access_token_type, p.secret_hash, p.preferred_language, p.machine_name as name,
        extract(epoch from u.changed_at)::float8 as changed_at, o.name as org_name, i.project_id,
        (select d.domain from org_domains d where d.instance_id = u.instance_id and d.org_id = u.org_id and d.is_primary limit 1) as primary_domain,
        case when ${scopes.includes(scopeNames.metadata)} then
          (select coalesce(jsonb_object_agg(m.key, encode(m.value, 'base64')), '{}') from user_metadata m where m.instance_id = u.instance_id and m.user_id = u.user_id)
        end as metadata
      from users u
      join profiles p using (instance_id, user_id)
      join orgs o using (instance_id, org_id)
      join instances i using (instance_id)
      where u.instance_id = ${instanceId} and u.kind = ${kinds.machine} and u.user_id = ${idOf(sql, instanceId, which)}`,
  );
  return row;
}

const idOf = (sql: Sql, instanceId: string, which: Which): Fragment =>
  'userId' in which ? sql`${which.userId}` : userIdByLoginName(sql, instanceId, which.loginName);
