/** Mail travels under TLS: what the URL of the mail server asks for is kept, whoever answers there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { parseSmtpUrl } from '../../src/config/smtp-url.ts';
import { render } from '../../src/notification/render.ts';
import { smtpChannel } from '../../src/notification/smtp.ts';

const openssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
})();
const skip = !openssl && 'there is no openssl to make a certificate with';

const folder = mkdtempSync(join(tmpdir(), 'keyward-mail-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
if (openssl) {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    ...subject,
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
}

interface Session {
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** A server that notes how mails came; gives its port. */
async function server(options: SMTPServerOptions, came: Session[]): Promise<number> {
  const made = new SMTPServer({
    authOptional: true,
    ...(openssl ? { key: readFileSync(keyFile), cert: readFileSync(certFile) } : {}),
    closeTimeout: 100,
    onAuth: ({ username, password }, _, answer) =>
      password === 'right/word' ? answer(null, { user: username }) : answer(new Error('wrong password')),
    onData(stream, { secure, user }, answer) {
      void buffer(stream).then(() => {
        came.push({ secure, user: user as string | undefined }); // what onAuth gave
        answer();
      });
    },
    ...options,
  });
  made.on('error', () => undefined); // a client that does not trust the certificate
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  after(() => new Promise<void>((resolve) => made.close(() => resolve())));
  return (made.server.address() as AddressInfo).port; // of a TCP server that listens
}

const message = render(
  {
    id: '00000000-0000-4000-8000-000000000000',
    instanceId: 'i',
    userId: 'u',
    orgId: 'o',
    kind: 'password-changed',
    channel: 'mail',
    recipient: 'ada@example.com',
    language: 'en',
    code: undefined,
    data: { name: 'Ada', username: 'ada' },
    createdAt: new Date(),
  },
  'https://id.example.com',
);

function send(url: string): Promise<void> {
  const { address, problem } = parseSmtpUrl(url);
  if (!address) throw new Error(problem);
  return smtpChannel(address, 'no-reply@example.com').send(message, AbortSignal.timeout(20_000));
}

test('smtps and STARTTLS are spoken with a server whose certificate is trusted, and the login goes inside', { skip }, async () => {
  const came: Session[] = [];
  const [secure, starting] = [await server({ secure: true }, came), await server({}, came)];
  await send(`smtps://ada:right%2Fword@localhost:${secure}?ca=${certFile}`);
  await send(`smtp://ada:right%2Fword@localhost:${starting}?ca=${certFile}&tls=required`);
  assert.deepEqual(came, [
    { secure: true, user: 'ada' },
    { secure: true, user: 'ada' },
  ]);
});

test('nothing is sent to a server with an unknown certificate, nor with a wrong password, nor without TLS where it is required', {
  skip,
}, async () => {
  const came: Session[] = [];
  const [secure, starting, plain] = [
    await server({ secure: true }, came),
    await server({}, came),
    await server({ disabledCommands: ['STARTTLS'] }, came),
  ];
  await assert.rejects(send(`smtps://localhost:${secure}`), /self-signed certificate/);
  await assert.rejects(send(`smtp://localhost:${starting}`), /self-signed certificate/);
  await assert.rejects(send(`smtp://ada:wrong@localhost:${starting}?ca=${certFile}`), /wrong password/);
  await assert.rejects(send(`smtp://localhost:${plain}?tls=required`), /STARTTLS/i);
  assert.deepEqual(came, []);
  await send(`smtp://localhost:${plain}`);
  assert.deepEqual(came, [{ secure: false, user: undefined }]);
});
