/** The clock of a node jumps by an hour, either way: the database's clock decides when a token ends, and no id comes twice. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { People } from '../support/people.ts';
import { testDatabase } from '../support/postgres.ts';
import { Asker, adminPat, startServer } from './server.ts';

const HOUR_MS = 3_600_000;
const clock = `--import ${join(import.meta.dirname, 'clock.ts')}`;

const database = await testDatabase();
const { sql } = database;
const url = { KEYWARD_DATABASE_URL: database.url };
const behind = await startServer({ ...url, CLOCK_JUMP_MS: String(-HOUR_MS) }, clock);
const ahead = await startServer({ ...url, CLOCK_JUMP_MS: String(HOUR_MS) }, clock);
const [instance] = await sql<{ instance_id: string; default_org_id: string }[]>`select instance_id, default_org_id from instances`;
const people = new People(sql, { instanceId: instance!.instance_id, orgId: instance!.default_org_id });
const admin = adminPat(behind);
const servers = [behind, ahead] as const;

const reads = (server: (typeof servers)[number], token: string) =>
  new Asker(server, token).ask('POST', '/v2/users', { query: { limit: 1 } });
const creates = async (server: (typeof servers)[number]) => {
  const reply = await new Asker(server, admin).ask('POST', '/v2/users/new', { organizationId: people.orgId, machine: { name: 'machine' } });
  assert.ok(reply.status === 200 || reply.status === 201, JSON.stringify(reply.json));
  return String(reply.json.id);
};

test('a token is refused from its end on, also where the node remembers it and its clock was set back; none is refused before', async () => {
  const person = await people.person({ instanceRoles: ['IAM_OWNER'] });
  const short = await people.pat(person, { expires: '3 seconds' });
  const long = await people.pat(person, { expires: '30 minutes' });
  for (const server of servers) {
    for (const token of [short, long]) assert.equal((await reads(server, token)).status, 200, 'before the jump');
    await jump(server);
  }
  for (const server of servers) {
    const [valid] = await sql<
      { valid: boolean }[]
    >`select expires_at > now() + interval '1 second' as valid from pats where expires_at < now() + interval '1 minute'`;
    if (valid?.valid) assert.equal((await reads(server, short)).status, 200, 'after the jump, before the end');
  }
  await ended();
  for (const server of servers) {
    const reply = await reads(server, short);
    assert.deepEqual([reply.status, reply.json.message], [401, 'Errors.Token.Invalid (AUTH-7fs1e)']);
    assert.equal((await reads(server, long)).status, 200);
  }
});

test('ids made before and after jumps, on both nodes, are all different', async () => {
  const ids: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (const server of servers) ids.push(...(await Promise.all(Array.from({ length: 10 }, () => creates(server)))));
    for (const server of servers) await jump(server);
  }
  assert.equal(new Set(ids).size, ids.length);
});

async function jump(server: (typeof servers)[number]): Promise<void> {
  server.signal('SIGUSR2');
  await pause(50); // the signal is delivered
}

/** Resolves when the short token is over by the database's clock. */
async function ended(): Promise<void> {
  await sql`select pg_sleep(greatest(0, extract(epoch from min(expires_at) - clock_timestamp()))) from pats`;
}
