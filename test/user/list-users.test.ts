/**
 * ListUsers among more users than are counted: filters, order and pages are right, whichever way a page is made (src/user/list.ts).
 * What a page costs is for the bench to say.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SearchQuery, UserFieldName } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const { sql, instanceId } = cluster;
const token = cluster.adminPat;

/** Humans n1 to n12000; first names in 24 kinds, one of ten with a nick name. */
const MANY = 12_000;
const names = ['Ada', 'ada', 'ÄDA', 'Big Ben', 'b_g', 'b%g', 'ΟΔΟΣ', 'zoe'];
interface Human {
  readonly id: string;
  readonly n: number;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly nickName: string;
}
const humans: readonly Human[] = Array.from({ length: MANY }, (_, i): Human => {
  const n = i + 1;
  const firstName = `${names[n % names.length]}${n % 3}`;
  const username = `${n < 11 ? 'needle' : 'user'}-${String(n).padStart(5, '0')}`;
  return {
    id: `n${n}`,
    n,
    username,
    email: `${username}@${n % 2 ? 'A' : 'b'}.example`,
    firstName,
    nickName: n % 10 ? '' : `Nick ${n % 70}`,
  };
});
const org = await people.org();
await sql`
  with given as (
    select * from unnest(${humans.map((h) => h.id)}::text[], ${humans.map((h) => String(h.n))}::text[]::int[], ${humans.map((h) => h.username)}::text[],
      ${humans.map((h) => h.email)}::text[], ${humans.map((h) => h.firstName)}::text[], ${humans.map((h) => h.nickName)}::text[])
      as h(id, n, username, email, first_name, nick_name)
  ),
  made as (
    insert into users (instance_id, user_id, org_id, kind, state, sequence, changed_sequence, created_at, changed_at)
    select ${instanceId}, id, ${org}, 1, case when n % 100 = 0 then 2 else 1 end, 1, 1, timestamptz '2020-01-01' + n * interval '1 second', now() from given
    returning user_id
  )
  insert into profiles (instance_id, user_id, username, username_key, first_name, last_name, nick_name, display_name, email, user_created_at)
  select ${instanceId}, id, username, username, first_name, 'Test', nullif(nick_name, ''), first_name || ' Test', email,
    timestamptz '2020-01-01' + n * interval '1 second' from given join made on user_id = id`;
await sql`analyze users, profiles`;

type Query = SearchQuery['query'];
interface Wanted {
  readonly queries: readonly Query[];
  readonly limit?: number;
  readonly offset?: number;
  readonly asc?: boolean;
  readonly sorting?: UserFieldName;
  readonly as?: string;
}

async function list({ queries, limit = 1000, offset = 0, asc = true, sorting = UserFieldName.CREATION_DATE, as = token }: Wanted) {
  const request = {
    query: { limit, offset: BigInt(offset), asc },
    sortingColumn: sorting,
    queries: [{ query: { case: 'organizationIdQuery', value: { organizationId: org } } }, ...queries.map((query) => ({ query }))],
  };
  // an init without type names, which the client makes a message
  const { details, result } = await client.get(user.listUsers, request as never, { token: as });
  return { total: Number(details?.totalResult), ids: result.map(({ userId }) => userId) };
}

const methods: readonly (readonly [name: string, matches: (text: string, value: string) => boolean])[] = [
  ['equals', (text, value) => text === value],
  ['equals ignoring case', (text, value) => text.toLowerCase() === value.toLowerCase()],
  ['starts with', (text, value) => text.startsWith(value)],
  ['starts with ignoring case', (text, value) => text.toLowerCase().startsWith(value.toLowerCase())],
  ['contains', (text, value) => text.includes(value)],
  ['contains ignoring case', (text, value) => text.toLowerCase().includes(value.toLowerCase())],
  ['ends with', (text, value) => text.endsWith(value)],
  ['ends with ignoring case', (text, value) => text.toLowerCase().endsWith(value.toLowerCase())],
];
const columns: readonly (readonly [
  of: (human: Human) => string,
  query: (value: string, method: number) => Query,
  values: readonly string[],
])[] = [
  [
    ({ username }) => username,
    (userName, method) => ({ case: 'userNameQuery', value: { userName, method } }) as Query,
    ['needle-00003', 'NEEDLE', 'user-119', '-0000', '3'],
  ],
  [
    ({ username }) => username,
    (loginName, method) => ({ case: 'loginNameQuery', value: { loginName, method } }) as Query,
    ['needle-00003', 'Needle', 'r-1', '_'],
  ],
  [
    ({ email }) => email,
    (emailAddress, method) => ({ case: 'emailQuery', value: { emailAddress, method } }) as Query,
    ['user-00100@b.example', 'USER-0010', 'needle', '@a.', '@A.example'],
  ],
  [
    ({ firstName }) => firstName,
    (first, method) => ({ case: 'firstNameQuery', value: { firstName: first, method } }) as Query,
    ['Ada1', 'ada', 'ä', 'ÄDA', 'b_g', 'b%', '%', 'Οδ'],
  ],
  [
    ({ nickName }) => nickName,
    (nickName, method) => ({ case: 'nickNameQuery', value: { nickName, method } }) as Query,
    ['Nick 10', 'nick', 'k 3'],
  ],
];

