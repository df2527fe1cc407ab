/** Phpass' portable hashes, as WordPress and phpBB (`$H$`) store them: https://www.openwall.com/phpass/ */
import { hash } from 'node:crypto';
import { cryptBase64, cryptNumber, same } from './base64.ts';
import { between, type Format } from './format.ts';

export const phpass: Format = {
  form: /^\$[PH]\$([./A-Za-z0-9])([./A-Za-z0-9]{8})([./A-Za-z0-9]{22})$/,
  read: ([, log = '', salt = '', hashed = '']) => ({
    inBounds: between(cryptNumber(log), 7, 31),
    effort: 2 ** cryptNumber(log) * 0.001_5,
    fits: (password) => same(cryptBase64(iterated('md5', salt, password, 2 ** cryptNumber(log))), hashed),
  }),
};

/** The digest of salt and password, then `times` over of the digest so far and the password. */
export function iterated(algorithm: 'md5' | 'sha512', salt: string, password: string, times: number): Buffer {
  const first = hash(algorithm, Buffer.from(salt + password), 'buffer');
  const input = Buffer.concat([first, Buffer.from(password)]);
  for (let n = 0; n < times; n++) hash(algorithm, input, 'buffer').copy(input);
  return input.subarray(0, first.length);
}
