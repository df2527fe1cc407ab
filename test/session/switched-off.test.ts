/** Whoever is switched off has no session any more, on any node, and never gets it back (reference/session-service-v2.md 8; DESIGN.md 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, protocols, type Refusal, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { byPassword, byUser, Logins, PASSWORD, refusals, session, typed } from './logins.ts';

const cluster = await startCluster(2);
const logins = new Logins(cluster);
const { admin } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes

interface Way {
  readonly off: typeof user.deactivateUser | typeof user.lockUser | typeof user.deleteUser;
  readonly back: typeof user.reactivateUser | typeof user.unlockUser | undefined;
  /** What a begun session is refused with: a check of its user, of the password alone, and anything else. */
  readonly byUser: Refusal;
  readonly byPassword: Refusal;
  readonly other: Refusal;
}

const ways: Readonly<Record<string, Way>> = {
  deactivated: {
    off: user.deactivateUser,
    back: user.reactivateUser,
    byUser: refusals.notActive,
    byPassword: refusals.notActive,
    other: refusals.notActive,
  },
  locked: {
    off: user.lockUser,
    back: user.unlockUser,
    byUser: refusals.notActive,
    byPassword: refusals.locked,
    other: refusals.notActive,
  },
  deleted: {
    off: user.deleteUser,
    back: undefined,
    byUser: refusals.userNotFound,
    byPassword: refusals.noHuman,
    other: refusals.terminated,
  },
};

for (const [state, way] of Object.entries(ways)) {
  test(`a ${state} user's sessions are dead on the other node, for every call and in every protocol`, async () => {
    for (const protocol of protocols) {
      const me = await logins.human();
      const [live, half] = [await logins.login(here, me), await logins.begin(here, me)];
      const [token, { sessionId }] = [live.sessionToken, live];
      for (const client of [here, there]) await client.get(user.getUserByID, { userId: me.userId }, { token, protocol });
      await here.get(way.off, { userId: me.userId }, admin);

      const by = { ...admin, protocol };
      for (const client of [there, here]) {
        assert.deepEqual(await client.ask(user.getUserByID, { userId: me.userId }, { token, protocol }), refusals.gone);
        assert.deepEqual(await client.ask(session.getSession, { sessionId }, by), refusals.notFound);
        assert.deepEqual(await client.ask(session.getSession, { sessionId, sessionToken: token }, by), refusals.notFound);
        assert.deepEqual(await client.ask(session.createSession, { checks: byPassword(me) }, by), way.byUser);
        assert.deepEqual(await client.ask(session.setSession, { sessionId: half.sessionId, checks: byUser(me) }, by), way.byUser);
        assert.deepEqual(await client.ask(session.setSession, { sessionId: half.sessionId, checks: typed(PASSWORD) }, by), way.byPassword);
        assert.deepEqual(await client.ask(session.setSession, { sessionId, lifetime: { seconds: 60n } }, by), way.other);
        assert.equal((await listed(client, me.userId)).length, 0);
      }
      assert.equal((await there.ask(session.deleteSession, { sessionId: half.sessionId }, by)).code, 'ok');
    }
  });

  const { back } = way;
  if (!back) continue;
  test(`a ${state} user who is back finds none of his sessions alive, and logs in anew`, async () => {
    const me = await logins.human();
    const [live, half] = [await logins.login(here, me), await logins.begin(there, me)];
    await here.get(way.off, { userId: me.userId }, admin);
    await there.get(back, { userId: me.userId }, admin);
    for (const client of [there, here]) {
      assert.deepEqual(await client.ask(user.getUserByID, { userId: me.userId }, { token: live.sessionToken }), refusals.gone);
      assert.deepEqual(await client.ask(session.getSession, { sessionId: live.sessionId }, admin), refusals.notFound);
      for (const { sessionId } of [live, half])
        for (const step of [{ checks: typed(PASSWORD) }, { checks: byUser(me) }, { lifetime: { seconds: 60n } }])
          assert.deepEqual(await client.ask(session.setSession, { sessionId, ...step }, admin), refusals.terminated);
      assert.equal((await listed(client, me.userId)).length, 0);
    }
    const anew = await logins.login(there, me);
    assert.equal((await here.ask(user.getUserByID, { userId: me.userId }, { token: anew.sessionToken })).code, 'ok');
  });
}

test('another user made under the id of a deleted one does not get his sessions', async () => {
  const me = await logins.human();
  const live = await logins.login(here, me);
  await here.get(user.deleteUser, { userId: me.userId }, admin);
  await here.get(
    user.createUser,
    { organizationId: cluster.orgId, userId: me.userId, userType: { case: 'human', value: somebody } },
    admin,
  );
  assert.deepEqual(await there.ask(user.getUserByID, { userId: me.userId }, { token: live.sessionToken }), refusals.gone);
  assert.deepEqual(await there.ask(session.setSession, { sessionId: live.sessionId, checks: typed(PASSWORD) }, admin), refusals.terminated);
});

const somebody = {
  profile: { givenName: 'Eve', familyName: 'Test' },
  email: { email: 'eve@example.com', verification: { case: 'isVerified', value: true } },
  passwordType: { case: 'password', value: { password: PASSWORD } },
} as const;

test('one who is switched off in his own session is out with the next call', async () => {
  const owner = await logins.human({ instanceRoles: ['IAM_OWNER'] });
  const { sessionToken: token } = await logins.login(here, owner);
  await there.get(user.deactivateUser, { userId: owner.userId }, { token });
  for (const client of [here, there])
    assert.deepEqual(await client.ask(user.deactivateUser, { userId: owner.userId }, { token }), refusals.gone);
});

async function listed(client: Client, userId: string) {
  return (await client.get(session.listSessions, { queries: [{ query: { case: 'userIdQuery', value: { id: userId } } }] }, admin)).sessions;
}
