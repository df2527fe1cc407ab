/** zitadel.user.v2.UserService, the users themselves: message in, message out. What they prove themselves with: credential-service.ts. */
import type { Call, Implementation } from '../access/call.ts';
import type { UserService } from '../contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../failure/failure.ts';
import { every, textFilter } from '../store/filter.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { createHuman, createMachine } from './create.ts';
import { credentialService } from './credential-service.ts';
import { errors } from './errors.ts';
import { readUser } from './factors.ts';
import { listUsers } from './list.ts';
import { detailsOf, shownDetails, userMessage } from './message.ts';
import { listMetadata, removeMetadata, setMetadata } from './metadata.ts';
import { pageSize } from './page.ts';
import { changeState, deleteUser } from './state.ts';
import { updateHuman, updateMachine } from './update.ts';

export const userService: Implementation<typeof UserService> = {
  ...credentialService,

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
      idpLinks: human.idpLinks,
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
      idpLinks: request.idpLinks,
      totpSecret: request.totpSecret,
      metadata: request.metadata,
    });
    return { userId: made.userId, details: detailsOf({ ...made, created_at: made.at }), ...codesOf(made) };
  },

  async getUserByID({ userId }, call) {
    const user = await readUser(call, userId);
    if (!user) throw new Failure(errors.notFound);
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

  setUserMetadata: async ({ userId, metadata }, call) => ({ setDate: timestampFromPg(await setMetadata(call, userId, metadata)) }),
  deleteUserMetadata: async ({ userId, keys }, call) => ({ deletionDate: timestampFromPg(await removeMetadata(call, userId, keys)) }),

  async listUserMetadata({ userId, pagination, filters }, call) {
    const limit = pageSize(pagination?.limit);
    const { total, rows } = await listMetadata(call, userId, {
      filters: (sql) =>
        every(sql, filters, ({ filter }) =>
          filter.case === 'keyFilter' ? textFilter(sql, sql`m.key`, filter.value.method, filter.value.key) : sql`true`,
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

async function state(call: Call, userId: string, step: Parameters<typeof changeState>[2]) {
  return { details: detailsOf(await changeState(call, userId, step)) };
}

function codesOf({ emailCode, phoneCode }: { emailCode: string | undefined; phoneCode: string | undefined }) {
  return { ...(emailCode !== undefined && { emailCode }), ...(phoneCode !== undefined && { phoneCode }) };
}
