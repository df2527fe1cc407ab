/** The formats of stored passwords that are understood: all that ZITADEL can be told to take (reference/user-credentials-v2.md 3.4). */
import { argon2 } from './argon2.ts';
import { bcrypt } from './bcrypt.ts';
import { drupal7 } from './drupal7.ts';
import type { Format, Stored } from './format.ts';
import { md5Plain, md5Salted } from './md5.ts';
import { md5Crypt } from './md5-crypt.ts';
import { pbkdf2 } from './pbkdf2.ts';
import { phpass } from './phpass.ts';
import { scrypt, scryptOfCrypt } from './scrypt.ts';
import { sha256Crypt, sha512Crypt } from './sha2-crypt.ts';

/** Too weak to be taken unasked: `KEYWARD_LEGACY_HASHES` names them. */
export type Legacy = 'md5';

const FORMATS: readonly { readonly format: Format; readonly legacy?: Legacy }[] = [
  { format: argon2 },
  { format: bcrypt },
  { format: scrypt },
  { format: scryptOfCrypt },
  { format: pbkdf2 },
  { format: sha256Crypt },
  { format: sha512Crypt },
  { format: phpass },
  { format: drupal7 },
  { format: md5Crypt, legacy: 'md5' },
  { format: md5Plain, legacy: 'md5' },
  { format: md5Salted, legacy: 'md5' },
];

/** A hash of one of the formats; undefined where it is of none. */
export function readHash(encoded: string): { readonly stored: Stored; readonly legacy: Legacy | undefined } | undefined {
  for (const { format, legacy } of FORMATS) {
    const match = format.form.exec(encoded);
    if (match) return { stored: format.read(match), legacy };
  }
  return undefined;
}
