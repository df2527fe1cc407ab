/**
 * Every served RPC × every role × own and foreign organization, foreign tenant, oneself (PROMISES.md 18): answered as the role table says,
 * denied by default, and what is denied changes nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import { services } from '../../src/server.ts';
import { type Answer, Client, type Protocol } from '../support/ask.ts';
import { full, nth, rounds } from '../support/batches.ts';
import { methodFor, protocolsOf } from '../support/methods.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { knowing, type Membership, tokenOf } from '../v1/system-user.ts';
import { betaRows, isServedInBeta } from './beta-rows.ts';
import { type Drawn, draw, idsOf, kept, tenantRows, tokenFor } from './crowd.ts';
import { callers, expected, type Place, places, type Role, type Verdict } from './expected.ts';
import { nameOf, pathOf, type Row, type Target, rows as v2Rows } from './rows.ts';

const AT_ONCE = 24;
const rows = [...v2Rows, ...betaRows];
/** What v2beta does is what v2 does: these roles show that it asks for the same permission; the long form tries all. */
const rolesOfBeta: ReadonlySet<string> = new Set(['no role', 'ORG_OWNER', 'ORG_OWNER_VIEWER', 'IAM_OWNER', 'SYSTEM_OWNER']);
const isTried = (row: Row, { role }: Role): boolean => full || !betaRows.includes(row) || rolesOfBeta.has(role);
/** About himself, and of people: the other callers are machines. */
const isOwn = ({ on, kind }: Row): boolean => on === 'oneself' && kind === 'human';
/** Makes the second tenant. */
const MAKER = 'maker';
/** Events tell by editor and RPC which call wrote them: so each place has callers of its own, and each of several rows of an RPC. */
const turnOf = (row: Row) => rows.filter((other) => pathOf(other) === pathOf(row)).indexOf(row);
const turns = [...new Set(rows.map(turnOf))];
const systemName = ({ role }: Role, place: Place, turn: number) => `${role} at the ${place} ${turn}`;
const systemUsers: [string, readonly Membership[]][] = callers
  .filter(({ held }) => held === 'system')
  .flatMap((caller) =>
    places.flatMap((place) =>
      turns.map((turn): [string, readonly Membership[]] => [
        systemName(caller, place, turn),
        [{ memberType: 'System', roles: [caller.role] }],
      ]),
    ),
  );

const cluster = await startCluster(
  1,
  knowing(Object.fromEntries([...systemUsers, [MAKER, [{ memberType: 'System', roles: ['SYSTEM_OWNER'] }]]])),
);
const { sql, instanceId } = cluster;
const people = new People(sql, cluster);
const client = new Client(cluster.nodes[0]);
const foreignHost = 'foreign.example';
const foreignClient = new Client(cluster.nodes[0], foreignHost);
const created = await client.get(
  SystemService.method.createInstance,
  { instanceName: 'Foreign', customDomain: foreignHost, owner: { case: 'machine', value: { userName: 'owner', name: 'owner' } } },
  { token: await tokenOf(MAKER), protocol: 'grpc' },
);
const foreign = new People(sql, { instanceId: created.instanceId, orgId: created.details!.resourceOwner });

/** Callers live in an organization of their own, so that no change of another makes the node forget them. */
const camp = await people.org();
const where = {
  'own organization': { instanceId, orgId: await people.org() },
  'foreign organization': { instanceId, orgId: await people.org() },
  'foreign tenant': { instanceId: foreign.instanceId, orgId: await foreign.org() },
} as const;
/** A domain, an entry of metadata and settings that stay, for their lists to show. */
for (const { instanceId, orgId } of Object.values(where)) {
  await sql`insert into org_domains (instance_id, org_id, domain, is_verified) values (${instanceId}, ${orgId}, ${`${instanceId}-${orgId}.stays.example`}, true)`;
  await sql`
    insert into org_metadata (instance_id, org_id, key, value, created_at, changed_at) values (${instanceId}, ${orgId}, 'stays', 'x', now(), now())`;
  await sql`
    insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
    values (${instanceId}, ${orgId}, 'organization', '{"organizationScopedUsernames": false}', 0, now(), now())`;
}
const home = where['own organization'].orgId;
/** Where roles on projects are held. */
const project = people.newId();
await sql`
  insert into projects (instance_id, project_id, org_id, name, state, role_assertion, role_check, project_check, private_labeling, sequence, changed_sequence)
  values (${instanceId}, ${project}, ${home}, 'Own', 1, false, false, false, 0, 0, 0)`;

