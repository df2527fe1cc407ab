/** Links of users to accounts at identity providers (reference/user-credentials-v2.md 8.5). */
import type { Call } from '../access/call.ts';
import { isSelf } from '../access/caller.ts';
import { covers, reach } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import { callerActor } from '../idp/actor.ts';
import { hasShown } from '../idp/intent.ts';
import { deleteLink, demandProviders, insertLinks, type Link, linkAdded, linkOf, linksOf, linkTaken } from '../idp/link.ts';
import { errors } from './errors.ts';
import { readUser } from './factors.ts';
import { type Changed, changeUser, type Rule, type User } from './user.ts';

const rule: Rule = { permission: 'user.write', self: true, ranked: true };

/**
 * AddIDPLink: of machines and of users who are off, too, as a password is set. Who may not write users links to himself only what he has
 * shown in a login at the provider that he began himself, and whose token he has presented.
 */
export function addLink(call: Call, userId: string, link: Link | undefined): Promise<Changed> {
  return linkTaken(() =>
    changeUser(call, userId, rule, errors.linkUserNotFound, async (user) => {
      if (!link) throw new Failure(errors.idpUnknown);
      await demandProviders(call, user.org_id, [link]);
      if (isSelf(call.caller, userId) && !covers(reach(call.caller, 'user.write'), user.org_id)) {
        if (!(await hasShown(callerActor(call), link))) throw new Failure(errors.linkUnproven);
      }
      return {
        change: { events: [linkAdded(link)], quiet: true, access: true, also: (sql) => insertLinks(sql, [link]) },
        answer: (done) => done,
      };
    }),
  );
}

/** RemoveIDPLink: also the last way in, and of a provider that is gone from the policies. Logins by it that no session has used open nothing any more. */
export function removeLink(call: Call, userId: string, wanted: Pick<Link, 'idpId' | 'userId'>): Promise<Changed> {
  return changeUser(call, userId, rule, errors.linkNotFound, async () => {
    const link = await linkOf(call, userId, wanted);
    if (!link) throw new Failure(errors.linkNotFound);
    const { idpId, userId: externalId } = link;
    return {
      change: {
        events: [{ type: 'user.human.externalidp.removed', payload: { idpConfigId: idpId, userId: externalId } }],
        quiet: true,
        access: true,
        also: (sql) => deleteLink(sql, link),
      },
      answer: (done) => done,
    };
  });
}

/** The most that a list gives. */
const MOST_ROWS = 1000;

export async function listLinks(
  call: Call,
  userId: string,
  query: { readonly asc: boolean; readonly limit: number; readonly offset: bigint } | undefined,
): Promise<{ readonly user: User | undefined; readonly total: bigint; readonly links: readonly Link[] }> {
  const user = await readUser(call, userId);
  if (!user) return { user, total: 0n, links: [] };
  const { asc = false, limit = 0, offset = 0n } = query ?? {};
  const { total, links } = await linksOf(call, userId, { asc, limit: Math.min(limit || MOST_ROWS, MOST_ROWS), offset });
  return { user, total, links };
}
