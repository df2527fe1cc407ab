/**
 * Nobody obtains what he could not grant (DESIGN.md 8): caller's level × target's level × every served call that makes, sets or returns a
 * credential, or changes a user by his id; a chosen id that exists; and returned codes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { InternalPermissionService } from '../../src/contract/gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { commas } from '../../src/store/filter.ts';
import { Client, type Refusal, user } from '../support/ask.ts';
import { rounds } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { type Kind, People, type Person, type Wanted } from '../support/people.ts';
import { ofMachines, type UserCall, userRequests } from '../support/requests.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const management = ManagementService.method;
const { sql, instanceId } = cluster;
const tables = await sql<{ name: string }[]>`
  select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = 'user_id' order by 1`;
const home = await people.org();
const away = await people.org();

/** Where a caller holds a permission. */
type Writes = 'nowhere' | 'away' | 'home' | 'instance';

/** Permissions on users: `user.write`, `user.credential.write`, `user.passkey.write`. */
type Held = 'writes' | 'credentials' | 'passkeys';

/** Callers, and where they hold `user.write`; also `user.credential.write` and `user.passkey.write`, unless said otherwise. */
const levels: Readonly<
  Record<string, { readonly wanted: Wanted; readonly writes: Writes; readonly credentials?: Writes; readonly passkeys?: Writes }>
> = {
  'a user without a role': { wanted: {}, writes: 'nowhere' },
  'an ORG_OWNER_VIEWER': { wanted: { orgRoles: { [home]: ['ORG_OWNER_VIEWER'] } }, writes: 'nowhere' },
  'an IAM_OWNER_VIEWER': { wanted: { instanceRoles: ['IAM_OWNER_VIEWER'] }, writes: 'nowhere' },
  'an ORG_OWNER of another organization': { wanted: { orgRoles: { [away]: ['ORG_OWNER'] }, orgId: away }, writes: 'away' },
  'an ORG_USER_MANAGER': {
    wanted: { orgRoles: { [home]: ['ORG_USER_MANAGER'] } },
    writes: 'home',
    credentials: 'nowhere',
    passkeys: 'nowhere',
  },
  'an ORG_OWNER': { wanted: { orgRoles: { [home]: ['ORG_OWNER'] } }, writes: 'home' },
  'an ORG_OWNER who only views the instance': {
    wanted: { orgRoles: { [home]: ['ORG_OWNER'] }, instanceRoles: ['IAM_OWNER_VIEWER'] },
    writes: 'home',
  },
  'an IAM_USER_MANAGER': { wanted: { instanceRoles: ['IAM_USER_MANAGER'] }, writes: 'instance', credentials: 'nowhere' },
  'an IAM_OWNER': { wanted: { instanceRoles: ['IAM_OWNER'] }, writes: 'instance' },
};
const callers = await Promise.all(
  Object.entries(levels).map(async ([who, { wanted, writes, credentials = writes, passkeys = writes }]) => ({
    who,
    writes,
    credentials,
    passkeys,
    by: await people.caller({ orgId: home, ...wanted }),
  })),
);

/** All live in the organization `home`. */
const targets = {
  'a user without a role': {},
  'a member of the organization': { orgRoles: { [home]: ['ORG_OWNER'] } },
  'a member of the instance': { instanceRoles: ['IAM_OWNER_VIEWER'] },
  'an owner of both': { instanceRoles: ['IAM_OWNER'], orgRoles: { [home]: ['ORG_OWNER'] } },
} as const satisfies Record<string, Wanted>;

/** The rule: the permission on the target, from a membership at least as high as his highest one. */
function mayObtain(writes: Writes, target: Wanted): boolean {
  const rank: Writes = target.instanceRoles ? 'instance' : 'home';
  return writes === 'instance' || (writes === 'home' && rank === 'home');
}

interface By {
  readonly token: string;
}
type Outcome = Promise<{ readonly code: 'ok' } | Refusal>;
interface Obtaining {
  readonly kind: Kind;
  readonly ask: (target: Person, by: By, prepared: string) => Outcome;
  /** What the call needs beside the target; its text is handed to `ask`. */
  readonly prepare?: (target: Person) => Promise<string>;
}

