/** zitadel.user.v2.UserService: message in, message out. */
import type { Call, Implementation } from '../access/call.ts';
import { AuthenticationMethodType, PersonalAccessTokenFieldName } from '../contract/gen/zitadel/user/v2/user_pb.js';
import type { UserService } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { joined, textFilter, timestampFilter } from '../store/filter.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { removePhone, setEmail, setPhone } from './contact.ts';
import { createHuman, createMachine } from './create.ts';
import { errors } from './errors.ts';
import { listUsers } from './list.ts';
import { detailsOf, shownDetails, userMessage } from './message.ts';
import { listMetadata, removeMetadata, setMetadata } from './metadata.ts';
import { skipMfaInit } from './mfa.ts';
import { requestReset, setPassword } from './password.ts';
import { addPat, listPats, removePat } from './pat.ts';
import { addSecret } from './secret.ts';
import { changeState, deleteUser } from './state.ts';
import { updateHuman, updateMachine } from './update.ts';
import { allow, loadUser, within } from './user.ts';

const READ = { permission: 'user.read', self: true, ranked: false };
const DEFAULT_ROWS = 100;
const MOST_ROWS = 1000;

export const userService: Implementation<typeof UserService> = {
  async createUser(request, call) {
    const { organizationId: orgId, userId, username, userType } = request;
    if (userType.case === 'machine') {
      const { name, description, accessTokenType } = userType.value;
      const made = await createMachine(call, { userId, orgId, username, name, description, accessTokenType, metadata: request.metadata });
      return { id: made.userId, creationDate: timestampFromPg(made.at) };
    }
    if (userType.case !== 'human') throw new Error('a user without a kind has passed validation');
    const human = userType.value;
    if (request.metadata.length > 0 && human.metadata.length > 0) throw new Failure(errors.metadataTwice);
    const made = await createHuman(call, {
      userId,
      orgId,
      username,
      profile: human.profile,
      email: human.email,
      phone: human.phone,
      password: human.passwordType,
      hasIdpLinks: human.idpLinks.length > 0,
      totpSecret: human.totpSecret,
      metadata: request.metadata.length > 0 ? request.metadata : human.metadata,
    });
    return { id: made.userId, creationDate: timestampFromPg(made.at), ...codesOf(made) };
  },

  async addHumanUser(request, call) {
    const made = await createHuman(call, {
      userId: request.userId,
      orgId: call.orgId,
      username: request.username,
      profile: request.profile,
      email: request.email,
      phone: request.phone,
      password: request.passwordType,
      hasIdpLinks: request.idpLinks.length > 0,
      totpSecret: request.totpSecret,
      metadata: request.metadata,
    });
    return { userId: made.userId, details: detailsOf({ ...made, created_at: made.at }), ...codesOf(made) };
  },

  async getUserByID({ userId }, call) {
    const where = allow(call, userId, READ);
    const user = await loadUser(call, userId);
    if (!user) throw new Failure(errors.notFound);
    within(call, where, user, READ);
    return { details: shownDetails(user), user: userMessage(user) };
  },

  async listUsers(request, call) {
    const { total, at, rows } = await listUsers(call, request);
    return { details: { totalResult: BigInt(total), timestamp: timestampFromPg(at) }, result: rows.map(userMessage) };
  },

  deactivateUser: ({ userId }, call) => state(call, userId, 'deactivate'),
  reactivateUser: ({ userId }, call) => state(call, userId, 'reactivate'),
  lockUser: ({ userId }, call) => state(call, userId, 'lock'),
  unlockUser: ({ userId }, call) => state(call, userId, 'unlock'),
  deleteUser: async ({ userId }, call) => ({ details: detailsOf(await deleteUser(call, userId)) }),

  async updateUser({ userId, username, userType, metadata }, call) {
    const updated =
      userType.case === 'machine'
        ? await updateMachine(call, userId, {
            username,
            name: userType.value.name,
            description: userType.value.description,
            accessTokenType: userType.value.accessTokenType,
            metadata,
          })
        : await updateHuman(call, userId, {
            username,
            profile: userType.value?.profile,
            email: userType.value?.email,
            phone: userType.value?.phone,
            password: userType.value?.password,
            metadata,
            emptyPhoneRemoves: true,
          });
    return { changeDate: timestampFromPg(updated.at), ...codesOf(updated) };
  },

  async updateHumanUser({ userId, username, profile, email, phone, password }, call) {
    const updated = await updateHuman(call, userId, { username, profile, email, phone, password, metadata: [], emptyPhoneRemoves: false });
    return { details: detailsOf(updated), ...codesOf(updated) };
  },

  async setEmail({ userId, email, verification }, call) {
    const { done, code } = await setEmail(call, userId, email, verification);
    return { details: detailsOf(done), ...(code !== undefined && { verificationCode: code }) };
  },

  async setPhone({ userId, phone, verification }, call) {
    const { done, code } = await setPhone(call, userId, phone, verification);
    return { details: detailsOf(done), ...(code !== undefined && { verificationCode: code }) };
  },

  removePhone: async ({ userId }, call) => ({ details: detailsOf(await removePhone(call, userId)) }),

  async setPassword({ userId, newPassword, verification }, call) {
    const given = newPassword ? ({ case: 'password', value: newPassword } as const) : { case: undefined };
    const proof = verification.case === undefined ? { case: undefined } : { case: verification.case, value: verification.value };
    return { details: detailsOf(await setPassword(call, userId, given, proof)) };
  },

  async passwordReset({ userId, medium }, call) {
    const link = medium.case === 'sendLink' ? medium.value : undefined;
    const { done, code } = await requestReset(call, userId, {
      returned: medium.case === 'returnCode',
      template: link?.urlTemplate,
      notificationType: link?.notificationType === 2 ? 1 : 0,
    });
    return { details: detailsOf(done), ...(code !== undefined && { verificationCode: code }) };
  },

  async addPersonalAccessToken({ userId, expirationDate }, call) {
    const { tokenId, token, at } = await addPat(call, userId, expirationDate);
    return { creationDate: timestampFromPg(at), tokenId, token };
  },

  removePersonalAccessToken: async ({ userId, tokenId }, call) => ({
    deletionDate: timestampFromPg((await removePat(call, userId, tokenId)).at),
  }),

  async listPersonalAccessTokens({ pagination, sortingColumn, filters }, call) {
    const limit = pageSize(pagination?.limit);
    const { total, rows } = await listPats(call, {
      filters: (sql) =>
        joined(
          sql,
          filters.map(({ filter }) => {
            switch (filter.case) {
              case 'tokenIdFilter':
                return sql`p.token_id = ${filter.value.id}`;
              case 'userIdFilter':
                return sql`p.user_id = ${filter.value.id}`;
              case 'organizationIdFilter':
                return sql`u.org_id = ${filter.value.id}`;
              case 'createdDateFilter':
                return timestampFilter(sql, sql`p.created_at`, filter.value.method, filter.value.timestamp);
              case 'expirationDateFilter':
                return timestampFilter(sql, sql`p.expires_at`, filter.value.method, filter.value.timestamp);
              case undefined:
                return sql`true`;
            }
          }),
          'and',
        ),
      order: (sql) => PAT_ORDER[sortingColumn ?? 0]?.(sql) ?? sql`p.created_at`,
      asc: pagination?.asc ?? false,
      limit,
      offset: pagination?.offset ?? 0n,
    });
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      result: rows.map((row) => ({
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        id: row.token_id,
        userId: row.user_id,
        organizationId: row.org_id,
        expirationDate: timestampFromPg(row.expires_at),
      })),
    };
  },

  async addSecret({ userId }, call) {
    const { secret, at } = await addSecret(call, userId);
    return { creationDate: timestampFromPg(at), clientSecret: secret };
  },

  async listAuthenticationMethodTypes({ userId }, call) {
    const where = allow(call, userId, READ);
    const user = await loadUser(call, userId);
    if (user) within(call, where, user, READ);
    const types = user?.password_hash ? [AuthenticationMethodType.PASSWORD] : [];
    return {
      details: { totalResult: BigInt(types.length), timestamp: timestampFromPg(user?.changed_at ?? new Date().toISOString()) },
      authMethodTypes: types,
    };
  },

  humanMFAInitSkipped: async ({ userId }, call) => ({ details: detailsOf(await skipMfaInit(call, userId)) }),

  setUserMetadata: async ({ userId, metadata }, call) => ({ setDate: timestampFromPg(await setMetadata(call, userId, metadata)) }),
  deleteUserMetadata: async ({ userId, keys }, call) => ({ deletionDate: timestampFromPg(await removeMetadata(call, userId, keys)) }),

  async listUserMetadata({ userId, pagination, filters }, call) {
    const limit = pageSize(pagination?.limit);
    const { total, rows } = await listMetadata(call, userId, {
      filters: (sql) =>
        joined(
          sql,
          filters.map(({ filter }) =>
            filter.case === 'keyFilter' ? textFilter(sql, sql`m.key`, filter.value.method, filter.value.key) : sql`true`,
          ),
          'and',
        ),
      asc: pagination?.asc ?? false,
      limit,
      offset: pagination?.offset ?? 0n,
    });
    return {
      pagination: { totalResult: BigInt(total), appliedLimit: BigInt(limit) },
      metadata: rows.map((row) => ({
        creationDate: timestampFromPg(row.created_at),
        changeDate: timestampFromPg(row.changed_at),
        key: row.key,
        value: row.value,
      })),
    };
  },
};

const PAT_ORDER: Readonly<Record<number, (sql: Sql) => Fragment>> = {
  [PersonalAccessTokenFieldName.ID]: (sql) => sql`p.token_id`,
  [PersonalAccessTokenFieldName.USER_ID]: (sql) => sql`p.user_id`,
  [PersonalAccessTokenFieldName.ORGANIZATION_ID]: (sql) => sql`u.org_id`,
  [PersonalAccessTokenFieldName.EXPIRATION_DATE]: (sql) => sql`p.expires_at`,
};

async function state(call: Call, userId: string, step: Parameters<typeof changeState>[2]) {
  return { details: detailsOf(await changeState(call, userId, step)) };
}

function pageSize(limit: number | undefined): number {
  if ((limit ?? 0) > MOST_ROWS) throw new Failure(errors.limitExceeded);
  return limit || DEFAULT_ROWS;
}

function codesOf({ emailCode, phoneCode }: { emailCode: string | undefined; phoneCode: string | undefined }) {
  return { ...(emailCode !== undefined && { emailCode }), ...(phoneCode !== undefined && { phoneCode }) };
}
