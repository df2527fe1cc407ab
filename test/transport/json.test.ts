/** JSON in and out, by the rules of reference/transport.md 6. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type DescMessage, type Message, toJson } from '@bufbuild/protobuf';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import { CreateSessionRequestSchema } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import {
  AddPersonalAccessTokenRequestSchema,
  CreateUserRequestSchema,
  ListUsersRequestSchema,
  SetUserMetadataRequestSchema,
} from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../../src/failure/failure.ts';
import { decodeJson } from '../../src/transport/codec.ts';
import { parseJson } from '../../src/transport/json/parse.ts';
import { readMessage } from '../../src/transport/json/read.ts';
import { writeMessage } from '../../src/transport/json/write.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const read = (desc: DescMessage, text: string): Message => decodeJson(desc, bytesOf(text));
const refused = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, 'invalid_argument');
    return error.message;
  }
  return assert.fail('was taken');
};

/** Request type, JSON as sent, JSON as understood; undefined: refused. */
const table: readonly [name: string, desc: DescMessage, sent: string, understood?: object][] = [
  ['an unsigned number', ListUsersRequestSchema, '{"query":{"limit":1}}', { query: { limit: 1 } }],
  ['a number as text', ListUsersRequestSchema, '{"query":{"limit":"1","offset":"2"}}', { query: { limit: 1, offset: '2' } }],
  ['a whole number with a fraction', ListUsersRequestSchema, '{"query":{"limit":1.0}}', { query: { limit: 1 } }],
  ['an exponent', ListUsersRequestSchema, '{"query":{"limit":"1e2","offset":1e3}}', { query: { limit: 100, offset: '1000' } }],
  [
    'a long integer with all its digits',
    ListUsersRequestSchema,
    '{"query":{"offset":18446744073709551615}}',
    { query: { offset: '18446744073709551615' } },
  ],
  ['a broken number', ListUsersRequestSchema, '{"query":{"limit":"1.5"}}'],
  ['a negative number', ListUsersRequestSchema, '{"query":{"limit":-1}}'],
  ['a number too big', ListUsersRequestSchema, '{"query":{"limit":4294967296}}'],
  ['a long integer too big', ListUsersRequestSchema, '{"query":{"offset":18446744073709551616}}'],
  ['a number with a plus', ListUsersRequestSchema, '{"query":{"limit":"+1"}}'],
  ['an empty text for a number', ListUsersRequestSchema, '{"query":{"limit":""}}'],
  ['blanks around a number', ListUsersRequestSchema, '{"query":{"limit":" 1"}}'],
  ['a boolean', ListUsersRequestSchema, '{"query":{"asc":true}}', { query: { asc: true } }],
  ['a boolean as text', ListUsersRequestSchema, '{"query":{"asc":"true"}}'],
  ['a boolean as number', ListUsersRequestSchema, '{"query":{"asc":1}}'],
  [
    'an enum by name',
    ListUsersRequestSchema,
    '{"sortingColumn":"USER_FIELD_NAME_USER_NAME"}',
    { sortingColumn: 'USER_FIELD_NAME_USER_NAME' },
  ],
  ['an enum by number', ListUsersRequestSchema, '{"sortingColumn":1}', { sortingColumn: 'USER_FIELD_NAME_USER_NAME' }],
  ['an enum by number as text', ListUsersRequestSchema, '{"sortingColumn":"1"}', { sortingColumn: 'USER_FIELD_NAME_USER_NAME' }],
  ['an unknown enum name', ListUsersRequestSchema, '{"sortingColumn":"NAME"}', {}],
  ['an unknown enum number', ListUsersRequestSchema, '{"sortingColumn":99}', { sortingColumn: 99 }],
  ['an enum by a fraction', ListUsersRequestSchema, '{"sortingColumn":1.5}'],
  ['an enum by an object', ListUsersRequestSchema, '{"sortingColumn":{}}'],
  [
    'snake_case',
    ListUsersRequestSchema,
    '{"sorting_column":1,"queries":[{"in_user_ids_query":{"user_ids":["1"]}}]}',
    { sortingColumn: 'USER_FIELD_NAME_USER_NAME', queries: [{ inUserIdsQuery: { userIds: ['1'] } }] },
  ],
  ['both cases of a member', ListUsersRequestSchema, '{"sorting_column":1,"sortingColumn":1}'],
  ['a member twice', ListUsersRequestSchema, '{"sortingColumn":1,"sortingColumn":1}'],
  ['a member twice, once escaped', ListUsersRequestSchema, '{"sortingColumn":1,"sorting\\u0043olumn":1}'],
  ['an escaped member', ListUsersRequestSchema, '{"sorting\\u0043olumn":1}', { sortingColumn: 'USER_FIELD_NAME_USER_NAME' }],
  ['null', ListUsersRequestSchema, '{"query":null,"queries":null,"sortingColumn":null}', {}],
  ['null in a list', ListUsersRequestSchema, '{"queries":[null]}'],
  [
    'null beside a member of a oneof',
    ListUsersRequestSchema,
    '{"queries":[{"inUserIdsQuery":{"userIds":["1"]},"typeQuery":null}]}',
    { queries: [{ inUserIdsQuery: { userIds: ['1'] } }] },
  ],
  ['two members of a oneof', ListUsersRequestSchema, '{"queries":[{"inUserIdsQuery":{"userIds":["1"]},"typeQuery":{}}]}'],
  ['a list for a message', ListUsersRequestSchema, '{"query":[]}'],
  ['a message for a list', ListUsersRequestSchema, '{"queries":{}}'],
  ['text for a message', ListUsersRequestSchema, '{"query":"a"}'],
  [
    'an unknown member of any shape',
    ListUsersRequestSchema,
    '{"nothing":{"a":[1,null,1e999,{}]},"__proto__":{"query":{}},"constructor":1}',
    {},
  ],
  [
    'bytes, standard',
    SetUserMetadataRequestSchema,
    '{"metadata":[{"key":"k","value":"Pz8+Pg=="}]}',
    { metadata: [{ key: 'k', value: 'Pz8+Pg==' }] },
  ],
  [
    'bytes, standard without padding',
    SetUserMetadataRequestSchema,
    '{"metadata":[{"key":"k","value":"Pz8+Pg"}]}',
    { metadata: [{ key: 'k', value: 'Pz8+Pg==' }] },
  ],
  [
    'bytes, URL alphabet',
    SetUserMetadataRequestSchema,
    '{"metadata":[{"key":"k","value":"Pz8-Pg"}]}',
    { metadata: [{ key: 'k', value: 'Pz8+Pg==' }] },
  ],
  ['bytes, one digit', SetUserMetadataRequestSchema, '{"metadata":[{"key":"k","value":"a"}]}'],
  ['bytes, no base64', SetUserMetadataRequestSchema, '{"metadata":[{"key":"k","value":"!"}]}'],
  ['bytes as number', SetUserMetadataRequestSchema, '{"metadata":[{"key":"k","value":1}]}'],
  ['a duration', CreateSessionRequestSchema, '{"lifetime":"60.5s"}', { lifetime: '60.500s' }],
  ['a negative duration', CreateSessionRequestSchema, '{"lifetime":"-1.25s"}', { lifetime: '-1.250s' }],
  ['a duration in minutes', CreateSessionRequestSchema, '{"lifetime":"1m"}'],
  ['a duration without a unit', CreateSessionRequestSchema, '{"lifetime":"60"}'],
  ['a duration as number', CreateSessionRequestSchema, '{"lifetime":60}'],
  ['ten digits of a second', CreateSessionRequestSchema, '{"lifetime":"1.1234567891s"}'],
  ['something behind a duration', CreateSessionRequestSchema, '{"lifetime":"1s1"}'],
  ['a duration of longer than ten thousand years', CreateSessionRequestSchema, '{"lifetime":"315576000001s"}'],
  [
    'a map',
    CreateSessionRequestSchema,
    '{"metadata":{"a":"AQ==","__proto__":"Ag=="}}',
    { metadata: JSON.parse('{"a":"AQ==","__proto__":"Ag=="}') },
  ],
  ['null in a map', CreateSessionRequestSchema, '{"metadata":{"a":null}}'],
  [
    'a moment',
    AddPersonalAccessTokenRequestSchema,
    '{"expirationDate":"2030-02-28T23:59:59.5Z"}',
    { expirationDate: '2030-02-28T23:59:59.500Z' },
  ],
  [
    'a moment elsewhere',
    AddPersonalAccessTokenRequestSchema,
    '{"expirationDate":"2030-01-01T01:30:00+01:30"}',
    { expirationDate: '2030-01-01T00:00:00Z' },
  ],
  [
    'a moment of nanoseconds',
    AddPersonalAccessTokenRequestSchema,
    '{"expirationDate":"2030-01-01T00:00:00.123456789-00:30"}',
    { expirationDate: '2030-01-01T00:30:00.123456789Z' },
  ],
  ['a day that is none', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"2030-02-30T00:00:00Z"}'],
  ['an hour that is none', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"2030-02-01T24:00:00Z"}'],
  ['a blank for T', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"2030-02-01 00:00:00Z"}'],
  ['a moment without a zone', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"2030-02-01T00:00:00"}'],
  ['the year 10000', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"10000-01-01T00:00:00Z"}'],
  ['the year 9999, a zone too far', AddPersonalAccessTokenRequestSchema, '{"expirationDate":"9999-12-31T23:59:59-01:00"}'],
  [
    'optional fields keep their zero',
    CreateUserRequestSchema,
    '{"human":{"profile":{"givenName":"a","nickName":""}}}',
    { human: { profile: { givenName: 'a', nickName: '' } } },
  ],
  ['a byte order mark', ListUsersRequestSchema, '\ufeff{}'],
  ['a comment', ListUsersRequestSchema, '{/**/}'],
  ['a trailing comma', ListUsersRequestSchema, '{"nothing":1,}'],
  ['single quotes', ListUsersRequestSchema, "{'nothing':1}"],
  ['a control character', ListUsersRequestSchema, '{"nothing":"\u0001"}'],
  ['half a surrogate', ListUsersRequestSchema, '{"nothing":"\\ud800"}'],
  ['a whole surrogate pair', ListUsersRequestSchema, '{"nothing":"\\ud83d\\ude00"}', {}],
  ['a zero before a number', ListUsersRequestSchema, '{"nothing":01}'],
  ['a bare word', ListUsersRequestSchema, '{"nothing":NaN}'],
  ['an open text', ListUsersRequestSchema, '{"nothing":"'],
  ['two values', ListUsersRequestSchema, '{}{}'],
  ['null alone', ListUsersRequestSchema, 'null'],
  ['a list alone', ListUsersRequestSchema, '[]'],
  ['a nest of a hundred thousand lists', ListUsersRequestSchema, `{"nothing":${'['.repeat(100_000)}`],
];

