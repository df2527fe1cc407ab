/** The user whom a session's check names: found by id or login name, refused where he is unknown or switched off. */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import type { Checks, CheckUser } from '../contract/gen/zitadel/session/v2/session_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Attempts } from '../user/attempt.ts';
import { userIdByLoginName } from '../user/login-name.ts';
import { type Tried, triedColumns } from '../user/tried.ts';
import { errors } from './errors.ts';

export interface Subject extends Tried {
  org_id: string;
  kind: 1 | 2;
  state: number;
  /** Whether his organization and the instance run. */
  running: boolean;
  preferred_language: string | null;
  username: string;
  display_name: string | null;
  email: string | null;
  phone: string | null;
  /** Set up, to a number or address that is proven. */
  otp_sms: boolean;
  otp_email: boolean;
  /** When this was read, as RFC 3339: the moment of a check that rests on it. */
  read_at: string;
}

/** The user that a check names. Fails where there is none, or he is off; that takes as long as a wrong password, if one is given. */
export async function checkedUser(call: Call, attempts: Attempts, checks: Checks): Promise<Subject | undefined> {
  const { user, password } = checks;
  if (!user) return undefined;
  const subject = await findSubject(call, user.search, triesMore(checks) ? attempts : undefined);
  if (subject && isEnabled(subject)) return subject;
  if (password) await attempts.spend(password.password);
  throw new Failure(subject ? errors.notActive : errors.userNotFound);
}

/** Whether something can be tried on the user whom a request names. */
function triesMore({ password, totp, otpSms, otpEmail, recoveryCode }: Checks): boolean {
  return [password, totp, otpSms, otpEmail, recoveryCode].some((check) => check !== undefined);
}

export function isEnabled({ state, running }: Subject): boolean {
  return running && (state === userStates.active || state === userStates.initial);
}

/** A user by his id, or by his login name whatever its case; with the attempts of the call where something will be tried on him. */
export async function findSubject(call: Call, search: CheckUser['search'], attempts: Attempts | undefined): Promise<Subject | undefined> {
  const [row] = await call.db.read<Subject | { user_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${attempts?.columns(sql) ?? triedColumns(sql, undefined)}, u.org_id, u.kind, u.state, o.state = 1 and i.state = 1 as running, p.preferred_language,
        p.username, p.display_name, p.email, p.phone,
        p.otp_sms and p.phone_verified as otp_sms, p.otp_email and p.email_verified as otp_email, to_jsonb(now()) #>> '{}' as read_at
      from caller
      left join (
        users u
        join profiles p using (instance_id, user_id)
        join orgs o using (instance_id, org_id)
        join instances i using (instance_id)
      ) on u.instance_id = ${call.instance.id}
        and u.user_id = ${search.case === 'loginName' ? userIdByLoginName(sql, call.instance.id, search.value) : sql`${search.value ?? ''}`}`,
  );
  return row.user_id === null ? undefined : row;
}
