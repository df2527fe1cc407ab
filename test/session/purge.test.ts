/** Sessions that have been over for long are removed in steps by one of the nodes; the others, and the log, stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { Logins, refusals, session } from './logins.ts';

const cluster = await startCluster(3, { KEYWARD_SESSION_KEPT_DAYS: '7' });
const { sql, instanceId } = cluster;
const logins = new Logins(cluster);
const { admin } = logins;
const client = new Client(cluster.nodes[0]);

/** Makes a walk due, and resolves when it has come to its end. There is no event for that: the database itself looks until it is so. */
async function walked(): Promise<void> {
  await sql`insert into session_walks values (${instanceId}, '', now()) on conflict (instance_id) do update set due_at = now(), after_id = ''`;
  await sql.unsafe(`
    do $$ begin
      while not (select after_id = '' and due_at > now() + interval '1 hour' from session_walks where instance_id = '${instanceId}') loop
        perform pg_sleep(0.02);
      end loop;
    end $$`);
}

const older = (sessionIds: readonly string[], days: number) => sql`
  update sessions set created_at = created_at - d.age, changed_at = changed_at - d.age, ended_at = ended_at - d.age, expires_at = expires_at - d.age
  from (select ${days} * interval '1 day' as age) d where session_id = any(${sessionIds}::text[])`;
const left = async (sessionIds: readonly string[]) => {
  const rows = await sql<{ session_id: string }[]>`select session_id from sessions where session_id = any(${sessionIds}::text[])`;
  return rows.map((row) => row.session_id).sort();
};

test('what ended, ran out, or was cut with its user is removed after a week, and nothing else', async () => {
  const [me, off, gone, back] = [await logins.human(), await logins.human(), await logins.human(), await logins.human()];
  const made = async (person = me) => (await logins.login(client, person)).sessionId;
  const ended = [await made(), await made()];
  const expired = [await made(), await made()];
  const [cut, deleted, revived, alive, nobodys] = [
    await made(off),
    await made(gone),
    await made(back),
    await made(),
    (await client.get(session.createSession, {}, admin)).sessionId,
  ];
  for (const sessionId of ended) await client.get(session.deleteSession, { sessionId }, admin);
  for (const sessionId of expired) await client.get(session.setSession, { sessionId, lifetime: { nanos: 1 } }, admin);
  await client.get(user.deactivateUser, { userId: off.userId }, admin);
  await client.get(user.deactivateUser, { userId: back.userId }, admin);
  await client.get(user.reactivateUser, { userId: back.userId }, admin);
  await client.get(user.deleteUser, { userId: gone.userId }, admin);
  const anew = await made(back);

  const all = [...ended, ...expired, cut, deleted, revived, alive, nobodys, anew];
  await older([ended[0]!, expired[0]!, cut, deleted, revived, alive, nobodys, anew], 8);
  await sql`update users set changed_at = changed_at - interval '8 days' where user_id in (${off.userId}, ${back.userId})`;
  await walked();
  assert.deepEqual(await left(all), [ended[1]!, expired[1]!, alive, nobodys, anew].sort());
  assert.ok((await logins.events('session', ended[0]!)).includes('session.terminated'));
  assert.deepEqual(await client.ask(session.getSession, { sessionId: cut }, admin), refusals.notFound);
});

test('a walk goes through thousands step by step, whichever node takes the next one', async () => {
  const me = await logins.human();
  const { sessionId } = await logins.login(client, me);
  const ids = await sql<{ session_id: string }[]>`
    insert into sessions (instance_id, session_id, creator, user_id, org_id, token_key, token_hash, user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at, ended_at)
    select s.instance_id, s.session_id || '-' || n, s.creator, s.user_id, s.org_id, s.token_key, s.token_hash, s.user_epoch, s.org_epoch, s.instance_epoch, 1, now(), now(),
      case when n % 3 > 0 then now() - interval '8 days' end
    from sessions s, generate_series(1, 2400) n where s.session_id = ${sessionId} returning session_id`;
  await walked();
  const stays = ids.map((row) => row.session_id).filter((id) => Number(id.split('-')[1]) % 3 === 0);
  assert.deepEqual(await left(ids.map((row) => row.session_id)), stays.sort());
  const metrics = await Promise.all(cluster.nodes.map((node) => new Client(node).send('GET', '/debug/metrics', {})));
  const purged = metrics.map(({ body }) => Number(/^keyward_sessions_purged_total (\d+)$/m.exec(body)?.[1]));
  assert.ok(purged.reduce((sum, n) => sum + n, 0) >= 1600, String(purged));
});
