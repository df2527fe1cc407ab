/** What the server calls for a client: nothing private unless it is allowed, nothing without end, and no secret that goes to another server. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { fetchOutside, type OutsideOptions, type Trouble } from '../../src/outbound/fetch.ts';
import { Reachable } from '../../src/outbound/networks.ts';

const nothing = new Reachable([]);
const here = new Reachable(['127.0.0.0/8', '::1']);

/** A server on this machine; gives its origin. */
async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server that listens
}

const troubled = (trouble: Trouble) => (error: unknown) => {
  assert.equal((error as { trouble?: unknown }).trouble, trouble);
  return true;
};
const ask = (url: string, options: Partial<OutsideOptions> = {}) => fetchOutside(url, { reachable: here, ...options });

const refused = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.0.0.1/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.31.0.1/',
  'http://192.168.0.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[fe80::1]/',
  'http://[fd00::1]/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'http://localhost:1/',
  'ftp://example.com/',
  'file:///etc/hosts',
  'javascript:1',
  'no address',
];
for (const url of refused) {
  test(`${url} is not called`, async () => {
    await assert.rejects(fetchOutside(url, { reachable: nothing }), troubled('refused'));
  });
}

test('public addresses may be called, private ones where they are allowed', () => {
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1']) assert.equal(nothing.has(address), true, address);
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) assert.equal(here.has(address), true, address);
  for (const address of ['10.0.0.1', '::2', '', 'localhost']) assert.equal(here.has(address), false, address);
});

test('an answer comes as fetch would give it', async () => {
  const origin = await serving((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(418, { 'x-asked': `${request.method} ${request.url} ${request.headers['x-mine']}`, 'set-cookie': ['a=1', 'b=2'] });
      response.end('{"a":1}');
    });
  });
  const response = await ask(`${origin}/path?q=1`, { method: 'POST', headers: { 'x-mine': 'yes' }, body: 'ü' });
  assert.equal(response.status, 418);
  assert.equal(response.headers.get('x-asked'), 'POST /path?q=1 yes');
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual(await response.json(), { a: 1 });
});

test('a name that leads to a private address is called only where that is allowed', async () => {
  const origin = (await serving((_, response) => response.end('here'))).replace('127.0.0.1', 'localhost');
  assert.equal(await (await ask(origin)).text(), 'here');
  await assert.rejects(fetchOutside(origin, { reachable: nothing }), troubled('refused'));
});

test('a redirect is the answer unless it is asked to be followed, and is judged as the first address is', async () => {
  const end = await serving((request, response) => response.end(request.headers.authorization ?? 'nothing'));
  const origin = await serving((request, response) => {
    const to = { '/once': '/end', '/away': end, '/private': 'http://10.0.0.1/', '/round': '/round' }[request.url ?? ''];
    if (to) response.writeHead(302, { location: to }).end();
    else response.end(request.headers.authorization);
  });
  const headers = { authorization: 'Bearer x' };
  assert.equal((await ask(`${origin}/once`)).status, 302);
  assert.equal(await (await ask(`${origin}/once`, { redirects: 1, headers })).text(), 'Bearer x');
  assert.equal(await (await ask(`${origin}/away`, { redirects: 1, headers })).text(), 'nothing');
  assert.equal((await ask(`${origin}/round`, { redirects: 5 })).status, 302);
  await assert.rejects(ask(`${origin}/private`, { redirects: 1 }), troubled('refused'));
});

test('a server that says nothing, or never ends, is not waited for', async () => {
  const silent = await serving(() => undefined);
  const slow = await serving((_, response) => response.write('a'));
  await assert.rejects(ask(silent, { timeoutMs: 50 }), troubled('timeout'));
  await assert.rejects(ask(slow, { timeoutMs: 50 }), troubled('timeout'));
});

test('an answer that is too large, breaks off, or is none fails', async () => {
  const large = await serving((_, response) => response.end(Buffer.alloc(2000)));
  const broken = await serving((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  });
  await assert.rejects(ask(large, { maxBytes: 1999 }), troubled('size'));
  assert.equal((await (await ask(large, { maxBytes: 2000 })).arrayBuffer()).byteLength, 2000);
  await assert.rejects(ask(broken), troubled('failed'));
  await assert.rejects(ask('http://127.0.0.1:1/'), troubled('failed'));
});

test('who waits no more hears his own reason', async () => {
  const silent = await serving(() => undefined);
  const reason = new Error('the call was ended');
  await assert.rejects(ask(silent, { signal: AbortSignal.abort(reason) }), reason);
});
