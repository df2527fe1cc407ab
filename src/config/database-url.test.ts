import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDatabaseUrl } from './database-url.ts';

test('user, password, host, port and database are read, with reserved characters in %-form', () => {
  const { address } = parseDatabaseUrl(
    'postgresql://us%40er:p%2Fw@db.example.com:6543/my%20db?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=7',
  );
  assert.deepEqual(address?.hosts, [{ host: 'db.example.com', port: 6543 }]);
  assert.equal(address?.user, 'us@er');
  assert.equal(address?.password, 'p/w');
  assert.equal(address?.database, 'my db');
  assert.equal(address?.sslMode, 'verify-full');
  assert.equal(address?.sslRootCert, '/ca.pem');
  assert.equal(address?.connectSeconds, 7);
});

test('several hosts, IPv6 addresses and Unix sockets are read', () => {
  assert.deepEqual(parseDatabaseUrl('postgres://a:1,[2001:db8::1]:2,c/d?target_session_attrs=read-write').address?.hosts, [
    { host: 'a', port: 1 },
    { host: '2001:db8::1', port: 2 },
    { host: 'c', port: 5432 },
  ]);
  for (const url of ['postgres://u@/d?host=/run/postgresql', 'postgres://u@%2Frun%2Fpostgresql/d']) {
    assert.equal(parseDatabaseUrl(url).address?.socketDir, '/run/postgresql');
  }
});

test('TLS is tried where nothing is said, as libpq does, and verified with the authorities of the system', () => {
  assert.equal(parseDatabaseUrl('postgres://h/d').address?.sslMode, 'prefer');
  assert.equal(parseDatabaseUrl('postgres://h/d?sslrootcert=system').address?.sslMode, 'verify-full');
});

const wrong = [
  ['postgres://h/d?sslmode=maybe', /sslmode to be one of/],
  ['postgres://h/d?ssl=true', /not ssl$/],
  ['postgres://h:99999/d', /ports from 1 to 65535/],
  ['postgres://u:p@ss@h/d', /reserved characters in %-form/],
  ['postgres://h/d?connect_timeout=soon', /number of seconds/],
  ['postgres://h/d?target_session_attrs=mine', /target_session_attrs/],
] as const;

for (const [url, expected] of wrong) {
  test(`${url} is refused with what is expected`, () => assert.match(parseDatabaseUrl(url).problem ?? '', expected));
}