for (const [name, desc, sent, understood] of table) {
  test(`JSON: ${name} is ${understood === undefined ? 'refused' : 'understood'}`, () => {
    if (understood === undefined)
      assert.match(
        refused(() => read(desc, sent)),
        /^proto: /,
      );
    else assert.deepEqual(toJson(desc, read(desc, sent)), understood);
  });
}

test('bytes that are no UTF-8 are refused', () => {
  refused(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), 'refused'));
});

test('what stands behind the value is ignored over REST', () => {
  for (const text of ['{}{}', '{} x', '{}\u0000'])
    assert.deepEqual(readMessage(ListUsersRequestSchema, parseJson(bytesOf(text), 'ignored') ?? null), create(ListUsersRequestSchema));
});

test('a refusal says where and what', () => {
  assert.equal(
    refused(() => read(ListUsersRequestSchema, '{"query":\n x}')),
    'proto: syntax error (line 2:2): unexpected token x',
  );
  assert.equal(
    refused(() => read(ListUsersRequestSchema, '{"query":{"limit":1.5}}')),
    'proto: invalid value for field limit: 1.5',
  );
});

test('a Struct is plain JSON, inside and out', () => {
  const text = '{"a":[1,"b",null,{"c":true}]}';
  assert.equal(writeMessage(StructSchema, create(StructSchema, { fields: {} })), '{}');
  assert.deepEqual(
    parseJson(bytesOf(text), 'refused'),
    Object.assign(Object.create(null), { a: [1, 'b', null, Object.assign(Object.create(null), { c: true })] }),
  );
});
