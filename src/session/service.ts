/** zitadel.session.v2.SessionService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { SessionService } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { createSession } from './session.ts';

export const sessionService: Implementation<typeof SessionService> = {
  async createSession(request, call) {
    const { sessionId, token, sequence, at } = await createSession(call, request);
    const moment = timestampFromPg(at);
    return {
      details: { sequence, changeDate: moment, resourceOwner: call.instance.id, creationDate: moment },
      sessionId,
      sessionToken: token,
    };
  },
};
