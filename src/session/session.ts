/** A session as commands and reads see it: its row, what stands of it now, and who may do what with it. */
import type { Call } from '../access/call.ts';
import type { Caller } from '../access/caller.ts';
import { demand, demandInstance, reach } from '../access/permission.ts';
import { alive, passwordStands, sessionSource } from '../access/session-door.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { preferredLoginNameOf } from '../user/login-name.ts';
import type { UserVerification } from '../user/webauthn.ts';

export interface UserAgent {
  readonly fingerprint_id?: string;
  readonly ip?: string;
  readonly description?: string;
  readonly header?: Readonly<Record<string, readonly string[]>>;
}

/** Key → value in base64. */
export type Metadata = Readonly<Record<string, string>>;

/** What a session waits for; ends in ms since the epoch. */
export interface Challenges {
  readonly web_auth_n?: KeyChallenge;
  readonly otp_sms?: CodeChallenge;
  readonly otp_email?: CodeChallenge;
}

export type ChallengeKind = keyof Challenges;

export interface KeyChallenge {
  readonly challenge: string;
  readonly rp_id: string;
  readonly verification: UserVerification;
  readonly expires_at: number;
}

/** Wrong tries after which a code counts no more; the original counts none of them for the code. */
export const CODE_TRIES = 10;

export interface CodeChallenge {
  /** In hexadecimal. */
  readonly hash: string;
  readonly expires_at: number;
  /** Wrong tries. */
  readonly failed: number;
}

/** Timestamps are PostgreSQL's text. */
export interface Session {
  session_id: string;
  creator: string;
  /** Under which he made it; null of a system user. */
  creator_epoch: bigint | null;
  user_id: string | null;
  /** The organization of the user when he was checked. */
  org_id: string | null;
  login_name: string | null;
  display_name: string | null;
  user_checked_at: string | null;
  /** Null also where the password was changed since. */
  password_checked_at: string | null;
  intent_checked_at: string | null;
  web_auth_n_checked_at: string | null;
  web_auth_n_user_verified: boolean;
  totp_checked_at: string | null;
  otp_sms_checked_at: string | null;
  otp_email_checked_at: string | null;
  recovery_code_checked_at: string | null;
  token_key: Buffer;
  token_hash: Buffer;
  user_agent: UserAgent | null;
  metadata: Metadata;
  challenges: Challenges;
  expires_at: string | null;
  sequence: bigint;
  created_at: string;
  changed_at: string;
  ended: boolean;
  /** Neither ended nor of a user who was switched off since. */
  alive: boolean;
  expired: boolean;
}

/** What the details of an answer tell. */
export interface SessionState {
  readonly sequence: bigint;
  readonly changed_at: string;
  readonly created_at: string;
}

/** How often a command is begun anew because somebody changed the session or its user under it. */
export const TRIES = 10;

/** The columns of a `Session`, over `sessionSource`. */
export function sessionColumns(sql: Sql): Fragment {
  return sql`
    s.session_id, s.creator, s.creator_epoch, s.user_id, s.org_id, ${preferredLoginNameOf(sql)} as login_name, coalesce(p.display_name, p.machine_name) as display_name,
    s.user_checked_at, case when ${passwordStands(sql)} then s.password_checked_at end as password_checked_at, s.intent_checked_at,
    s.web_auth_n_checked_at, s.web_auth_n_user_verified, s.totp_checked_at, s.otp_sms_checked_at, s.otp_email_checked_at, s.recovery_code_checked_at,
    s.token_key, s.token_hash, nullif(s.user_agent, 'null') as user_agent, s.metadata, s.challenges, s.expires_at, s.sequence, s.created_at, s.changed_at,
    s.ended_at is not null as ended, coalesce(${alive(sql)}, false) as alive, coalesce(s.expires_at <= now(), false) as expired`;
}

/** The session with this id on the caller's instance, ended or not: the command decides what the caller may see. */
export async function loadSession(call: Call, sessionId: string): Promise<Session | undefined> {
  const [row] = await call.db.read<Session | { session_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      found as (
        select ${sessionColumns(sql)} from ${sessionSource(sql)}
        where s.instance_id = ${call.instance.id} and s.session_id = ${sessionId}
      )
      select found.* from caller left join found on true`,
  );
  return row.session_id === null ? undefined : row;
}

export type SessionPermission = 'session.read' | 'session.write' | 'session.delete';

/**
 * Refuses unless the caller holds a permission where a session belongs: the organization of its user, or the instance where it has none.
 * Of an unknown session he learns that it is unknown only if he holds the permission somewhere (DESIGN.md 8).
 */
export function demandOn(caller: Caller, permission: SessionPermission, session: Session | undefined): void {
  if (session?.org_id != null) return demand(caller, permission, session.org_id);
  if (!session && holdsSomewhere(caller, permission)) return;
  demandInstance(caller, permission);
}

export function holdsSomewhere(caller: Caller, permission: SessionPermission): boolean {
  const where = reach(caller, permission);
  return where.instance || where.orgs.length > 0;
}
