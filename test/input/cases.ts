/** How many cases a property is tried with, and texts that parsers do not like. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/failure/failure.ts';
import { full } from '../support/batches.ts';

/** Times the usual number of cases: KEYWARD_TEST_FUZZ=20, or 10 with the long forms. */
const factor = Number(process.env.KEYWARD_TEST_FUZZ ?? process.env.KEYWARD_FUZZ ?? (full ? 10 : 1));

export const cases = (usual: number): { numRuns: number } => ({ numRuns: Math.round(usual * factor) });

/** The value, or undefined where a Failure was thrown; all else is a mistake. */
export function orFailure<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error instanceof Error ? error.stack : error));
    return undefined;
  }
}

/** What breaks parsers and databases: NUL, halves of surrogates, marks, borders of numbers, what means something in SQL, paths and patterns. */
export const nasty: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\ufffe\uffff',
  '\u202etxt',
  '\u0130\u00df',
  'e\u0301'.repeat(20),
  '👩‍👩‍👧‍👦',
  "'; drop table users; --",
  '%',
  '_%\\',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '0',
  '-1',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
  '1e999',
  'NaN',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '2024-02-30T00:00:00Z',
  '315576000000s',
  '-315576000000.999999999s',
  'x'.repeat(300),
  '{{.Code}}',
  '{{',
  'a@b',
  '+41791234567',
];

/** Any text, nasty text, and text of the letters of a grammar. */
export const textOf = (...letters: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(...nasty),
    fc.string({ unit: fc.constantFrom(...letters), maxLength: 60 }),
    fc.tuple(fc.constantFrom(...nasty), fc.string({ unit: fc.constantFrom(...letters), maxLength: 20 })).map((parts) => parts.join('')),
  );

/** One piece very often, with something at both ends: what makes a careless expression look at everything again and again. */
export const longOf = (...letters: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.string({ unit: fc.constantFrom(...letters), maxLength: 4 }),
      fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 3 }),
      fc.constantFrom(100, 20_000),
      fc.string({ unit: fc.constantFrom(...letters, '!'), maxLength: 2 }),
    )
    .map(([start, piece, times, end]) => `${start}${piece.repeat(times)}${end}`);

/** Not a measurement: far beyond what any parser needs on any machine, far below "for ever". */
const FOR_EVER_MS = 5000;

/** A parser for every text: gives a value or a Failure, and in time. */
export function parses(parse: (text: string) => unknown, letters: readonly string[], usual = 6000): void {
  fc.assert(
    fc.property(textOf(...letters), (text) => {
      orFailure(() => parse(text));
    }),
    cases(usual),
  );
  fc.assert(
    fc.property(longOf(...letters), (text) => {
      const began = performance.now();
      orFailure(() => parse(text));
      const ms = performance.now() - began;
      assert.ok(ms < FOR_EVER_MS, `${ms} ms for ${text.length} characters like ${JSON.stringify(text.slice(0, 20))}`);
    }),
    cases(40),
  );
}
