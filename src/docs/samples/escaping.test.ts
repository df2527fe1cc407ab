/** Whatever a text holds, between the quotes of a language it means itself: read back by that language's own rules. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type SampleId, samples } from './index.ts';

/** Text of a literal → its value, or undefined where the literal ends too early or holds what the language does not take. */
type Reader = (literal: string) => string | undefined;

const javascript: Reader = (literal) => runInNewContext(literal, {});

/** JSON in a literal that knows no escapes, and ends with `end`. */
const raw =
  (end: RegExp): Reader =>
  (literal) =>
    end.test(literal) ? undefined : JSON.parse(literal);

/** Between double quotes, with these escapes of one character; those of code points are `\u{…}`, or `\u…` and `\U…` with four and eight digits. */
const doubleQuoted =
  (simple: string, meant: RegExp): Reader =>
  (literal) => {
    const [, inner] = /^"((?:[^"\\\p{Cc}]|\\.)*)"$/su.exec(literal) ?? [];
    if (inner === undefined || meant.test(inner.replace(/\\./gsu, ''))) return undefined;
    return inner.replace(
      /\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gsu,
      (all, braced, four, eight, one: string | undefined) => {
        if (one !== undefined) return simple.includes(one) ? ({ n: '\n', r: '\r', t: '\t' }[one] ?? one) : all;
        return String.fromCodePoint(Number.parseInt(braced ?? four ?? eight, 16));
      },
    );
  };

const readers: Readonly<Record<SampleId, Reader>> = {
  curl: raw(/'/),
  grpcurl: raw(/'/),
  go: raw(/[`\r]/),
  csharp: raw(/"""|[\n\r\u0085\u2028\u2029]/),
  // On Windows a script without a mark is no UTF-8.
  powershell: raw(/^'@|[^ -~]/),
  // A text block: a backslash escapes, three quotes end it, and `\u` with one backslash would count before all else.
  java: (literal) => (/"""|[^ -~]|(?<!\\)(\\\\)*\\(?!\\)/.test(literal) ? undefined : JSON.parse(literal.replaceAll('\\\\', '\\'))),
  python: doubleQuoted('"\\nrt', /(?!)/),
  ruby: doubleQuoted('"\\nrt#', /#/),
  php: doubleQuoted('"\\nrt$', /\$/),
  node: javascript,
  'zitadel-client': javascript,
};

/** Of any characters; the second kind of nothing but what means something somewhere. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      ...'\'"`\\$#{}()@%!u0n\n\r\t\0\u2019\u2028\u202e\ufeff\u0085',
      `\${x}`,
      '#{x}',
      "'@",
      '"""',
      '\\u0022',
      '?>',
      'é',
      '😀',
    ),
  }),
);

describe('a text in a sample', () => {
  for (const { id, label, render } of samples)
    it(`means itself in ${label}`, () => {
      const shown = (value: string): string =>
        render({
          method: 'POST',
          path: '/v2/x',
          body: value,
          origin: 'https://example.com',
          // The client reads a message of this kind from any text.
          rpc: { service: 'zitadel.user.v2.UserService', name: 'CreateUser', message: value },
        });
      const mark = 'THE VALUE';
      const literalOfMark = shown(mark).match(new RegExp(`.${mark}.`))?.[0] ?? '';
      const [before = '', after = ''] = shown(mark).split(literalOfMark);
      const read = (value: string): string | undefined => {
        const source = shown(value);
        assert.ok(source.startsWith(before) && source.endsWith(after));
        return readers[id](source.slice(before.length, source.length - after.length));
      };
      assert.equal(read(mark), mark);
      fc.assert(
        fc.property(text, (value) => assert.equal(read(value), value)),
        { numRuns: 300 },
      );
    });
});
