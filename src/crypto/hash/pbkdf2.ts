/** PBKDF2 (RFC 8018 section 5.2) in passlib's form: https://passlib.readthedocs.io/en/stable/lib/passlib.hash.pbkdf2_digest.html */
import { pbkdf2Sync } from 'node:crypto';
import { fromBase64, same } from './base64.ts';
import { between, type Format } from './format.ts';

/** Bytes of a digest: a longer hash takes a run of all rounds for each of them that is begun. */
const BLOCK = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

export const pbkdf2: Format = {
  form: /^\$pbkdf2(?:-(sha1|sha224|sha256|sha384|sha512))?\$([1-9]\d*)\$([A-Za-z0-9+/=.]+)\$([A-Za-z0-9+/=.]{22,})$/,
  read: ([, digest = 'sha1', rounds, salt = '', hash = '']) => {
    const expected = fromBase64(hash);
    const runs = Math.ceil(expected.length / BLOCK[digest as keyof typeof BLOCK]); // the form knows no other digest
    return {
      inBounds: between(rounds, 1000, 10_000_000),
      effort: Number(rounds) * runs * 0.000_4,
      fits: (password) => same(pbkdf2Sync(password, fromBase64(salt), Number(rounds), expected.length, digest), expected),
    };
  },
};
