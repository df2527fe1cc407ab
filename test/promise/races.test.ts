/**
 * State calls at once, over two nodes: each change happens once, the log explains the state, and an instance never loses its last owner.
 * Rounds and steps are few in `npm test`, many with `npm test -- test/promise --full` (KEYWARD_TEST_FULL=true where the file is run alone).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { Client, protocols, user } from '../support/ask.ts';
import { full, nth, rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { type Cell, matrix, type Row, steps } from '../user/matrix.ts';

const OWNER_ROUNDS = full ? 300 : 30;
const STEPS = full ? 20_000 : 600;

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const clients = cluster.nodes.map((node) => new Client(node));
const admin = { token: cluster.adminPat };

test('of 200 DeactivateUser at once over two nodes and four protocols one succeeds, and one event is written', async () => {
  const { userId } = await people.person();
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      nth(clients, n).ask(user.deactivateUser, { userId }, { ...admin, protocol: nth(protocols, Math.floor(n / 2)) }),
    ),
  );
  const refused = answers.filter((answer) => answer.code !== 'ok');
  assert.equal(answers.length - refused.length, 1);
  for (const answer of refused) {
    assert.deepEqual(answer, {
      code: 'failed_precondition',
      text: 'User already inactive (COMMAND-5gunjw0cd7)',
      id: 'COMMAND-5gunjw0cd7',
    });
  }
  assert.deepEqual(await eventsOf(userId), [
    { sequence: 1n, type: 'user.machine.added' },
    { sequence: 2n, type: 'user.deactivated' },
  ]);
});

test('random steps on the same users from many clients: the log, replayed by the matrix, explains every state, without a gap', async () => {
  const targets = await Promise.all(Array.from({ length: 6 }, () => people.person()));
  const callers = await Promise.all(Array.from({ length: 8 }, () => people.caller({ instanceRoles: ['IAM_USER_MANAGER'] })));
  const succeeded = new Map(targets.map(({ userId }) => [userId, [] as { sequence: bigint; event: string }[]]));
  let refusals = 0;

  await rounds(STEPS, 32, async (n) => {
    const { userId } = any(targets);
    const { token } = any(callers);
    const step = any(steps);
    const sent = { token, protocol: any(protocols) };
    const answer = await (step.name === 'create'
      ? any(clients).ask(
          user.createUser,
          { userId, username: `${userId} ${n}`, organizationId: cluster.orgId, userType: { case: 'machine', value: { name: 'Again' } } },
          sent,
        )
      : any(clients).ask(step.rpc, { userId }, sent));
    if (answer.code === 'ok') {
      const sequence = 'details' in answer.message ? answer.message.details?.sequence : undefined;
      if (sequence !== undefined) succeeded.get(userId)?.push({ sequence, event: step.event });
      return;
    }
    refusals++;
    const possible = Object.values<Row>(matrix).flatMap((row) => (typeof row[step.name] === 'string' ? [] : [(row[step.name] as Cell).id])); // what is no state is a refusal
    assert.ok(possible.includes(answer.id ?? ''), `${step.name}: ${answer.code} ${answer.text}`);
  });

  assert.ok(refusals > STEPS / 20, 'the steps did cross each other');
  for (const target of targets) {
    const events = await eventsOf(target.userId);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, i) => BigInt(i + 1)),
      'sequences start at 1 and have no gap',
    );
    let state: keyof typeof matrix = 'none';
    for (const { sequence, type } of events) {
      const step = steps.find(({ event }) => event === type) ?? assert.fail(`no step writes ${type}`);
      const next: Row[keyof Row] = matrix[state][step.name];
      if (typeof next !== 'string') assert.fail(`${type} (${sequence}) happened to a user who was ${state}`);
      state = next;
    }
    assert.equal(await people.state(target), state);
    const written = new Map(events.map(({ sequence, type }) => [sequence, type]));
    const told = succeeded.get(target.userId) ?? [];
    assert.equal(new Set(told.map(({ sequence }) => sequence)).size, told.length, 'no two calls were told the same sequence');
    for (const { sequence, event } of told) assert.equal(written.get(sequence), event);
    assert.equal(told.length, events.filter(({ type }) => type !== 'user.machine.added').length, 'each event was told to one call');
  }
});

test('two owners who end each other at once: one wins each time, never none is left', async () => {
  const ways = [
    { rpc: user.deactivateUser, protocol: 'rest' },
    { rpc: user.lockUser, protocol: 'grpc-web' },
    { rpc: user.deleteUser, protocol: 'connect' },
    { rpc: AdminService.method.removeIAMMember, protocol: 'grpc' },
  ] as const;
  const reasons = new Map<string, number>();
  for (let n = 0; n < OWNER_ROUNDS; n++) {
    await cluster.sql`delete from memberships where instance_id = ${cluster.instanceId} and level = 3`;
    await cluster.sql`update users set is_owner = false, rank = 0, access_version = nextval('epochs') where instance_id = ${cluster.instanceId} and is_owner`;
    const owners = await Promise.all([0, 1].map(() => people.caller({ instanceRoles: ['IAM_OWNER'] })));
    const answers = await Promise.all(
      owners.map(({ token }, i) => {
        const { rpc, protocol } = nth(ways, n + i * Math.floor(n / 4));
        return nth(clients, i).ask<typeof user.deactivateUser>(
          rpc as typeof user.deactivateUser,
          { userId: nth(owners, i + 1).userId },
          { token, protocol },
        ); // all take a user id
      }),
    );
    const lost = answers.filter((answer) => answer.code !== 'ok');
    assert.equal(lost.length, 1, `round ${n}: ${JSON.stringify(answers.map((a) => (a.code === 'ok' ? 'ok' : a.text)))}`);
    for (const { code, text } of lost as { code: string; text: string }[])
      reasons.set(`${code}: ${text}`, (reasons.get(`${code}: ${text}`) ?? 0) + 1);
    const [left] = await cluster.sql<{ owners: number }[]>`
      select count(*)::int as owners from users u join memberships m using (instance_id, user_id)
      where u.instance_id = ${cluster.instanceId} and u.state = 1 and u.is_owner and m.level = 3 and 'IAM_OWNER' = any(m.roles)`;
    assert.equal(left?.owners, 1);
  }
  // Who lost was told that he is no caller or no owner any more, or that the other is the last one; nothing of locks and deadlocks.
  const allowed =
    /^(unauthenticated: Errors.Token.Invalid|permission_denied: membership not found|not_found: membership not found|failed_precondition: The last active owner)/;
  for (const reason of reasons.keys()) assert.match(reason, allowed);
});

async function eventsOf(userId: string): Promise<{ sequence: bigint; type: string }[]> {
  return [
    ...(await cluster.sql<{ sequence: bigint; type: string }[]>`
      select sequence, type from events where instance_id = ${cluster.instanceId} and aggregate_type = 'user' and aggregate_id = ${userId} order by sequence`),
  ];
}

function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T; // within the list
}
