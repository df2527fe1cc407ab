/** The disk of the embedded database fills up, slowly and at once: changes are refused, reads go on, and with space all is as before. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '../../src/store/connect.ts';
import { attachEmbedded } from '../../src/store/embedded.ts';
import { verifyHistory } from './history.ts';
import { Asker, adminPat, newFolder, type Reply, type Server, startServer } from './server.ts';

const MB = 1024 * 1024;
/** Room for the cluster, its log, and a copy of PostgreSQL's programs where the checkout is closed to others. */
const SIZE_MB = 500;

const disk = newFolder();
const mounted =
  process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=755`, 'tmpfs', disk]).status === 0;
const filler = join(disk, 'filler');
if (!mounted) process.stdout.write('the disk cannot be filled: this needs root, and the right to mount a tmpfs\n');

test('a full disk: changes are refused with a hint, reads are served, and space brings all back without a hand', {
  skip: !mounted && 'no tmpfs can be mounted here',
}, async (t) => {
  // Called in the order of their registration: the server ends before its disk goes.
  const server = await startServer({ KEYWARD_DATA_DIR: join(disk, 'data') });
  after(() => spawnSync('umount', [disk]));
  const asker = new Asker(server, adminPat(server));
  const orgId = (await asker.ask('POST', '/v2/users', { query: { limit: 1 } })).json.result[0].details.resourceOwner;
  const create = () => asker.ask('POST', '/v2/users/new', { organizationId: orgId, machine: { name: 'machine' } });
  const made = await create();
  const deactivate = () => asker.ask('POST', `/v2/users/${made.json.id}/deactivate`);
  const read = () => asker.ask('GET', `/v2/users/${made.json.id}`);

  await t.test('slowly: refused while there is still room for the log', async () => {
    leave(30);
    await until(create, 503);
    for (const reply of [await create(), await deactivate()]) {
      assert.deepEqual([reply.status, reply.json.code, reply.retryAfter], [503, 14, '1']);
      assert.match(reply.json.message, /takes no changes at the moment/);
    }
    for (let n = 0; n < 20; n++) assert.equal((await read()).json.user.state, 'USER_STATE_ACTIVE');
    assert.match(server.log(), /nearly full/);
    rmSync(filler);
    await until(create, 200);
  });

  await t.test('at once, to the last byte, with something that goes on writing: it comes back when there is space', async () => {
    leave(0);
    await writeLog(server);
    await until(create, 503);
    assert.equal((await create()).retryAfter, '1');
    assert.equal(server.ended(), false);
    rmSync(filler);
    await until(create, 200);
    assert.equal((await deactivate()).status, 200);
    assert.equal((await read()).json.user.state, 'USER_STATE_INACTIVE');
  });

  const sql = openPool(attachEmbedded(server.dataDir)!, { max: 1, prepare: false });
  await verifyHistory(sql);
  await sql.end();
});

/** Fills the disk until so many megabytes are left. */
function leave(megabytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const left = bavail * bsize - megabytes * MB;
  writeFileSync(filler, Buffer.alloc(left, 'x'));
}

/** Fills the segments of the write-ahead log that exist, until PostgreSQL needs one that it cannot make and ends. */
async function writeLog({ dataDir }: Server): Promise<void> {
  const address = attachEmbedded(dataDir);
  assert.ok(address);
  const sql = openPool(address, { max: 1, prepare: false });
  const write = async () => {
    for (;;) await sql`select pg_logical_emit_message(false, 'test', repeat('x', 1000000))`;
  };
  await assert.rejects(write());
  await sql.end({ timeout: 1 });
}

async function until(call: () => Promise<Reply>, status: number): Promise<void> {
  const end = performance.now() + 30_000;
  for (let reply = await call(); reply.status !== status && !(status === 200 && reply.status === 201); reply = await call()) {
    assert.ok(performance.now() < end, `after 30 s there is still ${reply.status}: ${JSON.stringify(reply.json)}`);
    await pause(50);
  }
}
