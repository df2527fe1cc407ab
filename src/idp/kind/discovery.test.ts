/** What is remembered of providers is bounded, and no provider makes the server forget the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reachable } from '../../outbound/networks.ts';
import type { Context } from './context.ts';
import { discover } from './discovery.ts';

const asked: string[] = [];
const limits = new Set<number | undefined>();
const outside: Context['outside'] = {
  reachable: new Reachable([]),
  fetch: async (url, options) => {
    asked.push(String(url));
    limits.add(options?.maxBytes);
    const issuer = new URL(url).origin;
    return Response.json({ issuer, authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: issuer, other: 'x'.repeat(100) });
  },
};
const issuer = (n: number) => `https://idp${n}.example`;
const times = (n: number) => asked.filter((url) => new URL(url).origin === issuer(n)).length;

test('the oldest of a thousand is forgotten, and no other; more than 64 KiB are not read', async () => {
  for (let n = 0; n < 1000; n++) await discover(outside, issuer(n));
  await discover(outside, issuer(0));
  assert.equal(asked.length, 1000);
  await discover(outside, issuer(1000));
  await discover(outside, issuer(1));
  assert.deepEqual([times(0), times(1), times(999)], [1, 1, 1]);
  await discover(outside, issuer(0));
  assert.equal(times(0), 2);
  assert.deepEqual([...limits], [64 * 1024]);
});
