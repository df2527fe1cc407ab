/**
 * Deactivation bites at once (DESIGN.md 1): once the answer is there, the token is refused by every node, in every protocol, and for good.
 * 200 rounds; 5,000 with `npm test -- test/promise --full` (KEYWARD_TEST_FULL=true where the file is run alone).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { type Answer, Client, protocols, user } from '../support/ask.ts';
import { full, nth, rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const ROUNDS = full ? 5000 : 200;

const cluster = await startCluster(2);
const clients = cluster.nodes.map((node) => new Client(node));
const people = new People(cluster.sql, cluster);

const refused = { code: 'unauthenticated', text: 'Errors.Token.Invalid (AUTH-7fs1e)', id: 'AUTH-7fs1e' };

/** How access is cut, and how the user comes back. */
const cuts = [
  { cut: user.deactivateUser, back: user.reactivateUser },
  { cut: user.lockUser, back: user.unlockUser },
  { cut: user.deleteUser, back: undefined },
] as const;

for (const { cut, back } of cuts) {
  test(`after ${cut.name} on one node the user's token is refused on the other in every protocol, also when the user is back`, async () => {
    const count = Math.ceil(ROUNDS / cuts.length);
    await rounds(count, 32, async (n) => {
      const [here, there] = [nth(clients, n), nth(clients, n + 1)];
      const protocol = nth(protocols, n);
      const by = { token: cluster.adminPat, protocol: nth(protocols, Math.floor(n / 4)) };
      const machine = { organizationId: cluster.orgId, userType: { case: 'machine' as const, value: { name: 'Round' } } };
      const { id: userId } = await here.get(user.createUser, machine, by);
      const { token } = await here.get(user.addPersonalAccessToken, { userId, expirationDate: tomorrow() }, by);
      const me = { token, protocol };
      // Both nodes know the caller now.
      for (const client of [there, here]) await client.get(user.getUserByID, { userId }, me);

      await here.get(cut, { userId }, by);
      assert.deepEqual(await there.ask(user.getUserByID, { userId }, me), refused);
      assert.deepEqual(await here.ask(user.getUserByID, { userId }, me), refused);

      if (back) await there.get(back, { userId }, by);
      else await there.get(user.createUser, { ...machine, userId }, by);
      const after: Answer<typeof user.getUserByID>[] = await Promise.all(
        [here, there].map((client) => client.ask(user.getUserByID, { userId }, me)),
      );
      assert.deepEqual(after, [refused, refused]);
    });
  });
}

for (const { cut, back } of cuts) {
  test(`after ${cut.name} on one node the token of the user's session is refused on the other, also when the user is back`, async () => {
    const session = SessionService.method;
    const gone = { code: 'not_found', text: 'Errors.Session.NotExisting (QUERY-SFeaa)', id: 'QUERY-SFeaa' };
    await rounds(Math.ceil(ROUNDS / 10), 16, async (n) => {
      const [here, there] = [nth(clients, n), nth(clients, n + 1)];
      const protocol = nth(protocols, n);
      const by = { token: cluster.adminPat };
      const password = 'A-passw0rd';
      const { userId } = await people.person({ kind: 'human', password });
      const checks = { user: { search: { case: 'userId' as const, value: userId } }, password: { password } };
      const { sessionId, sessionToken: token } = await here.get(session.createSession, { checks }, by);
      const ask = (client: Client) => client.ask(user.getUserByID, { userId }, { token, protocol });
      for (const client of [there, here]) assert.equal((await ask(client)).code, 'ok');

      await here.get(cut, { userId }, by);
      for (const client of [there, here]) assert.deepEqual(await ask(client), gone);
      assert.equal((await there.ask(session.getSession, { sessionId }, by)).code, 'not_found');

      if (!back) return;
      await there.get(back, { userId }, by);
      for (const client of [here, there]) assert.deepEqual(await ask(client), gone);
      assert.equal((await there.ask(session.setSession, { sessionId, lifetime: { seconds: 60n } }, by)).code, 'failed_precondition');
    });
  });
}

test('a token that is made after the user is back works on every node', async () => {
  const [here, there] = [nth(clients, 0), nth(clients, 1)];
  const by = { token: cluster.adminPat };
  const { id: userId } = await here.get(
    user.createUser,
    { organizationId: cluster.orgId, userType: { case: 'machine', value: { name: 'Back' } } },
    by,
  );
  await here.get(user.deactivateUser, { userId }, by);
  await there.get(user.reactivateUser, { userId }, by);
  const { token } = await here.get(user.addPersonalAccessToken, { userId, expirationDate: tomorrow() }, by);
  for (const client of clients) {
    for (const protocol of protocols) assert.equal((await client.ask(user.getUserByID, { userId }, { token, protocol })).code, 'ok');
  }
});

function tomorrow() {
  return { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400), nanos: 0 };
}
