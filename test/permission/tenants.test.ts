/**
 * Two tenants with equal names, user names and chosen ids (PROMISES.md 19): any calls of the one with ids of the other leave the other as it
 * was and show nothing of it; and they are answered as in a world where there is no other, so that nothing of it counts either.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSessionToken } from '../../src/access/session-token.ts';
import { digest } from '../../src/crypto/secret.ts';
import { full } from '../support/batches.ts';
import { CHOSEN, CLAIMED, type Drawn, draw, EVERYTHING, tenantRows, tokenFor } from './crowd.ts';
import { Inside, type Outcome, type Tenant } from './inside.ts';
import { nameOf, type Row, rows } from './rows.ts';

const CALLS = Number(process.env.KEYWARD_TEST_CALLS ?? (full ? 50_000 : 2_000));
/** So many users have what the calls of a row need, in both tenants, and so many in the other one alone. */
const TWINS = full ? 40 : 3;
/** Stands in every name and value of the other tenant that is seen, in no id. */
const HIDDEN = 'hidden';
const SEED = Number(process.env.KEYWARD_TEST_SEED ?? Date.now() % 1_000_000);

/** What calls lock. */
const LOCKED = [
  'instances',
  'orgs',
  'org_domains',
  'org_metadata',
  'users',
  'profiles',
  'memberships',
  'pats',
  'sessions',
  'user_codes',
  'user_metadata',
  'projects',
  'apps',
  'project_grants',
  'user_grants',
];

const asked = rows.filter(({ on, needs = '' }) => on !== 'system' && on !== 'open' && !needs.startsWith('system.'));
const callerNames = ['owner', 'manager', 'plain', 'session'] as const;
type Caller = (typeof callerNames)[number];

interface World {
  readonly inside: Inside;
  readonly mine: Tenant;
  readonly other: Tenant | undefined;
  readonly tokens: Readonly<Record<Caller, string>>;
}

/** `bare`: in both, but here without what the row needs. `other`: in the other tenant alone. */
const kindsOfIds = ['both', 'other', 'bare'] as const;
const userIdOf = (row: Row, n: number, where: (typeof kindsOfIds)[number]) => `${where}-${asked.indexOf(row)}-${n}`;
const ORG = 'chosen-org';
const FUTURE = '2100-01-01T00:00:00Z';
const FUTURE_SECONDS = String(Date.parse(FUTURE) / 1000);
/** The other tenant alone has it. */
const OTHER_ORG = 'other-org';
/** Numeric, as the id in a token of a session is. */
const SESSION = '4711';

/** The other tenant is made first, and comes first in the alphabet: a statement that forgot the tenant meets its rows first. */
async function world(withOther: boolean): Promise<World> {
  const inside = await Inside.start();
  const other = withOther ? await inside.tenant('alien.example') : undefined;
  if (other) await populate(inside, other, 'other');
  const mine = await inside.tenant('mine.example');
  return { inside, mine, other, tokens: await populate(inside, mine, 'mine') };
}

