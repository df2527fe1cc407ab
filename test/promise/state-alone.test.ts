/** The state alone refuses (PROMISES.md 4): with every other trace of a cut undone by SQL, who is off stays out, on nodes that remember him too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, protocols, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const clients = cluster.nodes.map((node) => new Client(node));
const admin = { token: cluster.adminPat };
const { sql, instanceId } = cluster;

async function everywhere({ userId, token }: { userId: string; token: string }): Promise<string[]> {
  const answers = await Promise.all(
    clients.flatMap((client) => protocols.map((protocol) => client.ask(user.getUserByID, { userId }, { token, protocol }))),
  );
  return [...new Set(answers.map(({ code }) => code))];
}

for (const { cut, state } of [
  { cut: user.deactivateUser, state: 2 },
  { cut: user.lockUser, state: 4 },
]) {
  test(`a user whose ${cut.name} raised neither epoch nor version is refused by his state alone`, async () => {
    const caller = await people.caller();
    const { userId } = caller;
    assert.deepEqual(await everywhere(caller), ['ok']);
    const where = sql`where instance_id = ${instanceId} and user_id = ${userId}`;
    const [before] = await sql<{ epoch: bigint; access_version: bigint }[]>`select epoch, access_version from users ${where}`;
    await clients[0]!.get(cut, { userId }, admin);
    await sql`update users set epoch = ${before!.epoch}, access_version = ${before!.access_version} ${where}`;
    assert.deepEqual(await everywhere(caller), ['unauthenticated']);
    assert.deepEqual([...(await sql`select state from users ${where}`)], [{ state }]);

    await sql`update users set state = 1 ${where}`;
    assert.deepEqual(await everywhere(caller), ['ok'], 'nothing but the state kept him out');
  });
}

test('a code for a new password is refused by the state alone', async () => {
  const { userId } = await people.person({ kind: 'human' });
  const { verificationCode } = await clients[0]!.get(user.passwordReset, { userId, medium: { case: 'returnCode', value: {} } }, admin);
  await sql`update users set state = 2 where instance_id = ${instanceId} and user_id = ${userId}`;
  const verification = { case: 'verificationCode' as const, value: verificationCode ?? '' };
  const set = () => clients[1]!.ask(user.setPassword, { userId, newPassword: { password: 'A-new-passw0rd' }, verification }, admin);
  assert.deepEqual(await set(), { code: 'failed_precondition', text: 'Errors.User.NotActive (SESSION-Gj4ko)', id: 'SESSION-Gj4ko' });
  await sql`update users set state = 1 where instance_id = ${instanceId} and user_id = ${userId}`;
  assert.equal((await set()).code, 'ok', 'nothing but the state kept it out');
});

test('the users of an organization that is off are refused by its state alone', async () => {
  const orgId = await people.org();
  const caller = await people.caller({ orgId });
  assert.deepEqual(await everywhere(caller), ['ok']);
  await sql`update orgs set state = 2 where instance_id = ${instanceId} and org_id = ${orgId}`;
  assert.deepEqual(await everywhere(caller), ['unauthenticated']);
  await sql`update orgs set state = 1 where instance_id = ${instanceId} and org_id = ${orgId}`;
  assert.deepEqual(await everywhere(caller), ['ok']);
});

test('the users of an instance that is off are refused by its state alone', async () => {
  const caller = await people.caller();
  assert.deepEqual(await everywhere(caller), ['ok']);
  await sql`update instances set state = 2 where instance_id = ${instanceId}`;
  assert.deepEqual(await everywhere(caller), ['not_found'], 'no host belongs to it');
  await sql`update instances set state = 1 where instance_id = ${instanceId}`;
  assert.deepEqual(await everywhere(caller), ['ok']);
});

test('a token bound to the epochs of a user who is off is refused: the state is looked at when a token is loaded, too', async () => {
  for (const state of ['inactive', 'locked'] as const) {
    const caller = await people.caller({ state });
    assert.deepEqual(await everywhere(caller), ['unauthenticated']);
  }
});

for (const table of ['users', 'orgs', 'instances'] as const) {
  test(`a raised epoch alone refuses: ${table}`, async () => {
    const caller = await people.caller();
    assert.deepEqual(await everywhere(caller), ['ok']);
    const row = table === 'users' ? sql`and user_id = ${caller.userId}` : table === 'orgs' ? sql`and org_id = ${caller.orgId}` : sql``;
    const [before] = await sql<{ epoch: bigint }[]>`select epoch from ${sql(table)} where instance_id = ${instanceId} ${row}`;
    await sql`update ${sql(table)} set epoch = nextval('epochs') where instance_id = ${instanceId} ${row}`;
    assert.deepEqual(await everywhere(caller), ['unauthenticated']);
    await sql`update ${sql(table)} set epoch = ${before!.epoch} where instance_id = ${instanceId} ${row}`;
    assert.deepEqual(await everywhere(caller), ['ok']);
  });
}
