/** The v1 and v2beta services: known by name at once, read when they are first asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { betaMethods, type LegacyPrefix, legacyMethods, legacyPrefixOf, legacyServices } from '../../src/contract/legacy.ts';

test('the names of the legacy services are known without loading them', async () => {
  const prefixes: readonly LegacyPrefix[] = ['system', 'admin', 'management', 'auth'];
  const loaded = [...(await Promise.all(prefixes.map(legacyMethods))), await betaMethods()];
  const services = new Set(loaded.flatMap((methods) => [...methods.values()].map((method) => method.service)));
  assert.deepEqual([...services].sort(), [...legacyServices].sort());
  assert.equal(legacyPrefixOf.get('zitadel.management.v1.ManagementService'), 'management');
});

test('a v1 route is relative to the prefix of its service', async () => {
  const method = (await legacyMethods('management')).get('/zitadel.management.v1.ManagementService/AddMachineUser');
  assert.ok(method);
  assert.deepEqual(method.routes, [{ verb: 'POST', path: '/users/machine', body: '*' }]);
  assert.equal(method.permission, 'user.write');
});

test('a v1 request is refused in the words of the original', async () => {
  const method = (await legacyMethods('management')).get('/zitadel.management.v1.ManagementService/AddMachineUser');
  assert.ok(method);
  assert.equal(
    method.validate(create(method.rpc.input)),
    'invalid AddMachineUserRequest.UserName: value length must be between 1 and 200 runes, inclusive',
  );
});

test('an RPC that anybody may call has no permission', async () => {
  assert.equal((await legacyMethods('admin')).get('/zitadel.admin.v1.AdminService/Healthz')?.permission, undefined);
});

test('a v2beta RPC is the door that its v2 twin is, and has its own route', async () => {
  const methods = await betaMethods();
  const session = methods.get('/zitadel.session.v2beta.SessionService/CreateSession');
  assert.deepEqual([session?.door, session?.successCode], ['session', 201]);
  assert.deepEqual(session?.routes, [{ verb: 'POST', path: '/v2beta/sessions', body: '*' }]);
  assert.equal(methods.get('/zitadel.org.v2beta.OrganizationService/CreateOrganization')?.permission, 'authenticated');
});

test('applications and projects of v2beta have no REST, as on the original', async () => {
  for (const method of (await betaMethods()).values()) {
    if (/\.(app|project)\.v2beta\./.test(method.path)) assert.deepEqual(method.routes, []);
  }
});
