/** The user calls of zitadel.management.v1 and zitadel.auth.v1: message in, message out. */
import type { JsonObject, JsonValue, MessageInitShape } from '@bufbuild/protobuf';
import type { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import type { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { UserSchema } from '@zitadel/proto/zitadel/user_pb.js';
import type { Call, Implementation } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { begin, finish } from './authenticator.ts';
import { createMachine } from './create.ts';
import { errors } from './errors.ts';
import { addKey, readKey } from './key.ts';
import { loginNames, preferredLoginName } from './login-name.ts';
import { addPat } from './pat.ts';
import { addSecret } from './secret.ts';
import { kinds, loadUser, type User } from './user.ts';

/** In v1 adding calls tell the date of creation, AddMachineUser alone that of the change (reference/v1-minimum.md). */
export const managementUsers: Implementation<typeof ManagementService> = {
  async addMachineUser({ userId, userName, name, description, accessTokenType }, call) {
    const made = await createMachine(call, {
      userId: userId || undefined,
      orgId: call.orgId,
      username: userName,
      name,
      description: description || undefined,
      accessTokenType,
      metadata: [],
    });
    return {
      userId: made.userId,
      details: { sequence: made.sequence, changeDate: timestampFromPg(made.at), resourceOwner: made.owner },
    };
  },

  async addPersonalAccessToken({ userId, expirationDate }, call) {
    const { tokenId, token, owner, sequence, at } = await addPat(call, userId, expirationDate, call.orgId);
    return { tokenId, token, details: { sequence, creationDate: timestampFromPg(at), resourceOwner: owner } };
  },

  async addMachineKey({ userId, expirationDate, publicKey }, call) {
    const { keyId, content, owner, sequence, at } = await addKey(call, userId, publicKey, expirationDate, call.orgId);
    return { keyId, keyDetails: content, details: { sequence, creationDate: timestampFromPg(at), resourceOwner: owner } };
  },

  async getMachineKeyByIDs({ userId, keyId }, call) {
    const key = await readKey(call, userId, keyId, call.orgId);
    return {
      key: {
        id: key.key_id,
        details: {
          sequence: key.sequence ?? 0n,
          creationDate: timestampFromPg(key.created_at),
          changeDate: timestampFromPg(key.changed_at),
          resourceOwner: key.org_id,
        },
        type: 1, // JSON, the only one
        expirationDate: timestampFromPg(key.expires_at),
      },
    };
  },

  // The client of a machine is its user name.
  async generateMachineSecret({ userId }, call) {
    const { secret, username, owner, sequence, at } = await addSecret(call, userId, call.orgId);
    return {
      clientId: username,
      clientSecret: secret,
      details: { sequence, creationDate: timestampFromPg(at), resourceOwner: owner },
    };
  },
};

export const ownUser: Implementation<typeof AuthService> = {
  async getMyUser(_, call) {
    const user = await loadUser(call, ownId(call));
    if (!user) throw new Failure(errors.notFound);
    return { user: userMessage(user) };
  },
};

export const ownPasskeys: Implementation<typeof AuthService> = {
  // What v2 gives as an object, v1 gives as the bytes of its JSON.
  async addMyPasswordless(_, call) {
    const { done, options } = await begin(call, 'passkey', ownId(call), { domain: '' });
    return {
      key: { publicKey: Buffer.from(JSON.stringify(options)) },
      details: { sequence: done.sequence, creationDate: timestampFromPg(done.at), resourceOwner: done.owner },
    };
  },

  async verifyMyPasswordless({ verification }, call) {
    const { sequence, at, owner } = await finish(call, 'passkey', ownId(call), {
      tokenId: undefined,
      name: verification?.tokenName ?? '',
      credential: credentialOf(verification?.publicKeyCredential),
    });
    return { details: { sequence, changeDate: timestampFromPg(at), resourceOwner: owner } };
  },
};

/** A system user is no user, even where one has an id that reads like his name. */
function ownId({ caller }: Call): string {
  if (caller.standing.kind === 'system') throw new Failure(errors.notFound);
  return caller.userId;
}

/** Bytes that are no JSON are no credential. */
function credentialOf(bytes: Uint8Array | undefined): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(Buffer.from(bytes ?? []).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A user as v1 shows him. */
function userMessage(user: User): MessageInitShape<typeof UserSchema> {
  return {
    id: user.user_id,
    details: {
      sequence: user.changed_sequence,
      creationDate: timestampFromPg(user.created_at),
      changeDate: timestampFromPg(user.changed_at),
      resourceOwner: user.org_id,
    },
    state: user.state, // the numbers of v1 are those that are stored
    userName: user.username,
    loginNames: loginNames(user),
    preferredLoginName: preferredLoginName(user),
    type:
      user.kind === kinds.human
        ? {
            case: 'human',
            value: {
              profile: {
                firstName: user.first_name ?? '',
                lastName: user.last_name ?? '',
                nickName: user.nick_name ?? '',
                displayName: user.display_name ?? '',
                preferredLanguage: user.preferred_language ?? 'und',
                gender: user.gender ?? 0,
              },
              email: { email: user.email ?? '', isEmailVerified: user.email_verified },
              phone: { phone: user.phone ?? '', isPhoneVerified: user.phone_verified },
              ...(user.password_changed_at !== null && { passwordChanged: timestampFromPg(user.password_changed_at) }),
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
