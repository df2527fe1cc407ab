import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { selfSigned } from './certificate.ts';

test('a new certificate holds the key, is signed by it, and is valid now', async () => {
  const { certificate, privateKey } = await selfSigned('idp.example.com');
  const read = new X509Certificate(certificate);
  assert.equal(read.subject, 'CN=idp.example.com');
  assert.equal(read.issuer, read.subject);
  assert.ok(read.verify(read.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(privateKey)));
  assert.ok(read.validFromDate.getTime() <= Date.now() && read.validToDate.getTime() > Date.now() + 9 * 365 * 86_400_000);
  assert.notEqual(new X509Certificate((await selfSigned('idp.example.com')).certificate).serialNumber, read.serialNumber);
});
