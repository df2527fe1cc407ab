/** A node that is killed between a commit and the delivery loses no message. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../faults/server.ts';
import { Client, user } from '../support/ask.ts';
import { testDatabase } from '../support/postgres.ts';
import { mailServer } from './mail-server.ts';
import { outboxOf, settled, timePasses } from './outbox.ts';

const { url, sql } = await testDatabase();
const server = await mailServer('stall');
const settings = { KEYWARD_DATABASE_URL: url, KEYWARD_SMTP_URL: server.url, KEYWARD_LOG_LEVEL: 'fatal' };
const human = { profile: { givenName: 'Ada', familyName: 'Test' }, email: { email: 'ada@example.com' }, metadata: [] };
const patOf = (dataDir: string) => readFileSync(join(dataDir, 'credentials', 'admin.pat'), 'utf8').trim();

const first = await startServer(settings);
const token = patOf(first.dataDir);

test('mails that were never begun, and those that were under way, arrive after a kill -9', async () => {
  const client = new Client(first);
  const users: string[] = [];
  // more than one node delivers at once: the rest has not been begun
  for (let n = 0; n < 20; n++)
    users.push(
      (await client.get(user.addHumanUser, { ...human, email: { email: `ada${n}@example.com` }, username: `ada${n}` }, { token })).userId,
    );
  await server.attempts.next();
  await first.kill('SIGKILL');
  const rows = (await Promise.all(users.map((userId) => outboxOf(sql, userId)))).flat();
  assert.equal(rows.length, 20);
  assert.ok(rows.some((row) => row.leased) && rows.some((row) => row.attempts === 0));

  server.manner = 'take';
  await startServer({ ...settings, KEYWARD_DATA_DIR: first.dataDir });
  const got = new Set<string>();
  const begun = rows.filter((row) => row.leased).length;
  while (got.size < 20 - begun) got.add((await server.mails.next()).to);
  // what the dead node had begun belongs to it for a minute
  for (const userId of users) await timePasses(sql, userId);
  while (got.size < 20) got.add((await server.mails.next()).to);
  for (const userId of users) await settled(sql, userId, 'count(*) = 0');
  assert.equal(server.mails.left.length, 0, 'each once');
});