interface Cell {
  readonly row: Row;
  readonly caller: Role;
  readonly place: Place;
  readonly verdict: Verdict;
  readonly target: Target;
  /** Whose events the call would write. */
  readonly editor: string;
  readonly token: string;
}

async function callerAbout(place: Place, caller: Role, turn: number): Promise<Pick<Cell, 'editor' | 'token'>> {
  if (caller.held !== 'system') {
    const { editor, token } = callerIn(camp, caller);
    return { editor, token };
  }
  const name = systemName(caller, place, turn);
  return { editor: name, token: await tokenOf(name) };
}

const everybody: Drawn[] = [];
function born(drawn: Omit<Drawn, 'userId'>): Drawn {
  const one = { ...drawn, userId: `p${everybody.length}-${drawn.instanceId}` };
  everybody.push(one);
  return one;
}

function member({ role, held }: Role): Pick<Drawn, 'member'> {
  if (held === 'nowhere' || held === 'system') return {};
  const objects = { project, organization: home, instance: instanceId };
  const levels = { project: 1, organization: 2, instance: 3 } as const;
  return { member: { level: levels[held], objectId: objects[held], role } };
}

function callerIn(orgId: string, caller: Role, row: Partial<Row> = {}): { readonly editor: string; readonly token: string } & Target {
  const token = tokenFor(`p${everybody.length}-${instanceId}`);
  const { userId } = born({ instanceId, orgId, kind: row.kind ?? 'machine', has: row.has ?? [], ...member(caller), token });
  return { editor: userId, token, userId, orgId };
}

/** Targets of calls that change nothing, by row and place. */
const shared = new Map<string, Drawn>();
const cells: Cell[] = [];
/** Where a call is about an organization that was made for it, whoever holds his role on organizations holds it there as well. */
const memberships: { readonly userId: string; readonly orgId: string; readonly role: string }[] = [];
for (const caller of callers) {
  for (const place of places) {
    if (place === 'oneself') continue;
    if (place === 'host of the foreign tenant' && caller.held === 'system') continue; // everywhere the same user
    const by = await Promise.all(turns.map((turn) => callerAbout(place, caller, turn)));
    for (const row of rows) {
      if ((row.placeless && place.startsWith('foreign')) || !isTried(row, caller) || isOwn(row)) continue;
      // Whose token is none there is refused before his roles are known: each row with some of them, in the long form with all.
      const some = (rows.indexOf(row) + callers.indexOf(caller)) % 7 === 0;
      if (place === 'host of the foreign tenant' && !full && !some) continue;
      const cell = { row, caller, place, verdict: expected(row, caller, place), target: targetOf(row, caller, place), ...by[turnOf(row)]! };
      cells.push(cell);
      if (place === 'own organization' && caller.held === 'organization' && row.has?.some((has) => has === 'org' || has === 'orgOff'))
        memberships.push({ userId: cell.editor, orgId: idsOf(cell.target).org, role: caller.role });
    }
  }
  if (caller.held === 'system') continue; // no user
  for (const row of rows.filter((each) => ['user', 'code', 'session', 'list'].includes(each.on) || isOwn(each))) {
    if (!isTried(row, caller)) continue;
    const { editor, token, ...target } = callerIn(home, caller, row);
    const states = row.has?.some((has) => has === 'inactive' || has === 'locked'); // who is off calls nothing
    if (!states) cells.push({ row, caller, place: 'oneself', verdict: expected(row, caller, 'oneself'), target, editor, token });
  }
}

