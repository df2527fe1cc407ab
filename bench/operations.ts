/** The calls that are measured, as bytes for each protocol; paths and routes come from the contract. */
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { methods } from '../src/contract/contract.ts';
import {
  CreateSessionRequestSchema,
  GetSessionRequestSchema,
  SetSessionRequestSchema,
} from '../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import {
  AddHumanUserRequestSchema,
  CreateUserRequestSchema,
  DeactivateUserRequestSchema,
  GetUserByIDRequestSchema,
  ListUsersRequestSchema,
  ReactivateUserRequestSchema,
  SetUserMetadataRequestSchema,
  UpdateUserRequestSchema,
} from '../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { writeMessage } from '../src/transport/json/write.ts';
import { NEW, type Protocol, type WireCall } from './load/plan.ts';

export type OperationName =
  | 'getUserById'
  | 'createUser'
  | 'addHumanUser'
  | 'updateUser'
  | 'setUserMetadata'
  | 'cycle'
  | 'createSession'
  | 'getSession'
  | 'bearer';

/** What calls are about: a user, and a live session of his with a password in it. */
export interface Subject {
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
}

/** Users without a session. */
export const subjectsOf = (userIds: readonly string[]): Subject[] => userIds.map((userId) => ({ userId, sessionId: '', token: '' }));

export interface Operation {
  readonly title: string;
  /** Whose token the calls carry: the machine owner's, or that of the first subject's session. */
  readonly as: 'owner' | 'session';
  /** What a slot goes round, given the subjects that are its own. */
  calls(protocol: Protocol, subjects: readonly Subject[], orgId: string): readonly WireCall[];
}

/** What a user has in turns, so that each call changes something. */
export const values = ['one', 'other'] as const;

export const operations: Readonly<Record<OperationName, Operation>> = {
  getUserById: {
    title: 'GetUserByID',
    as: 'owner',
    calls: (protocol, subjects) => subjects.map(({ userId }) => getUser(protocol, userId)),
  },
  createUser: {
    title: 'CreateUser',
    as: 'owner',
    calls: (protocol, _, organizationId) => [
      wireCall(protocol, `${USERS}/CreateUser`, CreateUserRequestSchema, {
        organizationId,
        userType: { case: 'machine', value: { name: 'bench' } },
      }),
    ],
  },
  addHumanUser: {
    title: 'AddHumanUser',
    as: 'owner',
    calls: (protocol) => [
      wireCall(protocol, `${USERS}/AddHumanUser`, AddHumanUserRequestSchema, {
        profile: { givenName: 'Ada', familyName: 'Bench' },
        email: { email: `${NEW}@example.com`, verification: { case: 'isVerified', value: true } },
      }),
    ],
  },
  updateUser: {
    title: 'UpdateUser',
    as: 'owner',
    calls: (protocol, subjects) =>
      subjects.flatMap(({ userId }) =>
        values.map((name) =>
          wireCall(protocol, `${USERS}/UpdateUser`, UpdateUserRequestSchema, { userId, userType: { case: 'machine', value: { name } } }),
        ),
      ),
  },
  setUserMetadata: {
    title: 'SetUserMetadata',
    as: 'owner',
    calls: (protocol, subjects) =>
      subjects.flatMap(({ userId }) =>
        values.map((value) =>
          wireCall(protocol, `${USERS}/SetUserMetadata`, SetUserMetadataRequestSchema, {
            userId,
            metadata: [{ key: 'bench', value: Buffer.from(value) }],
          }),
        ),
      ),
  },
  cycle: {
    title: 'Deactivate, reactivate',
    as: 'owner',
    calls: (protocol, subjects) => subjects.flatMap(({ userId }) => [deactivate(protocol, userId), reactivate(protocol, userId)]),
  },
  createSession: {
    title: 'CreateSession, user check',
    as: 'owner',
    calls: (protocol, subjects) => subjects.map(({ userId }) => createSession(protocol, userId)),
  },
  getSession: {
    title: 'GetSession, by its token',
    as: 'owner',
    calls: (protocol, subjects) =>
      subjects.map(({ sessionId, token }) =>
        wireCall(protocol, `${SESSIONS}/GetSession`, GetSessionRequestSchema, { sessionId, sessionToken: token }),
      ),
  },
  bearer: {
    title: 'GetUserByID, by session token',
    as: 'session',
    calls: (protocol, subjects) => subjects.slice(0, 1).map(({ userId }) => getUser(protocol, userId)),
  },
};

const USERS = 'zitadel.user.v2.UserService';
const SESSIONS = 'zitadel.session.v2.SessionService';

const getUser = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, `${USERS}/GetUserByID`, GetUserByIDRequestSchema, { userId });

export const deactivate = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, `${USERS}/DeactivateUser`, DeactivateUserRequestSchema, { userId });

export const reactivate = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, `${USERS}/ReactivateUser`, ReactivateUserRequestSchema, { userId });

export const listUsers = (request: MessageInitShape<typeof ListUsersRequestSchema>): WireCall =>
  wireCall('grpc', `${USERS}/ListUsers`, ListUsersRequestSchema, request);

const createSession = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, `${SESSIONS}/CreateSession`, CreateSessionRequestSchema, {
    checks: { user: { search: { case: 'userId', value: userId } } },
  });

export const setPassword = (protocol: Protocol, sessionId: string, password: string): WireCall =>
  wireCall(protocol, `${SESSIONS}/SetSession`, SetSessionRequestSchema, { sessionId, checks: { password: { password } } });

function wireCall<D extends DescMessage>(protocol: Protocol, rpc: string, desc: D, init: MessageInitShape<D>): WireCall {
  const method = methods.get(`/${rpc}`);
  const route = method?.routes[0];
  if (!method || !route) throw new Error(`the contract has no route for ${rpc}`);
  if (protocol === 'grpc') return { verb: 'POST', path: method.path, body: toBinary(desc, create(desc, init)) };
  const fields = new Map(Object.entries(init));
  let path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const field = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = String(fields.get(field));
    fields.delete(field);
    return value;
  });
  if (route.verb === 'GET' && fields.has('sessionToken')) path += `?session_token=${fields.get('sessionToken')}`;
  const rest = Object.fromEntries(fields) as MessageInitShape<D>; // the same init without what the path says
  const body = route.body === '' || fields.size === 0 ? '' : writeMessage(desc, create(desc, rest));
  return { verb: route.verb, path, body: Buffer.from(body) };
}
