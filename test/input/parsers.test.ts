/** Every parser of text that a client sends: whatever the text, a value or a Failure, and in time. With test/transport/fuzz.test.ts, which does bytes and JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainOf } from '../../src/access/tenant.ts';
import { newToken, parseToken } from '../../src/access/token.ts';
import { emailFault } from '../../src/contract/email.ts';
import { ListUsersRequestSchema } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { uriFault } from '../../src/contract/uri.ts';
import { timestampFromPg, timestampToPg } from '../../src/time/timestamp.ts';
import { decodeJson, decodeProto } from '../../src/transport/codec.ts';
import { isGzip, takesGzip } from '../../src/transport/compression.ts';
import { connectTimeout } from '../../src/transport/connect/timeout.ts';
import { contentType } from '../../src/transport/content-type.ts';
import type { Exchange } from '../../src/transport/exchange.ts';
import { unframe } from '../../src/transport/grpc/frame.ts';
import { grpcTimeout } from '../../src/transport/grpc/timeout.ts';
import { headerText, percentEncoded } from '../../src/transport/header-text.ts';
import { hostReader } from '../../src/transport/host.ts';
import { parseJsonText } from '../../src/transport/json/parse.ts';
import { decodePath, splitTarget } from '../../src/transport/path.ts';
import { parseQuery } from '../../src/transport/rest/query.ts';
import { restTimeout } from '../../src/transport/rest/timeout.ts';
import { checkEmail, normalizePhone } from '../../src/user/contact.ts';
import { checkNewEntries } from '../../src/user/metadata.ts';
import { domainOfName } from '../../src/user/name.ts';
import { languageTag } from '../../src/user/profile.ts';
import { checkTemplate } from '../../src/user/template.ts';
import { cases, nasty, orFailure, parses } from './cases.ts';

const headers = (values: Readonly<Record<string, string>>): Exchange =>
  ({ authority: 'local', peer: '127.0.0.1', header: (name: string) => values[name] }) as unknown as Exchange; // what the host reader looks at
const behindProxy = hostReader(['127.0.0.1/32']);
const reads = (name: string) => (text: string) => behindProxy(headers({ [name]: text }));

const parsers: readonly (readonly [name: string, parse: (text: string) => unknown, letters: readonly string[]])[] = [
  ['content type', contentType, ['application/', 'json', 'grpc', '+', ';', ' ', '\t', 'charset=utf-8', 'A']],
  ['target', (text) => decodePath(splitTarget(text).path), ['/', '.', '%', '2', 'F', 'e', '?', 'http://', ' ', 'é']],
  ['query', parseQuery, ['a', '.', '[', ']', '=', '&', '%', '2', 'f', '+', ';']],
  ['grpc-timeout', grpcTimeout, [...'0123456789HMSmun-+ ']],
  ['grpc-timeout of REST', restTimeout, [...'0123456789HMSmun-+ ']],
  ['connect-timeout-ms', connectTimeout, [...'0123456789-+. ']],
  ['grpc-encoding', isGzip, ['gzip', 'identity', ',', ' ']],
  ['grpc-accept-encoding', takesGzip, ['gzip', ';', 'q=0', '.0', ',', ' ', '\t']],
  ['host', domainOf, ['a', '.', ':', '[', ']', '1', '%', 'A']],
  ['x-zitadel-instance-host', reads('x-zitadel-instance-host'), ['a', '.', ':', '[', ']', '1', ',', ' ']],
  ['forwarded', reads('forwarded'), ['host=', '"', ';', ',', ' ', 'for=', 'a', ':', '1', 'proto=http']],
  ['x-forwarded-host', reads('x-forwarded-host'), ['a', '.', ':', '[', ']', '1', ',', ' ']],
  ['token', parseToken, ['pat_', '_', 'a', 'A', '9', '-']],
  ['JSON text', parseJsonText, ['{', '}', '[', ']', '"', '\\', 'u', 'd800', ':', ',', '1', 'e', '-', '.', 'true', 'null', ' ']],
  ['e-mail', emailFault, ['a', '@', '.', '"', '\\', '(', ')', '<', '>', '[', ']', ':', ';', ',', ' ', '-', 'ü']],
  ['e-mail of a user', checkEmail, ['a', '@', '.', '<', '>', ' ']],
  ['URI', uriFault, ['http', ':', '/', '?', '#', '[', ']', '%', 'f', '@', '\\', ' ', 'ü']],
  [
    'URL template',
    checkTemplate,
    ['{{', '}}', '{', '}', '.', 'Code', 'UserID', '"', '`', '\\', '|', '(', ')', '-', ' ', '/*', '*/', '$', '1', 'a'],
  ],
  ['phone', normalizePhone, ['+', '4', '1', '0', '(', ')', '-', ' ', 'ext', ';', 'x', '#', '/', '.', 'tel:', ';phone-context=']],
  ['language', languageTag, ['en', 'de', '-', '_', 'x', 'u', 'Latn', '1', 'ca']],
  ['domain of a user name', domainOfName, ['a', '@', '.', ' ']],
  ['key of metadata', (key) => checkNewEntries([{ key, value: new Uint8Array(1) }]), [' ', '\t', 'a', '\u00a0']],
];

for (const [name, parse, letters] of parsers) test(`${name}: any text is read or refused, in time`, () => parses(parse, letters));

test('header texts hold nothing that a header cannot', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(percentEncoded(text), /^[ -~]*$/);
      assert.match(headerText(text), /^[ -~]*$/);
    }),
    cases(3000),
  );
});

test('a token that is cut or extended is no token', () => {
  const token = newToken('123456789012345678');
  assert.deepEqual(parseToken(token), { tokenId: '123456789012345678' });
  for (let n = 0; n < token.length; n++) assert.equal(parseToken(token.slice(0, n)), undefined);
  for (const more of [...nasty.filter((text) => text !== ''), 'A', '_', '\n', '=']) {
    assert.equal(parseToken(token + more), undefined);
    assert.equal(parseToken(more + token), undefined);
  }
});

test('moments that clients can send are written so that they are read as the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }), fc.integer({ min: 0, max: 999_999 }), (seconds, micros) => {
      const moment = { seconds, nanos: micros * 1000 };
      assert.deepEqual(timestampFromPg(timestampToPg(moment)), moment);
    }),
    cases(5000),
  );
});

test('bytes: a frame, a message and a JSON text of any bytes are read or refused', async () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(bytes, (value) => {
      orFailure(() => decodeProto(ListUsersRequestSchema, value));
      orFailure(() => decodeJson(ListUsersRequestSchema, value));
    }),
    cases(6000),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.boolean(), async (value, zipped) => {
      await Promise.resolve()
        .then(() => unframe(value, zipped, 1000))
        .catch((error: unknown) =>
          orFailure(() => {
            throw error;
          }),
        );
    }),
    cases(6000),
  );
});
