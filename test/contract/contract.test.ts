/** What the transport and the gate read from the contract. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodOf, methods, routes, services } from '../../src/contract/contract.ts';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { WebKeyService } from '../../src/contract/gen/zitadel/webkey/v2/webkey_service_pb.js';

test('DeactivateUser is what its founding page says', () => {
  const method = methods.get('/zitadel.user.v2.UserService/DeactivateUser');
  assert.ok(method);
  assert.deepEqual(method.routes, [{ verb: 'POST', path: '/v2/users/{user_id}/deactivate', body: '*' }]);
  assert.deepEqual([method.permission, method.successCode, method.door], ['authenticated', 200, 'none']);
  assert.equal(methodOf(UserService.method.deactivateUser), method);
});

test('every RPC is found by its path', () => {
  for (const service of services) {
    for (const rpc of service.methods) assert.equal(methodOf(rpc).path, `/${service.typeName}/${rpc.name}`);
  }
});

test('every RPC asks for a valid token at least', () => {
  for (const method of methods.values()) assert.ok(method.permission, method.path);
});

test('a door is declared wherever access, or what leads to it, is handed out', () => {
  const at = (path: string) => methods.get(path)?.door;
  assert.equal(at('/zitadel.session.v2.SessionService/CreateSession'), 'session');
  assert.equal(at('/zitadel.user.v2.UserService/AddPersonalAccessToken'), 'credential');
  assert.equal(at('/zitadel.user.v2.UserService/PasswordReset'), 'link');
  assert.equal(at('/zitadel.user.v2.UserService/RetrieveIdentityProviderIntent'), 'intent');
  assert.equal(at('/zitadel.oidc.v2.OIDCService/CreateCallback'), 'authorize');
  assert.equal(at('/zitadel.saml.v2.SAMLService/CreateResponse'), 'saml');
});

test('a creation answers 201 over REST where the API says so', () => {
  const created = [...methods.values()].filter((method) => method.successCode === 201).map((method) => method.name);
  assert.deepEqual(created.sort(), ['AddOrganization', 'CreateGroup', 'CreateSession']);
});

test('of two routes that match one path the later registered is the one that the API serves', () => {
  const at = (path: string, verb: string) => routes.findIndex(({ route }) => route.path === path && route.verb === verb);
  assert.ok(at('/v2/organizations/_search', 'POST') > at('/v2/organizations/{organization_id}', 'POST'));
  assert.ok(at('/v2/users/new', 'POST') !== -1);
});

test('web keys have no REST, as on the original', () => {
  assert.ok(routes.every(({ method }) => method.service !== WebKeyService.typeName));
});

test('a route has variables of one segment only', () => {
  for (const { route } of routes) {
    assert.match(route.path, /^(\/([A-Za-z0-9_]+|\{[a-z0-9_]+\}))+$/);
    assert.match(route.body, /^(\*|)$/);
  }
});
