/** Bcrypt. All three prefixes name the same algorithm: they tell hashes from those of old implementations with mistakes. */
import { verifySync } from '@node-rs/bcrypt';
import { between, type Format } from './format.ts';

export const bcrypt: Format = {
  form: /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/,
  read: ([encoded, cost]) => ({
    inBounds: between(cost, 10, 16),
    effort: 2 ** Number(cost) * 0.06,
    fits: (password) => verifySync(password, encoded),
  }),
};

/** What follows these bytes of a password plays no part in its hash. */
export const BCRYPT_BYTES = 72;
