/** Scrypt (RFC 7914): passlib's PHC form, which ZITADEL also takes with the name `7`, and the `$7$` of crypt(3). */
import { scryptSync } from 'node:crypto';
import { cryptBase64, cryptNumber, fromBase64, same } from './base64.ts';
import { between, type Format, type Stored } from './format.ts';

/** https://passlib.readthedocs.io/en/stable/lib/passlib.hash.scrypt.html */
export const scrypt: Format = {
  form: /^\$(?:scrypt|7)\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/=.]*)\$([A-Za-z0-9+/=.]{22,})$/,
  read: ([, ln, r, p, salt = '', hash = '']) => {
    const expected = fromBase64(hash);
    return stored(Number(ln), Number(r), Number(p), (password, cost) =>
      same(scryptSync(password, fromBase64(salt), expected.length, cost), expected),
    );
  },
};

/** crypt(5): one character for the logarithm of N, five each for r and p, then the salt as text. */
export const scryptOfCrypt: Format = {
  form: /^\$7\$([./A-Za-z0-9])([./A-Za-z0-9]{5})([./A-Za-z0-9]{5})([./A-Za-z0-9]*)\$([./A-Za-z0-9]{43})$/,
  read: ([, ln = '', r = '', p = '', salt = '', hash = '']) =>
    stored(cryptNumber(ln), cryptNumber(r), cryptNumber(p), (password, cost) =>
      same(cryptBase64(scryptSync(password, salt, 32, cost)), hash),
    ),
};

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly maxmem: number;
}

/** Beyond the reference's bounds, which alone would allow 4 GiB for one comparison. */
const MOST_BYTES = 2 ** 30;

function stored(ln: number, r: number, p: number, fits: (password: string, cost: Cost) => boolean): Stored {
  const N = 2 ** ln;
  const inBounds = between(ln, 14, 20) && between(r, 8, 32) && between(p, 1, 16) && 128 * N * r <= MOST_BYTES;
  const maxmem = 128 * r * (N + p + 2); // section 6: N blocks of 128 r bytes for ROMix, p for its input; two to work on
  return { inBounds, effort: N * r * p * 0.000_4, fits: (password) => fits(password, { N, r, p, maxmem }) };
}
