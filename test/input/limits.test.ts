/** The limits of docs/limits.md, each of them hit: what is beyond is the client's mistake, said in the words of its protocol, and costs little. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MOST_ITEMS } from '../../src/contract/bounds.ts';
import { defaultLimits } from '../../src/transport/limits.ts';
import { Asker, adminPat, type Reply, startServer } from '../faults/server.ts';
import { testDatabase } from '../support/postgres.ts';
import { http1, type Served } from '../transport/fixture.ts';

const database = await testDatabase();
const server = await startServer({ KEYWARD_DATABASE_URL: database.url });
const asker = new Asker(server, adminPat(server));
const list = (body: object): Promise<Reply> => asker.ask('POST', '/v2/users', body);
const at = { port: server.port } as Served; // all that is looked at
const refused = ({ status, json }: Pick<Reply, 'status' | 'json'>) => [status, json?.code];
const named = (userName: string) => ({ userNameQuery: { userName } });
const nested = (depth: number): object => (depth === 0 ? named('x') : { notQuery: { query: nested(depth - 1) } });

test('a body of more than 4 MiB is refused', async () => {
  const filler = 'x'.repeat(defaultLimits.bodyBytes);
  assert.deepEqual(refused(await list({ filler })), [429, 8]);
  assert.equal((await list({ filler: filler.slice(100) })).status, 200);
});

test('headers of more than 64 KiB are refused', async () => {
  const sent = { path: '/v2/users', headers: { 'x-long': 'x'.repeat(defaultLimits.headerBytes) } };
  assert.equal((await http1(at, sent)).status, 431);
});

test('lists of more than 1,000 items, in one or in many, are refused', async () => {
  const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1));
  assert.equal((await list({ queries: [{ inUserIdsQuery: { userIds: ids(MOST_ITEMS - 1) } }] })).status, 200);
  assert.deepEqual(refused(await list({ queries: [{ inUserIdsQuery: { userIds: ids(MOST_ITEMS) } }] })), [400, 3]);
  assert.equal((await list({ queries: [{ orQuery: { queries: ids(MOST_ITEMS - 1).map(named) } }] })).status, 200);
  assert.deepEqual(refused(await list({ queries: [{ orQuery: { queries: ids(MOST_ITEMS).map(named) } }] })), [400, 3]);
  const halves = [{ notQuery: { query: { andQuery: { queries: ids(500).map(named) } } } }, { orQuery: { queries: ids(500).map(named) } }];
  assert.deepEqual(refused(await list({ queries: halves })), [400, 3]);
  assert.deepEqual(refused(await list({ queries: ids(50_000).map(named) })), [400, 3]);
});

test('queries within queries: 20 deep, and JSON 100 deep', async () => {
  assert.equal((await list({ queries: [nested(20)] })).status, 200);
  assert.deepEqual(refused(await list({ queries: [nested(21)] })), [400, 3]);
  assert.deepEqual(refused(await list({ queries: [nested(5000)] })), [400, 3]);
});

test('a page holds 1,000 rows at most, whatever is asked for; an offset that no table has is refused', async () => {
  assert.equal((await list({ query: { limit: 4_294_967_295 } })).status, 200);
  assert.deepEqual(refused(await list({ query: { limit: 4_294_967_296 } })), [400, 3]);
  const far = await list({ query: { offset: '1000000000000' } });
  assert.equal(far.status, 200, JSON.stringify(far.json));
  for (const offset of ['9223372036854775808', '18446744073709551615'])
    assert.deepEqual(refused(await list({ query: { offset } })), [400, 3]);
});

test('texts with NUL, dates and numbers out of range: the mistake of the client, in reads and in changes', async () => {
  for (const query of [named('a\0b'), { inUserIdsQuery: { userIds: ['a\0b'] } }, { emailQuery: { emailAddress: '\0' } }]) {
    assert.deepEqual(refused(await list({ queries: [query] })), [400, 3], JSON.stringify(query));
  }
  const organizationId = (await list({ query: { limit: 1 } })).json.result[0].details.resourceOwner;
  const create = (machine: object, more: object = {}) => asker.ask('POST', '/v2/users/new', { organizationId, machine, ...more });
  assert.deepEqual(refused(await create({ name: 'a\0b' })), [400, 3]);
  assert.deepEqual(refused(await create({ name: 'a' }, { username: 'x\0' })), [400, 3]);
  const { json } = await create({ name: 'a' });
  const pat = (expirationDate: string) => asker.ask('POST', `/v2/users/${json.id}/pats`, { expirationDate });
  for (const date of ['10000-01-01T00:00:00Z', '0000-12-31T23:59:59Z', '2030-13-01T00:00:00Z', '2020-01-01T00:00:00Z', 'tomorrow']) {
    assert.deepEqual(refused(await pat(date)), [400, 3], date);
  }
  assert.equal((await pat('9999-12-31T23:59:59.999999999Z')).status, 200);
});

test('a session may live for ten thousand years, and is listed', async () => {
  assert.equal((await asker.ask('POST', '/v2/sessions', { lifetime: '315576000000s' })).status, 201);
  const { status, json } = await asker.ask('POST', '/v2/sessions/search', {});
  assert.deepEqual([status, json.sessions[0].expirationDate], [200, '9999-12-31T23:59:59.999999999Z']);
});

test('a text in an answer that quotes the client is cut', async () => {
  const body = `{"query":{"limit":${'9'.repeat(50_000)}}}`;
  const long = await http1(at, { path: '/v2/users', headers: { 'content-type': 'application/json' }, body });
  assert.deepEqual(refused(long), [400, 3]);
  assert.ok(String(long.json.message).length < 1100);
});

test('docs/limits.md says what the program does', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8');
  const { bodyBytes, headerBytes, streams, headersMs, bodyMs, answerMs, idleMs } = defaultLimits;
  for (const said of [
    `${bodyBytes / 1024 / 1024} MiB`,
    `${headerBytes / 1024} KiB`,
    `${streams} streams`,
    `${headersMs / 1000} s for the headers`,
    `${bodyMs / 1000} s for the body`,
    `${answerMs / 1000} s for the answer`,
    `${idleMs / 1000} s of silence`,
    `${MOST_ITEMS.toLocaleString('en')} items`,
  ]) {
    assert.ok(docs.includes(said), said);
  }
});
