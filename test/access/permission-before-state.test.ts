/**
 * Permission before state (DESIGN.md 8): who holds the permission nowhere gets one answer for every id; who holds it elsewhere learns that
 * an id is unknown, and of a foreign user nothing more than that he may not touch him. For every served call that takes a user id.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import { methodOf } from '../../src/contract/contract.ts';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { userService } from '../../src/user/service.ts';
import { Client, protocols } from '../support/ask.ts';
import { nth } from '../support/batches.ts';
import { startCluster } from '../support/node.ts';
import { People, type Wanted } from '../support/people.ts';
import { type UserCall, userRequests } from '../support/requests.ts';
import { matrix } from '../user/matrix.ts';

const cluster = await startCluster(1);
const people = new People(cluster.sql, cluster);
const client = new Client(cluster.nodes[0]);
const home = await people.org();
const away = await people.org();
const rpcs = UserService.method;

type Known = UserCall;
interface Row {
  /** The answer on an unknown id, for who holds the permission somewhere; where none is given, any "not found" or "precondition". */
  readonly missing?: { readonly code: string; readonly text: string; readonly id: string } | 'empty';
  /** Lists tell nothing of what the caller may not see, whoever he is. */
  readonly isList?: true;
}

const refusal = (code: string, text: string, id: string) => ({ code, text: `${text} (${id})`, id });

const table: Partial<Record<Known, Row>> = {
  ...Object.fromEntries(Object.keys(userRequests).map((name) => [name, {}])),
  getUserByID: { missing: refusal('not_found', 'User could not be found', 'QUERY-Dfbg2') },
  deactivateUser: { missing: matrix.none.deactivate },
  reactivateUser: { missing: matrix.none.reactivate },
  lockUser: { missing: matrix.none.lock },
  unlockUser: { missing: matrix.none.unlock },
  deleteUser: { missing: matrix.none.delete },
  updateUser: { missing: refusal('not_found', 'User could not be found', 'COMMAND-ugjs0upun6') },
  updateHumanUser: { missing: refusal('not_found', 'User could not be found', 'COMMAND-ugjs0upun6') },
  setEmail: { missing: refusal('not_found', 'Email not found', 'COMMAND-ieJ2e') },
  setPhone: { missing: refusal('not_found', 'Phone not found', 'COMMAND-ieJ2e') },
  removePhone: { missing: refusal('not_found', 'Phone not found', 'COMMAND-ieJ2e') },
  setPassword: { missing: refusal('failed_precondition', 'Password not found', 'COMMAND-G8dh3') },
  passwordReset: { missing: refusal('not_found', 'User could not be found', 'COMMAND-SAF4f') },
  addPersonalAccessToken: { missing: refusal('failed_precondition', 'User could not be found', 'COMMAND-Dggw2') },
  removePersonalAccessToken: { missing: refusal('not_found', 'Errors.NotFound', 'COMMAND-4g3xq') },
  addSecret: { missing: refusal('failed_precondition', 'Errors.User.NotExisting', 'COMMAND-x8910n') },
  humanMFAInitSkipped: { missing: refusal('not_found', 'User could not be found', 'COMMAND-auj6jeBei4') },
  setUserMetadata: { missing: refusal('failed_precondition', 'User could not be found', 'COMMAND-uXHNj') },
  deleteUserMetadata: { missing: refusal('failed_precondition', 'User could not be found', 'COMMAND-uXHNj') },
  listAuthenticationMethodTypes: { missing: 'empty' },
  listAuthenticationFactors: { missing: 'empty' },
  listPasskeys: { missing: 'empty' },
  listUserMetadata: { missing: 'empty', isList: true },
  listIDPLinks: { missing: 'empty' },
};

/** Users of an organization in every state, of both kinds. */
async function everybody(orgId: string): Promise<readonly [name: string, userId: string][]> {
  const wanted: Wanted[] = [
    ...(['active', 'inactive', 'locked', 'initial'] as const).map((state) => ({ kind: 'human' as const, state })),
    ...(['active', 'inactive', 'locked'] as const).map((state) => ({ kind: 'machine' as const, state })),
    { kind: 'machine', instanceRoles: ['IAM_OWNER'] },
  ];
  return Promise.all(
    wanted.map(async (each): Promise<[string, string]> => {
      const { userId } = await people.person({ ...each, orgId });
      return [`${each.state ?? 'owner'} ${each.kind} of ${orgId}`, userId];
    }),
  );
}

