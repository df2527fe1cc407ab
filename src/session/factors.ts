/**
 * The checks beyond user and password, in the reference's order (reference/session-service-v2.md 3 and 6.1): each passes with a proof, or
 * fails; failures of codes are written and counted at once.
 */
import type { Call } from '../access/call.ts';
import type { Checks } from '../contract/gen/zitadel/session/v2/session_pb.js';
import { matches } from '../crypto/secret.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { callerActor } from '../idp/actor.ts';
import { consumption, type Intent, loadIntent } from '../idp/intent.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { Attempts } from '../user/attempt.ts';
import { counted, readyAuthenticators } from '../user/authenticator.ts';
import { useRecoveryCode } from '../user/recovery.ts';
import { useTotp } from '../user/totp.ts';
import type { CheckKind } from '../user/tried.ts';
import type { Use } from '../user/use.ts';
import { readAssertion, verifyAssertion } from '../user/webauthn.ts';
import { demandActiveHuman, keyKind } from './challenge.ts';
import { errors } from './errors.ts';
import type { Proof } from './proof.ts';
import { CODE_TRIES, type CodeChallenge, type Session } from './session.ts';
import type { Subject } from './subject.ts';

/** Whom a check is about, and what his session waits for; a session that is only being made waits for nothing. */
interface Checked {
  readonly call: Call;
  readonly attempts: Attempts;
  readonly session: Pick<Session, 'session_id' | 'challenges'> | undefined;
  readonly subject: Subject | undefined;
}

/** Undefined where the user was changed while a failure was counted: look at him again. */
export async function checkFactors(checked: Checked, checks: Checks | undefined): Promise<Proof[] | undefined> {
  const proofs: Proof[] = [];
  if (!checks) return proofs;
  if (checks.idpIntent) proofs.push(await checkIntent(checked, checks.idpIntent));
  if (checks.webAuthN) proofs.push(await checkKey(checked, checks.webAuthN));
  const codes = [
    ['totp', checks.totp?.code],
    ['otp_sms', checks.otpSms?.code],
    ['otp_email', checks.otpEmail?.code],
    ['recovery_code', checks.recoveryCode?.code],
  ] as const;
  for (const [kind, code] of codes) {
    if (code === undefined) continue;
    const proof = kind === 'otp_sms' || kind === 'otp_email' ? await checkOtp(checked, kind, code) : await checkUse(checked, kind, code);
    if (!proof) return undefined;
    proofs.push(proof);
  }
  return proofs;
}

/**
 * A login at a provider, good once. The account must be the subject's: by the link that was there when it succeeded and still is, or, where
 * it was nobody's then, by one that was made since; in either case under the epochs that stand (reference/session-service-v2.md 6.3).
 */
async function checkIntent({ call, subject }: Checked, { idpIntentId, idpIntentToken }: NonNullable<Checks['idpIntent']>): Promise<Proof> {
  if (!subject) throw new Failure(errors.intentNoUser);
  const actor = callerActor(call);
  const intent = await loadIntent(actor, idpIntentId, idpIntentToken, subject.user_id);
  if (!intent) throw new Failure(errors.intentTokenInvalid);
  if (intent.state !== 'succeeded' || !intent.stands) throw new Failure(errors.intentNotSucceeded);
  if (intent.expired) throw new Failure(errors.intentExpired);
  if (!isOf(intent, subject)) throw new Failure(errors.intentOfOther);
  return {
    event: { type: 'session.intent.checked', payload: { checkedAt: subject.read_at } },
    columns: [checkedAt('intent_checked_at', subject)],
    userEvents: [],
    use: consumption(actor, intent, subject.user_id),
  };
}

function isOf({ user_id, by_link, user_epoch, org_epoch, linked }: Intent, subject: Subject): boolean {
  if (user_id === null) return linked;
  return user_id === subject.user_id && user_epoch === subject.epoch && org_epoch === subject.org_epoch && (linked || !by_link);
}

/** The original takes any origin, and a counter that goes back. */
async function checkKey({ call, session, subject }: Checked, { credentialAssertionData }: NonNullable<Checks['webAuthN']>): Promise<Proof> {
  const challenge = session?.challenges.web_auth_n;
  if (!challenge || challenge.expires_at <= Date.now()) throw new Failure(errors.noChallenge);
  if (!subject) throw new Failure(errors.keyNoUser);
  demandActiveHuman(subject);
  const response = readAssertion(credentialAssertionData, errors.assertionUnreadable);
  const kind = keyKind(challenge.verification);
  const keys = await readyAuthenticators(call, subject.user_id, kind, challenge.rp_id);
  const key = keys.find(({ credential_id }) => credential_id === response.id);
  if (!key) throw new Failure(errors.assertionWrong);
  const expected = {
    rpId: challenge.rp_id,
    challenge: challenge.challenge,
    userVerification: challenge.verification,
    userId: subject.user_id,
    credentialId: key.credential_id,
    publicKey: key.public_key,
    signCount: key.sign_count,
  };
  const { signCount, userVerified } = await verifyAssertion(response, expected, errors.assertionWrong);
  const moved = BigInt(signCount) !== key.sign_count;
  return {
    event: { type: 'session.webAuthN.checked', payload: { checkedAt: subject.read_at, ...(userVerified ? { userVerified } : {}) } },
    columns: [checkedAt('web_auth_n_checked_at', subject), { name: 'web_auth_n_user_verified', value: (sql) => sql`${userVerified}` }],
    userEvents: moved ? [counted(kind, key.token_id, signCount)] : [],
    answered: 'web_auth_n',
    use: {
      held: (sql) => sql`
        select from authenticators a, caller
        where a.instance_id = ${call.instance.id} and a.user_id = ${subject.user_id} and a.token_id = ${key.token_id} and a.sign_count = ${key.sign_count}
        for no key update of a`,
      spent: (sql, done) => sql`,
        counted_key as (
          update authenticators a set sign_count = ${signCount} from ${done} d
          where a.instance_id = d.instance_id and a.user_id = ${subject.user_id} and a.token_id = ${key.token_id}
        )`,
    },
  };
}