const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
const password = 'A-new-passw0rd';
const newPassword = { passwordType: { case: 'password' as const, value: { password } } };
const fresh = () => `${people.newId()}@example.com`;
let numbers = 10_000_000;
const phone = () => `+4179${numbers++ % 10_000_000}`.padEnd(12, '0');
const inHome = { 'x-zitadel-orgid': home };
const verifications = {
  'a returned code': { case: 'returnCode' as const, value: {} },
  'a sent code': { case: 'sendCode' as const, value: {} },
  'no proof at all': { case: 'isVerified' as const, value: true },
};

const calls: Readonly<Record<string, Obtaining>> = {
  AddPersonalAccessToken: {
    kind: 'machine',
    ask: ({ userId }, by) => client.ask(user.addPersonalAccessToken, { userId, expirationDate: until }, by),
  },
  'AddPersonalAccessToken of v1': {
    kind: 'machine',
    ask: ({ userId }, by) =>
      client.ask(management.addPersonalAccessToken, { userId, expirationDate: until }, { ...by, protocol: 'grpc', headers: inHome }),
  },
  RemovePersonalAccessToken: {
    kind: 'machine',
    prepare: async (target) => {
      const tokenId = people.newId();
      await people.pat(target, { tokenId });
      return tokenId;
    },
    ask: ({ userId }, by, tokenId) => client.ask(user.removePersonalAccessToken, { userId, tokenId }, by),
  },
  AddSecret: { kind: 'machine', ask: ({ userId }, by) => client.ask(user.addSecret, { userId }, by) },
  'UpdateUser of a machine': {
    kind: 'machine',
    ask: ({ userId }, by) => client.ask(user.updateUser, { userId, userType: { case: 'machine', value: { name: fresh() } } }, by),
  },
  'UpdateUser with the user name of a machine': {
    kind: 'machine',
    ask: ({ userId }, by) => client.ask(user.updateUser, { userId, username: fresh(), userType: { case: 'machine', value: {} } }, by),
  },
  SetPassword: { kind: 'human', ask: ({ userId }, by) => client.ask(user.setPassword, { userId, newPassword: { password } }, by) },
  'PasswordReset with a returned code': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.passwordReset, { userId, medium: { case: 'returnCode', value: {} } }, by),
  },
  'PasswordReset with a link': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.passwordReset, { userId, medium: { case: 'sendLink', value: {} } }, by),
  },
  ...Object.fromEntries(
    Object.entries(verifications).flatMap(([how, verification]): [string, Obtaining][] => [
      [
        `SetEmail with ${how}`,
        { kind: 'human', ask: ({ userId }, by) => client.ask(user.setEmail, { userId, email: fresh(), verification }, by) },
      ],
      [
        `SetPhone with ${how}`,
        { kind: 'human', ask: ({ userId }, by) => client.ask(user.setPhone, { userId, phone: phone(), verification }, by) },
      ],
      [
        `UpdateUser with an e-mail and ${how}`,
        {
          kind: 'human',
          ask: ({ userId }, by) =>
            client.ask(user.updateUser, { userId, userType: { case: 'human', value: { email: { email: fresh(), verification } } } }, by),
        },
      ],
      [
        `UpdateUser with a phone and ${how}`,
        {
          kind: 'human',
          ask: ({ userId }, by) =>
            client.ask(user.updateUser, { userId, userType: { case: 'human', value: { phone: { phone: phone(), verification } } } }, by),
        },
      ],
      [
        `UpdateHumanUser with an e-mail and ${how}`,
        {
          kind: 'human',
          ask: ({ userId }, by) => client.ask(user.updateHumanUser, { userId, email: { email: fresh(), verification } }, by),
        },
      ],
    ]),
  ),
  RemovePhone: {
    kind: 'human',
    prepare: async ({ userId }) => {
      await sql`update profiles set phone = '+41791234567' where instance_id = ${instanceId} and user_id = ${userId}`;
      return '';
    },
    ask: ({ userId }, by) => client.ask(user.removePhone, { userId }, by),
  },
  'UpdateUser with a password': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.updateUser, { userId, userType: { case: 'human', value: { password: newPassword } } }, by),
  },
  'UpdateUser with a user name': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.updateUser, { userId, username: fresh(), userType: { case: 'human', value: {} } }, by),
  },
  'UpdateUser with a profile': {
    kind: 'human',
    ask: ({ userId }, by) =>
      client.ask(user.updateUser, { userId, userType: { case: 'human', value: { profile: { givenName: fresh() } } } }, by),
  },
  'UpdateHumanUser with a password': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.updateHumanUser, { userId, password: newPassword }, by),
  },
  'UpdateHumanUser with a user name': {
    kind: 'human',
    ask: ({ userId }, by) => client.ask(user.updateHumanUser, { userId, username: fresh() }, by),
  },
};

