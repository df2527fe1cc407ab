/** Drupal 7: phpass with SHA-512, cut to 55 characters (includes/password.inc, DRUPAL_HASH_LENGTH). */
import { cryptBase64, cryptNumber, same } from './base64.ts';
import { between, type Format } from './format.ts';
import { iterated } from './phpass.ts';

const SHOWN = 43;

export const drupal7: Format = {
  form: /^\$S\$([./A-Za-z0-9])([./A-Za-z0-9]{8})([./A-Za-z0-9]{43})$/,
  read: ([, log = '', salt = '', hashed = '']) => {
    const rounds = 2 ** cryptNumber(log);
    return {
      inBounds: between(rounds, 1000, 500_000),
      effort: rounds * 0.002,
      fits: (password) => same(cryptBase64(iterated('sha512', salt, password, rounds)).slice(0, SHOWN), hashed),
    };
  },
};
