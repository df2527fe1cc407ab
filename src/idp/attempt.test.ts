/** Names that a server takes for the same are one name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainName } from './attempt.ts';

const same: readonly string[] = [
  'Ada Lovelace',
  ' ada  lovelace ',
  'ada\tlovelace',
  'ADA\u00a0LOVELACE',
  'a\u00adda lovelace',
  'ada\u200b lovelace\u200d',
  '\uff41da lovelace',
  'ada \u0000lovelace',
  'ad\u180ba \u200e lovelace',
];
for (const name of same) {
  test(`${JSON.stringify(name)} is ada lovelace`, () => assert.equal(plainName(name), 'ada lovelace'));
}

test('other names are others', () => {
  assert.equal(new Set(['ada', 'a da', 'adá', 'ada.', 'ada@example.com'].map(plainName)).size, 5);
});
