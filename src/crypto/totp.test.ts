import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32, encodeBase32, newTotpSeed, totpCode, totpStep, totpUri } from './totp.ts';

/** The key of the test vectors: RFC 6238 appendix B, RFC 4226 appendix D. */
const key = Buffer.from('12345678901234567890');
const seed = encodeBase32(key);

/** RFC 6238 appendix B, SHA-1: the last six of its eight digits. */
const byTime: readonly [seconds: number, code: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
];

test('codes are those of RFC 6238, appendix B', () => {
  for (const [seconds, code] of byTime) {
    const step = BigInt(Math.floor(seconds / 30));
    assert.equal(totpCode(key, step), code);
    assert.equal(totpStep(seed, code, null, seconds * 1000), step);
  }
});

test('codes are those of RFC 4226, appendix D', () => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
  assert.deepEqual(
    codes.map((_, count) => totpCode(key, BigInt(count))),
    codes,
  );
});

test('base32 is that of RFC 4648, section 10, without padding', () => {
  const vectors = { f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' };
  for (const [text, encoded] of Object.entries(vectors)) {
    assert.equal(encodeBase32(Buffer.from(text)), encoded);
    assert.equal(decodeBase32(encoded)?.toString(), text);
  }
  assert.equal(decodeBase32('mzxw 6ytb oi======')?.toString(), 'foobar');
  assert.equal(decodeBase32('not base32!'), undefined);
  assert.equal(decodeBase32(''), undefined);
});

test('a code is taken one step early or late, with blanks around it, and never again', () => {
  const at = (steps: number) => totpCode(key, 1000n + BigInt(steps));
  const now = 1000 * 30_000;
  for (const steps of [-1, 0, 1]) assert.equal(totpStep(seed, ` ${at(steps)} `, null, now), 1000n + BigInt(steps));
  for (const steps of [-2, 2]) assert.equal(totpStep(seed, at(steps), null, now), undefined);
  assert.equal(totpStep(seed, at(0), 1000n, now), undefined);
  assert.equal(totpStep(seed, at(1), 1000n, now), 1001n);
  for (const wrong of ['', '12345', '1234567', 'abcdef', 'äöü']) assert.equal(totpStep(seed, wrong, null, now), undefined);
});

test('a new seed has 160 bits, and its address names issuer and account', () => {
  const made = newTotpSeed();
  assert.match(made, /^[A-Z2-7]{32}$/);
  assert.equal(
    totpUri('My Shop', 'grace hopper', made),
    `otpauth://totp/My%20Shop:grace%20hopper?algorithm=SHA1&digits=6&issuer=My%20Shop&period=30&secret=${made}`,
  );
});