for (const [name, { kind, ask, prepare }] of Object.entries(calls)) {
  test(`${name} needs the permission from a membership as high as the target's`, async () => {
    const cells = callers.flatMap((caller) =>
      Object.entries(targets).map(([whom, target]) => ({ cell: `${caller.who} on ${whom}`, caller, target })),
    );
    await rounds(cells.length, 8, async (n) => {
      const { cell, caller, target } = cells[n]!;
      const { by } = caller;
      const whom = await people.person({ kind, orgId: home, ...target });
      const prepared = (await prepare?.(whom)) ?? '';
      const before = await rowsOf(whom);
      const answer = await ask(whom, by, prepared);
      const after = await rowsOf(whom);
      if (mayObtain(caller.writes, target)) {
        assert.equal(answer.code, 'ok', `${cell}: ${answer.code === 'ok' ? '' : answer.text}`);
        assert.notDeepEqual(after, before, cell);
      } else {
        const refusals = name.endsWith('v1') ? ['permission_denied', 'not_found'] : ['permission_denied'];
        assert.ok(refusals.includes(answer.code), `${cell}: ${answer.code}`);
        assert.deepEqual(after, before, cell);
      }
    });
  });
}

/** Further calls, whose success needs more than the permission: where it is held they are refused for other reasons, or not at all. */
const further: Readonly<Record<Held, readonly UserCall[]>> = {
  passkeys: ['createPasskeyRegistrationLink'],
  writes: [
    'sendEmailCode',
    'resendEmailCode',
    'resendPhoneCode',
    'createInviteCode',
    'resendInviteCode',
    'addKey',
    'removeKey',
    'removeSecret',
    'removeTOTP',
    'removeOTPSMS',
    'removeOTPEmail',
    'addIDPLink',
    'removeIDPLink',
    'removePasskey',
    'removeU2F',
  ],
  credentials: [
    'registerTOTP',
    'verifyTOTPRegistration',
    'addOTPSMS',
    'addOTPEmail',
    'generateRecoveryCodes',
    'removeRecoveryCodes',
    'registerPasskey',
    'registerU2F',
  ],
};

for (const [where, names] of Object.entries(further) as [Held, readonly UserCall[]][]) {
  for (const name of names) {
    const rpc: DescMethodUnary = user[name];
    test(`${rpc.name} needs the permission from a membership as high as the target's`, async () => {
      const kind = ofMachines.has(name) ? 'machine' : 'human';
      const cells = callers.flatMap((caller) =>
        Object.entries(targets).map(([whom, target]) => ({ cell: `${caller.who} on ${whom}`, caller, target })),
      );
      await rounds(cells.length, 8, async (n) => {
        const { cell, caller, target } = cells[n]!;
        const whom = await people.person({ kind, orgId: home, ...target });
        const before = await rowsOf(whom);
        const answer = await client.ask(rpc, { userId: whom.userId, ...userRequests[name] }, { ...caller.by, headers: inHome });
        if (mayObtain(caller[where], target)) return assert.notEqual(answer.code, 'permission_denied', cell);
        assert.equal(answer.code, 'permission_denied', cell);
        assert.deepEqual(await rowsOf(whom), before, cell);
      });
    });
  }
}

