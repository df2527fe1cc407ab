/** Without mail server and webhook nothing is lost: messages lie as files in the data folder. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { settled } from './outbox.ts';

const cluster = await startCluster(1);
const [node] = cluster.nodes;
const client = new Client(node);
const admin = { token: cluster.adminPat };

test('mails lie as .eml and text messages as .txt, for the user of the server alone', async () => {
  const { userId } = await client.get(
    user.addHumanUser,
    {
      profile: { givenName: 'Ada', familyName: 'Test', preferredLanguage: 'ja' },
      email: { email: 'ada@example.com' },
      phone: { phone: '+41791234567' },
      metadata: [],
    },
    admin,
  );
  await settled(cluster.sql, userId, 'count(*) = 0');
  const dir = join(node.dataDir, 'outbox');
  const names = readdirSync(dir).sort();
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  for (const name of names) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
  assert.match(names.join(' '), /^\d{4}-\d\d-\d\dT\d{6}-\d{3}Z-verify-email-[0-9a-f-]{36}\.eml \S+-verify-phone-[0-9a-f-]{36}\.txt$/);
  const [eml, txt] = names.map((name) => readFileSync(join(dir, name), 'utf8')) as [string, string]; // just counted
  assert.match(eml, /^To: ada@example\.com\r\n/m);
  assert.match(eml, /^Message-ID: <[0-9a-f-]{36}@localhost>\r\n/m);
  assert.match(eml, /^Content-Type: text\/plain; charset=utf-8\r\n/m);
  assert.match(eml, /^Content-Type: text\/html; charset=utf-8\r\n/m);
  assert.ok(eml.includes('<html lang=3D"ja">'));
  assert.match(txt, /^To: \+41791234567\n\n[A-Z0-9]{6} はこの電話番号/);
});
