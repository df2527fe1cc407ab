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
import { type Cell, matrix, type Row, stateCall, steps } from '../user/matrix.ts';

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

const ways = [
  { rpc: stateCall(user.deactivateUser), protocol: 'rest' },
  { rpc: stateCall(user.lockUser), protocol: 'grpc-web' },
  { rpc: stateCall(user.deleteUser), protocol: 'connect' },
  { rpc: stateCall(AdminService.method.updateIAMMember), protocol: 'grpc', fields: { roles: ['IAM_OWNER_VIEWER'] } },
  { rpc: stateCall(AdminService.method.removeIAMMember), protocol: 'grpc' },
] as const;
/** Only owners may remove members. */
const waysOfOthers = ways.slice(0, 4);

/** Nobody but two new machines owns the instance. */
async function twoOwners() {
  await cluster.sql`delete from memberships where instance_id = ${cluster.instanceId} and 'IAM_OWNER' = any(roles)`;
  await cluster.sql`
    update users set is_owner = false, rank = 0, access_version = nextval('epochs') where instance_id = ${cluster.instanceId} and is_owner`;
  return Promise.all([0, 1].map(() => people.caller({ instanceRoles: ['IAM_OWNER'] })));
}

for (const { by, reasons } of [
  {
    by: 'each other',
    // He is no caller or no owner any more, or the other is the last one.
    reasons:
      /^(unauthenticated: Errors.Token.Invalid|permission_denied: (membership not found|No matching permissions found)|not_found: membership not found|failed_precondition: The last active owner)/,
  },
  { by: 'two others', reasons: /^failed_precondition: The last active owner/ },
]) {
  test(`two owners who are ended by ${by} at once: one goes each time, never none is left, and nobody is told of locks`, async () => {
    const others = await Promise.all([0, 1].map(() => people.caller({ instanceRoles: ['IAM_ORG_MANAGER', 'IAM_LOGIN_CLIENT'] })));
    for (let n = 0; n < OWNER_ROUNDS; n++) {
      const owners = await twoOwners();
      const [callers, theirWays] = by === 'each other' ? [owners, ways] : [others, waysOfOthers];
      const answers = await Promise.all(
        callers.map(({ token }, i) => {
          const { rpc, protocol, ...way } = nth<(typeof ways)[number]>(theirWays, n + i * Math.floor(n / theirWays.length));
          const fields = 'fields' in way ? way.fields : {};
          return nth(clients, i).ask(rpc, { userId: nth(owners, i + 1).userId, ...fields }, { token, protocol });
        }),
      );
      const told = answers.map((answer) => (answer.code === 'ok' ? 'ok' : `${answer.code}: ${answer.text}`)).sort();
      assert.ok(told.filter((text) => text === 'ok').length === 1 && told.some((text) => reasons.test(text)), `round ${n}: ${told}`);
      const [left] = await cluster.sql<{ owners: number }[]>`
        select count(*)::int as owners from users u join memberships m using (instance_id, user_id)
        where u.instance_id = ${cluster.instanceId} and u.state = 1 and u.is_owner and m.level = 3 and 'IAM_OWNER' = any(m.roles)`;
      assert.equal(left?.owners, 1);
    }
  });
}

async function eventsOf(userId: string): Promise<{ sequence: bigint; type: string }[]> {
  return [
    ...(await cluster.sql<{ sequence: bigint; type: string }[]>`
      select sequence, type from events where instance_id = ${cluster.instanceId} and aggregate_type = 'user' and aggregate_id = ${userId} order by sequence`),
  ];
}

function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T; // within the list
}
