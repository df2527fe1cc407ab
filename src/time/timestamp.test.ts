import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampFromPg, timestampToPg } from './timestamp.ts';

const rows = [
  ['2026-07-10 09:08:07.123456+00', 1783674487n, 123456000],
  ['2026-07-10 11:08:07.123456+02', 1783674487n, 123456000],
  ['2026-07-10 14:38:07.1+05:30', 1783674487n, 100000000],
  ['2026-07-10 05:38:07-03:30', 1783674487n, 0],
  ['1969-12-31 23:59:59.5+00', -1n, 500000000],
  ['0001-01-01 00:00:00+00', -62135596800n, 0],
  ['9999-12-31 23:59:59.999999+00', 253402300799n, 999999000],
  ['1890-01-01 00:19:32+00:19:32', -2524521600n, 0],
  ['2026-07-10T09:08:07.000001Z', 1783674487n, 1000],
] as const;

for (const [text, seconds, nanos] of rows) {
  test(`${text} keeps its microseconds, whatever the time zone`, () => {
    assert.deepEqual(timestampFromPg(text), { seconds, nanos });
    assert.deepEqual(timestampFromPg(timestampToPg({ seconds, nanos })), { seconds, nanos });
  });
}

test('infinity, and what lies beyond the year 9999, is the last moment that protobuf knows', () => {
  for (const text of ['infinity', '10000-01-01 00:00:00+00', '12026-06-30 12:00:00.5+00']) {
    assert.deepEqual(timestampFromPg(text), { seconds: 253402300799n, nanos: 999_999_999 });
  }
  for (const text of ['-infinity', '0044-03-15 12:00:00+00 BC'])
    assert.deepEqual(timestampFromPg(text), { seconds: -62135596800n, nanos: 0 });
});

test('what is no timestamp is refused', () => {
  assert.throws(() => timestampFromPg('2026-07-10'), /not a timestamp/);
});
