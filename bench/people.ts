/** Users by the thousand, written straight into the database: what a scenario stands on. */
import { newSessionToken } from '../src/access/session-token.ts';
import { newToken } from '../src/access/token.ts';
import { digest } from '../src/crypto/secret.ts';
import type { Keyward } from './keyward.ts';
import type { Subject } from './operations.ts';

/** Machines of the default organization; gives their ids. */
export async function addMachines({ sql, instanceId, orgId }: Keyward, prefix: string, count: number): Promise<string[]> {
  const rows = await sql<{ user_id: string }[]>`
    with made as (
      insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
      select ${instanceId}, ${prefix}::text || n, ${orgId}, 2, 1, 1, now(), now() from generate_series(1, ${count}::int) n
      returning instance_id, user_id, org_id, created_at
    ),
    described as (
      insert into profiles (instance_id, user_id, username, username_key, machine_name, access_token_type)
      select instance_id, user_id, user_id, lower(user_id), 'bench', 0 from made
    ),
    logged as (
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select instance_id, 'user', user_id, 1, 'user.machine.added', 'bench', org_id, 'bench', created_at from made
    )
    select user_id from made`;
  return rows.map((row) => row.user_id);
}

/** Machines with a live session each, as after a login with a password. */
export async function addSubjects(keyward: Keyward, prefix: string, count: number): Promise<Subject[]> {
  const userIds = await addMachines(keyward, prefix, count);
  const subjects = userIds.map((userId) => ({ userId, ...newSession() }));
  await addSessions(keyward, subjects);
  return subjects;
}

const KEY = Buffer.alloc(16, 7);
let made = 0;

function newSession(): Omit<Subject, 'userId'> {
  const sessionId = `9${String(process.pid).padStart(7, '0')}${String(++made).padStart(9, '0')}`;
  return { sessionId, token: newSessionToken(sessionId, KEY) };
}

async function addSessions({ sql, instanceId }: Keyward, subjects: readonly Subject[]): Promise<void> {
  const rows = JSON.stringify(subjects.map(({ token, ...subject }) => ({ ...subject, hash: digest(token).toString('hex') })));
  await sql`
    insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, password_checked_at, token_key, token_hash,
      user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
    select u.instance_id, n."sessionId", 'bench', u.user_id, u.org_id, now(), now(), ${KEY}, decode(n.hash, 'hex'), u.epoch, o.epoch, i.epoch, 1, now(), now()
    from jsonb_to_recordset(${rows}::text::jsonb) as n("userId" text, "sessionId" text, hash text)
    join users u on u.instance_id = ${instanceId} and u.user_id = n."userId" join orgs o using (instance_id, org_id) join instances i using (instance_id)`;
}

/** Live sessions number `from` to `to`, a second apart, of the users that are there in turn; as after a login with a password. */
export async function addLiveSessions({ sql, instanceId }: Keyward, userIds: readonly string[], from: number, to: number): Promise<void> {
  const step = 50_000;
  await sql`set statement_timeout = 0`.simple();
  for (let first = from; first <= to; first += step) {
    await sql`
      insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, password_checked_at, token_key, token_hash, user_agent,
        user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
      select u.instance_id, '8' || lpad(n::text, 16, '0'), 'bench', u.user_id, u.org_id, now(), now(), ${KEY}, sha256(n::text::bytea),
        jsonb_build_object('fingerprint_id', 'f' || n), u.epoch, o.epoch, i.epoch, 3, timestamptz '2026-01-01' + n * interval '1 second', now()
      from generate_series(${first}::int, ${Math.min(first + step - 1, to)}::int) n
      join users u on u.instance_id = ${instanceId} and u.user_id = (${userIds}::text[])[1 + n % ${userIds.length}::int]
      join orgs o using (instance_id, org_id) join instances i using (instance_id)`;
  }
  // What autovacuum does within minutes.
  await sql.unsafe('vacuum analyze sessions');
}