async function populate({ database: { sql } }: Inside, { instanceId }: Tenant, whose: 'mine' | 'other'): Promise<World['tokens']> {
  const name = whose === 'other' ? HIDDEN : 'plain';
  await sql`insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${ORG}, 'Equal', 0)`;
  if (whose === 'other')
    await sql`insert into orgs (instance_id, org_id, name, sequence) values (${instanceId}, ${OTHER_ORG}, ${HIDDEN}, 0)`;
  await sql`
    insert into org_domains (instance_id, org_id, domain, is_verified, is_primary) values (${instanceId}, ${ORG}, ${`${name}.example`}, true, true)`;
  // A user of the other tenant has all that his twin may lack.
  const of = (row: Row, userId: string, { orgId = ORG, has = row.has ?? [] }: Partial<Drawn> = {}): Drawn => ({
    userId,
    instanceId,
    orgId,
    kind: row.kind ?? 'human',
    name,
    has: [...new Set([...has, ...(whose === 'other' ? EVERYTHING : [])])],
  });
  const crowd = asked.flatMap((row) =>
    Array.from({ length: TWINS }, (_, n) => [
      of(row, userIdOf(row, n, 'both')),
      of(row, userIdOf(row, n, 'bare'), { has: [] }),
      ...(whose === 'other' ? [of(row, userIdOf(row, n, 'other'), { orgId: OTHER_ORG })] : []),
    ]).flat(),
  );
  const members: Partial<Record<Caller, Drawn['member']>> = {
    owner: { level: 3, objectId: instanceId, role: 'IAM_OWNER' },
    session: { level: 3, objectId: instanceId, role: 'IAM_OWNER' },
    // In the other tenant the same user has more to say.
    manager: whose === 'other' ? { level: 3, objectId: instanceId, role: 'IAM_OWNER' } : { level: 2, objectId: ORG, role: 'ORG_OWNER' },
    plain: whose === 'other' ? { level: 2, objectId: ORG, role: 'ORG_OWNER' } : undefined,
  };
  const callers = callerNames.map((caller) => {
    const member = members[caller];
    return { userId: caller, instanceId, orgId: ORG, kind: 'human' as const, name, token: tokenFor(caller), ...(member && { member }) };
  });
  await draw(sql, [...crowd, ...callers]);
  // What happens to the other tenant happens in another time, so that its times are known where they are told.
  if (whose === 'other') {
    await sql`
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select instance_id, aggregate_type, aggregate_id, sequence + 1, 'user.metadata.set', editor, owner, via, ${FUTURE} from events
      where instance_id = ${instanceId} and via = 'test'`;
    // Users that were and are no more: who is made under such an id here begins anew.
    await sql`
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select instance_id, aggregate_type, ${CHOSEN} || aggregate_id, 7, 'user.removed', editor, owner, via, ${FUTURE} from events
      where instance_id = ${instanceId} and via = 'test' and sequence = 1`;
    await sql`
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select instance_id, 'org', ${CHOSEN} || aggregate_id, 7, 'org.removed', editor, owner, via, ${FUTURE} from events
      where instance_id = ${instanceId} and via = 'test' and sequence = 1`;
    await sql`insert into org_domains (instance_id, org_id, domain, is_verified) values (${instanceId}, ${OTHER_ORG}, ${CLAIMED}, true)`;
    for (const table of ['users', 'user_metadata', 'pats', 'sessions', 'machine_keys', 'projects', 'project_grants', 'apps', 'user_grants'])
      await sql`update ${sql(table)} set created_at = ${FUTURE}, changed_at = ${FUTURE} where instance_id = ${instanceId}`;
  }
  const key = Buffer.from(`key of ${whose}`);
  const session = newSessionToken(SESSION, key);
  await sql`
    insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, password_checked_at, token_key, token_hash,
      user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
    select instance_id, ${SESSION}, 'nobody', user_id, org_id, now(), now(), ${key}, ${digest(session)}, u.epoch, o.epoch, i.epoch, 1, now(), now()
    from users u join orgs o using (instance_id, org_id) join instances i using (instance_id)
    where instance_id = ${instanceId} and user_id = 'session'`;
  // Of the callers' twins all but one are switched off: nobody is refused, or let in, for what his twin is.
  if (whose === 'other')
    await sql`update users set state = 2 where instance_id = ${instanceId} and user_id in ('manager', 'plain', 'session')`;
  const [owner, manager, plain] = callers.map(({ token }) => token) as [string, string, string]; // as many as there are names
  return { owner, manager, plain, session };
}

interface Asked {
  readonly row: Row;
  readonly caller: Caller;
  readonly userId: string;
  readonly orgId: string;
}

const describe = ({ row, caller, userId, orgId }: Asked) => `${nameOf(row)} of ${userId} in ${orgId} by ${caller}`;

async function play({ inside, mine, tokens }: World, { row, caller, userId, orgId }: Asked): Promise<Outcome> {
  const target = { userId, orgId, instanceId: mine.instanceId };
  return inside.ask(row.rpc, row.message(target), { at: mine, token: tokens[caller], headers: row.headers?.(target) ?? {} });
}

/** mulberry32: the same calls for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Each call once with an id of both and one of the other alone; then whatever comes. */
function sequence(): readonly Asked[] {
  const random = generator(SEED);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T; // within the list
  const each = asked.flatMap((row) =>
    kindsOfIds.map(
      (where): Asked => ({ row, caller: 'owner', userId: userIdOf(row, 0, where), orgId: where === 'other' ? OTHER_ORG : ORG }),
    ),
  );
  const others = Array.from({ length: CALLS - each.length }, (): Asked => {
    const row = pick(asked);
    const whose = random(4) === 0 ? pick(asked) : row;
    return {
      row,
      caller: pick(callerNames),
      userId: userIdOf(whose, random(TWINS), pick(['both', 'both', 'other', 'bare'])),
      orgId: random(5) === 0 ? OTHER_ORG : ORG,
    };
  });
  return [...each, ...others];
}

