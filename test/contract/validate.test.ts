/** Validation: the texts of the original, its order of rules, and its idea of an e-mail address. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { create, type DescMessage, fromJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { methods } from '../../src/contract/contract.ts';
import { emailFault } from '../../src/contract/email.ts';
import { InIDsFilterSchema } from '../../src/contract/gen/zitadel/filter/v2/filter_pb.js';
import { AddOrganizationRequestSchema } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { UserAgentSchema } from '../../src/contract/gen/zitadel/session/v2/session_pb.js';
import { CreateSessionRequestSchema } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import {
  CreateUserRequestSchema,
  DeactivateUserRequestSchema,
  GetUserByIDResponseSchema,
  ListUsersRequestSchema,
  UpdateUserRequestSchema,
} from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { uriFault } from '../../src/contract/uri.ts';
import { compiler, noRules } from '../../src/contract/validate.ts';

const validatorOf = compiler();

/** One row a text that the original answered: scenario and call of golden/recorded, the message as JSON, long runs as `<201xa>`. */
interface Recorded {
  readonly scenario: string;
  readonly call: string;
  readonly rpc: string;
  readonly message: JsonValue;
  readonly text: string;
}

const recorded: readonly Recorded[] = readFileSync(new URL('validation-texts.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) =>
    JSON.parse(line, (_, value) =>
      typeof value === 'string' ? value.replace(/<(\d+)x(.)>/gu, (_run, times, rune) => rune.repeat(Number(times))) : value,
    ),
  );

test('a request that the original refused is refused in its words', () => {
  assert.ok(recorded.length > 300);
  for (const { scenario, call, rpc, message, text } of recorded) {
    const method = methods.get(`/${rpc}`);
    assert.ok(method, rpc);
    const decoded = fromJson(method.rpc.input, message, { ignoreUnknownFields: true });
    assert.equal(method.validate(decoded), text, `${scenario}: ${call}`);
  }
});

function check<D extends DescMessage>(schema: D, init: MessageInitShape<D>): string | undefined {
  return validatorOf(schema)(create(schema, init));
}

test('a message without rules is not looked at', () => {
  assert.equal(validatorOf(GetUserByIDResponseSchema), validatorOf(GetUserByIDResponseSchema));
  const without = [...methods.values()].filter((method) => method.validate === noRules);
  assert.ok(without.length > 10);
});

test('lengths count code points, not UTF-16 units', () => {
  assert.equal(check(DeactivateUserRequestSchema, { userId: '👍'.repeat(200) }), undefined);
  assert.match(check(DeactivateUserRequestSchema, { userId: '👍'.repeat(201) }) ?? '', /between 1 and 200 runes/);
});

test('plain fields come before oneofs, and oneofs before optional fields', () => {
  const all = { organizationId: '', username: '', userType: { case: undefined } } as const;
  assert.match(check(CreateUserRequestSchema, all) ?? '', /\.OrganizationId:/);
  assert.match(check(CreateUserRequestSchema, { ...all, organizationId: '1' }) ?? '', /\.UserType: value is required/);
  const machine = { case: 'machine', value: { name: 'm' } } as const;
  assert.match(check(CreateUserRequestSchema, { ...all, organizationId: '1', userType: machine }) ?? '', /\.Username: value length/);
  assert.equal(check(CreateUserRequestSchema, { organizationId: '1', userType: machine }), undefined);
});

test('an update that says neither human nor machine is refused, by decision', () => {
  assert.equal(check(UpdateUserRequestSchema, { userId: '1' }), 'invalid UpdateUserRequest.UserType: value is required');
  assert.equal(
    check(AddOrganizationRequestSchema, { name: 'a', admins: [{ roles: [] }] }),
    'invalid AddOrganizationRequest.Admins[0]: embedded message failed validation | caused by: invalid AddOrganizationRequest_Admin.UserType: value is required',
  );
});

test('a violation deep in nested conditions names every step', () => {
  const empty = { case: 'organizationIdQuery' as const, value: { organizationId: '' } };
  const machines = { case: 'typeQuery' as const, value: { type: 1 } };
  const and = { query: { case: 'andQuery' as const, value: { queries: [{ query: machines }, { query: empty }] } } };
  assert.equal(
    check(ListUsersRequestSchema, { queries: [and] }),
    'invalid ListUsersRequest.Queries[0]: embedded message failed validation | caused by: invalid SearchQuery.AndQuery: embedded message failed validation' +
      ' | caused by: invalid AndQuery.Queries[1]: embedded message failed validation | caused by: invalid SearchQuery.OrganizationIdQuery: embedded message' +
      ' failed validation | caused by: invalid OrganizationIdQuery.OrganizationId: value length must be between 1 and 200 runes, inclusive',
  );
});

test('a map of messages passes where its values pass', () => {
  assert.equal(check(UserAgentSchema, { header: { a: { values: ['b'] } } }), undefined);
  assert.equal(
    check(CreateSessionRequestSchema, { lifetime: { seconds: 0n, nanos: 0 } }),
    'invalid CreateSessionRequest.Lifetime: value must be greater than 0s',
  );
  assert.equal(check(CreateSessionRequestSchema, { lifetime: { seconds: 0n, nanos: 1 } }), undefined);
});

test('the second of two equal items is the one that is named', () => {
  assert.equal(check(InIDsFilterSchema, { ids: ['a', 'b', 'a'] }), 'invalid InIDsFilter.Ids[2]: repeated value must contain unique items');
  assert.equal(check(InIDsFilterSchema, { ids: ['a', 'b'] }), undefined);
});

const label = 'a'.repeat(63);
const addresses: readonly (readonly [address: string, fault: string | undefined])[] = [
  ['ada@example.com', undefined],
  ['ada+tag@sub.example.com', undefined],
  ['ada@localhost', undefined],
  ['Ada <ada@example.com>', undefined],
  ['"Ada L." <ada@example.com>', undefined],
  ['"a b"@example.com', undefined],
  ['ada@example.com (Ada)', undefined],
  ['ädä@example.com', undefined],
  [' ada@example.com ', undefined],
  ['ada@example.com.', "mail: missing '@' or angle-addr"],
  ['', 'mail: no address'],
  ['ada', "mail: missing '@' or angle-addr"],
  ['ada lovelace', 'mail: no angle-addr'],
  ['ada@', "mail: missing '@' or angle-addr"],
  ['@example.com', 'mail: missing word in phrase: mail: invalid string'],
  ['ada@example.com, c@d.example', 'mail: expected single address, got ", c@d.example"'],
  ['a@b@example.com', 'mail: expected single address, got "@example.com"'],
  ['<ada@example.com', 'mail: unclosed angle-addr'],
  ['<ada>', 'mail: missing @ in addr-spec'],
  ['<.ada@example.com>', 'mail: leading dot in atom'],
  ['friends:;', 'mail: empty group'],
  ['friends:a@b.example,c@d.example;', 'mail: group with multiple addresses'],
  ['ada@example.com (Ada', 'mail: misformatted parenthetical comment'],
  ['ada@[127.0.0.1]', 'hostname parts can only contain alphanumeric characters or hyphens, got "["'],
  ['<ada@[127.0.0]>', 'mail: invalid IP address in domain-literal: "127.0.0"'],
  ['ada@-example.com', 'hostname parts cannot begin with hyphens'],
  ['ada@example-.com', 'hostname parts cannot end with hyphens'],
  ['ada@exämple.com', 'hostname parts can only contain alphanumeric characters or hyphens, got "ä"'],
  [`ada@${label}.com`, undefined],
  [`ada@${label}a.com`, 'hostname part must be non-empty and cannot exceed 63 characters'],
  [`${'a'.repeat(64)}@example.com`, undefined],
  [`${'a'.repeat(65)}@example.com`, 'email address local phrase cannot exceed 64 characters'],
  [`ada@${`${label}.`.repeat(4)}com`, 'email addresses cannot exceed 254 characters'],
];

test('an e-mail address is what the original takes for one', () => {
  for (const [address, fault] of addresses) assert.equal(emailFault(address), fault, address);
});

const references: readonly (readonly [text: string, fault: string | undefined])[] = [
  ['https://example.com/a?b=%zz#c', undefined],
  ['/relative', undefined],
  ['', undefined],
  ['mailto:ada@example.com', undefined],
  ['http://[::1]:80/', undefined],
  ['https://example.com/\n', 'parse "https://example.com/\\n": net/url: invalid control character in URL'],
  [':a', 'parse ":a": missing protocol scheme'],
  ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
  ['https://example.com/%zz', 'parse "https://example.com/%zz": invalid URL escape "%zz"'],
  ['https://example.com:a', 'parse "https://example.com:a": invalid port ":a" after host'],
  ['https://exa mple.com', 'parse "https://exa mple.com": invalid character " " in host name'],
  ['https://[::1', 'parse "https://[::1": missing \']\' in host'],
];

test('a URI reference is what the original takes for one', () => {
  for (const [text, fault] of references) assert.equal(uriFault(text), fault, text);
});
