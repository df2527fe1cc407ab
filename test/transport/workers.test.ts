/** Workers that share a port tell their metrics as one: whichever is asked, the sums are those of all. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startCluster } from '../support/node.ts';

const WORKERS = 3;
/** Messages have nowhere to go, so that the one of this test waits. */
const { nodes, adminPat, orgId, sql } = await startCluster(1, {
  KEYWARD_WORKERS: String(WORKERS),
  KEYWARD_NOTIFICATION_WEBHOOK_URL: 'http://127.0.0.1:1/',
});
const [{ port }] = nodes;

/** On a connection of its own, which any of the workers may take. */
function fetched(path: string, headers: Record<string, string> = {}): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ port, path, headers, agent: new Agent() }, async (answer) =>
      resolve({ status: answer.statusCode, body: await text(answer) }),
    );
    request.once('error', reject);
  });
}

function valueIn(metrics: string, series: RegExp): number | undefined {
  const line = metrics.split('\n').find((line) => series.test(line));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

test('every answer of /debug/metrics counts the calls of all workers, and what is of the whole database once', async () => {
  const headers = { authorization: `Bearer ${adminPat}` };
  const body = JSON.stringify({
    organizationId: orgId,
    human: { profile: { givenName: 'Ada', familyName: 'Lovelace' }, email: { email: 'ada@example.com', sendCode: {} } },
  });
  const made = await fetch(`http://localhost:${port}/v2/users/new`, { method: 'POST', headers, body });
  assert.equal(made.status, 200);
  const { id } = (await made.json()) as { id: string }; // as CreateUser answers

  const CALLS = 30;
  await Promise.all(Array.from({ length: CALLS }, () => fetched(`/v2/users/${id}`, headers)));
  const scrapes = await Promise.all(Array.from({ length: 12 }, () => fetched('/debug/metrics')));
  for (const { status, body } of scrapes) {
    assert.equal(status, 200);
    assert.equal(valueIn(body, /^keyward_calls_total\{.*GetUserByID".*code="ok"/), CALLS);
    assert.equal(valueIn(body, /^keyward_call_seconds_count\{.*GetUserByID"/), CALLS);
    assert.equal(valueIn(body, /^keyward_outbox_messages\{state="waiting"\}/), 1);
    assert.match(body, /^process_resident_memory_bytes \d+$/m);
  }
  const [{ waiting } = { waiting: undefined }] = await sql<{ waiting: number }[]>`select count(*)::int as waiting from outbox`;
  assert.equal(waiting, 1);
});
