/** The reference page in Chromium: what a person sees, reaches by keyboard, and can try. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { noChromium, startChromium } from '../browser/chromium.ts';
import { startKeyward } from '../clients/keyward.ts';

const pages = [
  '/docs',
  '/docs/user.v2',
  '/docs/user.v2/DeactivateUser',
  '/docs/user.v2/CreateUser',
  '/docs/settings.v2/GetLoginSettings',
  '/docs/admin.v1/Healthz',
];
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const schemes = ['light', 'dark'] as const;

if (noChromium === undefined) await inChromium();
else describe('Chromium', { skip: noChromium }, () => {});

async function inChromium(): Promise<void> {
  const [keyward, browser] = await Promise.all([startKeyward(), startChromium()]);
  // Where KEYWARD_TEST_PICTURES names a folder, what is seen is kept there.
  const pictures = process.env.KEYWARD_TEST_PICTURES;
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

  /** A page that notes what it asks for and what the browser complains of. */
  const open = async (path: string, options: Parameters<typeof browser.newPage>[0] = {}) => {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    const asked: { url: string; authorization: string | undefined }[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => asked.push({ url: request.url(), authorization: request.headers().authorization }));
    await page.goto(`${keyward.url}${path}`);
    return { page, complaints, asked };
  };

  describe('the reference page in Chromium', () => {
    for (const [size, viewport] of Object.entries(sizes))
      for (const colorScheme of schemes)
        it(`has nothing that axe objects to, nothing too wide, nothing from elsewhere: ${size}, ${colorScheme}`, async () => {
          for (const path of pages) {
            const { page, complaints, asked } = await open(path, { viewport, colorScheme });
            assert.deepEqual(await violations(page), [], path);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} is too wide`);
            assert.deepEqual(complaints, [], path);
            assert.deepEqual(
              asked.map(({ url }) => url).filter((url) => !url.startsWith(`${keyward.url}/docs`) && url !== 'data:,'),
              [],
              path,
            );
            if (pictures !== undefined)
              await page.screenshot({ path: join(pictures, `${path.slice(1).replaceAll('/', '-')}-${size}-${colorScheme}.png`) });
            await page.close();
          }
        });

    it('is whole without scripts, but for what needs one', async () => {
      const { page } = await open('/docs/user.v2/DeactivateUser', { javaScriptEnabled: false });
      assert.ok(await page.getByText('curl -sS').isVisible());
      assert.ok(await page.getByRole('heading', { name: 'Java', exact: true }).isVisible());
      assert.ok(!(await page.getByRole('heading', { name: 'Try it' }).isVisible()));
      await page.close();
    });

    it('is used by keyboard alone: past the navigation, through the languages, to an answer', async () => {
      const { page } = await open('/docs/user.v2/GetUserByID', { viewport: sizes.wide });
      await page.keyboard.press('Tab');
      assert.equal(await focused(page), 'Skip to content');
      await page.keyboard.press('Enter');
      await tabTo(page, 'curl');
      await page.keyboard.press('ArrowRight');
      assert.equal(await focused(page), 'Python');
      assert.ok(await page.getByRole('tabpanel', { name: 'Python' }).isVisible());
      await page.keyboard.press('End');
      assert.equal(await focused(page), '@zitadel/client');
      await tabTo(page, 'Token');
      await page.keyboard.type(keyward.owner);
      await page.keyboard.press('Tab');
      await page.keyboard.type(await keyward.newUser());
      await page.keyboard.press('Enter');
      await page.getByText('200 OK').waitFor();
      await page.close();
    });

    it('opens and closes the navigation of a phone by keyboard', async () => {
      const { page } = await open('/docs/user.v2/GetUserByID', { viewport: sizes.phone });
      const link = page.getByRole('link', { name: 'Deactivate user' });
      assert.ok(!(await link.isVisible()));
      await page.getByRole('button', { name: 'Menu' }).press('Enter');
      assert.ok(await link.isVisible());
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press('Escape');
      assert.ok(!(await link.isVisible()));
      await page.close();
    });

    it('finds calls on the first page, also when asked from another', async () => {
      const { page } = await open('/docs/user.v2/GetUserByID', { viewport: sizes.wide });
      await page.getByRole('searchbox', { name: 'Find a call' }).fill('deactivate user v2/users');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/docs?q=*');
      await page.getByRole('status').filter({ hasText: '1 call' }).waitFor();
      await page.locator('[data-find]:visible a').click();
      await page.waitForURL('**/docs/user.v2/DeactivateUser');
      await page.close();
    });

    it('makes real calls with a pasted token, which goes nowhere else and is kept nowhere', async () => {
      const userId = await keyward.newUser();
      const { page, asked, complaints } = await open('/docs/user.v2/GetUserByID', { viewport: sizes.wide });
      const answer = page.locator('[data-result]');
      await page.getByLabel('Token').fill(keyward.owner);
      await page.getByRole('textbox', { name: 'userId' }).fill(userId);
      await page.getByRole('button', { name: 'Send GET' }).click();
      await page.getByText('200 OK').waitFor();
      assert.match((await answer.textContent()) ?? '', new RegExp(`"userId": "${userId}"`));

      assert.deepEqual(
        asked.filter(({ authorization }) => authorization !== undefined),
        [{ url: `${keyward.url}/v2/users/${userId}`, authorization: `Bearer ${keyward.owner}` }],
      );
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
      assert.ok(!kept.includes(keyward.owner));
      await page.reload();
      assert.equal(await page.getByLabel('Token').inputValue(), '');
      assert.deepEqual(complaints, []);
      await page.close();
    });

    it('switches a user off, and shows how a second call is refused', async () => {
      const userId = await keyward.newUser();
      const { page } = await open('/docs/user.v2/DeactivateUser', { viewport: sizes.phone });
      const send = page.getByRole('button', { name: 'Send POST' });
      await page.getByLabel('Token').fill(keyward.owner);
      await send.click();
      await page.getByText('userId is missing.').waitFor();
      await page.getByRole('textbox', { name: 'userId' }).fill(userId);
      await send.click();
      await page.getByText('200 OK').waitFor();
      await send.click();
      await page.getByText('400 Bad Request').waitFor();
      assert.match((await page.locator('[data-result]').textContent()) ?? '', /COMMAND-5gunjw0cd7/);
      await page.close();
    });
  });
}

/** By the rules for WCAG 2.2 AA and the best practices; run through the debugger, which no policy of a page keeps out. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`${axe.source};null`); // what the script itself gives is too large to be sent
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof import('axe-core') }).axe.run(); // what the line above has put there
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
  });
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    return (activeElement instanceof HTMLInputElement ? activeElement.labels?.[0]?.textContent : activeElement?.textContent) ?? '';
  });
}

/** Presses Tab until the focus is there; fails where it never gets there. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let n = 0; n < 200; n++) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return;
  }
  assert.fail(`${name} is not reached by keyboard`);
}
