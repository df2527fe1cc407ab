/** Whatever bytes come, the parsers give a value or a Failure, never anything else; and what JSON.parse refuses, ours refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type DescMessage, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { CreateSessionRequestSchema } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { CreateUserRequestSchema, ListUsersRequestSchema } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { Failure } from '../../src/failure/failure.ts';
import { decodeJson, decodeProto } from '../../src/transport/codec.ts';
import { frame, unframe } from '../../src/transport/grpc/frame.ts';
import { grpcTimeout } from '../../src/transport/grpc/timeout.ts';
import { type Json, parseJson } from '../../src/transport/json/parse.ts';
import { writeMessage } from '../../src/transport/json/write.ts';
import { decodePath } from '../../src/transport/path.ts';
import { fillFromQuery, parseQuery } from '../../src/transport/rest/query.ts';

const runs = { numRuns: 2000 };
const requests: readonly DescMessage[] = [ListUsersRequestSchema, CreateUserRequestSchema, CreateSessionRequestSchema];

/** The value, or undefined where a Failure was thrown; all else is a mistake. */
async function orFailure<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return undefined;
  }
}

test('frames: any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.boolean(), async (bytes, gzipped) => {
      await orFailure(() => unframe(bytes, gzipped, 1000));
    }),
    runs,
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), async (bytes) => {
      assert.deepEqual(Buffer.from(await unframe(frame(bytes), false, 1000)), Buffer.from(bytes));
    }),
  );
});

test('protobuf: any bytes', async () => {
  for (const desc of requests) {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await orFailure(() => decodeProto(desc, bytes));
      }),
      runs,
    );
  }
});

/** Texts near to JSON: valid ones with a character changed, cut, or doubled. */
const nearJson = fc.oneof(
  fc.json(),
  fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '{', '}', '"', '\\', ',', '0', '\u0000', 'é', '\ud800')).map(([text, at, part]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + part + text.slice(place + 1);
  }),
  fc.string({ unit: fc.constantFrom(...'{}[]",:\\0123456789.eE+-truefalsn u\n') }),
);

test('JSON: agrees with JSON.parse, but for members that stand twice and text that is not well-formed', async () => {
  await fc.assert(
    fc.asyncProperty(nearJson, async (text) => {
      const ours = await orFailure(() => parseJson(Buffer.from(text), 'refused'));
      let theirs: unknown;
      try {
        theirs = JSON.parse(Buffer.from(text).toString());
      } catch {
        assert.equal(ours, undefined, text);
        return;
      }
      if (ours !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(plain(ours))), JSON.parse(JSON.stringify(theirs)));
    }),
    { numRuns: 4000 },
  );
});

const plain = (json: Json): unknown => {
  if (Array.isArray(json)) return json.map(plain);
  if (typeof json !== 'object' || json === null) return json;
  return 'text' in json && Object.getPrototypeOf(json) !== null
    ? Number(json.text)
    : Object.fromEntries(Object.entries(json).map(([name, value]) => [name, plain(value)]));
};

const values = fc.oneof(fc.jsonValue(), fc.constantFrom('1', '1e0', 'AQ==', '5s', '2030-01-01T00:00:00Z', 'USER_FIELD_NAME_USER_NAME'));

test('JSON → message: any value at any member, and what was written is read again', async () => {
  const member = fc.constantFrom(
    'query',
    'limit',
    'offset',
    'asc',
    'sortingColumn',
    'queries',
    'inUserIdsQuery',
    'in_user_ids_query',
    'userIds',
    'typeQuery',
    'human',
    'profile',
    'lifetime',
    'metadata',
    'checks',
    'expirationDate',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, values, fc.dictionary(member, tie('tree'), { maxKeys: 4 }), fc.array(tie('tree'), { maxLength: 3 })),
  }));
  for (const desc of requests) {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(member, tree, { maxKeys: 5 }), async (json) => {
        const message = await orFailure(() => decodeJson(desc, Buffer.from(JSON.stringify(json))));
        if (message === undefined) return;
        const text = writeMessage(desc, message);
        assert.equal(writeMessage(desc, decodeJson(desc, Buffer.from(text))), text);
        assert.deepEqual(toJson(desc, fromJson(desc, JSON.parse(text))), JSON.parse(text));
        assert.deepEqual(toBinary(desc, decodeProto(desc, toBinary(desc, message))), toBinary(desc, message));
      }),
      runs,
    );
  }
});

test('query strings: any text, and any value at any field', async () => {
  const key = fc.constantFrom(
    'query.limit',
    'query.offset',
    'query.asc',
    'query',
    'sortingColumn',
    'queries',
    'lifetime',
    'metadata[a]',
    'metadata',
    'checks.user.userId',
    'human.profile.givenName',
    'human.email.email',
    'userId',
  );
  const query = fc.oneof(
    fc.string(),
    fc
      .array(fc.tuple(key, fc.oneof(fc.string(), fc.constantFrom('1', 'true', '5s', '%ff', '%'))), { maxLength: 5 })
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&')),
  );
  for (const desc of requests) {
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        await orFailure(() => {
          const message = create(desc);
          fillFromQuery(message, desc, parseQuery(text), []);
          toBinary(desc, message);
        });
      }),
      runs,
    );
  }
});

test('paths: clean ones stay, redirects lead to clean ones', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('/', '.', 'a', '%2F', '%2e', '%', '%C3%BC', '%ff', 'ü', ' ') }), (text) => {
      const decoded = decodePath(`/${text}`);
      if ('redirect' in decoded) assert.ok('path' in decodePath(decoded.redirect), `${text} → ${decoded.redirect}`);
    }),
    runs,
  );
});

test('timeouts: any text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789HMSmun-') })), async (text) => {
      const ms = await orFailure(() => grpcTimeout(text));
      assert.ok(ms === undefined || (Number.isFinite(ms) && ms >= 0));
    }),
    runs,
  );
});
