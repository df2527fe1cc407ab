/** The services of v2beta answer by those of v2: what differs is known, field by field. That they do so on the wire, test/permission shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { InstanceService } from '@zitadel/proto/zitadel/instance/v2beta/instance_service_pb.js';
import { OrganizationService } from '@zitadel/proto/zitadel/org/v2beta/org_service_pb.js';
import { alone, finish, forgotten, otherNames } from '../../src/contract/beta/differences.ts';
import { type Twin, twinOf } from '../../src/contract/beta/twin.ts';
import { betaMethods } from '../../src/contract/legacy.ts';
import { isServedInBeta } from '../permission/beta-rows.ts';

const all = [...(await betaMethods()).values()];
const served = new Set(isServedInBeta.map(({ path }) => path));

/** RPCs that are not served, for v2 has no word for what they say; each is for the issue of its service. */
const withoutTwin: Readonly<Record<string, string>> = {
  'internal_permission.v2beta.InternalPermissionService/ListAdministrators': 'names project grants by an id of their own',
  'authorization.v2beta.AuthorizationService/ListAuthorizations': 'tells them flat, and filters by one user',
  'app.v2beta.AppService/RegenerateClientSecret': 'says of which kind the application is',
  'app.v2beta.AppService/ListApplications': 'filters by a flag a kind',
  'app.v2beta.AppService/ListApplicationKeys': 'filters by three fields of its own',
  'project.v2beta.ProjectService/ListProjects': 'filters by owner and grant apart',
};

test('every RPC of v2beta has a twin in v2, but for those that are listed', () => {
  const without = all.filter((method) => typeof twinOf(method) === 'string').map(({ path }) => path.replace('/zitadel.', ''));
  assert.deepEqual(without.sort(), Object.keys(withoutTwin).sort());
});

for (const service of ['user', 'session', 'org', 'settings', 'feature', 'instance', 'webkey']) {
  test(`every RPC of ${service}.v2beta is served, and is the door that its twin is`, () => {
    const mine = all.filter((method) => method.service.startsWith(`zitadel.${service}.v2beta.`));
    assert.ok(mine.length > 0);
    assert.deepEqual(
      mine.filter((method) => !served.has(method.path)).map(({ name }) => name),
      [],
    );
    for (const method of mine) assert.equal(method.door, (twinOf(method) as Twin).method.door); // a text has no method
  });
}

test('the tables of differences name nothing that is not there', () => {
  const messages = new Map<string, ReadonlySet<string>>();
  const values = new Set<string>();
  const open = all.flatMap(({ rpc }) => [rpc.input, rpc.output]);
  for (const message of open) {
    if (messages.has(message.typeName)) continue;
    messages.set(message.typeName, new Set(message.fields.map(({ name }) => name)));
    for (const field of message.fields) {
      if (field.message) open.push(field.message);
      for (const { name } of field.enum?.values ?? []) values.add(name);
    }
  }
  const named = [
    ...Object.entries(otherNames),
    ...Object.entries(alone).map(([type, fields]) => [type, Object.fromEntries(fields.map((name) => [name, '']))] as const),
  ];
  for (const [type, fields] of named)
    for (const name of Object.keys(fields)) assert.ok(messages.get(`zitadel.${type}`)?.has(name), `${type}.${name}`);
  for (const name of forgotten) assert.ok(values.has(name), name);
  for (const path of Object.keys(finish))
    assert.ok(
      all.some((method) => method.path === path),
      path,
    );
});

function twin(path: string): Twin {
  const found = twinOf(all.find((method) => method.path === path)!);
  assert.ok(typeof found !== 'string');
  return found;
}

test('a message of v2beta that holds one value becomes the value that v2 has, and is found in a list', () => {
  const { input } = InstanceService.method.listCustomDomains;
  const asked = create(input, { instanceId: '1', queries: [{ query: { case: 'generatedQuery', value: { generated: true } } }] });
  const { method, request } = twin('/zitadel.instance.v2beta.InstanceService/ListCustomDomains');
  assert.deepEqual(
    request(asked),
    create(method.rpc.input, { instanceId: '1', filters: [{ filter: { case: 'generatedFilter', value: true } }] } as Record<
      string,
      unknown
    >),
  );
});

test('an organization that is made in v2beta tells its administrators in the order of the request', () => {
  const { input, output } = OrganizationService.method.createOrganization;
  const asked = create(input, {
    name: 'New',
    admins: [
      { userType: { case: 'userId', value: 'known' } },
      { userType: { case: 'human', value: {} } },
      { userType: { case: 'userId', value: 'other' } },
    ],
  });
  const { answer } = twin('/zitadel.org.v2beta.OrganizationService/CreateOrganization');
  const creationDate = { seconds: 1n, nanos: 0 };
  const told = create(
    output,
    answer(asked, { organizationId: 'made', details: { creationDate }, createdAdmins: [{ userId: 'new', emailCode: 'ABC' }] }),
  );
  assert.equal(told.id, 'made');
  assert.equal(told.creationDate?.seconds, 1n);
  assert.deepEqual(
    told.organizationAdmins.map(({ OrganizationAdmin: { case: how, value } }) => [how, value?.userId]),
    [
      ['assignedAdmin', 'known'],
      ['createdAdmin', 'new'],
      ['assignedAdmin', 'other'],
    ],
  );
});

test('a list of organizations in v2beta tells the limit that counted', () => {
  const { input, output } = OrganizationService.method.listOrganizations;
  const { answer } = twin('/zitadel.org.v2beta.OrganizationService/ListOrganizations');
  for (const [limit, applied] of [
    [0, 1000n],
    [7, 7n],
    [5000, 1000n],
  ] as const) {
    const told = create(output, answer(create(input, { pagination: { limit } }), { details: { totalResult: 3n }, result: [{ id: '1' }] }));
    assert.deepEqual([told.pagination?.totalResult, told.pagination?.appliedLimit, told.organizations[0]?.id], [3n, applied, '1']);
  }
});