/** The same on another target, by another caller with the same role; there is but one system user for a role. */
async function again(cell: Cell): Promise<Cell> {
  if (cell.place === 'oneself') return { ...cell, ...callerIn(home, cell.caller, cell.row) };
  const by = cell.caller.held === 'system' ? {} : await callerAbout(cell.place, cell.caller, 0);
  return { ...cell, target: targetOf(cell.row, cell.caller, cell.place), ...by };
}

/** A fresh one for each call that changes something; where nothing may change, one serves for all. */
function targetOf(row: Row, caller: Role, place: Exclude<Place, 'oneself'>): Target {
  const key = `${nameOf(row)} ${place}`;
  const fresh = row.changes && expected(row, caller, place) === 'allowed';
  const known = fresh ? undefined : shared.get(key);
  if (known) return known;
  const made = born({
    ...where[place === 'host of the foreign tenant' ? 'foreign tenant' : place],
    kind: row.kind ?? 'human',
    has: row.has ?? [],
  });
  if (!fresh) shared.set(key, made);
  return made;
}

/** Of each row, the calls that are answered alike go over the protocols of its RPC in turns; those that are allowed once over each at least. */
const spoken = new Map<Cell, Protocol>();
for (const row of rows) {
  const open = protocolsOf(await methodFor(row.rpc));
  const allowed = cells.filter((cell) => cell.row === row && cell.verdict === 'allowed');
  for (let missing = open.length - allowed.length; missing > 0 && allowed[0] !== undefined; missing--) cells.push(await again(allowed[0]));
  for (const alike of Map.groupBy(
    cells.filter((cell) => cell.row === row),
    ({ verdict }) => verdict,
  ).values())
    alike.forEach((cell, n) => {
      spoken.set(cell, nth(open, n));
    });
}

await draw(sql, everybody);
await sql`
  insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
  select ${instanceId}, m."userId", 2, m."orgId", array[m.role], now(), now()
  from jsonb_to_recordset(${JSON.stringify(memberships)}::text::jsonb) as m("userId" text, "orgId" text, role text)`;
const before = { users: await kept(sql, instanceId), foreign: await tenantRows(sql, foreign.instanceId) };
const answers = new Map<Cell, Answer<Row['rpc']>>();
const began = performance.now();
await rounds(cells.length, AT_ONCE, async (n) => {
  const cell = cells[n]!;
  const { row, target, token, place } = cell;
  const at = place === 'host of the foreign tenant' ? foreignClient : client;
  const sent = { token, headers: row.headers?.(target) ?? {}, protocol: spoken.get(cell)! };
  answers.set(cell, await at.ask(row.rpc, row.message(target) as Record<string, unknown>, sent));
});
const seconds = (performance.now() - began) / 1000;
const after = { users: await kept(sql, instanceId), foreign: await tenantRows(sql, foreign.instanceId) };
const written = new Set(
  (await sql<{ editor: string; via: string }[]>`select distinct editor, via from events`).map(({ editor, via }) => `${editor} ${via}`),
);

test('every served RPC stands in the table', () => {
  const listed = new Set(rows.map(pathOf));
  assert.deepEqual(
    [...services.flatMap((part) => [...part.keys()]), ...isServedInBeta.map(({ path }) => path)].filter((path) => !listed.has(path)),
    [],
  );
});

/** docs/api-coverage.md rests on it: what stands in the table is called with success, or with the refusal that it states, over each protocol. */
test('every row is allowed to somebody over every protocol that its RPC has', async () => {
  for (const row of rows) {
    const allowed = cells.filter((cell) => cell.row === row && cell.verdict === 'allowed').map((cell) => spoken.get(cell));
    assert.deepEqual(
      protocolsOf(await methodFor(row.rpc)).filter((protocol) => !allowed.includes(protocol)),
      [],
      nameOf(row),
    );
  }
});

