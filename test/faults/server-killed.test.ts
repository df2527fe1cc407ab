/** SIGKILL of the server under load: what it acknowledged is there, nothing is half-done, and the next start needs no hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { testDatabase } from '../support/postgres.ts';
import { statementsOver, verifyHistory } from './history.ts';
import { Load } from './load.ts';
import { roundsOf } from './long.ts';
import { Asker, adminPat, newFolder, startServer } from './server.ts';

const rounds = roundsOf(3);

test(`a server killed under load, ${rounds} times: every acknowledged change is there, every event has its state`, async (t) => {
  const database = await testDatabase();
  const environment = { KEYWARD_DATABASE_URL: database.url, KEYWARD_DATA_DIR: newFolder() };
  let server = await startServer(environment);
  const token = adminPat(server);
  const [org] = await database.sql<{ org_id: string }[]>`select org_id from orgs`;
  const load = new Load(org!.org_id);
  for (let round = 0; round < rounds; round++) {
    let over = false;
    const clients = load.run(server, token, 6, () => over);
    await load.acknowledges(20);
    await pause(Math.random() * 300);
    await server.kill();
    over = true;
    await clients;

    server = await startServer(environment);
    const reply = await new Asker(server, token).ask('POST', '/v2/users', { query: { limit: 1 } });
    assert.equal(reply.status, 200, JSON.stringify(reply.json));
    await statementsOver(database.sql);
    await load.verify(database.sql);
    await verifyHistory(database.sql);
  }
  const { acknowledged, unclear, wrong } = load.figures;
  assert.deepEqual(wrong, []);
  t.diagnostic(`${acknowledged} changes acknowledged, ${unclear} without a clear answer`);
});