const [here, there] = [await everybody(home), await everybody(away)];
const unknown: readonly [string, string] = ['nobody', people.newId()];

const noMembership = { code: 'permission_denied', text: 'membership not found (AUTHZ-cdgFk)', id: 'AUTHZ-cdgFk' };
const noPermission = { code: 'permission_denied', text: 'No matching permissions found (AUTH-AWfge)', id: 'AUTH-AWfge' };

const nowhere = [
  { who: 'a caller without a role', caller: await people.caller({ orgId: home }), denial: noMembership },
  {
    who: 'a caller with a role that knows no users',
    caller: await people.caller({ orgId: home, orgRoles: { [home]: ['ORG_SETTINGS_MANAGER'], [away]: ['ORG_SETTINGS_MANAGER'] } }),
    denial: noPermission,
  },
];
const elsewhere = await people.caller({ orgId: home, orgRoles: { [home]: ['ORG_OWNER'] } });

/** What the user was sent is the proof here: no permission is asked for, so there is none to be decided first. */
const byProof: ReadonlySet<Known> = new Set(['verifyEmail', 'verifyPhone', 'verifyInviteCode']);

const served = (Object.keys(userService) as Known[]).filter((name) =>
  rpcs[name].input.fields.some((field) => field.name === 'user_id' && name !== 'createUser' && name !== 'addHumanUser'),
);

for (const name of served) {
  if (byProof.has(name)) continue;
  const { missing, isList } = table[name] ?? {};
  const request = userRequests[name];
  const rpc: DescMethodUnary = rpcs[name];

  async function answers(token: string, whom: readonly (readonly [string, string])[]): Promise<[string, object][]> {
    return Promise.all(
      whom.map(async ([label, userId], n): Promise<[string, object]> => {
        const answer = await client.ask(rpc, { userId, ...request }, { token, protocol: nth(protocols, n) });
        return [label, answer.code === 'ok' ? shown(answer.message) : answer];
      }),
    );
  }

  for (const { who, caller, denial } of nowhere) {
    test(`${rpc.name} by ${who}: the same answer for every id, known or not, at home or elsewhere, whatever the state`, async () => {
      for (const [whom, answer] of await answers(caller.token, [unknown, ...here, ...there])) {
        assert.deepEqual(answer, isList ? EMPTY : asked(rpc, denial), whom);
      }
    });
  }

  test(`${rpc.name} by a caller with the permission elsewhere: an unknown id is not found, a foreign user is denied whatever his state`, async () => {
    const [[, ofNobody]] = (await answers(elsewhere.token, [unknown])) as [[string, object]];
    if (missing) assert.deepEqual(ofNobody, missing === 'empty' ? EMPTY : missing);
    else assert.match(String((ofNobody as { code?: string }).code), /^(not_found|failed_precondition)$/);
    for (const [whom, answer] of await answers(elsewhere.token, there)) assert.deepEqual(answer, isList ? EMPTY : noMembership, whom);
  });
}

test('every served call that takes the id of a user has a request in the table', () => {
  assert.deepEqual(
    served.filter((name) => !userRequests[name]),
    [],
  );
});

const EMPTY = { shows: 'nothing' };

/** A permission that stands in the contract is asked for before the call begins, under an id of its own (reference/authn-authz-oidc.md 2.3). */
function asked(rpc: DescMethodUnary, denial: typeof noPermission): object {
  if (denial !== noPermission || methodOf(rpc).permission === 'authenticated') return denial;
  return { ...denial, text: 'No matching permissions found (AUTH-5mWD2)', id: 'AUTH-5mWD2' };
}

/** What an answer of a list shows: its entries, whatever its times. */
function shown(message: object): object {
  const lists = Object.values(message).filter(Array.isArray).flat();
  const total = 'pagination' in message ? message.pagination : 'details' in message ? message.details : undefined;
  const counted = typeof total === 'object' && total !== null && 'totalResult' in total ? total.totalResult : 0n;
  return lists.length === 0 && counted === 0n ? EMPTY : { ok: message };
}