test('the table knows places and roles where a call is allowed, and such where it is denied, for each permission', (t) => {
  for (const row of rows.filter(({ needs }) => needs !== undefined)) {
    const verdicts = new Set(cells.filter((cell) => cell.row === row).map(({ verdict }) => verdict));
    assert.ok(verdicts.has('allowed') && verdicts.size >= 2, nameOf(row));
  }
  t.diagnostic(`${cells.length} calls of ${rows.length} rows by ${callers.length} roles in ${seconds.toFixed(1)} s`);
});

for (const row of rows) {
  const mine = cells.filter((cell) => cell.row === row);
  test(`${nameOf(row)} is answered to every role, everywhere, as the role table says`, () => {
    const wrong = mine.flatMap((cell) => {
      const answer = answers.get(cell)!;
      if (fits(cell, answer)) return [];
      return `${cell.caller.role} (${cell.caller.held}) on ${cell.place}: ${cell.verdict}, not ${answer.code === 'ok' ? `ok${shows(answer.message) ? '' : ' and empty'}` : `${answer.code} ${answer.text}`}`;
    });
    assert.deepEqual(wrong, []);
  });

  test(`${nameOf(row)} changes something only where it is allowed`, () => {
    const wrong = mine.flatMap((cell) => {
      const done = cell.verdict === 'allowed' && row.changes;
      const event = written.has(`${cell.editor} ${pathOf(row)}`);
      const touched = before.users.get(cell.target.userId) !== after.users.get(cell.target.userId);
      if (done ? event || row.once : !event && !touched) return [];
      return `${cell.caller.role} (${cell.caller.held}) on ${cell.place}: ${cell.verdict}, ${event ? 'an' : 'no'} event, ${touched ? 'touched' : 'untouched'}`;
    });
    assert.deepEqual(wrong, []);
  });
}

test('of the foreign tenant nothing has changed', () => {
  assert.deepEqual(after.foreign, before.foreign);
});

/** `AUTH-Bs7Ds`: the organization of another tenant is no context. */
const DENIALS: ReadonlySet<string | undefined> = new Set([
  'AUTHZ-cdgFk',
  'AUTH-5mWD2',
  'AUTH-3jknH',
  'AUTH-AWfge',
  'AUTH-Swrgg2',
  'AUTH-Bs7Ds',
]);

function fits({ row, verdict }: Cell, answer: Answer<Row['rpc']>): boolean {
  const isV1 = row.rpc.parent.typeName.includes('.v1.');
  const ok = answer.code === 'ok';
  const id = ok ? undefined : answer.id;
  switch (verdict) {
    case 'allowed':
      return (
        [row.answer ?? 'ok', ...(row.once ?? [])].includes(answer.code) &&
        !DENIALS.has(id) &&
        (!ok || row.on !== 'list' || shows(answer.message))
      );
    case 'hidden':
      return ok ? !shows(answer.message) : row.gated === true && DENIALS.has(id);
    case 'denied':
      // In v1 a missing membership is NotFound (DESIGN.md 8).
      return DENIALS.has(id) && answer.code === (isV1 && id === 'AUTHZ-cdgFk' ? 'not_found' : 'permission_denied');
    case 'unknown':
      return (
        (row.unknown ?? ['not_found', 'failed_precondition']).includes(answer.code as never) &&
        (row.unknown !== undefined || !DENIALS.has(id))
      );
    case 'stranger':
      return answer.code === 'unauthenticated' && id === 'AUTH-7fs1e';
  }
}

/** Whether a list has entries, or counts some. */
function shows(message: object): boolean {
  const total = 'pagination' in message ? message.pagination : 'details' in message ? message.details : undefined;
  const counted = typeof total === 'object' && total !== null && 'totalResult' in total ? total.totalResult : 0n;
  return Object.values(message).some((value) => Array.isArray(value) && value.length > 0) || counted !== 0n;
}
