/**
 * The door of access tokens that the token endpoint has given out (reference/authn-authz-oidc.md 1.3). A JWT is looked up as an opaque
 * token is, so that it dies with its user, and at once with the key that signed it.
 */
import { matches } from '../crypto/secret.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { parseAccessToken } from './access-token.ts';
import { binding, gate } from './gate.ts';
import { type MembershipRow, membershipsOf } from './membership.ts';
import type { Instance } from './tenant.ts';
import { parseToken } from './token.ts';

/** An access token that opens the API. */
export interface OpenToken {
  oidc_session_id: string;
  token_hash: Buffer;
  user_id: string;
  org_id: string;
  /** In ms since the epoch. */
  expires_at: number;
  user_epoch: bigint;
  user_version: bigint;
  org_epoch: bigint;
  org_version: bigint;
  memberships: MembershipRow[];
}

/** Stored kind of a machine. The rule of reference/authn-authz-oidc.md 1.6 lets machines pass; people have no access tokens yet. */
const MACHINE = 2;

/** What a token opens for its user; undefined where the text is no token, the token has ended, or it was not given out for this API. */
export async function openAccessToken(store: Store, instance: Instance, token: string): Promise<OpenToken | undefined> {
  const parsed = parseAccessToken(token);
  if (!parsed) return undefined;
  const [row] = await store.read(
    (sql) => sql<OpenToken[]>`
      select t.oidc_session_id, t.access_token_hash as token_hash, t.user_id, u.org_id,
        extract(epoch from t.access_token_expires_at)::float8 * 1000 as expires_at,
        u.epoch as user_epoch, u.access_version as user_version, o.epoch as org_epoch, o.access_version as org_version,
        ${membershipsOf(sql)} as memberships
      from oidc_sessions t
      join users u on u.instance_id = t.instance_id and u.user_id = t.user_id
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      where t.instance_id = ${instance.id} and t.oidc_session_id = ${parsed.oidcSessionId} and u.kind = ${MACHINE}
        and t.access_token_expires_at > now() and i.project_id = any(t.audience) and ${keyStands(sql)}
        and ${gate(sql)} and ${binding(sql, sql`t`)}`,
  );
  return row && matches(token, row.token_hash) ? row : undefined;
}

/** For whom and for what a token was given out. */
export interface GivenToken {
  user_id: string;
  scopes: readonly string[];
  /** In seconds since the epoch, as the next. */
  created_at: number;
  expires_at: number;
  jti: string | null;
  /** The client and for whom it was given out; null for personal access tokens. */
  client_id: string | null;
  audience: readonly string[] | null;
  amr: readonly string[];
}

interface GivenRow extends GivenToken {
  hash: Buffer;
}

/** The same door at the endpoints of OpenID Connect, where any audience does; personal access tokens pass it too (reference/authn-authz-oidc.md 5.0). */
export async function givenToken(store: Store, instance: Instance, token: string): Promise<GivenToken | undefined> {
  const accessToken = parseAccessToken(token);
  const pat = parseToken(token);
  if (!accessToken && !pat) return undefined;
  const [row] = await store.read(
    (sql) => sql<GivenRow[]>`
      select t.user_id, t.scopes, t.hash, floor(extract(epoch from t.created_at))::float8 as created_at,
        floor(extract(epoch from t.expires_at))::float8 as expires_at, t.jti, t.client_id, t.audience, t.amr
      from (
        ${
          accessToken
            ? sql`select t.*, t.access_token_hash as hash, t.access_token_expires_at as expires_at, 'V2_' || t.oidc_session_id || '-at_' || t.access_token_id as jti
          from oidc_sessions t
          where t.instance_id = ${instance.id} and t.oidc_session_id = ${accessToken.oidcSessionId} and ${keyStands(sql)}`
            : sql`select t.*, t.token_id as jti, null::text as client_id, null::text[] as audience, '{}'::text[] as amr from pats t where t.instance_id = ${instance.id} and t.token_id = ${pat?.tokenId ?? ''}`
        }
      ) t
      join users u on u.instance_id = t.instance_id and u.user_id = t.user_id
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      where t.expires_at > now() and ${gate(sql)} and ${binding(sql, sql`t`)}`,
  );
  return row && matches(token, row.hash) ? row : undefined;
}

/** Over `t` (oidc_sessions): what signed the access token was not removed. */
export function keyStands(sql: Sql): Fragment {
  return sql`(t.access_token_key_id is null
    or exists (select from web_keys k where k.instance_id = t.instance_id and k.key_id = t.access_token_key_id))`;
}
