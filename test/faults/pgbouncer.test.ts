/** Behind a pooler that gives every transaction another connection: setting up, calls and the cut of access work as without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../support/postgres.ts';
import { statementsOver, verifyHistory } from './history.ts';
import { Load } from './load.ts';
import { noPgbouncer, startPgbouncer } from './pgbouncer.ts';
import { Asker, adminPat, newFolder, startServer, tcpUrl } from './server.ts';

test('behind PgBouncer in transaction mode: migrate, start twice, users made and cut by two nodes under load', {
  skip: noPgbouncer,
}, async (t) => {
  const database = await testDatabase('empty');
  const port = await startPgbouncer(database.address);
  const environment = {
    KEYWARD_DATABASE_URL: tcpUrl(database.address, port),
    KEYWARD_DATABASE_POOLED: 'true',
    KEYWARD_DATA_DIR: newFolder(),
  };
  const first = await startServer(environment);
  const token = adminPat(first);
  const second = await startServer({ ...environment, KEYWARD_DATA_DIR: newFolder() });
  const [a, b] = [new Asker(first, token), new Asker(second, token)];

  const orgId = (await a.ask('POST', '/v2/users', { query: { limit: 1 } })).json.result[0].details.resourceOwner;
  const made = await a.ask('POST', '/v2/users/new', { organizationId: orgId, machine: { name: 'machine' } });
  const userId = made.json.id;
  const pat = await b.ask('POST', `/v2/users/${userId}/pats`, { expirationDate: '2099-01-01T00:00:00Z' });
  const own = new Asker(second, pat.json.token);
  assert.equal((await own.ask('GET', `/v2/users/${userId}`)).status, 200);
  assert.equal((await a.ask('POST', `/v2/users/${userId}/deactivate`)).status, 200);
  assert.equal((await own.ask('GET', `/v2/users/${userId}`)).status, 401);

  const load = new Load(orgId);
  let over = false;
  t.after(() => {
    over = true;
  });
  const running = [load.run(first, token, 4, () => over), load.run(second, token, 4, () => over)];
  await load.acknowledges(150);
  over = true;
  await Promise.all(running);
  assert.deepEqual([load.figures.wrong, load.figures.unclear], [[], 0]);
  await statementsOver(database.sql);
  await load.verify(database.sql);
  await verifyHistory(database.sql);
});
