import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { builtPage, loadAssets } from '../../../src/web/assets.ts';
import { aSpan } from '../../store/a-span.ts';
import { openBrowser, openPage, pictures } from '../../support/browser.ts';
import { aPage } from '../../web/a-page.ts';

const stored = 100_000;

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const rowsInDocument = (page: Page): Promise<number> =>
  page.evaluate('document.querySelectorAll("[role=row]").length');

it('100,000 stored calls and 1,000 a second that come are a list of some rows, and the last one is reached', async (test) => {
  const spans = Array.from({ length: stored }, (_, n) => aSpan(n));
  const { server, add } = await aPage(
    test,
    spans,
    { assets: await loadAssets(builtPage) },
    { watchedEveryMs: 500 },
  );
  const origin = server.url ?? '';
  const { page, complaints } = await openPage(browser, origin);
  await page.goto(`${origin}#/now`);
  await page
    .locator('[role=row]', { hasText: `pod-${stored - 1}` })
    .first()
    .waitFor();
  assert.ok((await rowsInDocument(page)) < 100);

  // A thousand calls a second, for three seconds.
  for (let batch = 0; batch < 6; batch++) {
    add(...Array.from({ length: 500 }, (_, n) => aSpan(stored + batch * 500 + n)));
    await page
      .locator('[role=row]', { hasText: `pod-${stored + batch * 500 + 499}` })
      .first()
      .waitFor();
    assert.ok((await rowsInDocument(page)) < 100);
  }
  await page.screenshot({ path: join(pictures, 'now-live.png') });

  // Further back, page after page is asked for as the end comes near.
  await page.locator('.table-body').focus();
  for (const oldest of [stored - 500, stored - 1_000, stored - 1_500]) {
    await page.keyboard.press('End');
    await page
      .locator('[role=row]', { hasText: `pod-${oldest}` })
      .first()
      .waitFor();
  }
  assert.ok((await rowsInDocument(page)) < 100);

  await page.goto(`${origin}#/methods`);
  await page
    .locator('td', { hasText: /10[0-3],\d{3}/ })
    .first()
    .waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});
