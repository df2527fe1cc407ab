/**
 * What is issued while a user is being switched off is born dead (DESIGN.md 4, "Epochs"): nothing that was issued before the last cut works,
 * on any node, also when the user is back. First with the order forced by a row lock, then at random: 100 rounds; 5,000 with
 * `npm test -- test/promise --full` (KEYWARD_TEST_FULL=true where the file is run alone).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { type Answer, Client, user } from '../support/ask.ts';
import { full, nth, rounds } from '../support/batches.ts';
import { queued } from '../support/lock.ts';
import { startCluster } from '../support/node.ts';
import { People, type Person } from '../support/people.ts';

const ROUNDS = full ? 5000 : 100;

const cluster = await startCluster(2);
const people = new People(cluster.sql, cluster);
const [one, two] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const admin = { token: cluster.adminPat };

const cuts = [
  { cut: user.deactivateUser, back: user.reactivateUser },
  { cut: user.lockUser, back: user.unlockUser },
] as const;

const addPat = (client: Client, { userId }: Person, token = admin.token) =>
  client.ask(user.addPersonalAccessToken, { userId, expirationDate: tomorrow() }, { token });
const place = ({ userId }: Person) => ({ instanceId: cluster.instanceId, userId });

/** Whether a token opens the API, on either node. */
async function opens(token: string, { userId }: Person): Promise<boolean> {
  const answers = await Promise.all([one, two].map((client) => client.ask(user.getUserByID, { userId }, { token })));
  const codes = answers.map(({ code }) => code);
  assert.equal(new Set(codes).size, 1, 'both nodes say the same');
  return codes[0] === 'ok';
}

for (const { cut, back } of cuts) {
  test(`a token whose making waits in the queue before ${cut.name} is dead, also when the user is back`, async () => {
    const machine = await people.person();
    const [added, off] = await queued(
      cluster.sql,
      place(machine),
      () => addPat(one, machine),
      () => two.ask(cut, { userId: machine.userId }, admin),
    );
    assert.equal(off.code, 'ok');
    const token = tokenOf(added);
    assert.ok(token !== undefined, 'it was made before the cut');
    assert.equal(await opens(token, machine), false);
    await one.get(back, { userId: machine.userId }, admin);
    assert.equal(await opens(token, machine), false);
  });

  test(`a token whose making waits in the queue behind ${cut.name} is refused`, async () => {
    const machine = await people.person();
    const [off, added] = await queued(
      cluster.sql,
      place(machine),
      () => two.ask(cut, { userId: machine.userId }, admin),
      () => addPat(one, machine),
    );
    assert.equal(off.code, 'ok');
    assert.deepEqual(added, { code: 'failed_precondition', text: 'Errors.User.NotActive (SESSION-Gj4ko)', id: 'SESSION-Gj4ko' });
  });

  test(`a machine that makes itself a token behind its own ${cut.name} in the queue is no caller any more`, async () => {
    const machine = await people.caller();
    const [off, added] = await queued(
      cluster.sql,
      place(machine),
      () => two.ask(cut, { userId: machine.userId }, admin),
      () => addPat(one, machine, machine.token),
    );
    assert.equal(off.code, 'ok');
    assert.equal(added.code, 'unauthenticated');
    await one.get(back, { userId: machine.userId }, admin);
    assert.equal(await opens(machine.token, machine), false);
  });

  test(`a code for a new password that waits before ${cut.name} opens nothing when the user is back`, async () => {
    const human = await people.person({ kind: 'human' });
    const { userId } = human;
    const [asked, off] = await queued(
      cluster.sql,
      place(human),
      () => one.ask(user.passwordReset, { userId, medium: { case: 'returnCode', value: {} } }, admin),
      () => two.ask(cut, { userId }, admin),
    );
    assert.equal(off.code, 'ok');
    const code = asked.code === 'ok' ? asked.message.verificationCode : assert.fail('it was refused');
    await one.get(back, { userId }, admin);
    const newPassword = { password: 'A-new-passw0rd' };
    const set = await two.ask(
      user.setPassword,
      { userId, newPassword, verification: { case: 'verificationCode', value: code ?? '' } },
      admin,
    );
    assert.deepEqual(set, { code: 'failed_precondition', text: 'Code not found (COMMAND-2M9fs)', id: 'COMMAND-2M9fs' });
  });
}

test('what is issued while a user is switched off at random is dead, also when the user is back', async () => {
  const issued = { before: 0, refused: 0 };
  await rounds(ROUNDS, 24, async (n) => {
    const [here, there] = n % 2 === 0 ? [one, two] : [two, one];
    const { cut, back } = nth(cuts, n);
    const machine = await people.caller();
    const { userId } = machine;
    const answers = await Promise.all([
      addPat(here, machine),
      addPat(there, machine, machine.token),
      here.ask(cut, { userId }, admin),
      addPat(there, machine),
      addPat(here, machine, machine.token),
    ]);
    assert.equal(answers[2].code, 'ok');
    const tokens = [machine.token, ...answers.map(tokenOf).filter((token) => token !== undefined)];
    issued.before += tokens.length - 1;
    for (const [i, answer] of answers.entries()) {
      if (answer.code === 'ok') continue;
      issued.refused++;
      assert.ok(['SESSION-Gj4ko', 'AUTH-7fs1e'].includes(answer.id ?? ''), `call ${i}: ${answer.text}`);
    }
    for (const token of tokens) assert.equal(await opens(token, machine), false);
    await there.get(back, { userId }, admin);
    for (const token of tokens) assert.equal(await opens(token, machine), false);
    const fresh = tokenOf(await addPat(here, machine));
    assert.equal(await opens(fresh ?? assert.fail('no token for a user who is back'), machine), true);
  });
  assert.ok(issued.before > 0 && issued.refused > 0, 'the calls did race');
});

test('a session that is begun while its user is switched off is dead, also when he is back', async () => {
  const session = SessionService.method;
  const password = 'A-passw0rd';
  await rounds(Math.ceil(ROUNDS / 4), 12, async (n) => {
    const { cut, back } = nth(cuts, n);
    const human = await people.person({ kind: 'human', password });
    const { userId } = human;
    const checks = { user: { search: { case: 'userId' as const, value: userId } }, password: { password } };
    const before = await one.get(session.createSession, { checks: { user: checks.user } }, admin);
    const begin = () => one.ask(session.createSession, { checks }, admin);
    const goOn = () => two.ask(session.setSession, { sessionId: before.sessionId, checks: { password: checks.password } }, admin);
    const [first, off, ...others] = await Promise.all([begin(), two.ask(cut, { userId }, admin), begin(), goOn(), goOn()]);
    assert.equal(off.code, 'ok');
    const answers = [first, ...others];
    const tokens = [before.sessionToken, ...answers.flatMap((answer) => (answer.code === 'ok' ? [answer.message.sessionToken] : []))];
    for (const token of tokens) assert.equal(await opens(token, human), false);
    await one.get(back, { userId }, admin);
    for (const token of tokens) assert.equal(await opens(token, human), false);
    assert.notEqual((await goOn()).code, 'ok', 'nor does a right password give it new life');
    const fresh = await begin();
    assert.equal(await opens(fresh.code === 'ok' ? fresh.message.sessionToken : assert.fail(fresh.text), human), true);
  });
});

function tokenOf(answer: Answer<typeof user.addPersonalAccessToken> | Answer<(typeof cuts)[number]['cut']>): string | undefined {
  return answer.code === 'ok' && 'token' in answer.message ? answer.message.token : undefined;
}

function tomorrow() {
  return { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400), nanos: 0 };
}
