import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CannotDecrypt, Masterkey } from './masterkey.ts';

const key = new Masterkey(randomBytes(32));

test('a secret comes back under the same key in the same place', () => {
  assert.equal(key.decrypt(key.encrypt('seed', 'totp/1/2'), 'totp/1/2').toString(), 'seed');
});

test('the same secret is never encrypted alike twice', () => {
  assert.notDeepEqual(key.encrypt('seed', 'totp/1/2'), key.encrypt('seed', 'totp/1/2'));
});

test('another key, another place and every changed byte are refused', () => {
  const sealed = key.encrypt('seed', 'totp/1/2');
  assert.throws(() => new Masterkey(randomBytes(32)).decrypt(sealed, 'totp/1/2'), CannotDecrypt);
  assert.throws(() => key.decrypt(sealed, 'totp/1/3'), CannotDecrypt);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    assert.throws(() => key.decrypt(changed, 'totp/1/2'), CannotDecrypt);
    assert.throws(() => key.decrypt(sealed.subarray(0, at), 'totp/1/2'), CannotDecrypt);
  }
});

test('a key of another length is no master key', () => {
  assert.throws(() => new Masterkey(randomBytes(31)), /32 bytes/);
});
