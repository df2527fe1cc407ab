/** `/docs` on a node, and the same as files: who gets it, with which headers, and that it loads nothing from elsewhere. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startCluster } from '../support/node.ts';
import { entries, services } from './catalog.ts';

const cluster = await startCluster(1, { KEYWARD_EXTERNAL_DOMAIN: 'localhost' });
const { port } = cluster.nodes[0];
const origin = `http://localhost:${port}`;
const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(`${origin}${path}`, { headers, redirect: 'manual' });

/** `fetch` does not let a caller choose the host. */
const statusOn = (host: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    httpGet({ port, path, headers: { host } }, (response) => resolve(response.resume().statusCode)).once('error', reject);
  });

/** What a page refers to. */
const references = (html: string): readonly string[] =>
  [...html.matchAll(/\s(?:href|src|action|srcset|poster)="([^"]*)"/g)].map(([, to = '']) => to);

function assertStrict(html: string, name: string): void {
  assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<style|javascript:/i, name);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/i, name);
  for (const to of references(html)) assert.match(to, /^(?:\/docs(?:[/?#]|$)|#|data:,$|(?:\.\.\/)?[\w./]+$)/, `${name} refers to ${to}`);
}

describe('/docs', () => {
  it('needs no token, and comes with a strict policy', async () => {
    const response = await get('/docs');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(
      response.headers.get('content-security-policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    assertStrict(await response.text(), '/docs');
  });

  it('leads to a page for every call, each whole and without anything from elsewhere', async () => {
    const listed = new Set(references(await (await get('/docs')).text()));
    for (const { packageName, method, title, permission } of entries) {
      const path = `/docs/${packageName}/${method.name}`;
      assert.ok(listed.has(path), path);
      const html = await (await get(path)).text();
      assertStrict(html, path);
      assert.ok(html.includes(`<h1>${title}</h1>`), path);
      assert.ok(html.includes(permission.short.split(' or ')[0]!) || permission.short.length < 10, path);
      assert.ok(html.includes(method.path.slice(1).split('/')[1]!), path);
    }
  });

  it('speaks of the host that serves it, in pages, samples and documents', async () => {
    for (const path of ['/docs', '/docs/user.v2', '/docs/user.v2/DeactivateUser', '/docs/project.v2/CreateProject', '/docs/openapi.json']) {
      const text = await (await get(path)).text();
      assert.doesNotMatch(text, /custom-domain\.example|59999|\$CUSTOM-DOMAIN/, path);
      if (path !== '/docs/user.v2') assert.ok(text.includes(origin), path);
    }
    const sample = await (await get('/docs/user.v2/DeactivateUser')).text();
    assert.ok(sample.includes(`&#39;localhost:${port}&#39;`), 'grpcurl');
  });

  it('gives OpenAPI documents: of all calls, and of each service', async () => {
    const whole = (await (await get('/docs/openapi.json')).json()) as { servers: unknown };
    assert.deepEqual(whole.servers, [{ url: origin }]);
    for (const { typeName } of services) {
      const response = await get(`/docs/openapi/${typeName}.json`);
      assert.equal(response.headers.get('content-type'), 'application/json');
      assert.equal(((await response.json()) as { openapi: string }).openapi, '3.1.0');
    }
  });

  it('is asked for again without being sent again', async () => {
    const etag = (await get('/docs/user.v2')).headers.get('etag') ?? '';
    const again = await get('/docs/user.v2', { 'if-none-match': etag });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.equal((await get('/docs/session.v2', { 'if-none-match': etag })).status, 200);
  });

  it('is the same packed and unpacked', async () => {
    const plain = await get('/docs/user.v2', { 'accept-encoding': 'identity' });
    const packed = await get('/docs/user.v2', { 'accept-encoding': 'gzip' });
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.equal(await packed.text(), await plain.text());
  });

  it('has nothing of another name, and nothing outside of itself', async () => {
    for (const path of [
      '/docs/nothing',
      '/docs/user.v2/NoSuchCall',
      '/docs/assets/client.ts',
      '/docs/openapi/..%2f..%2fpackage.json',
      '/docs/%2e%2e/%2e%2e/package.json',
    ])
      assert.notEqual((await get(path)).status, 200, path);
    assert.equal((await fetch(`${origin}/docs`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`${origin}/docs`, { method: 'HEAD' })).status, 200);
  });

  it('is nothing on a host that leads to no instance, as discovery', async () => {
    const discovery = await statusOn('nowhere.example', '/.well-known/openid-configuration');
    assert.equal(await statusOn('nowhere.example', '/docs'), discovery);
    assert.equal(discovery, 404);
  });
});

describe('keyward docs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-docs-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const main = join(import.meta.dirname, '../../src/main.ts');
  const run = (...args: readonly string[]) => spawnSync(process.execPath, [main, 'docs', ...args], { encoding: 'utf8' });

  it('writes pages whose links lead to one another, for any web server', () => {
    const { status, stdout } = run('--out', folder, '--origin', 'https://auth.example.com');
    assert.equal(status, 0);
    assert.match(stdout, /^\d+ files are written/);
    const pages = globSync('**/*.html', { cwd: folder });
    assert.equal(pages.length, 1 + services.length + entries.length);
    for (const name of pages) {
      const html = readFileSync(join(folder, name), 'utf8');
      assertStrict(html, name);
      for (const to of references(html))
        if (!/^(?:#|data:)/.test(to)) assert.ok(existsSync(join(folder, dirname(name), to)), `${name} refers to ${to}`);
    }
    assert.ok(readFileSync(join(folder, 'user.v2/DeactivateUser.html'), 'utf8').includes('https://auth.example.com'));
  });

  it('keeps the placeholder where no origin is given, and says what is no origin', () => {
    assert.equal(run('--out', folder).status, 0);
    const html = readFileSync(join(folder, 'user.v2/DeactivateUser.html'), 'utf8');
    assert.ok(html.includes('https://$CUSTOM-DOMAIN'));
    assert.doesNotMatch(html, /data-try/);
    const refused = run('--out', folder, '--origin', 'auth.example.com');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^keyward: --origin: expected an origin/);
  });
});
