/** Passwords as the rest of the program sees them. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { configurePasswords, hashPassword, isOutdated, judgeHash, verifyPassword } from './password.ts';

const accept = (...legacy: readonly 'md5'[]) => configurePasswords({ legacy, processes: 1 });
afterEach(() => accept());

const SALT = 'c29tZXNhbHRzb21lc2FsdA';
const HASH = 'A'.repeat(43);
const argon2 = (parameters: string, name = 'argon2id') => `$${name}$v=19$${parameters}$${SALT}$${HASH}`;
const bcrypt = (cost: string) => `$2b$${cost}$abcdefghijklmnopqrstuuM1NmTCB1Wc9MzZ0IYiSbJIE3Z1fsbhG`;

test('a new hash is argon2id, fits its password of 200 characters and no other, and is not outdated', async () => {
  const password = 'ü'.repeat(199);
  const encoded = await hashPassword(`${password}1`);
  assert.match(encoded, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await verifyPassword(encoded, `${password}1`), true);
  assert.equal(await verifyPassword(encoded, `${password}2`), false);
  assert.equal(isOutdated(encoded, password), false);
  assert.equal(judgeHash(encoded), 'fit');
});

/** reference/user-credentials-v2.md 3.4, and what a comparison may take. */
const judged: readonly (readonly [encoded: string, judgement: ReturnType<typeof judgeHash>])[] = [
  [bcrypt('09'), 'costly'],
  [bcrypt('10'), 'fit'],
  [bcrypt('16'), 'fit'],
  [bcrypt('17'), 'costly'],
  [bcrypt('12').replace('2b', '2x'), 'unknown'],
  [argon2('m=8191,t=2,p=1'), 'costly'],
  [argon2('m=8192,t=1,p=1'), 'fit'],
  [argon2('m=524288,t=10,p=16', 'argon2i'), 'fit'],
  [argon2('m=524288,t=11,p=16'), 'costly'],
  [argon2('m=19456,t=2,p=17'), 'costly'],
  [argon2('m=19456,t=2,p=1', 'argon2d'), 'unknown'],
  [`$scrypt$ln=13,r=8,p=1$${SALT}$${HASH}`, 'costly'],
  [`$scrypt$ln=20,r=8,p=1$${SALT}$${HASH}`, 'fit'],
  [`$scrypt$ln=20,r=16,p=1$${SALT}$${HASH}`, 'costly'],
  [`$scrypt$ln=14,r=7,p=1$${SALT}$${HASH}`, 'costly'],
  [`$7$C6..../....SodiumChloride$${HASH}`, 'fit'],
  [`$7$B6..../....SodiumChloride$${HASH}`, 'costly'],
  [`$pbkdf2-sha256$999$${SALT}$${HASH}`, 'costly'],
  [`$pbkdf2$1000$${SALT}$${HASH}`, 'fit'],
  [`$pbkdf2-sha512$10000000$${SALT}$${HASH}`, 'fit'],
  [`$pbkdf2-sha512$10000001$${SALT}$${HASH}`, 'costly'],
  [`$pbkdf2-sha3$1000$${SALT}$${HASH}`, 'unknown'],
  [`$5$rounds=999$salt$${HASH}`, 'costly'],
  [`$5$salt$${HASH}`, 'fit'],
  [`$5$rounds=999999999$salt$${HASH}`, 'costly'],
  [`$6$salt$${HASH}${HASH}`, 'fit'],
  [`$6$salt$${HASH}`, 'unknown'],
  [`$P$512345678${'A'.repeat(22)}`, 'fit'],
  [`$H$412345678${'A'.repeat(22)}`, 'costly'],
  [`$P$T12345678${'A'.repeat(22)}`, 'costly'],
  [`$S$D12345678${HASH}`, 'fit'],
  [`$S$712345678${HASH}`, 'costly'],
  [`$S$H12345678${HASH}`, 'costly'],
  ['$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC', 'unknown'],
  ['', 'unknown'],
];

test('which hashes are taken over', () => {
  for (const [encoded, judgement] of judged) assert.equal(judgeHash(encoded), judgement, encoded);
});

/** All of "password": OpenSSL's `passwd -1 -salt saltsalt`, `md5sum`, and this with a salt. */
const md5 = [
  '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/',
  '5f4dcc3b5aa765d61d8327deb882cf99',
  '$md5salted-suffix$salt$swXK27O85U86pZxk/sAN6g==',
  '$md5salted-prefix$salt$Z6Hgm7H4P1AH3BGcFNZjqg==',
];

test('hashes made with MD5 are taken and compared only where the operator asked for it', async () => {
  for (const encoded of md5) {
    accept();
    assert.equal(judgeHash(encoded), 'unknown', encoded);
    await assert.rejects(verifyPassword(encoded, 'password'), /KEYWARD_LEGACY_HASHES names md5/);
    accept('md5');
    assert.equal(judgeHash(encoded), 'fit', encoded);
    assert.equal(await verifyPassword(encoded, 'password'), true, encoded);
    assert.equal(await verifyPassword(encoded, 'Password'), false, encoded);
  }
});

test('other formats and weaker parameters are outdated, stronger ones are not', () => {
  for (const old of [bcrypt('16'), argon2('m=8192,t=1,p=1'), argon2('m=524288,t=10,p=1', 'argon2i'), `$5$salt$${HASH}`, ...md5])
    assert.equal(isOutdated(old, 'Password1!'), true, old);
  for (const strong of [argon2('m=19456,t=2,p=1'), argon2('m=65536,t=3,p=4'), argon2('m=47104,t=1,p=1')])
    assert.equal(isOutdated(strong, 'Password1!'), false, strong);
});

test('bcrypt looks at 72 bytes, so that a longer password is not hashed anew from what was typed', async () => {
  const known = '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';
  const password = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  for (const rest of ['', 'chars after 72 are ignored', 'others'])
    assert.equal(await verifyPassword(known, password + rest), true, 'crypt_blowfish 1.3, wrapper.c');
  assert.equal(isOutdated(known, password), true);
  assert.equal(isOutdated(known, `${password}!`), false);
});
