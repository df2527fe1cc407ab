/** A user as the API shows him (reference/user-service-v2.md 2.2). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { userStates } from '../access/gate.ts';
import type { DetailsSchema } from '../contract/gen/zitadel/object/v2/object_pb.js';
import { type UserSchema, UserState } from '../contract/gen/zitadel/user/v2/user_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { loginNames, preferredLoginName } from './login-name.ts';
import { kinds, type User } from './user.ts';

const STATES: Readonly<Record<number, UserState>> = {
  [userStates.active]: UserState.ACTIVE,
  [userStates.inactive]: UserState.INACTIVE,
  [userStates.locked]: UserState.LOCKED,
  [userStates.initial]: UserState.INITIAL,
};

/** The details of a change, all four filled. */
export function detailsOf(done: {
  owner: string;
  sequence: bigint;
  at: string;
  created_at: string;
}): MessageInitShape<typeof DetailsSchema> {
  return {
    sequence: done.sequence,
    changeDate: timestampFromPg(done.at),
    resourceOwner: done.owner,
    creationDate: timestampFromPg(done.created_at),
  };
}

export function shownDetails(user: User): MessageInitShape<typeof DetailsSchema> {
  return detailsOf({ owner: user.org_id, sequence: user.changed_sequence, at: user.changed_at, created_at: user.created_at });
}

export function userMessage(user: User): MessageInitShape<typeof UserSchema> {
  return {
    userId: user.user_id,
    details: shownDetails(user),
    state: STATES[user.state] ?? UserState.UNSPECIFIED,
    username: user.username,
    loginNames: loginNames(user),
    preferredLoginName: preferredLoginName(user),
    type:
      user.kind === kinds.human
        ? {
            case: 'human',
            value: {
              profile: {
                givenName: user.first_name ?? '',
                familyName: user.last_name ?? '',
                nickName: user.nick_name ?? '',
                displayName: user.display_name ?? '',
                preferredLanguage: user.preferred_language ?? 'und',
                gender: user.gender ?? 0,
              },
              email: { email: user.email ?? '', isVerified: user.email_verified },
              phone: { phone: user.phone ?? '', isVerified: user.phone_verified },
              passwordChangeRequired: user.password_change_required,
              ...(user.password_changed_at !== null && { passwordChanged: timestampFromPg(user.password_changed_at) }),
              ...(user.mfa_init_skipped_at !== null && { mfaInitSkipped: timestampFromPg(user.mfa_init_skipped_at) }),
            },
          }
        : {
            case: 'machine',
            value: {
              name: user.machine_name ?? '',
              description: user.description ?? '',
              hasSecret: user.secret_hash !== null,
              accessTokenType: user.access_token_type ?? 0,
            },
          },
  };
}
