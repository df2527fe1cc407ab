/** Who may carry on, read and end whose session (reference/session-service-v2.md 13), and what the others do not learn (DESIGN.md 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { Client, type Refusal, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { byUser, Logins, refusals, session } from './logins.ts';

const org = OrganizationService.method;
const cluster = await startCluster(1);
const logins = new Logins(cluster);
const { people, admin } = logins;
const client = new Client(cluster.nodes[0]);
const far = await people.org();
const [ada, stranger] = [await logins.human(), await people.person({ kind: 'human', orgId: far })];

const { noMembership, noPermission, notFound } = refusals;
type Outcome = 'ok' | Refusal;
/** Of a user here, of a user of another organization, of nobody, unknown. */
type Row = readonly [here: Outcome, far: Outcome, nobody: Outcome, unknown: Outcome];

interface Rights {
  readonly set: Row;
  readonly get: Row;
  readonly end: Row;
}

const nothing: Row = [noMembership, noMembership, noMembership, noMembership];
const viewing: Row = ['ok', 'ok', 'ok', notFound];
const ofInstance: Row = [noPermission, noPermission, noPermission, noPermission];
const ended: Row = ['ok', 'ok', 'ok', 'ok'];

const table: Readonly<Record<string, Rights>> = {
  '': { set: nothing, get: nothing, end: nothing },
  ORG_OWNER: {
    set: [noPermission, noMembership, noMembership, noMembership],
    get: ['ok', noMembership, noMembership, notFound],
    end: ['ok', noMembership, noMembership, noMembership],
  },
  ORG_OWNER_VIEWER: {
    set: [noPermission, noMembership, noMembership, noMembership],
    get: [noPermission, noMembership, noMembership, noMembership],
    end: [noPermission, noMembership, noMembership, noMembership],
  },
  IAM_OWNER: { set: viewing, get: viewing, end: ended },
  IAM_LOGIN_CLIENT: { set: viewing, get: viewing, end: ended },
  IAM_OWNER_VIEWER: { set: ofInstance, get: viewing, end: ofInstance },
  IAM_USER_MANAGER: { set: ofInstance, get: viewing, end: ended },
};

const make = async (checks?: ReturnType<typeof byUser>) =>
  (await client.get(session.createSession, checks ? { checks } : {}, admin)).sessionId;

for (const [role, rights] of Object.entries(table)) {
  test(`what ${role || 'one without a role'} may do with the sessions of others`, async () => {
    const { token } = await people.caller(
      role === '' ? {} : role.startsWith('IAM') ? { instanceRoles: [role] } : { orgRoles: { [cluster.orgId]: [role] } },
    );
    const targets = [await make(byUser(ada)), await make(byUser(stranger)), await make(), '404'];
    for (const [n, sessionId] of targets.entries()) {
      const asked = {
        set: await client.ask(session.setSession, { sessionId, lifetime: { seconds: 60n } }, { token }),
        get: await client.ask(session.getSession, { sessionId }, { token }),
        end: await client.ask(session.deleteSession, { sessionId }, { token }),
      };
      for (const [what, answer] of Object.entries(asked))
        assert.deepEqual(answer.code === 'ok' ? 'ok' : answer, rights[what as keyof Rights][n], `${what} ${n}`);
    }
  });
}

test('the newest token stands for the permission to read and to end, a wrong one for none, and tells nothing', async () => {
  const { token } = await people.caller();
  const begun = await logins.begin(client, ada);
  const { sessionId, sessionToken } = begun;
  const next = await client.get(session.setSession, { sessionId, lifetime: { seconds: 60n } }, admin);
  const read = (id: string, sent: string) => client.ask(session.getSession, { sessionId: id, sessionToken: sent }, { token });
  assert.deepEqual(await read(sessionId, sessionToken), refusals.notTheToken);
  assert.deepEqual(await read('404', sessionToken), refusals.notTheToken);
  assert.equal((await read(sessionId, next.sessionToken)).code, 'ok');
  const end = (id: string, sent: string) => client.ask(session.deleteSession, { sessionId: id, sessionToken: sent }, { token });
  assert.deepEqual(await end(sessionId, sessionToken), refusals.tokenInvalid);
  assert.deepEqual(await end('404', next.sessionToken), refusals.tokenInvalid);
  assert.equal((await end(sessionId, next.sessionToken)).code, 'ok');
  assert.deepEqual(await read(sessionId, next.sessionToken), notFound);
  assert.deepEqual(await read(sessionId, sessionToken), refusals.notTheToken);
  assert.equal((await end(sessionId, next.sessionToken)).code, 'ok');
});

