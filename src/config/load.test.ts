import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CannotStart } from '../failure/cannot-start.ts';
import { type Layers, loadConfig, mistakeLines, readConfig, unknownVariables } from './load.ts';

const read = (layers: Partial<Layers>) => readConfig({ environment: {}, flags: {}, ...layers });
const folder = mkdtempSync(join(tmpdir(), 'keyward-config-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('without any setting the defaults stand', () => {
  const config = loadConfig({ environment: {}, flags: {} });
  assert.equal(config.port, 8080);
  assert.deepEqual(config.host, ['127.0.0.1', '::1']);
  assert.deepEqual(config.trustedProxies, []);
  assert.equal(config.externalDomain, undefined);
  assert.equal(config.externalPort, 8080);
  assert.equal(config.externalSecure, false);
});

test('flags win over the environment, the environment over the file, the file over the defaults', () => {
  const configFile = file('layers.json', JSON.stringify({ port: 1001, workers: 2, logLevel: 'warn', trustedProxies: ['10.0.0.0/8'] }));
  const { config } = read({ configFile, environment: { KEYWARD_PORT: '1002', KEYWARD_WORKERS: '3' }, flags: { port: '1003' } });
  assert.equal(config?.port, 1003);
  assert.equal(config?.workers, 3);
  assert.equal(config?.logLevel, 'warn');
  assert.deepEqual(config?.trustedProxies, ['10.0.0.0/8']);
  assert.equal(config?.shutdownSeconds, 20);
});

test('KEYWARD_CONFIG names the file too, and an empty variable counts as not set', () => {
  const { config } = read({ environment: { KEYWARD_CONFIG: file('named.json', '{"port": 1001}'), KEYWARD_PORT: '' } });
  assert.equal(config?.port, 1001);
});

test('every mistake is listed at once, with name, given and expected', () => {
  const configFile = file('wrong.json', JSON.stringify({ workers: 'many', prot: 80 }));
  const { config, mistakes } = read({
    configFile,
    environment: { KEYWARD_PORT: '99999', KEYWARD_HOST: 'nowhere', KEYWARD_DATABASE_POOLED: 'yes', KEYWARD_TRUSTED_PROXIES: '10.0.0.0/40' },
    flags: { logLevel: 'loud' },
  });
  assert.equal(config, undefined);
  const lines = mistakeLines(mistakes);
  assert.match(lines, /^7 settings are wrong:\n/);
  assert.match(lines, /KEYWARD_PORT: given "99999", expected a whole number from 1 to 65535/);
  assert.match(lines, /workers \(in .*wrong\.json\): given "many", expected a whole number/);
  assert.match(lines, /prot \(in .*wrong\.json\): given an unknown name, expected one of dataDir, /);
  assert.match(lines, /--log-level: given "loud", expected one of trace, /);
  assert.throws(
    () => loadConfig({ configFile, environment: {}, flags: {} }),
    (error) => error instanceof CannotStart && error.exitCode === 78,
  );
});

test('no secret is shown, whatever is wrong with it', () => {
  const lines = mistakeLines(
    read({ environment: { KEYWARD_MASTERKEY: 'hunter2', KEYWARD_DATABASE_URL: 'postgres://u:hunter2@db.example.com/k?sslmode=maybe' } })
      .mistakes,
  );
  assert.doesNotMatch(lines, /hunter2/);
  assert.match(lines, /KEYWARD_MASTERKEY: given 7 bytes \(not shown\), expected exactly 32 bytes/);
  assert.match(lines, /postgres:\/\/u:\*\*\*@db\.example\.com/);
  for (const url of [
    'postgres://u:p@hunter2@h/d?x=1',
    'postgres:/u:hunter2@h',
    'mysql://u:hunter2@h',
    'postgres://h/d?password=hunter2&sslmode=maybe',
  ]) {
    assert.doesNotMatch(mistakeLines(read({ environment: { KEYWARD_DATABASE_URL: url } }).mistakes), /hunter2/);
  }
});

