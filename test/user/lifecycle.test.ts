/** The life cycle as one table: kind × state × step of reference/user-service-v2.md 3.3, through all four protocols. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Details } from '../../src/contract/gen/zitadel/object/v2/object_pb.js';
import { UserState } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Client, type Protocol, protocols, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { type Kind, People, type Person } from '../support/people.ts';
import { type Cell, matrix, type Row, type State, type StateCall, steps } from './matrix.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const admin = { token: cluster.adminPat };
const [owner] = await cluster.sql<{ user_id: string }[]>`select user_id from users where is_owner and kind = 2`;

interface Stored {
  readonly row: object | undefined;
  readonly events: readonly {
    readonly type: string;
    readonly sequence: bigint;
    readonly editor: string;
    readonly via: string;
    readonly owner: string;
  }[];
}

async function stored({ userId }: Person): Promise<Stored> {
  const [row] = await cluster.sql`select * from users where instance_id = ${cluster.instanceId} and user_id = ${userId}`;
  const events = await cluster.sql<Stored['events'][number][]>`
    select type, sequence, editor, via, owner from events
    where instance_id = ${cluster.instanceId} and aggregate_type = 'user' and aggregate_id = ${userId} order by sequence`;
  return { row, events: [...events] };
}

/** Where each state comes from: written by SQL, so that a cell rests on no other. */
async function inState(kind: Kind, state: State): Promise<Person> {
  if (state !== 'none') return people.person({ kind, state });
  const gone = await people.person({ kind });
  await client.get(user.deleteUser, { userId: gone.userId }, admin);
  return gone;
}

for (const kind of ['human', 'machine'] as const) {
  for (const [state, row] of Object.entries(matrix) as [State, Row][]) {
    if (kind === 'machine' && state === 'initial') continue; // humans only
    for (const { name, rpc, event } of steps) {
      if (!rpc) continue;
      const outcome = row[name];
      const led = typeof outcome === 'string' ? `makes him ${outcome}` : `is refused: ${outcome.text}`;
      test(`${rpc.name} of ${state === 'none' ? `a deleted ${kind}` : `a ${kind} who is ${state}`} ${led}`, async () => {
        for (const protocol of protocols) {
          const target = await inState(kind, state);
          if (typeof outcome === 'string') await succeeds(rpc, event, target, protocol, outcome);
          else await isRefused(rpc, target, protocol, outcome);
        }
      });
    }
  }
}

async function isRefused(rpc: StateCall, target: Person, protocol: Protocol, refusal: Cell): Promise<void> {
  const before = await stored(target);
  assert.deepEqual(await client.ask(rpc, { userId: target.userId }, { ...admin, protocol }), refusal);
  assert.deepEqual(await stored(target), before, 'a refusal changes nothing');
}

async function succeeds(rpc: StateCall, event: string, target: Person, protocol: Protocol, state: State): Promise<void> {
  const before = await stored(target);
  const { details } = await client.get(rpc, { userId: target.userId }, { ...admin, protocol });
  assert.equal(await people.state(target), state);
  const sequence = BigInt(before.events.length + 1);
  const via = `/zitadel.user.v2.UserService/${rpc.name}`;
  const logged = { type: event, sequence, editor: owner?.user_id, via, owner: cluster.orgId };
  assert.deepEqual((await stored(target)).events, [...before.events, logged]);
  filled(details, sequence);
}

test('the steps on an id that never was are refused as those on a deleted user', async () => {
  for (const { name, rpc } of steps) {
    if (rpc) assert.deepEqual(await client.ask(rpc, { userId: people.newId() }, admin), matrix.none[name]);
  }
});

test('what GetUserByID shows follows each step, with the details of its answer', async () => {
  const { userId } = await people.person({ kind: 'human' });
  for (const [rpc, state] of [
    [user.lockUser, UserState.LOCKED],
    [user.unlockUser, UserState.ACTIVE],
    [user.lockUser, UserState.LOCKED],
    [user.deactivateUser, UserState.INACTIVE],
    [user.reactivateUser, UserState.ACTIVE],
  ] as const) {
    const { details } = await client.get(rpc, { userId }, admin);
    const seen = await client.get(user.getUserByID, { userId }, admin);
    assert.equal(seen.user?.state, state);
    assert.deepEqual(seen.user?.details, details);
  }
});

test('a deleted user is gone with his tokens, codes and metadata; a user made anew under his id has none of them', async () => {
  const gone = await people.caller();
  const { userId } = gone;
  const metadata = [{ key: 'left', value: new Uint8Array([1]) }];
  await client.get(user.setUserMetadata, { userId, metadata }, admin);
  await client.get(user.deleteUser, { userId }, admin);
  assert.equal((await client.ask(user.getUserByID, { userId }, admin)).code, 'not_found');
  await client.get(
    user.createUser,
    { userId, organizationId: cluster.orgId, userType: { case: 'machine', value: { name: 'Anew' } } },
    admin,
  );
  assert.equal((await client.ask(user.getUserByID, { userId }, { token: gone.token })).code, 'unauthenticated');
  assert.deepEqual((await client.get(user.listUserMetadata, { userId }, admin)).metadata, []);
  const { details } = await client.get(user.getUserByID, { userId }, admin).then((seen) => seen.user ?? assert.fail());
  assert.equal(details?.sequence, 4n, 'the log of the id goes on');
});

/** All four, as the change was. */
function filled(details: Details | undefined, sequence: bigint): void {
  assert.equal(details?.sequence, sequence);
  assert.equal(details.resourceOwner, cluster.orgId);
  assert.ok(details.creationDate && details.changeDate && at(details.creationDate) <= at(details.changeDate));
  assert.ok(Math.abs(Date.now() - at(details.changeDate)) < 60_000);
}

const at = ({ seconds, nanos }: { seconds: bigint; nanos: number }) => Number(seconds) * 1000 + nanos / 1e6;
