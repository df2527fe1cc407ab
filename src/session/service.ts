/** zitadel.session.v2.SessionService: message in, message out. */
import type { Implementation } from '../access/call.ts';
import type { SessionService } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { createSession } from './create.ts';
import { endSession } from './end.ts';
import { getSession } from './get.ts';
import { listSessions } from './list.ts';
import { detailsOf, sessionMessage } from './message.ts';
import { setSession } from './set.ts';

export const sessionService: Implementation<typeof SessionService> = {
  async createSession(request, call) {
    const { sessionId, token, sequence, at, challenges } = await createSession(call, request);
    return {
      details: detailsOf(call, { sequence, changed_at: at, created_at: at }),
      sessionId,
      sessionToken: token,
      ...(challenges && { challenges }),
    };
  },

  async setSession(request, call) {
    const { state, token, challenges } = await setSession(call, request);
    return { details: detailsOf(call, state), ...(token !== undefined && { sessionToken: token }), ...(challenges && { challenges }) };
  },

  async getSession({ sessionId, sessionToken }, call) {
    return { session: sessionMessage(await getSession(call, sessionId, sessionToken)) };
  },

  async listSessions(request, call) {
    const { total, at, rows } = await listSessions(call, request);
    return { details: { totalResult: BigInt(total), timestamp: timestampFromPg(at) }, sessions: rows.map(sessionMessage) };
  },

  async deleteSession({ sessionId, sessionToken }, call) {
    const ended = await endSession(call, sessionId, sessionToken ?? '');
    return { details: ended ? detailsOf(call, ended) : {} };
  },
};
