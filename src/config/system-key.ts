/** The PEM text of a system user's key, from wherever the configuration has it. A file is read each time: it may be replaced while the server runs. */
import { readFileSync } from 'node:fs';
import type { SystemUserSetting } from './kinds.ts';

export function systemKeyPem({ keyData, path }: SystemUserSetting): string {
  return path === undefined ? Buffer.from(keyData ?? '', 'base64').toString() : readFileSync(path, 'utf8');
}
