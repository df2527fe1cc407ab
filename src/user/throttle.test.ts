import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSource, configureThrottle, freeFailures, pauseAfter, sourcePause } from './throttle.ts';

configureThrottle({ userFailures: 20, sourceFailures: 300 });

test('the pause doubles from a second to a minute, and begins at the number that would lock where that is lower', () => {
  const pauses = (limit: number, from: number) => Array.from({ length: 9 }, (_, n) => pauseAfter(from + n, limit));
  assert.deepEqual(pauses(0, 19), [0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.deepEqual(pauses(5, 4), [0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.deepEqual(pauses(50, 19), [0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(pauseAfter(100_000, 0), 60);
  assert.deepEqual([freeFailures(0), freeFailures(5), freeFailures(50)], [20, 5, 20]);
});

test('a source with room has no pause; a full one waits until there is room for one more', () => {
  assert.deepEqual([0, 298, 299, 299.5, 300].map(sourcePause), [0, 0, 0, 1, 2]);
});

test('an address of this machine, or none, is not counted; one of IPv4 in IPv6 is that of IPv4', () => {
  const sources = { '192.0.2.7': '192.0.2.7', '::ffff:192.0.2.7': '192.0.2.7', '2001:db8::1': '2001:db8::1' };
  for (const [ip, source] of Object.entries(sources)) assert.equal(addressSource(ip), source);
  for (const ip of [undefined, '', 'nonsense', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.equal(addressSource(ip), undefined);
});
