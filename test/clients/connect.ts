/** DeactivateUser through a transport of Connect, with the published contract; shared by the tests of all clients that are built on it. */
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ConnectError, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { type DeactivateUserResponse, UserService } from '@zitadel/proto/zitadel/user/v2/user_service_pb.js';
import type { Deactivate, Details, Refusal } from './deactivate.ts';

/** `transportOf` makes the transport of one token. */
export function overTransport(transportOf: (interceptors: Interceptor[]) => Transport): Deactivate {
  return async (userId, token) => {
    const client = createClient(UserService, transportOf(token === undefined ? [] : [bearer(token)]));
    return seen(() => client.deactivateUser({ userId }));
  };
}

/** The answer, or what was thrown, as the tests compare it. */
export async function seen(call: () => Promise<DeactivateUserResponse>): Promise<Details | Refusal> {
  try {
    const { details } = await call();
    if (!details?.changeDate || !details.creationDate) throw new Error('a detail is missing');
    const { sequence, resourceOwner, changeDate, creationDate } = details;
    return { sequence, resourceOwner, changeDate: timestampDate(changeDate), creationDate: timestampDate(creationDate) };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const [detail] = error.findDetails(ErrorDetailSchema);
    return { code: error.code, text: error.rawMessage, detail: detail && { id: detail.id, message: detail.message } };
  }
}

const bearer =
  (token: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set('authorization', `Bearer ${token}`);
    return next(request);
  };
