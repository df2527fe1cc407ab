/** ListUsers by a part of a text that more users have than are counted: the total is estimated, the pages are exact all the same (docs/limits.md). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextQueryMethod } from '../../src/contract/gen/zitadel/object/v2/object_pb.js';
import { UserFieldName } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';

const { nodes, sql, instanceId, orgId, adminPat: token } = await startCluster(1);
const client = new Client(nodes[0]);

const MANY = 110_000;
const name = (n: number) => `m${String(n).padStart(6, '0')}-part`;
await sql`
  with made as (
    insert into users (instance_id, user_id, org_id, kind, sequence, changed_sequence, created_at, changed_at)
    select ${instanceId}, n::text, ${orgId}, 2, 1, 1, now(), now() from generate_series(1, ${MANY}::int) n
    returning user_id
  )
  insert into profiles (instance_id, user_id, username, username_key, machine_name, access_token_type)
  select ${instanceId}, user_id, name, name, 'many', 0 from made, lateral (select 'm' || lpad(user_id, 6, '0') || '-part' as name) named`;
await sql`analyze users, profiles`;

async function page(offset: number, asc: boolean) {
  const { details, result } = await client.get(
    user.listUsers,
    {
      query: { limit: 50, offset: BigInt(offset), asc },
      sortingColumn: UserFieldName.USER_NAME,
      queries: [{ query: { case: 'userNameQuery', value: { userName: '-par', method: TextQueryMethod.CONTAINS } } }],
    },
    { token },
  );
  return { total: Number(details?.totalResult), names: result.map(({ username }) => username) };
}

for (const asc of [true, false]) {
  const nth = (n: number) => name(asc ? n : MANY + 1 - n);

  test(`pages that are not counted are exact, ${asc ? 'forwards' : 'backwards'}`, async () => {
    for (const offset of [0, 950, 60_000]) {
      const { total, names } = await page(offset, asc);
      assert.deepEqual(
        names,
        Array.from({ length: 50 }, (_, n) => nth(offset + n + 1)),
      );
      assert.ok(Math.abs(total / MANY - 1) < 0.2, String(total));
    }
  });

  test(`the last page tells the total as it is, ${asc ? 'forwards' : 'backwards'}`, async () => {
    assert.deepEqual(await page(MANY - 3, asc), { total: MANY, names: [nth(MANY - 2), nth(MANY - 1), nth(MANY)] });
  });
}
