/** A system user for tests: his key, the setting that names him, and his tokens. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';

export interface Membership {
  readonly memberType: 'System' | 'IAM' | 'Organization';
  readonly aggregateId?: string;
  readonly roles: readonly string[];
}

/** The external origin of every node here (KEYWARD_EXTERNAL_PORT), as in the tests of others. */
export const AUDIENCE = 'http://localhost:8082';

export const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const keyData = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })).toString('base64');

/** Settings of a node that knows these system users, all with the one key. Without memberships: what is the default. */
export function knowing(users: Readonly<Record<string, readonly Membership[] | undefined>>): Readonly<Record<string, string>> {
  const settings = Object.entries(users).map(([name, memberships]) => [name, { keyData, ...(memberships && { memberships }) }]);
  return {
    KEYWARD_SYSTEM_USERS: JSON.stringify(Object.fromEntries(settings)),
    KEYWARD_EXTERNAL_DOMAIN: 'localhost',
    KEYWARD_EXTERNAL_PORT: '8082',
  };
}

export const TESTER: readonly Membership[] = [{ memberType: 'System', roles: ['SYSTEM_OWNER', 'IAM_OWNER', 'ORG_OWNER'] }];

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A token of this system user; `claims` replace those of a good one, `undefined` leaves one out. */
export function tokenOf(
  name: string,
  claims: Readonly<Record<string, unknown>> = {},
  { key = privateKey, alg = 'RS256' }: { key?: KeyObject | Uint8Array; alg?: string } = {},
): Promise<string> {
  const payload = { iss: name, sub: name, aud: [AUDIENCE], iat: seconds(), exp: seconds() + 3600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
}

export const inSeconds = (n: number): number => seconds() + n;

export const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
})();

/** Writes a certificate of `privateKey` that is valid from 2020 to this moment (`YYYYMMDDhhmmssZ`); `folder` is for what openssl needs. */
export function certify(path: string, to: string, folder: string): void {
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const key = file('key.pem', privatePem);
  const request = join(folder, 'request.pem');
  const config = file(
    'ca.cnf',
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index.txt', '')}\nserial=${file('serial', '01\n')}\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
  );
  execFileSync('openssl', ['req', '-new', '-key', key, '-subj', '/CN=tester', '-out', request]);
  const dates = ['-startdate', '20200101000000Z', '-enddate', to];
  execFileSync(
    'openssl',
    ['ca', '-batch', '-notext', '-config', config, '-selfsign', '-keyfile', key, '-in', request, ...dates, '-out', path],
    {
      stdio: 'ignore',
    },
  );
}
