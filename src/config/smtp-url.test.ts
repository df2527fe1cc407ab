import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSmtpUrl, type SmtpAddress } from './smtp-url.ts';

const plain: SmtpAddress = { host: 'mail.example.com', port: 587, secure: false, tls: 'required', caFile: undefined, login: undefined };

test('the URL of a mail server: ports, TLS and login', () => {
  const cases: Readonly<Record<string, Partial<SmtpAddress>>> = {
    'smtp://mail.example.com': {},
    'smtp://mail.example.com:25?tls=none': { port: 25, tls: 'none' },
    'smtps://mail.example.com': { port: 465, secure: true },
    'smtp://a%40b:p%2Fw@mail.example.com/?tls=optional&ca=/etc/ca.pem': {
      tls: 'optional',
      caFile: '/etc/ca.pem',
      login: { user: 'a@b', password: 'p/w' },
    },
    'smtp://localhost': { host: 'localhost', tls: 'optional' },
    'smtp://127.0.0.1:1025': { host: '127.0.0.1', port: 1025, tls: 'optional' },
    'smtp://[::1]:1025': { host: '::1', port: 1025, tls: 'optional' },
  };
  for (const [url, parts] of Object.entries(cases)) assert.deepEqual(parseSmtpUrl(url).address, { ...plain, ...parts }, url);
});

test('what is no such URL is told', () => {
  for (const url of [
    'mail.example.com',
    'http://mail.example.com',
    'smtp://',
    'smtp://h/path',
    'smtp://h?tls=maybe',
    'smtp://h?tsl=none',
    'smtp://%ff:x@h',
  ])
    assert.match(parseSmtpUrl(url).problem ?? '', /smtp:\/\/user:password@host/, url);
});