for (const [method, [name, matches]] of methods.entries()) {
  test(`a text that ${name} finds the users that it should, no more and no fewer`, async () => {
    for (const [of, query, values] of columns) {
      for (const value of values) {
        const expected = humans.filter((human) => of(human) !== '' && matches(of(human), value)).map(({ id }) => id);
        const { total, ids } = await list({ queries: [query(value, method)] });
        assert.deepEqual(ids, expected.slice(0, 1000), `${value}: ${query(value, method).case}`);
        if (expected.length <= 10_000) assert.equal(total, expected.length, value);
        else assert.ok(total > 10_000, `${value}: ${total}`);
      }
    }
  });
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const orders: readonly (readonly [sorting: UserFieldName, of: (human: Human) => string])[] = [
  [UserFieldName.CREATION_DATE, ({ n }) => String(n).padStart(5, '0')],
  [UserFieldName.USER_NAME, ({ username }) => username],
  [UserFieldName.FIRST_NAME, ({ firstName }) => firstName.toLowerCase()],
  [UserFieldName.EMAIL, ({ email }) => email.toLowerCase()],
  [UserFieldName.UNSPECIFIED, ({ id }) => id],
];
const filters: readonly (readonly [name: string, queries: readonly Query[], matches: (human: Human) => boolean])[] = [
  ['all', [], () => true],
  ['the few', [{ case: 'emailQuery', value: { emailAddress: 'needle', method: 4 } } as Query], ({ n }) => n < 11],
  ['half', [{ case: 'emailQuery', value: { emailAddress: '@A.', method: 4 } } as Query], ({ n }) => n % 2 === 1],
  [
    'almost all',
    [{ case: 'notQuery', value: { query: { query: { case: 'loginNameQuery', value: { loginName: 'needle', method: 2 } } } } } as Query],
    ({ n }) => n >= 11,
  ],
  ['those who are off', [{ case: 'stateQuery', value: { state: 2 } } as Query], ({ n }) => n % 100 === 0],
];

for (const [sorting, of] of orders) {
  test(`pages sorted by ${UserFieldName[sorting]} follow each other, forwards and backwards, whatever the filter`, async () => {
    for (const [name, queries, matches] of filters) {
      const there = humans.filter(matches).sort((a, b) => byBytes(of(a), of(b)) || byBytes(a.id, b.id));
      for (const asc of [true, false]) {
        const expected = (asc ? there : there.toReversed()).map(({ id }) => id);
        for (const offset of [0, 7, 1000, expected.length - 5]) {
          if (offset < 0) continue;
          const { total, ids } = await list({ queries, sorting, asc, offset, limit: 20 });
          assert.deepEqual(ids, expected.slice(offset, offset + 20), `${name}, from ${offset}`);
          if (ids.length > 0 && expected.length <= 10_000) assert.equal(total, expected.length);
          if (ids.length > 0 && expected.length > 10_000) assert.ok(total > 10_000);
        }
      }
    }
  });
}

test('who sees one organization, or nobody else, finds the same as who sees all', async () => {
  const owner = await people.caller({ orgId: org, orgRoles: { [org]: ['ORG_OWNER'] } });
  const elsewhere = await people.caller({ orgRoles: { [org]: ['ORG_OWNER'] } });
  const nobody = await people.caller({ orgId: org });
  for (const [name, queries] of filters.slice(1, 4)) {
    const all = await list({ queries, limit: 50 });
    assert.deepEqual(await list({ queries, limit: 50, as: owner.token }).then(({ ids }) => ids), all.ids, name);
    assert.deepEqual(await list({ queries, limit: 50, as: elsewhere.token }).then(({ ids }) => ids), all.ids, name);
  }
  assert.deepEqual(await list({ queries: [], as: nobody.token }), { total: 1, ids: [nobody.userId] });
  const { result } = await client.get(
    user.listUsers,
    { queries: [{ query: { case: 'typeQuery', value: { type: 2 } } }] },
    { token: elsewhere.token },
  );
  assert.deepEqual(result.map(({ userId }) => userId).sort(), [owner.userId, elsewhere.userId, nobody.userId].sort());
});
