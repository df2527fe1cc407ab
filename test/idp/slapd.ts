/** An LDAP server for tests: Debian's slapd in a folder of its own, with two people; undefined where it is not installed. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/node.ts';

const SLAPD = ['/usr/sbin/slapd', '/usr/local/libexec/slapd', '/usr/lib/openldap/slapd'].find((path) => existsSync(path));
const SCHEMAS = ['/etc/ldap/schema', '/etc/openldap/schema'].find((path) => existsSync(path));
const MODULES = ['/usr/lib/ldap', '/usr/lib/openldap/modules'].find((path) => existsSync(path));

export const BASE = 'dc=example,dc=com';
export const READER = { bindDn: `cn=reader,${BASE}`, bindPassword: 'the password of the reader' };

const ldif = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=ada,${BASE}
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
givenName: Ada
mail: ada@example.com
telephoneNumber: +41791234567
preferredLanguage: en-GB
userPassword: ada's secret

dn: uid=twin,${BASE}
objectClass: inetOrgPerson
uid: twin
cn: One
sn: Twin
mail: twins@example.com
userPassword: secret

dn: uid=twin2,${BASE}
objectClass: inetOrgPerson
uid: twin2
cn: Two
sn: Twin
mail: twins@example.com
userPassword: secret
`;

export interface Slapd {
  readonly plain: string;
  /** Under TLS, with the certificate of the authority that it comes from. */
  readonly secure: string;
  readonly ca: string;
}

export async function startSlapd(certified: { readonly certificate: string; readonly privateKey: string }): Promise<Slapd | undefined> {
  if (SLAPD === undefined || SCHEMAS === undefined) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'keyward-slapd-'));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const path = (name: string) => join(dir, name);
  mkdirSync(path('data'));
  writeFileSync(path('cert.pem'), certified.certificate);
  writeFileSync(path('key.pem'), certified.privateKey, { mode: 0o600 });
  writeFileSync(path('people.ldif'), ldif);
  writeFileSync(
    path('slapd.conf'),
    [
      ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${SCHEMAS}/${name}.schema`),
      ...(MODULES === undefined ? [] : [`modulepath ${MODULES}`, 'moduleload back_mdb']),
      `pidfile ${path('pid')}`,
      `TLSCertificateFile ${path('cert.pem')}`,
      `TLSCertificateKeyFile ${path('key.pem')}`,
      'database mdb',
      `suffix "${BASE}"`,
      `rootdn "${READER.bindDn}"`,
      `rootpw "${READER.bindPassword}"`,
      `directory ${path('data')}`,
      '',
    ].join('\n'),
  );
  execFileSync(SLAPD, ['-T', 'add', '-f', path('slapd.conf'), '-l', path('people.ldif')], { stdio: 'pipe' });
  const [port, securePort] = [await freePort(), await freePort()];
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${securePort}`;
  const child = spawn(SLAPD, ['-d', '0', '-f', path('slapd.conf'), '-h', urls], { stdio: 'ignore' });
  after(() => child.kill());
  await listening(port);
  return { plain: `ldap://localhost:${port}`, secure: `ldaps://localhost:${securePort}`, ca: certified.certificate };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('close', () => undefined).unref();
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await pause(50); // a program that does not say when it is ready
  }
  throw new Error('slapd does not listen');
}
