/** GetSession: by its token, its creator, its user, or with `session.read` where it belongs (reference/session-service-v2.md 5.1). */
import type { Call } from '../access/call.ts';
import { epochOf, isSelf } from '../access/caller.ts';
import { matches } from '../crypto/secret.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { demandOn, holdsSomewhere, loadSession, type Session } from './session.ts';

/** A session that has ended, or whose user was switched off, is gone; one that has run out is shown. */
export async function getSession(call: Call, sessionId: string, token: string | undefined): Promise<Session> {
  const session = await loadSession(call, sessionId);
  if (token !== undefined) demandToken(call, session, token);
  else if (!session || !isOwn(call, session)) demandOn(call.caller, 'session.read', session);
  if (!session?.alive) throw new Failure(errors.notFound);
  return session;
}

/** What the caller made before he was switched off is his no more (DESIGN.md 8). */
function isOwn({ caller }: Call, { creator, creator_epoch, user_id }: Session): boolean {
  return (creator === caller.userId && creator_epoch === epochOf(caller)) || isSelf(caller, user_id);
}

/** With a wrong token, whether there is such a session learns only who may read one (DESIGN.md 8). */
function demandToken(call: Call, session: Session | undefined, token: string): void {
  if (session && matches(token, session.token_hash)) return;
  const mayKnow = (session && isOwn(call, session)) || holdsSomewhere(call.caller, 'session.read');
  throw new Failure(mayKnow && !session?.alive ? errors.notFound : errors.notTheToken);
}