const profile = { givenName: 'Ada', familyName: 'Again' };
/** Calls that take an id for a new user, into an organization. */
const creations: Readonly<Record<string, { readonly ask: (userId: string, orgId: string, by: By) => Outcome; readonly exists: string }>> = {
  'CreateUser of a human': {
    exists: 'COMMAND-7yiox1isql',
    ask: (userId, organizationId, by) =>
      client.ask(
        user.createUser,
        {
          userId,
          organizationId,
          userType: { case: 'human', value: { profile, email: { email: fresh() }, passwordType: newPassword.passwordType } },
        },
        by,
      ),
  },
  'CreateUser of a machine': {
    exists: 'COMMAND-k2una',
    ask: (userId, organizationId, by) =>
      client.ask(user.createUser, { userId, organizationId, userType: { case: 'machine', value: { name: 'Mine' } } }, by),
  },
  AddHumanUser: {
    exists: 'COMMAND-7yiox1isql',
    ask: (userId, orgId, by) =>
      client.ask(
        user.addHumanUser,
        { userId, organization: { org: { case: 'orgId', value: orgId } }, profile, email: { email: fresh() } },
        by,
      ),
  },
  'AddMachineUser of v1': {
    exists: 'COMMAND-k2una',
    ask: (userId, orgId, by) =>
      client.ask(
        management.addMachineUser,
        { userId, userName: fresh(), name: 'Mine' },
        { ...by, protocol: 'grpc', headers: { 'x-zitadel-orgid': orgId } },
      ),
  },
};

for (const [name, { ask, exists }] of Object.entries(creations)) {
  test(`${name} with the id of a user of either kind, in whatever organization, changes nothing of him`, async () => {
    const cells = callers.flatMap((caller) =>
      (['human', 'machine'] as const).flatMap((kind) =>
        [home, away].flatMap((livesIn) =>
          [home, away].map((into) => ({ caller, kind, livesIn, into, target: targets['a user without a role'] })),
        ),
      ),
    );
    await rounds(cells.length, 8, async (n) => {
      const { caller, kind, livesIn, into, target } = cells[n]!;
      const { by } = caller;
      const whom = await people.person({ kind, orgId: livesIn, ...target });
      const before = await rowsOf(whom);
      const answer = await ask(whom.userId, into, by);
      assert.deepEqual(await rowsOf(whom), before);
      const may = caller.writes === 'instance' || caller.writes === (into === home ? 'home' : 'away');
      if (may) assert.equal(answer.code === 'ok' ? 'ok' : answer.id, exists);
      else assert.match(answer.code, name.endsWith('v1') ? /^(permission_denied|not_found)$/ : /^permission_denied$/);
    });
  });
}

/** The calls that can return a code, by their code's field. */
const returning = {
  PasswordReset: (userId: string, by: By) => client.ask(user.passwordReset, { userId, medium: { case: 'returnCode', value: {} } }, by),
  SetEmail: (userId: string, by: By) =>
    client.ask(user.setEmail, { userId, email: fresh(), verification: verifications['a returned code'] }, by),
  SetPhone: (userId: string, by: By) =>
    client.ask(user.setPhone, { userId, phone: phone(), verification: verifications['a returned code'] }, by),
  'UpdateUser with an e-mail': (userId: string, by: By) =>
    client.ask(
      user.updateUser,
      { userId, userType: { case: 'human', value: { email: { email: fresh(), verification: verifications['a returned code'] } } } },
      by,
    ),
  'UpdateHumanUser with a phone': (userId: string, by: By) =>
    client.ask(user.updateHumanUser, { userId, phone: { phone: phone(), verification: verifications['a returned code'] } }, by),
} as const;

for (const [name, ask] of Object.entries(returning)) {
  test(`${name}: a code is returned to who may write the user, never to the user himself`, async () => {
    const me = await people.caller({ kind: 'human', orgId: home });
    const before = await rowsOf(me);
    assert.equal((await ask(me.userId, me)).code, 'permission_denied');
    assert.deepEqual(await rowsOf(me), before);
    const manager = await people.caller(levels['an ORG_USER_MANAGER']!.wanted);
    const answer = await ask(me.userId, manager);
    const message: object = answer.code === 'ok' ? answer.message : assert.fail(answer.text);
    const codes = Object.entries(message).filter(([field, value]) => /Code$/.test(field) && value !== undefined);
    assert.match(codes.map(([, code]) => code).join(), /^[A-Z0-9]{6}$/);
  });
}

