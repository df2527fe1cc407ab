/** A page on another origin, in Chromium: calls with the stock web client, preflights, and what the browser lets the page read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { deactivatesAsDocumented, refusals } from '../clients/deactivate.ts';
import { startKeyward } from '../clients/keyward.ts';
import { noChromium, startChromium } from './chromium.ts';
import type { Way } from './page.ts';
import { startSite } from './site.ts';

if (noChromium === undefined) await inChromium();
else describe('Chromium', { skip: noChromium }, () => {});

async function inChromium(): Promise<void> {
  const [keyward, site, browser] = await Promise.all([startKeyward(), startSite(), startChromium()]);
  const page = await browser.newPage();
  await page.goto(site);
  await page.evaluate(async (module) => void (await import(module)), '/test/browser/page.ts');
  const deactivate = (way: Way, userId: string, token?: string) =>
    page.evaluate(([way, userId, token]) => window.deactivate(way, userId, token), [way, userId, token] as const);

  for (const protocol of ['Connect', 'gRPC-Web'] as const)
    for (const format of ['protobuf', 'JSON'] as const) {
      const name = `@connectrpc/connect-web in Chromium, across origins, ${protocol} with ${format}`;
      deactivatesAsDocumented(name, keyward, (userId, token) => deactivate({ protocol, format, baseUrl: keyward.url }, userId, token));
    }

  describe('Chromium, on a page of another origin', () => {
    for (const protocol of ['Connect', 'gRPC-Web'] as const)
      it(`sends a preflight before a call over ${protocol}, and lets the page read the refusal`, async () => {
        const seen = await preflights(page);
        assert.deepEqual(await deactivate({ protocol, format: 'protobuf', baseUrl: keyward.url }, '4711', keyward.owner), refusals.unknown);
        assert.deepEqual(await seen(), [`204 ${keyward.url}/zitadel.user.v2.UserService/DeactivateUser`]);
      });

    it('lets the page read status and body over REST, also with credentials', async () => {
      const { status, body } = await post(page, `${keyward.url}/v2/users/4711/deactivate`, {
        credentials: 'include',
        headers: { authorization: `Bearer ${keyward.owner}` },
      });
      assert.equal(status, 404);
      assert.equal(JSON.parse(body).details[0].id, refusals.unknown.detail?.id);
    });

    it('is not let through with a header that the server does not know', async () => {
      const headers = { authorization: `Bearer ${keyward.owner}`, 'x-other': '1' };
      await assert.rejects(post(page, `${keyward.url}/v2/users/4711/deactivate`, { headers }), /Failed to fetch/);
    });

    it('keeps answers without permission from the page, so that the tests above say something', async () => {
      const other = await startSite();
      await assert.rejects(post(page, other, {}), /Failed to fetch/);
      assert.equal((await post(page, site, {})).status, 200);
    });
  });
}

const post = (page: Page, url: string, init: Pick<RequestInit, 'credentials' | 'headers'>): Promise<{ status: number; body: string }> =>
  page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, { method: 'POST', ...init });
      return { status: response.status, body: await response.text() };
    },
    [url, init] as const,
  );

/** Begins to watch; the function gives the status and address of every preflight since. */
async function preflights(page: Page): Promise<() => Promise<string[]>> {
  const devtools = await page.context().newCDPSession(page);
  const seen: string[] = [];
  devtools.on('Network.responseReceived', ({ type, response: { status, url } }) => {
    if (type === 'Preflight') seen.push(`${status} ${url}`);
  });
  await devtools.send('Network.enable');
  return async () => {
    await devtools.detach();
    return seen;
  };
}
