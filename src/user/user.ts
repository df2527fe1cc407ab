/** A user as commands see him: loaded under the guard, changed under the guard and only if nobody changed him meanwhile. */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { userStates } from '../access/gate.ts';
import { Stale } from '../access/guard.ts';
import { covers, denied, type Reach, reach, reachOrDeny } from '../access/permission.ts';
import { effectivePolicy } from '../access/policy.ts';
import type { Instance } from '../access/tenant.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { type NewMessage, newMessage, post } from '../notification/outbox.ts';
import { posted } from '../notification/signal.ts';
import { constant, type Fragment, nothing, type Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { commas } from '../store/filter.ts';
import { codeMessage, type NewCode, storeCodes } from './code.ts';
import { loginDomains } from './login-name.ts';
import { named } from './name.ts';

export const kinds = { human: 1, machine: 2 } as const;
/** Levels of the highest membership, as the column `rank` holds them. */
export const ranks = { none: 0, project: 1, organization: 2, instance: 3 } as const;

/** Columns of a profile that commands write; timestamps are PostgreSQL's text. */
export interface Profile {
  username: string;
  first_name: string | null;
  last_name: string | null;
  nick_name: string | null;
  display_name: string | null;
  preferred_language: string | null;
  gender: number | null;
  email: string | null;
  email_verified: boolean;
  phone: string | null;
  phone_verified: boolean;
  password_hash: string | null;
  password_changed_at: string | null;
  password_change_required: boolean;
  mfa_init_skipped_at: string | null;
  machine_name: string | null;
  description: string | null;
  access_token_type: number | null;
  secret_hash: string | null;
  otp_sms: boolean;
  otp_email: boolean;
}

export interface User extends Profile {
  user_id: string;
  org_id: string;
  kind: 1 | 2;
  state: 1 | 2 | 4 | 6;
  rank: number;
  is_owner: boolean;
  sequence: bigint;
  changed_sequence: bigint;
  created_at: string;
  changed_at: string;
  /** Domains behind his user name in his login names, the primary one first; null where there are none. */
  login_domains: readonly string[] | null;
}

/** What a command does to a user. */
export interface Change {
  /** At least one; in their order. */
  readonly events: readonly [NewEvent, ...NewEvent[]];
  readonly profile?: Partial<Profile>;
  /** Columns of the profile that take the time of the change. A new password is also a change of access: sessions that rest on the old one open nothing. */
  readonly stamps?: readonly ('password_changed_at' | 'mfa_init_skipped_at')[];
  /** Reads go on to show the former change (metadata, codes). */
  readonly quiet?: boolean;
  /** What nodes remember of him holds no more (tokens, memberships, state). */
  readonly access?: boolean;
  /** New codes; each is sent, unless the caller is told it. */
  readonly codes?: readonly NewCode[];
  /** Further messages to him; of a new password he is told where the notification policy says so. */
  readonly messages?: readonly NewMessage[];
  /** Further parts of the statement, each as `, name as (…)`; they may read the CTE `changed`. */
  readonly also?: (sql: Sql) => Fragment;
}

/** What a change left behind: the details of most answers. */
export interface Changed {
  aggregate_id: string;
  owner: string;
  sequence: bigint;
  at: string;
  created_at: string;
}

/** How often a command is tried against others that change the same user at the same time. */
const TRIES = 30;

/** The columns of a `User`, over the aliases `u` (users) and `p` (profiles). Names with domains are looked for only where an instance has any. */
export const userColumns = (sql: Sql, { domainLogins }: Instance): Fragment =>
  domainLogins ? withLoginDomains(sql) : withoutLoginDomains(sql);

const withLoginDomains = constant((sql) => columns(sql, loginDomains(sql)));
const withoutLoginDomains = constant((sql) => columns(sql, sql`null::text[]`));

const columns = (sql: Sql, domains: Fragment): Fragment => sql`
    u.user_id, u.org_id, u.kind, u.state, u.rank, u.is_owner, u.sequence, u.changed_sequence, u.created_at, u.changed_at,
    ${domains} as login_domains, p.username, p.first_name, p.last_name, p.nick_name, p.display_name, p.preferred_language, p.gender, p.email, p.email_verified,
    p.phone, p.phone_verified, p.password_hash, p.password_changed_at, p.password_change_required, p.mfa_init_skipped_at,
    p.machine_name, p.description, p.access_token_type, p.secret_hash, p.otp_sms, p.otp_email`;

/** The user with this id on the caller's instance, whatever his organization: the command decides what the caller may see. */
export const loadUser = (call: Call, userId: string): Promise<User | undefined> => load(call, userId, nothing);

/** As `loadUser`, with the organizations that he is a member of, or of one of whose projects: for commands that ask for his rank. */
const loadTarget = (call: Call, userId: string): Promise<Target | undefined> =>
  load<Target>(
    call,
    userId,
    (sql) => sql`,
      array(
        select case m.level when 2 then m.object_id else p.org_id end from memberships m
        left join projects p on m.level = 1 and p.instance_id = m.instance_id and p.project_id = m.object_id
        where m.instance_id = u.instance_id and m.user_id = u.user_id and u.rank > 0 and (m.level = 2 or p.org_id is not null)
      ) as member_of,
      (select o.state = 1 from orgs o where o.instance_id = u.instance_id and o.org_id = u.org_id) as org_active,
      (${effectivePolicy(sql, 'notification', sql`u.instance_id`, sql`u.org_id`)}->>'passwordChange')::boolean as told_of_password`,
  );

/** A user whom a command is about. */
export type Target = User & {
  /** His organization is not switched off. */
  org_active: boolean;
  member_of: readonly string[];
  /** Whether he is told that his password was changed (notification policy). */
  told_of_password: boolean;
};

async function load<U extends User>(call: Call, userId: string, more: (sql: Sql) => Fragment): Promise<U | undefined> {
  const [row] = await call.db.read<U | Record<keyof User, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${userColumns(sql, call.instance)}${more(sql)}
      from caller
      left join (users u join profiles p using (instance_id, user_id)) on u.instance_id = ${call.instance.id} and u.user_id = ${userId}`,
  );
  return row.user_id === null ? undefined : (row as U); // a row with an id is a whole one
}

/** Who may run a command on a user. */
export interface Rule {
  /** Undefined: something else is the proof (a code, the current password). */
  readonly permission: string | undefined;
  /** With a proof: what a stranger is told whatever is wrong, so that he learns neither who exists nor in which state. */
  readonly wrong?: Reason;
  /** What a wrong one takes, for what fails without being compared. */
  readonly spend?: () => Promise<void>;
  /** No permission is needed on oneself. */
  readonly self: boolean;
  /**
   * Sets or tells a credential, or changes the user: then the permission must be held wherever the user has a role, on the instance and on
   * each organization, so that nobody obtains what he could not grant (DESIGN.md 8).
   */
  readonly ranked: boolean;
  /** Users of other organizations do not exist here. */
  readonly orgId?: string | undefined;
}

/** Where the caller may run such a command, before anything of the user is known; undefined: no permission is needed. */
export function allow(call: Call, userId: string, { permission, self }: Rule): Reach | undefined {
  return permission === undefined || (self && isSelf(call.caller, userId)) ? undefined : reachOrDeny(call.caller, permission);
}

/** Refuses on a user out of the caller's reach. */
export function within(
  call: Call,
  where: Reach | undefined,
  user: Pick<User, 'org_id' | 'rank'> & { readonly member_of?: readonly string[] },
  { permission, ranked }: Rule,
): void {
  if (!where || permission === undefined) return;
  const { rank, member_of: memberOf = [] } = user;
  const outranked = ranked && ((rank === ranks.instance && !where.instance) || !memberOf.every((orgId) => covers(where, orgId)));
  if (outranked || !covers(where, user.org_id)) throw denied(call.caller, permission, user.org_id);
}

/** A command that a proof opens, run by one who might not even read the user: all that can go wrong reads alike. */
async function disguised<R>(
  call: Call,
  userId: string,
  user: User | undefined,
  { wrong, spend }: Rule,
  work: () => R | Promise<R>,
): Promise<R> {
  if (wrong === undefined || isSelf(call.caller, userId)) return work();
  const where = reach(call.caller, 'user.write');
  if (user ? covers(where, user.org_id) : where.instance || where.orgs.length > 0) return work();
  try {
    return await work();
  } catch (error) {
    // That the database is away or too many passwords wait tells nothing of the user; that he was tried too often does.
    if (!(error instanceof Failure) || error.code === 'unavailable' || error.id === 'KEYWARD-hashQueue') throw error;
    if (error.id !== wrong.id) await spend?.();
    throw new Failure(wrong);
  }
}

/** What a command comes to: a change and the answer to it, or an answer without one. */
export type Decision<R> = { readonly change: Change; readonly answer: (done: Changed) => R } | { readonly unchanged: R };

/**
 * Runs a command on one user: permission, existence, then `decide` (which throws what forbids it, or gives the change), then one
 * statement. If somebody changed the user in between, the whole is done again on what is true now.
 */
export async function changeUser<R>(
  call: Call,
  userId: string,
  rule: Rule,
  missing: Reason,
  decide: (user: Target) => Decision<R> | Promise<Decision<R>>,
): Promise<R> {
  const where = allow(call, userId, rule);
  for (let n = 0; n < TRIES; n++) {
    const user = await loadTarget(call, userId);
    const decided = await disguised(call, userId, user, rule, () => {
      if (!user || (rule.orgId !== undefined && user.org_id !== rule.orgId)) throw new Failure(missing);
      within(call, where, user, rule);
      return decide(user);
    });
    if ('unchanged' in decided) return decided.unchanged;
    const done = user && (await commit(call, user, decided.change));
    if (done) return decided.answer(done);
  }
  throw new Stale();
}

/** Writes a change and its events in one statement; undefined where the user is no more what was loaded. */
async function commit(call: Call, user: Target, change: Change): Promise<Changed | undefined> {
  const { events, profile = {}, stamps = [], quiet = false, access = false, codes = [], also } = change;
  const messages = messagesOf(call, user, change);
  const columns = Object.keys(profile) as (keyof Profile)[];
  const [row] = await call.db.change<Changed | Record<keyof Changed, null>>(user.user_id, (sql, caller) => {
    const assignments = [...columns.map((c) => sql`${sql(c)} = ${profile[c] ?? null}`), ...stamps.map((c) => sql`${sql(c)} = c.at`)];
    const described =
      assignments.length === 0
        ? sql``
        : sql`,
      described as (
        update profiles p set ${commas(sql, assignments)}
        from changed c where p.instance_id = c.instance_id and p.user_id = c.aggregate_id
      )`;
    return sql`
      with caller as (${caller}),
      target as (
        select u.instance_id, u.user_id from users u, caller
        where u.instance_id = ${call.instance.id} and u.user_id = ${user.user_id} and u.sequence = ${user.sequence}
        for no key update of u
      ),
      changed as (
        update users u set
          sequence = u.sequence + ${events.length},
          changed_sequence = case when ${quiet} then u.changed_sequence else u.sequence + ${events.length} end,
          changed_at = case when ${quiet} then u.changed_at else clock_timestamp() end,
          access_version = case when ${access || stamps.includes('password_changed_at')} then nextval('epochs') else u.access_version end
        from target t
        where u.instance_id = t.instance_id and u.user_id = t.user_id
        returning u.instance_id, u.user_id as aggregate_id, u.org_id as owner, u.sequence, u.created_at, u.epoch,
          case when ${quiet} then clock_timestamp() else u.changed_at end as at
      )${described},
      logged as (${append(sql, sql`changed`, { aggregateType: 'user', editor: call.caller.userId, via: call.method.path }, events)})
      ${profile.username === undefined ? sql`` : named(sql, sql`changed`, sql`${profile.username}::text`)}
      ${storeCodes(sql, sql`changed`, codes)}
      ${post(sql, sql`changed`, messages)}
      ${also?.(sql) ?? sql``}
      select c.aggregate_id, c.owner, c.sequence, c.at, c.created_at from caller left join changed c on true`;
  });
  if (row.aggregate_id === null) return undefined;
  if (messages.length > 0) posted(call.instance.id);
  return row;
}

/** What he is told, at the address that the change leaves him. */
function messagesOf(call: Call, user: Target, { profile = {}, stamps = [], codes = [], messages = [] }: Change): readonly NewMessage[] {
  const to = { ...user, ...profile };
  const changed =
    stamps.includes('password_changed_at') && user.told_of_password && !isOff(user)
      ? newMessage(call, to, { kind: 'password-changed' })
      : undefined;
  return [...codes.map((code) => codeMessage(call, to, code)), changed, ...messages].filter((message) => message !== undefined);
}

/** Whether he has no access now, by his own state or by that of his organization: then he is given nothing new that could open something. */
export function isOff(user: Target): boolean {
  return !user.org_active || user.state === userStates.inactive || user.state === userStates.locked;
}
