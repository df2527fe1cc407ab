/**
 * SIGKILL of PostgreSQL under load while Keyward stays: calls are refused at once with a hint when to come back, Keyward starts its database
 * again and serves without a restart of its own, every acknowledged change is there, and nothing is half-done.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '../../src/store/connect.ts';
import { attachEmbedded } from '../../src/store/embedded.ts';
import { statementsOver, verifyHistory } from './history.ts';
import { Load } from './load.ts';
import { roundsOf } from './long.ts';
import { Asker, adminPat, type Server, startServer } from './server.ts';

const rounds = roundsOf(3);

/** How PostgreSQL ends: all of its processes at once, the first one alone (its children find themselves alone), or an immediate shutdown. */
const ends = ['all', 'first', 'immediate'] as const;

function end({ dataDir }: Server, how: (typeof ends)[number]): void {
  const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  if (how === 'all')
    process.kill(-pid, 'SIGKILL'); // it leads a session of its own
  else process.kill(pid, how === 'first' ? 'SIGKILL' : 'SIGQUIT');
}

test(`PostgreSQL killed under load, ${rounds} times: refused with a hint, back without a hand, nothing lost or half-done`, async (t) => {
  const server = await startServer();
  const token = adminPat(server);
  const asker = new Asker(server, token);
  const load = new Load(await orgOf(server));
  const away: number[] = [];
  let over = false;
  const clients = load.run(server, token, 6, () => over);
  t.after(() => {
    over = true;
  });
  for (let round = 0; round < rounds; round++) {
    await load.acknowledges(20);
    await pause(Math.random() * 200);
    end(server, ends[round % ends.length] as (typeof ends)[number]); // within the list
    away.push(await awayFor(asker));
  }
  over = true;
  await clients;
  await verified(server, load);
  assert.equal(server.ended(), false);
  assert.deepEqual([load.figures.wrong, load.figures.withoutHint], [[], 0]);
  const { acknowledged, unclear, slowest } = load.figures;
  assert.ok(slowest < 20_000, `a client waited ${slowest} ms for an answer`);
  t.diagnostic(
    `${acknowledged} changes acknowledged, ${unclear} refused or cut; away for ${Math.max(...away)} ms at most, ${median(away)} ms in the median; longest wait for an answer ${Math.round(slowest)} ms`,
  );
});

/** How long the database is not there for Keyward, in ms. */
async function awayFor(asker: Asker): Promise<number> {
  const began = performance.now();
  const until = async (status: number, ms: number) => {
    for (const last = performance.now() + ms; performance.now() < last; await pause(5)) {
      if ((await asker.ask('GET', '/debug/ready')).status === status) return true;
    }
    return false;
  };
  await until(412, 2000); // not seen where it is back at once
  assert.ok(await until(200, 30_000), 'the database is not back after 30 s');
  return Math.round(performance.now() - began);
}

async function orgOf(server: Server): Promise<string> {
  const reply = await new Asker(server, adminPat(server)).ask('POST', '/v2/users', { query: { limit: 1 } });
  return reply.json.result[0].details.resourceOwner;
}

async function verified({ dataDir }: Server, load: Load): Promise<void> {
  const address = attachEmbedded(dataDir);
  assert.ok(address, 'the embedded database runs');
  const sql = openPool(address, { max: 1, prepare: false });
  try {
    await statementsOver(sql);
    await load.verify(sql);
    await verifyHistory(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