test('what a user does to himself needs no permission, and tells him no code', async () => {
  const me = await people.caller({ kind: 'human', orgId: home, instanceRoles: ['IAM_OWNER_VIEWER'] });
  const { userId } = me;
  const reset = await client.get(user.passwordReset, { userId, medium: { case: 'sendLink', value: {} } }, me);
  assert.equal(reset.verificationCode, undefined);
  const email = await client.get(user.setEmail, { userId, email: fresh(), verification: verifications['a sent code'] }, me);
  assert.equal(email.verificationCode, undefined);
  for (const verification of [verifications['no proof at all'], verifications['a returned code']]) {
    assert.equal((await client.ask(user.setEmail, { userId, email: fresh(), verification }, me)).code, 'permission_denied');
    assert.equal((await client.ask(user.setPhone, { userId, phone: phone(), verification }, me)).code, 'permission_denied');
  }
  assert.equal((await client.ask(user.setPassword, { userId, newPassword: { password } }, me)).code, 'permission_denied');
});

/** Everything that is kept of a user. */
async function rowsOf({ userId }: Person): Promise<object> {
  const kept = tables.map(
    ({ name }) => sql`(select jsonb_agg(t order by t) from ${sql(name)} t where instance_id = ${instanceId} and user_id = ${userId})`,
  );
  const events = sql`(select jsonb_agg(e order by sequence) from events e where instance_id = ${instanceId} and aggregate_id = ${userId})`;
  const [row] = await sql<{ rows: object }[]>`select jsonb_build_array(${commas(sql, [...kept, events])}) as rows`;
  return row!.rows;
}

test('roles that another organization gave a user lock his own administrators out only until they take them away', async () => {
  const guests = await people.org();
  const admin = await people.caller({ orgId: home, orgRoles: { [home]: ['ORG_OWNER'] } });
  const stranger = await people.caller({ orgId: away, orgRoles: { [away]: ['ORG_OWNER'] } });
  const manager = await people.caller({ orgId: home, orgRoles: { [home]: ['ORG_USER_MANAGER'] } });
  const { userId } = await people.person({ kind: 'human', orgId: home, orgRoles: { [guests]: ['ORG_OWNER_VIEWER'] } });
  const projectId = people.newId();
  await sql`
    insert into projects (instance_id, project_id, org_id, name, state, role_assertion, role_check, project_check, private_labeling, sequence, changed_sequence)
    values (${instanceId}, ${projectId}, ${guests}, 'Of guests', 1, false, false, false, 0, 0, 0)`;
  await sql`
    insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
    values (${instanceId}, ${userId}, 1, ${projectId}, '{PROJECT_OWNER}', now(), now())`;
  const take = async (by: By, id: string, resource: { case: 'organizationId' | 'projectId'; value: string }) =>
    (await client.ask(InternalPermissionService.method.deleteAdministrator, { userId: id, resource: { resource } }, by)).code;
  const [ofOrg, ofProject] = [{ case: 'organizationId', value: guests } as const, { case: 'projectId', value: projectId } as const];
  const set = async () => (await client.ask(user.setPassword, { userId, newPassword: { password } }, admin)).code;

  assert.equal(await set(), 'permission_denied');
  for (const other of [stranger, manager])
    for (const resource of [ofOrg, ofProject]) assert.equal(await take(other, userId, resource), 'permission_denied');
  assert.equal(await take(admin, userId, { case: 'organizationId', value: away }), 'permission_denied', 'where he has none');
  assert.equal(await take(admin, userId, ofOrg), 'ok');
  assert.equal(await set(), 'permission_denied');
  assert.equal(await take(admin, userId, ofProject), 'ok');
  assert.equal(await set(), 'ok');
  const owner = await people.person({ orgId: home, instanceRoles: ['IAM_OWNER'], orgRoles: { [guests]: ['ORG_OWNER'] } });
  assert.equal(await take(admin, owner.userId, ofOrg), 'permission_denied');
});