/** Gives machines the form of humans with a password, or with none. */
export async function asHumans({ sql, instanceId }: Keyward, userIds: readonly string[], hash: string | undefined): Promise<void> {
  await sql`update users set kind = 1 where instance_id = ${instanceId} and user_id = any(${userIds}::text[])`;
  await sql`
    update profiles set first_name = 'Ada', last_name = 'Bench', display_name = 'Ada Bench', email = user_id || '@example.com', email_verified = true,
      machine_name = null, access_token_type = null, password_hash = ${hash ?? null}, password_changed_at = case when ${hash !== undefined} then now() - interval '1 day' end
    where instance_id = ${instanceId} and user_id = any(${userIds}::text[])`;
}

export const NAMES = ['ada', 'bruno', 'chiara', 'david', 'elif', 'farid', 'greta', 'hana', 'ivan', 'jane'];

/**
 * Humans number `from` to `to` of the default organization, made a second apart; one in a hundred is off. The word `needle` stands in the
 * names of ten of them, however many there are; the same ten have metadata of that key, one in ten has some of the key `team`.
 */
export async function addHumans({ sql, instanceId, orgId }: Keyward, from: number, to: number): Promise<void> {
  const step = 50_000;
  await sql`set statement_timeout = 0`.simple();
  // Indexes are built faster than filled.
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename in ('users', 'profiles') and indexdef not like 'CREATE UNIQUE%'`;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  for (let first = from; first <= to; first += step) {
    await sql`
      with numbered as (
        select n, 'h' || lpad(n::text, 9, '0') as user_id, (${NAMES}::text[])[1 + n % ${NAMES.length}::int] as name,
          md5(n::text) as noise, case when n <= 10 then '.needle' else '' end as mark
        from generate_series(${first}::int, ${Math.min(first + step - 1, to)}::int) n
      ),
      made as (
        insert into users (instance_id, user_id, org_id, kind, state, sequence, changed_sequence, created_at, changed_at)
        select ${instanceId}, user_id, ${orgId}, 1, case when n % 100 = 0 then 2 else 1 end, 1, 1,
          timestamptz '2020-01-01' + n * interval '1 second', now()
        from numbered
      )
      insert into profiles (instance_id, user_id, username, username_key, first_name, last_name, display_name, preferred_language, gender, email, email_verified,
        user_created_at)
      select ${instanceId}, user_id, login, login, initcap(name), initcap(left(noise, 8)), initcap(name || ' ' || left(noise, 8)), 'en', 0,
        login || '@example.com', true, timestamptz '2020-01-01' + n * interval '1 second'
      from (select *, name || '.' || left(noise, 8) || mark || '.' || n as login from numbered) named`;
    await sql`
      insert into user_metadata (instance_id, user_id, key, value, created_at, changed_at)
      select ${instanceId}, 'h' || lpad(n::text, 9, '0'), case when n <= 10 then 'needle' else 'team' end, 'blue', now(), now()
      from generate_series(${first}::int, ${Math.min(first + step - 1, to)}::int) n where n <= 10 or n % 10 = 0`;
  }
  for (const { definition } of indexes) await sql.unsafe(definition);
  // What autovacuum does within minutes.
  for (const table of ['users', 'profiles', 'user_metadata']) await sql.unsafe(`vacuum analyze ${table}`);
}

/** An organization of 50 humans, its owner among them a machine with a token; gives the token. */
export async function addOrganizationOf50(keyward: Keyward): Promise<string> {
  const { sql, instanceId } = keyward;
  const [orgId, token] = ['small', newToken('small')];
  await sql`insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${orgId}, ${orgId}, 1)`;
  await addMachines({ ...keyward, orgId }, 'small', 50);
  await sql`
    insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
    values (${instanceId}, 'small1', 2, ${orgId}, '{ORG_OWNER}', now(), now())`;
  await sql`
    insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
    select u.instance_id, 'small', u.user_id, ${digest(token)}, '{}', now() + interval '1 day', u.epoch, o.epoch, i.epoch, now(), now()
    from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
    where u.instance_id = ${instanceId} and u.user_id = 'small1'`;
  return token;
}
