/** The calls that are measured, as bytes for each protocol; paths and routes come from the contract. */
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { methods } from '../src/contract/contract.ts';
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

export type OperationName = 'getUserById' | 'createUser' | 'addHumanUser' | 'updateUser' | 'setUserMetadata' | 'cycle';

export interface Operation {
  readonly title: string;
  /** What a slot goes round, given the users that are its own. */
  calls(protocol: Protocol, users: readonly string[], orgId: string): readonly WireCall[];
}

/** What a user has in turns, so that each call changes something. */
export const values = ['one', 'other'] as const;

export const operations: Readonly<Record<OperationName, Operation>> = {
  getUserById: {
    title: 'GetUserByID',
    calls: (protocol, users) => users.map((userId) => wireCall(protocol, 'GetUserByID', GetUserByIDRequestSchema, { userId })),
  },
  createUser: {
    title: 'CreateUser',
    calls: (protocol, _, organizationId) => [
      wireCall(protocol, 'CreateUser', CreateUserRequestSchema, {
        organizationId,
        userType: { case: 'machine', value: { name: 'bench' } },
      }),
    ],
  },
  addHumanUser: {
    title: 'AddHumanUser',
    calls: (protocol) => [
      wireCall(protocol, 'AddHumanUser', AddHumanUserRequestSchema, {
        profile: { givenName: 'Ada', familyName: 'Bench' },
        email: { email: `${NEW}@example.com`, verification: { case: 'isVerified', value: true } },
      }),
    ],
  },
  updateUser: {
    title: 'UpdateUser',
    calls: (protocol, users) =>
      users.flatMap((userId) =>
        values.map((name) =>
          wireCall(protocol, 'UpdateUser', UpdateUserRequestSchema, { userId, userType: { case: 'machine', value: { name } } }),
        ),
      ),
  },
  setUserMetadata: {
    title: 'SetUserMetadata',
    calls: (protocol, users) =>
      users.flatMap((userId) =>
        values.map((value) =>
          wireCall(protocol, 'SetUserMetadata', SetUserMetadataRequestSchema, {
            userId,
            metadata: [{ key: 'bench', value: Buffer.from(value) }],
          }),
        ),
      ),
  },
  cycle: {
    title: 'Deactivate, reactivate',
    calls: (protocol, users) => users.flatMap((userId) => [deactivate(protocol, userId), reactivate(protocol, userId)]),
  },
};

export const deactivate = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, 'DeactivateUser', DeactivateUserRequestSchema, { userId });

export const reactivate = (protocol: Protocol, userId: string): WireCall =>
  wireCall(protocol, 'ReactivateUser', ReactivateUserRequestSchema, { userId });

export const listUsers = (request: MessageInitShape<typeof ListUsersRequestSchema>): WireCall =>
  wireCall('grpc', 'ListUsers', ListUsersRequestSchema, request);

function wireCall<D extends DescMessage>(protocol: Protocol, rpc: string, desc: D, init: MessageInitShape<D>): WireCall {
  const method = methods.get(`/zitadel.user.v2.UserService/${rpc}`);
  const route = method?.routes[0];
  if (!method || !route) throw new Error(`the contract has no route for ${rpc}`);
  const message = create(desc, init);
  if (protocol === 'grpc') return { verb: 'POST', path: method.path, body: toBinary(desc, message) };
  const { userId = '', ...rest } = init as MessageInitShape<D> & { userId?: string }; // the one variable of these routes
  const path = route.path.replace('{user_id}', userId);
  const body = Object.keys(rest).length === 0 ? '' : writeMessage(desc, create(desc, rest as MessageInitShape<D>));
  return { verb: route.verb, path, body: Buffer.from(body) };
}