const [shared, alone] = [await world(true), await world(false)];
const calls = sequence();

test('a tenant is answered as if it were alone, and sees, changes and waits for nothing of another that has the same ids and names', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const { sql } = shared.inside.database;
  const otherId = shared.other!.instanceId;
  const before = await tenantRows(sql, otherId);
  const succeeded = new Set<Row>();
  let since: string[] = [];
  async function one(asking: Asked, n: number): Promise<void> {
    const [here, there] = await Promise.all([play(shared, asking), play(alone, asking)]);
    const text = `${describe(asking)} (call ${n}, seed ${SEED})`;
    assert.ok(!shown(here).includes(HIDDEN), `${text} shows ${shown(here)}`);
    assert.notEqual(here.code, 'crash', `${text}: ${shown(here)}`);
    assert.deepEqual(masked(here), masked(there), text);
    const { answer = 'ok', once = [] } = asking.row;
    if ([answer, ...once].some((code) => code === here.code)) succeeded.add(asking.row);
    since.push(describe(asking));
    if (n % 100 !== 99) return;
    assert.deepEqual(await tenantRows(sql, otherId), before, `one of these changed the other tenant:\n${since.join('\n')}`);
    since = [];
  }
  // With every row of the other tenant locked, who would lock or change one waits in vain.
  const withLocks = Math.max(asked.length * kindsOfIds.length, Math.floor(calls.length / 2));
  await sql.begin(async (holder) => {
    await holder.unsafe('set local idle_in_transaction_session_timeout = 0');
    for (const table of LOCKED) await holder`select from ${holder(table)} where instance_id = ${otherId} for update`;
    for (let n = 0; n < withLocks; n++) await one(calls[n]!, n);
  });
  for (let n = withLocks; n < calls.length; n++) await one(calls[n]!, n);
  assert.deepEqual(await tenantRows(sql, otherId), before, `one of these changed the other tenant:\n${since.join('\n')}`);
  assert.deepEqual(asked.filter((row) => !succeeded.has(row)).map(nameOf), []);
  assert.deepEqual(await eventsOf(shared), await eventsOf(alone));
  assert.deepEqual(await domainsOf(shared), await domainsOf(alone));
  t.diagnostic(`${calls.length} calls`);
});

/** What was written about whom, in a world; ids that were made by the way apart. */
async function eventsOf({ inside, mine }: World): Promise<object> {
  const users = asked.flatMap((row) => Array.from({ length: TWINS }, (_, n) => kindsOfIds.map((where) => userIdOf(row, n, where))).flat());
  const ids = [ORG, ...users, ...users.map((userId) => CHOSEN + userId)];
  return inside.database.sql`
    select aggregate_id, sequence, type, editor from events where instance_id = ${mine.instanceId} and aggregate_id = any(${ids}::text[])
    order by aggregate_type, aggregate_id, sequence`.then((all) => [...all]);
}

const domainsOf = async ({ inside, mine }: World): Promise<object> => [
  ...(await inside.database
    .sql`select domain, is_verified, is_primary from org_domains where instance_id = ${mine.instanceId} order by domain`),
];

function shown(answer: Outcome): string {
  return JSON.stringify(answer, (_, value) =>
    typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
}

/** An answer without what no two calls have in common: times, secrets, and ids that were made. */
function masked(answer: Outcome): object {
  return JSON.parse(
    shown(answer)
      .replace(/"(seconds|nanos)":("-?\d+"|\d+)/g, (whole, name: string) => (whole.includes(FUTURE_SECONDS) ? whole : `"${name}":0`))
      .replace(
        /"(\w*(?:[cC]ode|[sS]ecret|[tT]oken|challenge|passkeyId|u2fId|uri|recoveryCodes))":("[^"]*"|\[[^\]]*\])/g,
        (whole, name: string) => (/:"[a-z_]+"$/.test(whole) ? whole : `"${name}":"-"`),
      )
      .replace(/"(keyDetails|publicKey)":\{"type":"Buffer"[^}]*\}/g, '"$1":"-"')
      .replace(/\d{15,20}/g, '#')
      .replace(/-\w{6}\.localhost/g, '-#.localhost'),
  ) as object; // of an object
}
