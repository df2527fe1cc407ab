/**
 * Access that is taken between two statements of a call is gone for the second one (DESIGN.md 4, "The guard"): for every served call, before
 * each of its statements, the caller is switched off; that statement does nothing, no other follows it, and the answer is a refusal.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { WebKeyService } from '../../src/contract/gen/zitadel/webkey/v2/webkey_service_pb.js';
import { People } from '../support/people.ts';
import { type Drawn, draw, kept, tokenFor } from './crowd.ts';
import { Inside } from './inside.ts';
import { nameOf, pathOf, type Row, rows } from './rows.ts';

/** More statements than any call has. */
const MOST = 8;
const inside = await Inside.start();
const { sql } = inside.database;
const tenant = await inside.tenant('one.example');
const { instanceId } = tenant;
const people = new People(sql, tenant);
const [camp, orgId] = [await people.org(), await people.org()];
/** The first to ask for signing keys makes them, by further statements. */
const { token } = await people.caller({ instanceRoles: ['IAM_OWNER'] });
await inside.ask(WebKeyService.method.listWebKeys, {}, { at: tenant, token });

interface Try {
  readonly caller: Drawn & { readonly token: string };
  readonly target: Drawn;
}
const onTenants = rows.filter(({ on, needs = '' }) => on !== 'open' && on !== 'system' && !needs.startsWith('system.'));
const tries = new Map(onTenants.map((row) => [row, Array.from({ length: MOST }, (_, n) => oneTry(row, n))]));
await draw(
  sql,
  [...tries.values()].flat().flatMap(({ caller, target }) => [caller, target]),
);

function oneTry(row: Row, n: number): Try {
  const name = `${onTenants.indexOf(row)}-${n}`;
  const userId = `c${name}`;
  const own = row.on === 'oneself' ? { kind: row.kind ?? ('machine' as const), has: row.has ?? [] } : { kind: 'machine' as const };
  const member = { level: 3, objectId: instanceId, role: 'IAM_OWNER' } as const;
  return {
    caller: { userId, instanceId, orgId: camp, ...own, member, token: tokenFor(userId) },
    target: { userId: `t${name}`, instanceId, orgId, kind: row.kind ?? 'human', has: row.has ?? [] },
  };
}

/** Makes the call, and cuts before guarded statement number `cut`, counted from 0; gives the answer and how many were begun. */
async function call(row: Row, { caller, target }: Try, cut: number) {
  // Afterwards the node remembers the caller.
  assert.equal((await inside.ask(AuthService.method.getMyUser, {}, { at: tenant, token: caller.token })).code, 'ok');
  let begun = 0;
  inside.beforeGuarded = async () => {
    if (begun++ !== cut) return;
    await sql`
      update users set state = 2, epoch = nextval('epochs'), access_version = nextval('epochs')
      where instance_id = ${instanceId} and user_id = ${caller.userId}`;
  };
  const answer = await inside.ask(row.rpc, row.message(target), { at: tenant, token: caller.token, headers: row.headers?.(target) ?? {} });
  inside.beforeGuarded = async () => undefined;
  return { answer, begun };
}

for (const row of onTenants) {
  test(`${nameOf(row)}: who is switched off before any of its statements is refused by that one, and nothing is done`, async (t) => {
    const [first, ...others] = tries.get(row)!;
    const { answer, begun: statements } = await call(row, first!, -1);
    const right = [row.answer ?? 'ok', ...(row.once ?? [])];
    assert.ok(right.includes(answer.code), answer.code === 'ok' ? '' : answer.text);
    assert.ok(statements >= 1 && statements < MOST, `${statements} statements are guarded`);
    t.diagnostic(`${statements} statements`);
    const before = await kept(sql, instanceId);
    for (let cut = 0; cut < statements; cut++) {
      const one = others[cut]!;
      const refused = await call(row, one, cut);
      assert.equal(refused.answer.code, 'unauthenticated', `cut before statement ${cut + 1} of ${statements}`);
      assert.equal(refused.begun, cut + 1, `statement ${cut + 1} of ${statements} was not guarded`);
      const events = await sql`select from events where editor = ${one.caller.userId} and via = ${pathOf(row)}`;
      assert.equal(events.length, 0);
    }
    const after = await kept(sql, instanceId);
    for (const { target } of others) assert.equal(after.get(target.userId), before.get(target.userId));
  });
}
