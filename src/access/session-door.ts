/**
 * The door of session tokens: what a session must have seen to open the API for its user (reference/session-service-v2.md 9,
 * authn-authz-oidc.md 1.3 and 1.6). Its failures tell raw keys, as the original.
 */
import { matches } from '../crypto/secret.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import type { Fragment, Sql, Store } from '../store/connect.ts';
import { binding, gate } from './gate.ts';
import { type MembershipRow, membershipsOf } from './membership.ts';
import { effectivePolicy, secondFactorTypes } from './policy.ts';
import { parseSessionToken } from './session-token.ts';
import type { Instance } from './tenant.ts';

/** Also for a session whose user was switched off or removed. */
const GONE = { code: 'not_found', key: 'Errors.Session.NotExisting', id: 'QUERY-SFeaa' } as const satisfies Reason;
const REPLACED = { code: 'permission_denied', key: 'Errors.PermissionDenied', id: 'QUERY-dsfr3' } as const satisfies Reason;
const EXPIRED = { code: 'permission_denied', key: 'session expired', id: 'AUTHZ-EGDo3' } as const satisfies Reason;
const MFA_REQUIRED = { code: 'permission_denied', key: 'mfa required', id: 'AUTHZ-Kl3p0' } as const satisfies Reason;
const NO_FACTOR = { code: 'permission_denied', key: 'authentication required', id: 'AUTHZ-Kl3p0' } as const satisfies Reason;

/** A session whose token opens the API. */
export interface OpenSession {
  session_id: string;
  token_hash: Buffer;
  user_id: string;
  org_id: string;
  /** In ms since the epoch; null: never. */
  expires_at: number | null;
  user_epoch: bigint;
  user_version: bigint;
  org_epoch: bigint;
  org_version: bigint;
  memberships: MembershipRow[];
}

/** The session behind a token; undefined where the text is no token of a session. Fails where the session does not let its user in. */
export async function openSession(store: Store, instance: Instance, token: string): Promise<OpenSession | undefined> {
  const parsed = parseSessionToken(token);
  if (!parsed) return undefined;
  const [row] = await store.read(
    (sql) => sql<Row[]>`
      select s.session_id, s.token_key, s.token_hash, s.user_id, o.org_id, extract(epoch from s.expires_at)::float8 * 1000 as expires_at,
        coalesce(${alive(sql)}, false) as alive, coalesce(s.expires_at <= now(), false) as expired, ${factors(sql)} as factors,
        ${secondFactor(sql)} as second_factor,
        u.epoch as user_epoch, u.access_version as user_version, o.epoch as org_epoch, o.access_version as org_version,
        ${membershipsOf(sql)} as memberships
      from ${sessionSource(sql)}
      where s.instance_id = ${instance.id} and s.session_id = ${parsed.sessionId}`,
  );
  if (!row || !parsed.isOf(row.token_key)) return undefined;
  if (!row.alive) throw new Failure(GONE);
  if (!matches(token, row.token_hash)) throw new Failure(REPLACED);
  if (row.expired) throw new Failure(EXPIRED);
  if (row.factors === 0) throw new Failure(NO_FACTOR);
  if (row.factors === 1 && row.second_factor) throw new Failure(MFA_REQUIRED);
  return row;
}

/** Of a session without a user, what belongs to the user is null; it has no factors then. */
type Row = OpenSession & { token_key: Buffer; alive: boolean; expired: boolean; factors: number; second_factor: boolean };

/** A session (`s`) with its instance (`i`) and, where it has one, its user (`u`, `p`) and his organization (`o`). */
export function sessionSource(sql: Sql): Fragment {
  return sql`
    sessions s
    join instances i on i.instance_id = s.instance_id
    left join users u on u.instance_id = s.instance_id and u.user_id = s.user_id
    left join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
    left join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id`;
}

/** A session that was not ended, of a user who was not switched off since (gate and binding); over `sessionSource`. Null counts as false. */
export function alive(sql: Sql): Fragment {
  return sql`(
    s.ended_at is null and i.state = 1 and s.instance_epoch = i.epoch
    and (s.user_id is null or (${gate(sql)} and ${binding(sql, sql`s`)})))`;
}

/** A password that was changed after it was checked proves nothing any more. */
export function passwordStands(sql: Sql): Fragment {
  return sql`(s.password_checked_at is not null and (p.password_changed_at is null or s.password_checked_at >= p.password_changed_at))`;
}

/** How many factors were checked; that a user was named is none, a key that verified its user is two. */
function factors(sql: Sql): Fragment {
  return sql`(
    ${passwordStands(sql)}::int + (s.web_auth_n_checked_at is not null and s.web_auth_n_user_verified)::int
    + num_nonnulls(s.intent_checked_at, s.web_auth_n_checked_at, s.totp_checked_at, s.otp_sms_checked_at, s.otp_email_checked_at, s.recovery_code_checked_at))`;
}

/**
 * Whether one factor is not enough: the login policy of the user's organization forces a second one (on logins here alone, or on those at
 * providers too), or he has set up one that it allows. Machines have none.
 */
function secondFactor(sql: Sql): Fragment {
  const allows = (factor: keyof typeof secondFactorTypes) =>
    sql`login.policy->'secondFactors' @> to_jsonb(${secondFactorTypes[factor]}::int)`;
  return sql`coalesce(u.kind = 1 and (
    select
      case when s.intent_checked_at is null
        then (login.policy->>'forceMfa')::boolean or (login.policy->>'forceMfaLocalOnly')::boolean
        else (login.policy->>'forceMfa')::boolean and not (login.policy->>'forceMfaLocalOnly')::boolean
      end
      or (${allows('totp')} and exists (
        select from totps t where t.instance_id = s.instance_id and t.user_id = s.user_id and t.verified_at is not null
      ))
      or (${allows('u2f')} and exists (
        select from authenticators a where a.instance_id = s.instance_id and a.user_id = s.user_id and a.kind = 'u2f' and a.verified_at is not null
      ))
      or (${allows('otpSms')} and p.otp_sms)
      or (${allows('otpEmail')} and p.otp_email)
    from (select ${effectivePolicy(sql, 'login', sql`s.instance_id`, sql`o.org_id`)} as policy) login), false)`;
}