test('a master key has 32 bytes; one newline behind it is not part of it', () => {
  const key = '0123456789abcdef0123456789abcdef';
  for (const given of [key, `${key}\n`, `${key}\r\n`]) {
    assert.equal(read({ environment: { KEYWARD_MASTERKEY: given } }).config?.masterkey?.toString(), key);
    assert.equal(read({ environment: { KEYWARD_MASTERKEY_FILE: file('key', given) } }).config?.masterkey?.toString(), key);
  }
  const bytes = Buffer.alloc(32, 0xff);
  assert.deepEqual(read({ environment: { KEYWARD_MASTERKEY_FILE: file('bytes', bytes) } }).config?.masterkey, bytes);
  const short = mistakeLines(read({ environment: { KEYWARD_MASTERKEY_FILE: file('short', 'abc') } }).mistakes);
  assert.match(short, /a file of exactly 32 bytes \(it has 3\)/);
  const both = mistakeLines(read({ environment: { KEYWARD_MASTERKEY: key, KEYWARD_MASTERKEY_FILE: file('key', key) } }).mistakes);
  assert.match(both, /only one of/);
});

test('a certificate needs its key', () => {
  const lines = mistakeLines(read({ environment: { KEYWARD_TLS_CERT_FILE: file('cert.pem', 'x') } }).mistakes);
  assert.match(lines, /KEYWARD_TLS_KEY_FILE: given nothing, expected the key/);
});

test('the external domain is a host that URLs and certificates can have', () => {
  assert.equal(read({ environment: { KEYWARD_EXTERNAL_DOMAIN: 'ID.example.com' } }).config?.externalDomain, 'id.example.com');
  for (const given of ['my_id.example.com', 'https://id.example.com', 'id.example.com:443', '-id.example.com', 'id..example.com'])
    assert.match(mistakeLines(read({ environment: { KEYWARD_EXTERNAL_DOMAIN: given } }).mistakes), /expected a domain name such as/, given);
});

test('localhost stands for both loopback addresses', () => {
  assert.deepEqual(read({ environment: { KEYWARD_HOST: 'localhost, 192.0.2.1' } }).config?.host, ['127.0.0.1', '::1', '192.0.2.1']);
});

test('unknown variables of our name are told, since a misspelt one would go unnoticed', () => {
  assert.deepEqual(unknownVariables({ KEYWARD_PROT: '1', KEYWARD_PORT: '1', KEYWARD_CONFIG: 'x', KEYWARD_TEST_SERVER: 'x', PATH: '' }), [
    'KEYWARD_PROT',
  ]);
});

test('system users have a public RSA key and memberships; without any they are SYSTEM_OWNER', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keyData = Buffer.from(pem).toString('base64');
  const given = (users: unknown) =>
    read({ environment: { KEYWARD_SYSTEM_USERS: typeof users === 'string' ? users : JSON.stringify(users) } });
  const memberships = [{ memberType: 'IAM', aggregateId: '1', roles: ['IAM_OWNER'] }];
  const { config } = given({ plain: { path: file('public.pem', pem) }, member: { keyData, memberships } });
  assert.deepEqual(config?.systemUsers.plain?.memberships, [{ memberType: 'System', aggregateId: '', roles: ['SYSTEM_OWNER'] }]);
  assert.deepEqual(config?.systemUsers.member?.memberships, memberships);

  const secret = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })).toString('base64');
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
  const wrong = {
    'for "a" a public RSA key in PEM \\(it is a private key\\)': { a: { keyData: secret } },
    'for "a" a public RSA key in PEM \\(it is a key of type ec\\)': { a: { keyData: Buffer.from(elliptic).toString('base64') } },
    'for "a" a public RSA key in PEM \\(there is none\\)': { a: { path: join(folder, 'nowhere.pem') } },
    '"memberType": "System", "IAM" or "Organization"': {
      a: { keyData, memberships: [{ memberType: 'Project', aggregateId: '1', roles: [] }] },
    },
    '"aggregateId": "<id>"': { a: { keyData, memberships: [{ memberType: 'IAM', roles: [] }] } },
    '"keyData": "<PEM in base64>" or "path"': { a: { keyData, path: 'x' } },
    '{"<name>": ': 'no JSON',
  };
  for (const [expected, users] of Object.entries(wrong)) {
    const lines = mistakeLines(given(users).mistakes);
    assert.match(lines, new RegExp(`KEYWARD_SYSTEM_USERS: given .* \\(not shown\\), expected .*${expected}`));
    assert.ok(!lines.includes(secret.slice(0, 40)));
  }
});
