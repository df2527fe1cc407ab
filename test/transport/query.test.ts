/** Query strings, path variables and body modes of REST (reference/transport.md 5). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, type DescMessage, toJson } from '@bufbuild/protobuf';
import { CreateSessionRequestSchema } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { GetSecuritySettingsRequestSchema } from '../../src/contract/gen/zitadel/settings/v2/settings_service_pb.js';
import {
  ListAuthenticationFactorsRequestSchema,
  ListAuthenticationMethodTypesRequestSchema,
  ListUsersRequestSchema,
} from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../../src/failure/failure.ts';
import { fillFromQuery, parseQuery } from '../../src/transport/rest/query.ts';
import { http1, http2c, type Served, serve } from './fixture.ts';

const types = ListAuthenticationMethodTypesRequestSchema;
const factors = ListAuthenticationFactorsRequestSchema;

/** The message, or the text of the refusal. */
const table: readonly [query: string, desc: DescMessage, expected: object | string][] = [
  ['', types, {}],
  ['domainQuery.domain=a.example', types, { domainQuery: { domain: 'a.example' } }],
  ['domain_query.domain=a.example', types, { domainQuery: { domain: 'a.example' } }],
  ['domainQuery.domain=a+b%26c%3D', types, { domainQuery: { domain: 'a b&c=' } }],
  ['domainQuery.domain=a&domainQuery.domain=b', types, 'too many values for field "domain": a, b'],
  ['domainQuery=a', types, 'parsing field "domain_query": unsupported message type: "zitadel.user.v2.DomainQuery"'],
  ['domainQuery.includeWithoutDomain=t', types, { domainQuery: { includeWithoutDomain: true } }],
  ['domainQuery.includeWithoutDomain=2', types, 'parsing field "include_without_domain": strconv.ParseBool: parsing "2": invalid syntax'],
  ['domainQuery.nothing=1', types, { domainQuery: {} }],
  ['nothing=1&nothing=2&nothing.below=3&userId.below=1', types, 'invalid path: "userId" is not a message'],
  ['nothing=1&nothing=2&nothing.below=3', types, {}],
  ['%zz', types, 'invalid URL escape "%zz"'],
  ['a=%', types, 'invalid URL escape "%"'],
  ['a;b', types, 'invalid semicolon separator in query'],
  ['domainQuery.domain=%ff', types, 'the query contains invalid UTF-8'],
  ['authFactors=U2F', factors, { authFactors: ['U2F'] }],
  ['auth_factors=3&authFactors=OTP', factors, { authFactors: ['U2F', 'OTP'] }],
  ['authFactors=NOTHING', factors, 'parsing list "auth_factors": "NOTHING" is not a valid value'],
  ['authFactors=99', factors, 'parsing list "auth_factors": "99" is not a valid value'],
  ['states=', factors, 'parsing list "states": "" is not a valid value'],
  ['query.limit=10&query.offset=5&query.asc=TRUE', ListUsersRequestSchema, { query: { limit: 10, offset: '5', asc: true } }],
  ['query.limit=-1', ListUsersRequestSchema, 'parsing field "limit": parsing "-1": invalid syntax'],
  ['query.limit=', ListUsersRequestSchema, 'parsing field "limit": parsing "": invalid syntax'],
  ['lifetime=1h30m', CreateSessionRequestSchema, { lifetime: '5400s' }],
  ['lifetime=-1.5s', CreateSessionRequestSchema, { lifetime: '-1.500s' }],
  ['lifetime=5', CreateSessionRequestSchema, 'parsing field "lifetime": parsing "5": invalid value'],
  [
    'metadata[a]=AQ%3D%3D&metadata[__proto__]=Ag==',
    CreateSessionRequestSchema,
    { metadata: JSON.parse('{"a":"AQ==","__proto__":"Ag=="}') },
  ],
  ['nothing=1', GetSecuritySettingsRequestSchema, {}],
];

for (const [query, desc, expected] of table) {
  test(`the query ?${query} is ${typeof expected === 'string' ? 'refused' : 'understood'}`, () => {
    const fill = () => {
      const message = create(desc);
      fillFromQuery(message, desc, parseQuery(query), []);
      return toJson(desc, message);
    };
    if (typeof expected === 'string')
      assert.throws(fill, (error) => error instanceof Failure && error.code === 'invalid_argument' && error.message === expected);
    else assert.deepEqual(fill(), expected);
  });
}

let server: Served;
before(async () => {
  server = await serve(async ({ method }) => create(method.rpc.output));
});
after(() => server.close());

