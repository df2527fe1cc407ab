/** One run of MD5: bare in hexadecimal digits, or with a salt before or behind the password (https://github.com/zitadel/passwap, md5plain and md5salted). */
import { hash } from 'node:crypto';
import { same } from './base64.ts';
import type { Format } from './format.ts';

const EFFORT = 0.002;

export const md5Plain: Format = {
  form: /^[0-9A-Fa-f]{32}$/,
  read: ([hashed]) => ({
    inBounds: true,
    effort: EFFORT,
    fits: (password) => same(hash('md5', password), hashed.toLowerCase()),
  }),
};

/** The salt counts as it is written, in base64 or not. */
export const md5Salted: Format = {
  form: /^\$md5salted-(prefix|suffix)\$([^$]+)\$([A-Za-z0-9+/]{22}==)$/,
  read: ([, where, salt = '', hashed = '']) => ({
    inBounds: true,
    effort: EFFORT,
    fits: (password) => same(hash('md5', where === 'prefix' ? salt + password : password + salt, 'base64'), hashed),
  }),
};
