/** A session as the API shows it (reference/session-service-v2.md 1.2). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../access/call.ts';
import type { DetailsSchema } from '../contract/gen/zitadel/object/v2/object_pb.js';
import type { FactorsSchema, SessionSchema, UserAgentSchema } from '../contract/gen/zitadel/session/v2/session_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import type { Session, SessionState, UserAgent } from './session.ts';

/** The owner of a session is its instance. */
export function detailsOf(call: Call, { sequence, changed_at, created_at }: SessionState): MessageInitShape<typeof DetailsSchema> {
  return {
    sequence,
    changeDate: timestampFromPg(changed_at),
    resourceOwner: call.instance.id,
    creationDate: timestampFromPg(created_at),
  };
}

export function sessionMessage(session: Session): MessageInitShape<typeof SessionSchema> {
  return {
    id: session.session_id,
    creationDate: timestampFromPg(session.created_at),
    changeDate: timestampFromPg(session.changed_at),
    sequence: session.sequence,
    metadata: Object.fromEntries(Object.entries(session.metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')])),
    ...(session.user_id !== null && { factors: factorsOf(session, session.user_id) }),
    ...(session.user_agent !== null && { userAgent: agentMessage(session.user_agent) }),
    ...(session.expires_at !== null && { expirationDate: timestampFromPg(session.expires_at) }),
  };
}

function factorsOf(session: Session, userId: string): MessageInitShape<typeof FactorsSchema> {
  return {
    user: {
      ...checked(session.user_checked_at),
      id: userId,
      loginName: session.login_name ?? '',
      displayName: session.display_name ?? '',
      organizationId: session.org_id ?? '',
    },
    ...(session.password_checked_at !== null && { password: checked(session.password_checked_at) }),
    ...(session.web_auth_n_checked_at !== null && {
      webAuthN: { ...checked(session.web_auth_n_checked_at), userVerified: session.web_auth_n_user_verified },
    }),
    ...(session.intent_checked_at !== null && { intent: checked(session.intent_checked_at) }),
    ...(session.totp_checked_at !== null && { totp: checked(session.totp_checked_at) }),
    ...(session.otp_sms_checked_at !== null && { otpSms: checked(session.otp_sms_checked_at) }),
    ...(session.otp_email_checked_at !== null && { otpEmail: checked(session.otp_email_checked_at) }),
    ...(session.recovery_code_checked_at !== null && { recoveryCode: checked(session.recovery_code_checked_at) }),
  };
}

const checked = (at: string | null) => (at === null ? {} : { verifiedAt: timestampFromPg(at) });

function agentMessage({ fingerprint_id, ip, description, header = {} }: UserAgent): MessageInitShape<typeof UserAgentSchema> {
  return {
    ...(fingerprint_id !== undefined && { fingerprintId: fingerprint_id }),
    ...(ip !== undefined && { ip }),
    ...(description !== undefined && { description }),
    header: Object.fromEntries(Object.entries(header).map(([name, values]) => [name, { values: [...values] }])),
  };
}
