/** TOTP as a second factor: registered, proven by a first code, removed; or brought along at creation (reference/user-credentials-v2.md 5). */
import type { Call } from '../access/call.ts';
import { binding, gate } from '../access/gate.ts';
import { newTotpSeed, totpStep, totpUri } from '../crypto/totp.ts';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';
import { preferredLoginName } from './login-name.ts';
import { forgiveFailures } from './tried.ts';
import type { NoUse, Use } from './use.ts';
import { type Changed, changeUser, isOff, kinds, type Rule } from './user.ts';

/** What an authenticator app shows above the codes. */
const ISSUER = 'Keyward';
const added: NewEvent = { type: 'user.human.mfa.otp.added' };
const verified: NewEvent = { type: 'user.human.mfa.otp.verified', payload: {} };

/** Who may set up second factors, and use up what was begun. */
export const setsFactors: Rule = { permission: 'user.credential.write', self: true, ranked: true };
/** Taking them away needs less, as on the original. */
export const removesFactors: Rule = { permission: 'user.write', self: true, ranked: true };

export interface Registered {
  readonly done: Changed;
  readonly secret: string;
  readonly uri: string;
}

/** RegisterTOTP: what was begun before and not proven is replaced. Not for a user who is off. */
export function registerTotp(call: Call, userId: string): Promise<Registered> {
  return changeUser(call, userId, setsFactors, errors.totpUserNotFound, async (user) => {
    if (user.kind !== kinds.human) throw new Failure(errors.totpUserNotFound);
    if (isOff(user)) throw new Failure(errors.notActive);
    if ((await storedTotp(call, userId))?.verified) throw new Failure(errors.totpExists);
    const secret = newTotpSeed();
    return {
      change: { events: [added], quiet: true, also: (sql) => insertTotp(sql, sealTotp(call, userId, secret), 'pending') },
      answer: (done) => ({ done, secret, uri: totpUri(ISSUER, preferredLoginName(user), secret) }),
    };
  });
}

/** VerifyTOTPRegistration. What was begun before its user was switched off is void: no code fits it. */
export function verifyTotp(call: Call, userId: string, code: string): Promise<Changed> {
  return changeUser(call, userId, setsFactors, errors.ownerNotFound, async () => {
    const totp = await storedTotp(call, userId);
    if (!totp) throw new Failure(errors.totpNone);
    if (totp.verified) throw new Failure(errors.totpVerified);
    const step = totp.alive ? totpStep(call.masterkey.decrypt(totp.seed, place(call, userId)).toString(), code) : undefined;
    if (step === undefined) throw new Failure(errors.totpWrong);
    return {
      change: {
        events: [verified],
        quiet: true,
        access: true, // a session without it is not enough any more
        also: (sql) => sql`,
          proven as (
            update totps t set verified_at = c.at, last_step = ${step} from changed c where t.instance_id = c.instance_id and t.user_id = c.aggregate_id
          )${forgiveFailures(sql, 'totp')}`,
      },
      answer: (done) => done,
    };
  });
}

/** RemoveTOTP: proven or not. */
export function removeTotp(call: Call, userId: string): Promise<Changed> {
  return changeUser(call, userId, removesFactors, errors.totpNotThere, async () => {
    if (!(await storedTotp(call, userId))) throw new Failure(errors.totpNotThere);
    return {
      change: {
        events: [{ type: 'user.human.mfa.otp.removed' }],
        quiet: true,
        access: true,
        also: (sql) => sql`,
          removed as (delete from totps t using changed c where t.instance_id = c.instance_id and t.user_id = c.aggregate_id)`,
      },
      answer: (done) => done,
    };
  });
}

/** A code at login. It is good once, and none before it any more (RFC 6238 section 5.2). */
export async function useTotp(call: Call, userId: string, code: string): Promise<Use | NoUse> {
  const totp = await storedTotp(call, userId);
  if (!totp?.verified) return 'none';
  const step = totpStep(call.masterkey.decrypt(totp.seed, place(call, userId)).toString(), code, totp.last_step);
  if (step === undefined) return 'wrong';
  return {
    held: (sql) => sql`
      select from totps t, caller
      where t.instance_id = ${call.instance.id} and t.user_id = ${userId} and t.seed = ${totp.seed} and t.verified_at is not null
        and coalesce(t.last_step < ${step}, true)
      for no key update of t`,
    spent: (sql, done) => sql`,
      moved_totp as (update totps t set last_step = ${step} from ${done} d where t.instance_id = d.instance_id and t.user_id = ${userId})`,
  };
}

/** The events of one that a new user brings along: it counts as proven. */
export const broughtAlong: readonly NewEvent[] = [added, verified];

/** The seed as it is stored. */
export function sealTotp(call: Call, userId: string, secret: string): Buffer {
  return call.masterkey.encrypt(secret, place(call, userId));
}

const place = (call: Call, userId: string) => `totps/${call.instance.id}/${userId}`;

/** `, totp as (…)`: the TOTP of the user that the CTE `changed` has just made or changed, in place of any other; bound to the epochs that stand now. */
export function insertTotp(sql: Sql, seed: Buffer, state: 'pending' | 'proven'): Fragment {
  return sql`,
    totp as (
      insert into totps (instance_id, user_id, seed, verified_at, user_epoch, org_epoch, instance_epoch)
      select c.instance_id, c.aggregate_id, ${seed}, case when ${state === 'proven'} then c.at end, c.epoch, o.epoch, i.epoch
      from changed c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      on conflict (instance_id, user_id) do update
        set seed = excluded.seed, verified_at = excluded.verified_at, last_step = null,
          user_epoch = excluded.user_epoch, org_epoch = excluded.org_epoch, instance_epoch = excluded.instance_epoch
    )`;
}

interface StoredTotp {
  seed: Buffer;
  verified: boolean;
  last_step: bigint | null;
  /** Its user is on, and was not switched off since it was begun. */
  alive: boolean;
}

async function storedTotp(call: Call, userId: string): Promise<StoredTotp | undefined> {
  const [row] = await call.db.read<StoredTotp | Record<keyof StoredTotp, null>>(
    (sql, caller) => sql`
      with caller as (${caller}),
      totp as (
        select t.seed, t.verified_at is not null as verified, t.last_step, (${gate(sql)} and ${binding(sql, sql`t`)}) as alive
        from totps t
        join users u on u.instance_id = t.instance_id and u.user_id = t.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where t.instance_id = ${call.instance.id} and t.user_id = ${userId}
      )
      select totp.* from caller left join totp on true`,
  );
  return row.seed === null ? undefined : row;
}
