/**
 * An organization that is switched off or deleted on one node: whatever its users hold is refused by the very next call on the other, and for
 * good (PROMISES.md; DESIGN.md 8; reference/org-and-settings.md 1.1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { grants, Machines, originOf } from '../oidc/machines.ts';
import { Client, protocols, type Refusal, user } from '../support/ask.ts';
import { full, nth, rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const [first, second = assert.fail('there are two nodes')] = cluster.nodes;
const [here, there] = [new Client(first), new Client(second)];
const people = new People(cluster.sql, cluster);
const machines = new Machines(people, here, cluster.adminPat);
const by = { token: cluster.adminPat };
const org = OrganizationService.method;
const session = SessionService.method;
const password = 'A-passw0rd';

const badToken: Refusal = { code: 'unauthenticated', text: 'Errors.Token.Invalid (AUTH-7fs1e)', id: 'AUTH-7fs1e' };
const noSession: Refusal = { code: 'not_found', text: 'Errors.Session.NotExisting (QUERY-SFeaa)', id: 'QUERY-SFeaa' };
const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };

/** What a user holds: the token, of whom, and how it is refused once it is dead. */
interface Held {
  readonly name: string;
  readonly token: string;
  readonly userId: string;
  readonly refusal: Refusal;
}

/** One of each kind, in an organization of their own; its owner among them. */
async function holdings(orgId: string): Promise<readonly Held[]> {
  const human = await people.person({ kind: 'human', orgId, password });
  const checks = { user: { search: { case: 'userId' as const, value: human.userId } }, password: { password } };
  const { sessionToken } = await here.get(session.createSession, { checks }, by);
  const owner = await people.caller({ orgId, orgRoles: { [orgId]: ['ORG_OWNER'] } });
  const machine = await machines.make('opaque', { orgId });
  const signing = await machines.make('JWT', { orgId });
  const [bySecret, byKey] = await Promise.all([grants.secret(first, machine), grants.key(second, machine)]);
  const [jwtBySecret, jwtByKey] = await Promise.all([grants.secret(second, signing), grants.key(first, signing)]);
  const one = (name: string, token: string | undefined, { userId }: { userId: string }, refusal = badToken): Held => ({
    name,
    token: token ?? '',
    userId,
    refusal,
  });
  return [
    one('the token of a session', sessionToken, human, noSession),
    one('the personal access token of an owner', owner.token, owner),
    one('an opaque token by secret', bySecret.access_token, machine),
    one('an opaque token by key', byKey.access_token, machine),
    one('a JWT by secret', jwtBySecret.access_token, signing),
    one('a JWT by key', jwtByKey.access_token, signing),
  ];
}

async function works({ name, token, userId }: Held, client: Client): Promise<void> {
  const answer = await client.ask(user.getUserByID, { userId }, { token });
  assert.equal(answer.code, 'ok', name);
}