/** What the pipeline was given, as `Method {message}`. */
async function given(method: string, path: string, body?: string): Promise<string> {
  const before = server.seen.length;
  const answer = await http1(server, { method, path, ...(body === undefined ? {} : { body }) });
  const incoming = server.seen[before];
  if (incoming === undefined) return `${answer.status} ${answer.headers.location ?? answer.text}`;
  return `${answer.status} ${incoming.method.name} ${JSON.stringify(toJson(incoming.method.rpc.input, incoming.message))}`;
}

const notFound = '404 {"code":5,"message":"Not Found"}';
const notAllowed = '405 {"code":12,"message":"Method Not Allowed"}';
const routes: readonly [verb: string, path: string, body: string | undefined, expected: string][] = [
  ['POST', '/v2/users/1/deactivate', undefined, '200 DeactivateUser {"userId":"1"}'],
  ['POST', '/v2/users/1/deactivate', ' \n', '200 DeactivateUser {"userId":"1"}'],
  ['POST', '/v2/users/1/deactivate', '{"userId":"2"}', '200 DeactivateUser {"userId":"1"}'],
  ['POST', '/v2/users/1/deactivate?userId=2', '{}', '200 DeactivateUser {"userId":"1"}'],
  ['POST', '/v2/sessions', '{}', '201 CreateSession {}'],
  ['GET', '/v2/users/1?userId=2&user_id=3', undefined, '200 GetUserByID {"userId":"1"}'],
  ['GET', '/v2/users/%31%20%C3%BC', undefined, '200 GetUserByID {"userId":"1 ü"}'],
  ['GET', '/v2/users/1#part', undefined, '200 GetUserByID {"userId":"1#part"}'],
  ['GET', '/v2/users/human', undefined, '200 GetUserByID {"userId":"human"}'],
  ['GET', '/v2/users/', undefined, '200 GetUserByID {}'],
  ['POST', '/v2/users/', undefined, notAllowed],
  ['GET', '/v2/users', undefined, notAllowed],
  ['HEAD', '/v2/users/1', undefined, '405 '],
  ['GET', '/v2/users/1/', undefined, notFound],
  ['POST', '/v2/users/1/lock/', undefined, notFound],
  ['GET', '/v2/users/a%2Fb', undefined, notFound],
  ['GET', '/V2/users/1', undefined, notFound],
  ['GET', '/v2', undefined, notFound],
  ['GET', '/v2//users/1?a=b', undefined, '301 /v2/users/1?a=b'],
  ['POST', '/v2/users//deactivate', undefined, '301 /v2/users/deactivate'],
  ['GET', '/v2/users/%2F', undefined, '301 /v2/users/'],
  ['GET', '/v2/x/../users/./%C3%BC', undefined, '301 /v2/users/%C3%BC'],
  ['GET', '/../..', undefined, '301 /'],
  ['GET', '/v2/users/%zz', undefined, '400 400 Bad Request'],
  ['GET', '/v2/users/%ff', undefined, '400 400 Bad Request'],
  ['GET', 'http://other.example/v2/users/1', undefined, '200 GetUserByID {"userId":"1"}'],
  [
    'POST',
    '/v2/users/1/authentication_factors/_search?states=AUTH_FACTOR_STATE_READY',
    '{"states":[1]}',
    '200 ListAuthenticationFactors {"userId":"1","states":["AUTH_FACTOR_STATE_READY"]}',
  ],
  ['POST', '/v2/organizations/_search', '{}', '200 ListOrganizations {}'],
  [
    'DELETE',
    '/v2/organizations/1/metadata?keys=a&keys=b',
    undefined,
    '200 DeleteOrganizationMetadata {"organizationId":"1","keys":["a","b"]}',
  ],
  ['GET', '/v2beta/users/1', undefined, '200 GetUserByID {"userId":"1"}'],
  ['GET', '/v2beta/nothing', undefined, notFound],
  ['GET', '/auth/v1/users/me', undefined, '200 GetMyUser {}'],
  ['GET', '/management/v1/users/7/pats/8', undefined, '200 GetPersonalAccessTokenByIDs {"userId":"7","tokenId":"8"}'],
  ['GET', '/management/v1', undefined, '400 {"code":3,"message":"Bad Request"}'],
  ['GET', '/management/v1/nothing', undefined, notFound],
];

for (const [verb, path, body, expected] of routes) {
  test(`${verb} ${path}${body === undefined ? '' : ` ${body}`}: ${expected}`, async () => {
    assert.equal(await given(verb, path, body), expected);
  });
}

test('over HTTP/2 the same', async () => {
  const answer = await http2c(server, { method: 'GET', path: '/v2/users/a%20b' });
  assert.equal(answer.status, 200);
  assert.deepEqual(toJson(server.seen.at(-1)?.method.rpc.input ?? assert.fail(), server.seen.at(-1)?.message ?? assert.fail()), {
    userId: 'a b',
  });
});
