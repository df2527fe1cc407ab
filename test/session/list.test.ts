/** The list of sessions: every filter, order and page; and who sees what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { TimestampQueryMethod as Method } from '../../src/contract/gen/zitadel/object/v2/object_pb.js';
import { type SearchQuerySchema, SessionFieldName } from '../../src/contract/gen/zitadel/session/v2/session_pb.js';
import type { ListSessionsRequestSchema } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { Client, protocols, type Sent } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { byUser, Logins, session } from './logins.ts';

const cluster = await startCluster(1);
const logins = new Logins(cluster);
const { people, admin } = logins;
const client = new Client(cluster.nodes[0]);

type Query = NonNullable<MessageInitShape<typeof SearchQuerySchema>['query']>;

const maker = await people.caller({ instanceRoles: ['IAM_LOGIN_CLIENT'] });
const far = await people.org();
const [ada, bob, stranger] = [await logins.human(), await logins.human(), await people.person({ kind: 'human', orgId: far })];

const made = {
  first: await open({ checks: byUser(ada), userAgent: { fingerprintId: 'print-1' } }),
  second: await open({ checks: byUser(ada), lifetime: { seconds: 3600n } }),
  third: await open({ checks: byUser(ada), lifetime: { seconds: 7200n } }, maker),
  bobs: await open({ checks: byUser(bob) }, maker),
  nobodys: await open({}, maker),
  far: await open({ checks: byUser(stranger) }),
};
type Name = keyof typeof made;
const nameOf = new Map(Object.entries(made).map(([name, { sessionId }]) => [sessionId, name]));
const second = (await client.get(session.getSession, { sessionId: made.second.sessionId }, admin)).session!;
const third = (await client.get(session.getSession, { sessionId: made.third.sessionId }, admin)).session!;

function open(request: MessageInitShape<typeof session.createSession.input>, by: Sent = admin) {
  return client.get(session.createSession, request, { token: by.token });
}

type Listed = Omit<MessageInitShape<typeof ListSessionsRequestSchema>, '$typeName' | 'queries'>;

async function list(queries: readonly Query[], more: Listed = {}, by: Sent = admin) {
  const request = {
    sortingColumn: SessionFieldName.CREATION_DATE,
    query: { asc: true },
    ...more,
    queries: queries.map((query) => ({ query })),
  };
  const { sessions, details } = await client.get(session.listSessions, request, by);
  return { names: sessions.map(({ id }) => nameOf.get(id)), total: Number(details?.totalResult) };
}

const of = ({ userId }: { userId: string }): Query => ({ case: 'userIdQuery', value: { id: userId } });
const ids = (...names: Name[]): Query => ({ case: 'idsQuery', value: { ids: names.map((name) => made[name].sessionId) } });
const created = (method: Method): Query => ({ case: 'creationDateQuery', value: { creationDate: second.creationDate!, method } });
const expires = (method: Method): Query => ({ case: 'expirationDateQuery', value: { expirationDate: third.expirationDate!, method } });

const filters: readonly [filter: string, queries: readonly Query[], found: readonly Name[]][] = [
  ['a user', [of(ada)], ['first', 'second', 'third']],
  ['an unknown user', [of({ userId: '404' })], []],
  ['two users at once', [of(ada), of(bob)], []],
  ['ids', [ids('first', 'nobodys')], ['first', 'nobodys']],
  ['no ids', [ids()], []],
  ['ids and user', [ids('first', 'bobs'), of(ada)], ['first']],
  ['a creator', [{ case: 'creatorQuery', value: { id: maker.userId } }], ['third', 'bobs', 'nobodys']],
  ['a creator and a user', [{ case: 'creatorQuery', value: { id: maker.userId } }, of(bob)], ['bobs']],
  ['oneself as creator', [{ case: 'creatorQuery', value: {} }, of(ada)], ['first', 'second']],
  ['a user agent', [{ case: 'userAgentQuery', value: { fingerprintId: 'print-1' } }], ['first']],
  ['an unknown user agent', [{ case: 'userAgentQuery', value: { fingerprintId: 'nowhere' } }], []],
  ['the very creation date', [of(ada), created(Method.EQUALS)], ['second']],
  ['later creation dates', [of(ada), created(Method.GREATER)], ['third']],
  ['that or later creation dates', [of(ada), created(Method.GREATER_OR_EQUALS)], ['second', 'third']],
  ['earlier creation dates', [of(ada), created(Method.LESS)], ['first']],
  ['that or earlier creation dates', [of(ada), created(Method.LESS_OR_EQUALS)], ['first', 'second']],
  ['the very end', [of(ada), expires(Method.EQUALS)], ['third']],
  ['later ends, or none', [of(ada), expires(Method.GREATER)], ['first']],
  ['that or later ends, or none', [of(ada), expires(Method.GREATER_OR_EQUALS)], ['first', 'third']],
  ['earlier ends', [of(ada), expires(Method.LESS)], ['second']],
  ['that or earlier ends', [of(ada), expires(Method.LESS_OR_EQUALS)], ['second', 'third']],
];

for (const [filter, queries, found] of filters) {
  test(`sessions are found by ${filter}`, async () => {
    for (const protocol of protocols)
      assert.deepEqual(await list(queries, {}, { ...admin, protocol }), { names: found, total: found.length });
  });
}

test('order and pages', async () => {
  assert.deepEqual((await list([of(ada)], { query: { asc: false } })).names, ['third', 'second', 'first']);
  assert.deepEqual(await list([of(ada)], { query: { asc: true, limit: 2 } }), { names: ['first', 'second'], total: 3 });
  assert.deepEqual(await list([of(ada)], { query: { asc: true, limit: 2, offset: 2n } }), { names: ['third'], total: 3 });
  assert.deepEqual(await list([of(ada)], { query: { asc: true, offset: 100n } }), { names: [], total: 0 });
});

test('queries that say nothing are refused', async () => {
  const ask = (query: Query) => client.ask(session.listSessions, { queries: [{ query }] }, admin);
  const refusal = (id: string) => ({ code: 'invalid_argument', text: `List.Query.Invalid (${id})`, id });
  assert.deepEqual(await ask({ case: 'creatorQuery', value: { id: '' } }), refusal('GRPC-x8n24uh'));
  assert.deepEqual(await ask({ case: 'userAgentQuery', value: { fingerprintId: '' } }), refusal('GRPC-x8n23uh'));
  assert.deepEqual(await ask({ case: 'userAgentQuery', value: {} }), refusal('GRPC-x8n23uh'));
});

const all: readonly Name[] = ['first', 'second', 'third', 'bobs', 'nobodys', 'far'];

/** Role, and where it is held → what its holder sees. The totals count no more than that. */
const views: readonly [role: string, at: 'instance' | 'here' | 'far' | 'nowhere', seen: readonly Name[]][] = [
  ['', 'nowhere', []],
  ['ORG_OWNER', 'here', ['first', 'second', 'third', 'bobs']],
  ['ORG_USER_MANAGER', 'here', ['first', 'second', 'third', 'bobs']],
  ['ORG_OWNER_VIEWER', 'here', []],
  ['ORG_OWNER', 'far', ['far']],
  ['IAM_OWNER_VIEWER', 'instance', all],
  ['IAM_USER_MANAGER', 'instance', all],
  ['IAM_LOGIN_CLIENT', 'instance', all],
];

for (const [role, at, seen] of views) {
  test(`${role === '' ? 'one without a role' : `${role} (${at})`} sees ${seen.length === 0 ? 'nothing' : seen.join(', ')}`, async () => {
    const caller = await people.caller(
      at === 'instance'
        ? { instanceRoles: [role] }
        : at === 'nowhere'
          ? {}
          : { orgRoles: { [at === 'here' ? cluster.orgId : far]: [role] } },
    );
    assert.deepEqual(await list([ids(...all)], {}, { token: caller.token }), { names: seen, total: seen.length });
  });
}

test('one sees his own sessions, and those that he made also without a role', async () => {
  const { sessionToken: token } = await logins.login(client, bob);
  assert.deepEqual((await list([ids(...all)], {}, { token })).names, ['bobs']);
  await cluster.sql`delete from memberships where user_id = ${maker.userId}`;
  await cluster.sql`update users set access_version = nextval('epochs') where user_id = ${maker.userId}`;
  assert.deepEqual((await list([ids(...all)], {}, { token: maker.token })).names, ['third', 'bobs', 'nobodys']);
});