test('a user reads and ends his own sessions, and carries on none', async () => {
  const me = await logins.human();
  const [one, other] = [await logins.login(client, me), await logins.login(client, me)];
  const by = { token: one.sessionToken };
  assert.equal((await client.ask(session.getSession, { sessionId: other.sessionId }, by)).code, 'ok');
  assert.deepEqual(await client.ask(session.setSession, { sessionId: one.sessionId, lifetime: { seconds: 60n } }, by), noMembership);
  assert.equal((await client.ask(session.deleteSession, { sessionId: other.sessionId }, by)).code, 'ok');
  assert.equal((await client.ask(session.deleteSession, { sessionId: one.sessionId }, by)).code, 'ok');
  assert.deepEqual(await client.ask(session.getSession, { sessionId: one.sessionId }, by), refusals.gone);
});

test('who made a session reads it also without a role, but neither carries it on nor ends it', async () => {
  const maker = await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] });
  const by = { token: maker.token };
  const { sessionId } = await client.get(session.createSession, { checks: byUser(ada) }, by);
  await cluster.sql`delete from memberships where user_id = ${maker.userId}`;
  await cluster.sql`update users set access_version = nextval('epochs') where user_id = ${maker.userId}`;
  assert.equal((await client.ask(session.getSession, { sessionId }, by)).code, 'ok');
  assert.deepEqual(await client.ask(session.setSession, { sessionId, lifetime: { seconds: 60n } }, by), noMembership);
  assert.deepEqual(await client.ask(session.deleteSession, { sessionId }, by), noMembership);
});

test('without session.write on the instance nobody learns by a session who exists', async () => {
  const { token } = await people.caller({ orgRoles: { [cluster.orgId]: ['ORG_OWNER'] } });
  for (const userId of [ada.userId, '404'])
    assert.deepEqual(await client.ask(session.createSession, { checks: byUser({ userId }) }, { token }), noMembership);
});

test('who made a session reads it without a permission, and no more once he, or his organization, was switched off since', async () => {
  const cuts: Readonly<Record<string, (id: { userId: string; orgId: string }) => Promise<unknown>>> = {
    user: async ({ userId }) => {
      await client.get(user.deactivateUser, { userId }, admin);
      await client.get(user.reactivateUser, { userId }, admin);
    },
    organization: async ({ orgId: organizationId }) => {
      await client.get(org.deactivateOrganization, { organizationId }, admin);
      await client.get(org.activateOrganization, { organizationId }, admin);
    },
  };
  for (const [what, cut] of Object.entries(cuts)) {
    const page = await people.person({ kind: 'machine', orgId: await people.org() });
    const role = async (roles: readonly string[]) => {
      await cluster.sql`delete from memberships where user_id = ${page.userId}`;
      if (roles.length > 0) {
        await cluster.sql`
          insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
          values (${cluster.instanceId}, ${page.userId}, 3, ${cluster.instanceId}, ${[...roles]}::text[], now(), now())`;
      }
      await cluster.sql`update users set access_version = nextval('epochs') where user_id = ${page.userId}`;
    };
    await role(['IAM_LOGIN_CLIENT']);
    const { sessionId } = await client.get(session.createSession, { checks: byUser(ada) }, { token: await people.pat(page) });
    await role([]);
    const seen = async () => {
      const sent = { token: await people.pat(page) };
      const listed = await client.get(session.listSessions, {}, sent);
      const got = await client.ask(session.getSession, { sessionId }, sent);
      return [listed.sessions.some((one) => one.id === sessionId), got.code];
    };
    assert.deepEqual(await seen(), [true, 'ok'], what);
    await cut(page);
    assert.deepEqual(await seen(), [false, 'permission_denied'], what);
  }
});