interface UseCheck {
  readonly noUser: Reason;
  readonly notReady: Reason;
  readonly wrong: Reason;
  readonly column: string;
  readonly event: string;
  readonly userEvent: string;
  readonly use: (call: Call, userId: string, code: string) => Promise<Use | 'none' | 'wrong'>;
}

const USES: Readonly<Record<'totp' | 'recovery_code', UseCheck>> = {
  totp: {
    noUser: errors.totpNoUser,
    notReady: errors.totpNotReady,
    wrong: errors.totpWrong,
    column: 'totp_checked_at',
    event: 'session.totp.checked',
    userEvent: 'user.human.mfa.otp.check',
    use: useTotp,
  },
  recovery_code: {
    noUser: errors.recoveryNoUser,
    notReady: errors.recoveryNotReady,
    wrong: errors.recoveryWrong,
    column: 'recovery_code_checked_at',
    event: 'session.recoveryCode.checked',
    userEvent: 'user.human.mfa.recoverycode.check',
    use: useRecoveryCode,
  },
};

async function checkUse({ call, attempts, subject }: Checked, kind: keyof typeof USES, code: string): Promise<Proof | undefined> {
  const { noUser, notReady, wrong, column, event, userEvent, use } = USES[kind];
  if (!subject) throw new Failure(noUser);
  if (!(await attempts.begin(kind, subject))) return undefined;
  const used = await use(call, subject.user_id, code);
  if (used === 'none') throw new Failure(notReady);
  if (used === 'wrong') return refused(attempts, subject, kind, userEvent, wrong);
  return { ...passedCode(kind, subject, { column, event, userEvent }), use: used };
}

const OTPS = {
  otp_sms: { column: 'otp_sms_checked_at', event: 'session.otp.sms.checked', userEvent: 'user.human.mfa.otp.sms.check' },
  otp_email: { column: 'otp_email_checked_at', event: 'session.otp.email.checked', userEvent: 'user.human.mfa.otp.email.check' },
} as const;

async function checkOtp({ attempts, session, subject }: Checked, kind: keyof typeof OTPS, code: string): Promise<Proof | undefined> {
  const { userEvent } = OTPS[kind];
  if (!subject) throw new Failure(errors.otpNoUser);
  if (!subject[kind]) throw new Failure(errors.otpNotReady);
  const challenge = session?.challenges[kind];
  if (!session || !challenge) throw new Failure(errors.otpNoChallenge);
  if (!(await attempts.begin(kind, subject))) return undefined;
  const same = { sessionId: session.session_id, kind, hash: challenge.hash };
  if (challenge.expires_at <= Date.now()) return refused(attempts, subject, kind, userEvent, errors.otpExpired, same);
  if (!isRight(challenge, code)) return refused(attempts, subject, kind, userEvent, errors.otpWrong, same);
  return {
    ...passedCode(kind, subject, OTPS[kind]),
    answered: kind,
    holds: (sql) =>
      sql`s.challenges #>> ${[kind, 'hash']}::text[] = ${challenge.hash} and (s.challenges #>> ${[kind, 'failed']}::text[])::int < ${CODE_TRIES}`,
  };
}

const isRight = ({ hash, failed }: CodeChallenge, code: string) => failed < CODE_TRIES && matches(code, Buffer.from(hash, 'hex'));

/** A code that was asked for, by its hash: the wrong try counts for it too. */
interface TriedCode {
  readonly sessionId: string;
  readonly kind: 'otp_sms' | 'otp_email';
  readonly hash: string;
}

async function refused(
  attempts: Attempts,
  subject: Subject,
  kind: CheckKind,
  userEvent: string,
  reason: Reason,
  code?: TriedCode,
): Promise<undefined> {
  const failed = { event: { type: `${userEvent}.failed`, payload: {} }, ...(code && { also: (sql: Sql) => tried(sql, code) }) };
  if ((await attempts.failed(kind, subject, failed)) !== undefined) throw new Failure(reason);
}

/** On the row as it is when its turn comes: of a hundred at once, each counts. */
function tried(sql: Sql, { sessionId, kind, hash }: TriedCode): Fragment {
  return sql`,
    tried as (
      update sessions s set challenges = jsonb_set(s.challenges, ${[kind, 'failed']}::text[], to_jsonb((s.challenges #>> ${[kind, 'failed']}::text[])::int + 1))
      from changed c
      where s.instance_id = c.instance_id and s.session_id = ${sessionId} and s.challenges #>> ${[kind, 'hash']}::text[] = ${hash}
    )`;
}

const checkedAt = (name: string, { read_at }: Subject) =>
  ({ name, value: (sql) => sql`${read_at}::timestamptz` }) satisfies Proof['columns'][number];

function passedCode(kind: CheckKind, subject: Subject, names: { column: string; event: string; userEvent: string }): Proof {
  return {
    event: { type: names.event, payload: { checkedAt: subject.read_at } },
    columns: [checkedAt(names.column, subject)],
    userEvents: [{ type: `${names.userEvent}.succeeded`, payload: {} }],
    counted: kind,
  };
}