async function isDead({ name, token, userId, refusal }: Held): Promise<void> {
  for (const client of [there, here]) {
    for (const protocol of protocols) assert.deepEqual(await client.ask(user.getUserByID, { userId }, { token, protocol }), refusal, name);
  }
  for (const node of [first, second]) {
    const response = await fetch(`${originOf(node)}/oidc/v1/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 401, name);
  }
}

for (const { cut, back } of [
  { cut: org.deactivateOrganization, back: org.activateOrganization },
  { cut: org.deleteOrganization, back: undefined },
]) {
  test(`after ${cut.name} every session and token of its users is refused on the other node, for good`, async () => {
    const orgId = await people.org();
    const held = await holdings(orgId);
    // Both nodes know the callers now.
    for (const each of held) for (const client of [here, there]) await works(each, client);

    await here.get(cut, { organizationId: orgId }, by);
    for (const each of held) await isDead(each);

    if (back) await there.get(back, { organizationId: orgId }, by);
    else {
      // The same ids again: nothing of the former ones comes back.
      await there.get(org.addOrganization, { name: 'Again', organizationId: orgId }, by);
      for (const userId of new Set(held.map((each) => each.userId))) {
        await here.get(user.createUser, { organizationId: orgId, userId, userType: { case: 'machine', value: { name: 'Again' } } }, by);
      }
    }
    for (const each of held) await isDead(each);
  });
}

test('the very next call of a user is refused by the other node, however often an organization is switched', async () => {
  await rounds(full ? 2000 : 60, 16, async (n) => {
    const orgId = await people.org();
    const { userId, token } = await people.caller({ orgId });
    const [one, other] = n % 2 === 0 ? [here, there] : [there, here];
    const me = { token, protocol: nth(protocols, n) };
    for (const client of [one, other]) await client.get(user.getUserByID, { userId }, me);
    await one.get(org.deactivateOrganization, { organizationId: orgId }, by);
    assert.deepEqual(await other.ask(user.getUserByID, { userId }, me), badToken);
    await other.get(org.activateOrganization, { organizationId: orgId }, by);
    assert.deepEqual(await one.ask(user.getUserByID, { userId }, me), badToken);
    const fresh = await one.get(user.addPersonalAccessToken, { userId, expirationDate: until }, by);
    assert.equal((await other.ask(user.getUserByID, { userId }, { token: fresh.token })).code, 'ok');
  });
});

test('while an organization is off nothing new is handed out to its users, and no login succeeds; then they log in as before', async () => {
  const orgId = await people.org();
  const human = await people.person({ kind: 'human', orgId, password });
  const machine = await machines.make('opaque', { orgId });
  const checks = { user: { search: { case: 'userId' as const, value: human.userId } }, password: { password } };
  const { sessionId } = await here.get(session.createSession, { checks }, by);
  const notActive: Refusal = { code: 'failed_precondition', text: 'Errors.User.NotActive (SESSION-Gj4ko)', id: 'SESSION-Gj4ko' };
  const { verificationCode } = await here.get(user.passwordReset, { userId: human.userId, medium: { case: 'returnCode', value: {} } }, by);
  await here.get(org.deactivateOrganization, { organizationId: orgId }, by);

  assert.deepEqual(await there.ask(session.createSession, { checks }, by), notActive);
  assert.deepEqual(await there.ask(session.setSession, { sessionId, checks: { password: { password } } }, by), notActive);
  assert.equal((await there.ask(session.getSession, { sessionId }, by)).code, 'not_found');
  for (const grant of [grants.secret, grants.key]) {
    const { status, error, error_description } = await grant(second, machine);
    assert.deepEqual([status, error, error_description], [400, 'invalid_request', 'Errors.User.NotActive']);
  }
  for (const [rpc, message] of [
    [user.passwordReset, { userId: human.userId, medium: { case: 'returnCode', value: {} } }],
    [user.createInviteCode, { userId: human.userId, verification: { case: 'returnCode', value: {} } }],
    [user.registerTOTP, { userId: human.userId }],
    [user.generateRecoveryCodes, { userId: human.userId, count: 3 }],
    [user.addPersonalAccessToken, { userId: machine.userId, expirationDate: until }],
  ] as const)
    assert.deepEqual(await there.ask<typeof rpc>(rpc, message as object, by), notActive, rpc.name);

  await there.get(org.activateOrganization, { organizationId: orgId }, by);
  const newPassword = { password: 'Another-passw0rd' };
  const reset = { userId: human.userId, newPassword, verification: { case: 'verificationCode' as const, value: verificationCode ?? '' } };
  assert.equal((await here.ask(user.setPassword, reset, by)).code, 'failed_precondition');
  const again = await here.get(session.createSession, { checks }, by);
  assert.equal((await there.ask(user.getUserByID, { userId: human.userId }, { token: again.sessionToken })).code, 'ok');
  for (const grant of [grants.secret, grants.key]) assert.equal((await grant(second, machine)).status, 200);
});

test('a token that is made at the moment in which its organization is switched off and on is dead', async () => {
  await rounds(full ? 2000 : 60, 16, async () => {
    const orgId = await people.org();
    const { userId } = await people.person({ orgId });
    const made = Promise.all(
      [here, there, here, there].map((client) => client.ask(user.addPersonalAccessToken, { userId, expirationDate: until }, by)),
    );
    await here.get(org.deactivateOrganization, { organizationId: orgId }, by);
    const answers = await made;
    await there.get(org.activateOrganization, { organizationId: orgId }, by);
    for (const answer of answers) {
      if (answer.code === 'ok') assert.deepEqual(await there.ask(user.getUserByID, { userId }, { token: answer.message.token }), badToken);
    }
  });
});

test('an owner from elsewhere switches it on again, its own owner cannot', async () => {
  const orgId = await people.org();
  const own = await people.caller({ orgId, orgRoles: { [orgId]: ['ORG_OWNER'] } });
  const guest = await people.caller({ orgRoles: { [orgId]: ['ORG_OWNER'] } });
  await here.get(org.deactivateOrganization, { organizationId: orgId }, { token: own.token });
  assert.deepEqual(await there.ask(org.activateOrganization, { organizationId: orgId }, { token: own.token }), badToken);
  await there.get(org.activateOrganization, { organizationId: orgId }, { token: guest.token });
  assert.deepEqual(await here.ask(org.activateOrganization, { organizationId: orgId }, { token: own.token }), badToken);
});

test('who was a member of a deleted organization is one no more, and it is no context for anybody', async () => {
  const orgId = await people.org();
  const guest = await people.caller({ orgRoles: { [orgId]: ['ORG_OWNER'] } });
  const { userId } = await people.person({ orgId });
  for (const client of [here, there]) await client.get(user.getUserByID, { userId }, { token: guest.token });
  await here.get(org.deleteOrganization, { organizationId: orgId }, by);
  const refused: Refusal = { code: 'permission_denied', text: 'membership not found (AUTHZ-cdgFk)', id: 'AUTHZ-cdgFk' };
  for (const client of [there, here]) assert.deepEqual(await client.ask(user.getUserByID, { userId }, { token: guest.token }), refused);
  const context = { protocol: 'grpc' as const, headers: { 'x-zitadel-orgid': orgId } };
  for (const token of [guest.token, cluster.adminPat]) {
    const answer = await there.ask(ManagementService.method.getMyOrg, {}, { ...context, token });
    assert.deepEqual([answer.code, 'id' in answer && answer.id], ['permission_denied', 'AUTH-Bs7Ds']);
  }
});
