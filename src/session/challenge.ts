/** Challenges: what a session waits for as the next proof of its user (reference/session-service-v2.md 6.4 and 6.6). A newer one replaces the one before. */
import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import {
  type ChallengesSchema,
  type RequestChallenges,
  type RequestChallenges_WebAuthN,
  UserVerificationRequirement,
} from '../contract/gen/zitadel/session/v2/session_pb.js';
import { alphabets, digest, randomText } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { defaultTemplate } from '../notification/kinds.ts';
import { type NewMessage, newMessage, post } from '../notification/outbox.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { Json, NewEvent } from '../store/events.ts';
import { readyAuthenticators } from '../user/authenticator.ts';
import { checkTemplate } from '../user/template.ts';
import { CHALLENGE_SECONDS, newChallenge, requestOptions, servesDomain, type UserVerification } from '../user/webauthn.ts';
import { errors } from './errors.ts';
import type { ChallengeKind, CodeChallenge, KeyChallenge } from './session.ts';
import type { Subject } from './subject.ts';

export interface Challenge {
  readonly kind: ChallengeKind;
  readonly event: NewEvent;
  readonly stored: KeyChallenge | CodeChallenge;
  readonly answer: MessageInitShape<typeof ChallengesSchema>;
  /** What brings a code to its user; none where the caller is told it. */
  readonly message?: NewMessage | undefined;
}

/** 8 digits for 5 minutes (reference/user-credentials-v2.md 0.2). */
const CODE_LENGTH = 8;
const CODE_SECONDS = 300;
const TEMPLATE_FIELDS = ['Code', 'UserID', 'LoginName', 'DisplayName', 'PreferredLanguage', 'SessionID'];

/** What can be said of a request before anything else is known. */
export function checkChallenges(asked: RequestChallenges | undefined): void {
  const { deliveryType } = asked?.otpEmail ?? {};
  if (deliveryType?.case === 'sendCode') checkTemplate(deliveryType.value.urlTemplate, TEMPLATE_FIELDS);
}

/** Of whom, in which session. */
interface Asker {
  readonly call: Call;
  readonly sessionId: string;
  readonly subject: Subject | undefined;
}

/** In the reference's order; the first that cannot be made fails. */
export async function newChallenges(asker: Asker, asked: RequestChallenges | undefined): Promise<Challenge[]> {
  const made: Challenge[] = [];
  if (asked?.webAuthN) made.push(await keyChallenge(asker, asked.webAuthN));
  if (asked?.otpSms) made.push(smsChallenge(asker, asked.otpSms.returnCode));
  if (asked?.otpEmail) {
    const { deliveryType } = asked.otpEmail;
    const template = deliveryType.case === 'sendCode' ? deliveryType.value.urlTemplate : undefined;
    made.push(emailChallenge(asker, deliveryType.case === 'returnCode', template));
  }
  return made;
}

/**
 * `, challenged as (…), posted as (…)`: the messages that bring codes to their user, bound to the epoch under which he was looked at. `done`
 * is the CTE of the session. Call `posted()` (notification/signal.ts) after the commit.
 */
export function postCodes(sql: Sql, subject: Subject | undefined, challenges: readonly Challenge[], done: Fragment): Fragment {
  const messages = messagesOf(challenges);
  if (!subject || messages.length === 0) return sql``;
  return sql`,
    challenged as (
      select d.instance_id, ${subject.user_id} as aggregate_id, ${subject.org_id} as owner, 0 as sequence, d.at, ${subject.epoch}::bigint as epoch
      from ${done} d
    )${post(sql, sql`challenged`, messages)}`;
}

export const messagesOf = (challenges: readonly Challenge[]): NewMessage[] => challenges.flatMap(({ message }) => message ?? []);

const VERIFICATIONS: Readonly<Record<number, UserVerification>> = {
  [UserVerificationRequirement.REQUIRED]: 'required',
  [UserVerificationRequirement.PREFERRED]: 'preferred',
  [UserVerificationRequirement.DISCOURAGED]: 'discouraged',
};

/** Where verification is required the passkeys of the user are asked for, else his security keys; on the domain that is named, if it is the instance's. */
async function keyChallenge(
  { call, subject }: Asker,
  { domain, userVerificationRequirement: requirement }: RequestChallenges_WebAuthN,
): Promise<Challenge> {
  if (!subject) throw new Failure(errors.keyNoUser);
  demandActiveHuman(subject);
  const verification = VERIFICATIONS[requirement];
  if (verification === undefined) throw new Error('a requirement that does not exist has passed validation');
  const rpId = await servesDomain(call, domain);
  const keys = rpId === undefined ? [] : await readyAuthenticators(call, subject.user_id, keyKind(verification), rpId);
  if (rpId === undefined || keys.length === 0) throw new Failure(errors.keyNone);
  const challenge = newChallenge();
  const ids = keys.map(({ credential_id }) => credential_id);
  return {
    kind: 'web_auth_n',
    event: {
      type: 'session.webAuthN.challenged',
      payload: {
        challenge,
        allowedCrentialIDs: ids.map((id) => Buffer.from(id, 'base64url').toString('base64')), // the original's spelling
        userVerification: requirement,
        rpid: rpId,
      },
    },
    stored: { challenge, rp_id: rpId, verification, expires_at: Date.now() + CHALLENGE_SECONDS * 1000 },
    answer: { webAuthN: { publicKeyCredentialRequestOptions: requestOptions(rpId, challenge, ids, verification) satisfies JsonObject } },
  };
}

export const keyKind = (verification: UserVerification) => (verification === 'required' ? 'passkey' : 'u2f');

/** Only who is active has keys to answer with; initial he has none of his own making. */
export function demandActiveHuman({ kind, state }: Subject): void {
  if (kind !== HUMAN || state !== userStates.active) throw new Failure(errors.keyUserNotFound);
}

const HUMAN = 1;

function smsChallenge({ call, sessionId, subject }: Asker, returned: boolean): Challenge {
  if (!subject) throw new Failure(errors.smsNoUser);
  if (!subject.otp_sms) throw new Failure(errors.smsNotReady);
  const { code, stored } = newCode();
  const payload = { expiry: CODE_SECONDS * 1e9, ...(returned ? { codeReturned: true } : {}) };
  return {
    kind: 'otp_sms',
    event: { type: 'session.otp.sms.challenged', payload },
    stored,
    answer: returned ? { otpSms: code } : {},
    message: returned ? undefined : newMessage(call, subject, { kind: 'otp-sms', channel: 'sms', code, sessionId }),
  };
}

function emailChallenge({ call, sessionId, subject }: Asker, returned: boolean, template: string | undefined): Challenge {
  if (!subject) throw new Failure(errors.emailNoUser);
  if (!subject.otp_email) throw new Failure(errors.emailNotReady);
  const { code, stored } = newCode();
  const sent = { urlTmpl: template || (defaultTemplate('otp-email') ?? '') };
  const payload: Json = { expiry: CODE_SECONDS * 1e9, ...(returned ? { returnCode: true } : sent) };
  return {
    kind: 'otp_email',
    event: { type: 'session.otp.email.challenged', payload },
    stored,
    answer: returned ? { otpEmail: code } : {},
    message: returned ? undefined : newMessage(call, subject, { kind: 'otp-email', code, template, sessionId }),
  };
}

function newCode(): { code: string; stored: CodeChallenge } {
  const code = randomText(CODE_LENGTH, alphabets.digits);
  return { code, stored: { hash: digest(code).toString('hex'), expires_at: Date.now() + CODE_SECONDS * 1000, failed: 0 } };
}
