/** `npm run check` sees an import that points the wrong way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrowsOf, wrongArrows } from '../../scripts/check/arrows.ts';

const packages = { dependencies: { '@bufbuild/protobuf': '2' }, devDependencies: { '@grpc/grpc-js': '1' } };
const wrong = (...files: readonly (readonly [name: string, text: string])[]) =>
  wrongArrows(
    files.flatMap(([name, text]) => arrowsOf(name, text)),
    packages,
  );

test('arrows that point down are right', () => {
  const user = `import { create } from '@bufbuild/protobuf';\nimport {\n  one,\n} from '../access/gate.ts';\nimport type { Failure } from '../failure/failure.ts';`;
  assert.deepEqual(wrong(['src/user/user.ts', user], ['src/user/user.test.ts', `import { Client } from '@grpc/grpc-js';`]), []);
});

const refused: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  [
    'src/user/user.ts',
    `import { x } from '../transport/x.ts';`,
    /^src\/user\/user\.ts:1: user imports src\/transport\/x\.ts, which lies above it$/,
  ],
  ['src/store/a.ts', `\nimport type { Caller } from '../access/caller.ts';`, /^src\/store\/a\.ts:2: store imports/],
  ['src/contract/a.ts', `const a = await import('../user/user.ts');`, /lies above it$/],
  ['src/contract/a.ts', `export * from '../config/load.ts';`, /its neighbour; these rooms stay apart$/],
  ['src/org/a.ts', `import '../user/service.ts';`, /service\.ts is for the server/],
  ['src/user/a.ts', `import { b } from '../nowhere/b.ts';`, /^src\/nowhere is on no floor/],
  ['src/user/a.ts', `import { b } from '../../test/support/postgres.ts';`, /test\/support\/postgres\.ts is not part of src$/],
  ['src/user/a.ts', `import { b } from '@grpc/grpc-js/build';`, /@grpc\/grpc-js is not among the dependencies/],
];
for (const [name, text, says] of refused) {
  test(`${name} may not say ${text.trim()}`, () => {
    const found = wrong([name, text]);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', says);
  });
}

test('circles are found, of rooms and of the values of files', () => {
  assert.deepEqual(
    wrong(
      ['src/user/a.ts', `import { b } from '../org/b.ts';`],
      ['src/org/b.ts', `import { c } from '../session/c.ts';`],
      ['src/session/c.ts', `import { a } from '../user/other.ts';`],
      ['src/id/one.ts', `import './two.ts';`],
      ['src/id/two.ts', `import './one.ts';`],
      ['src/time/one.ts', `import './two.ts';`],
      ['src/time/two.ts', `import type { One } from './one.ts';`],
    ),
    ['a circle of rooms: user → org → session → user', 'a circle of files: src/id/one.ts → src/id/two.ts → src/id/one.ts'],
  );
});
