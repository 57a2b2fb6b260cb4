import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { critrace, exited, says, startCritrace } from '../../cli/critrace.ts';
import {
  dark,
  narrow,
  openBrowser,
  openPage,
  pictures,
  type Screen,
  seriousFindings,
  wide,
} from '../../support/browser.ts';
import { storeOfWaitingPods } from '../../support/waiting-pods.ts';

const fallback = 'test/fixtures/captures/kubelet-1.25-containerd-1.5.jsonl.gz';

let browser: Browser;
let folder: string;
let ui: ReturnType<typeof startCritrace>;
let origin: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'critrace-page-'));
  const store = join(folder, 'store');
  const demo = await critrace(['demo', '--runtime', 'simulated', '--store-dir', store], {
    timeoutMs: 120_000,
  });
  assert.equal(demo.code, 0, demo.stderr);
  ui = startCritrace(['ui', store, '--port', '0'], { timeoutMs: 200_000 });
  [origin = ''] = (await says(ui.stdout, /http:\/\/\S+/)).match(/http:\/\/\S+/) ?? [];
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  ui.kill('SIGTERM');
  assert.equal(await exited(ui), 0);
  rmSync(folder, { recursive: true, force: true });
});

/** By view, what shows that its data are there. */
const views: readonly { readonly name: string; readonly hash: string; readonly shows: string }[] = [
  { name: 'now', hash: '#/now', shows: '[role=cell] >> text=OK' },
  { name: 'pods', hash: '#/pods', shows: '[role=row] >> text=default/web-0' },
  { name: 'methods', hash: '#/methods', shows: 'td >> text=RunPodSandbox' },
  { name: 'versions', hash: '#/versions', shows: 'text=RuntimeService' },
  { name: 'findings', hash: '#/findings', shows: '.finding >> text=broken-0' },
  { name: 'agent', hash: '#/agent', shows: 'text=No agent is behind this' },
];

const screens: readonly (readonly [string, Screen])[] = [
  ['wide', wide],
  ['dark', dark],
  ['narrow', narrow],
];

/** No view is wider than the screen: what does not fit scrolls within itself. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const traceOf = async (page: Page): Promise<void> => {
  await page.goto(`${origin}#/pods`);
  await page.locator('[role=row]', { hasText: 'default/web-0' }).first().click();
  await page.waitForSelector('[role=treeitem]');
};

describe('the page in a browser, on what the demo stored', () => {
  for (const [screenName, screen] of screens)
    it(`${screenName}: every view shows its data, and whoever uses it can`, async () => {
      const { page, complaints } = await openPage(browser, origin, screen);
      for (const { name, hash, shows } of views) {
        await page.goto(`${origin}${hash}`);
        await page.locator(shows).first().waitFor();
        // The same number of findings as the view of them has, whose lines are counted there.
        if (name === 'now')
          await page.locator('.tile', { hasText: 'Findings' }).locator('dd', { hasText: /^1$/ }).waitFor();
        if (name === 'findings') assert.equal(await page.locator('.finding').count(), 1);
        if (name === 'methods') await page.waitForSelector('.heat canvas');
        await page.screenshot({ path: join(pictures, `${name}-${screenName}.png`) });
        assert.deepEqual(await seriousFindings(page), [], name);
        assert.ok((await overflow(page)) <= 0, `${name} is wider than the screen`);
      }
      await traceOf(page);
      await page.locator('[role=treeitem]', { hasText: 'RunPodSandbox' }).first().click();
      await page.waitForSelector('.details');
      await page.screenshot({ path: join(pictures, `trace-${screenName}.png`) });
      assert.deepEqual(await seriousFindings(page), [], 'trace');
      assert.ok((await overflow(page)) <= 0, 'the trace is wider than the screen');
      assert.deepEqual(complaints, []);
      await page.close();
    });

  it('is used by the keyboard alone', async () => {
    const { page, complaints } = await openPage(browser, origin);
    await page.goto(origin);
    await page.locator('h1', { hasText: 'Now' }).waitFor();
    await page.keyboard.press('2');
    await page.locator('h1', { hasText: 'Pod starts' }).waitFor();
    await page.locator('[role=row]', { hasText: 'default/web-0' }).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('web-0');
    await page.keyboard.press('Escape');
    assert.match(page.url(), /pod=web-0/);
    await page.locator('.table-body').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=treeitem]');
    await page.locator('[role=tree]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('.details');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.details', { state: 'detached' });
    await page.keyboard.press('5');
    await page.locator('h1', { hasText: 'Findings' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('a link opens what it was made of, and one to nothing says so', async () => {
    const { page } = await openPage(browser, origin);
    await traceOf(page);
    await page.locator('[role=treeitem]', { hasText: 'CreateContainer' }).first().click();
    await page.waitForSelector('.details');
    const link = page.url();
    const title = await page.locator('h1').textContent();
    await page.close();
    const { page: other } = await openPage(browser, origin);
    await other.goto(link);
    await other.waitForSelector('.details');
    assert.equal(await other.locator('h1').textContent(), title);
    await other.goto(`${origin}#/trace/${'0'.repeat(32)}`);
    await other.locator('[role=alert]', { hasText: 'not there, or no longer' }).waitFor();
    await other.goto(`${origin}#/now?d=77`);
    await other.locator('[role=alert]', { hasText: 'not open here' }).waitFor();
    await other.goto(`${origin}#/now?method=NoSuchMethod`);
    await other.locator('text=No call passes the filters').waitFor();
    await other.close();
  });

  it('a box drawn on the heat map lists the calls in it', async () => {
    const { page, complaints } = await openPage(browser, origin);
    await page.goto(`${origin}#/methods`);
    const plot = page.locator('.heat .u-over');
    await plot.waitFor();
    const box = await plot.boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 5, box.y + box.height - 5, { steps: 4 });
    await page.mouse.up();
    await page.locator('[role=table][aria-label="Calls of the box"] [role=row]').nth(1).waitFor();
    assert.match(page.url(), /since=\d+&until=\d+/);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('a capture that is dropped is read here, and shows who fell back to v1alpha2', async () => {
    const { page, complaints } = await openPage(browser, origin);
    await page.goto(origin);
    await page.locator('nav').waitFor();
    const drop = async (name: string, bytes: Buffer): Promise<void> => {
      const transfer = await page.evaluateHandle(
        `(() => { const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(${JSON.stringify(bytes.toString('base64'))}), (c) => c.charCodeAt(0))], ${JSON.stringify(name)}));
          return transfer; })()`,
      );
      await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
    };
    await drop('kubelet.jsonl.gz', readFileSync(fallback));
    await page.waitForURL(/d=1/);
    await page.locator('[role=row]', { hasText: 'running' }).first().waitFor();
    await page.keyboard.press('4');
    await page.locator('.card-warn', { hasText: 'fell back to v1alpha2' }).first().waitFor();
    await page.screenshot({ path: join(pictures, 'versions-fallback.png') });
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(complaints, []);
    await drop('notes.txt', Buffer.from('not a capture'));
    await page.locator('.said', { hasText: 'notes.txt' }).waitFor();
    await page.close();
  });

  it('who waited for whom is drawn on the waterfall, said in words, and a key leads there', async () => {
    const waiting = startCritrace(['ui', storeOfWaitingPods(folder), '--port', '0']);
    const [at = ''] = (await says(waiting.stdout, /http:\/\/\S+/)).match(/http:\/\/\S+/) ?? [];
    for (const [screenName, screen] of screens) {
      const { page, complaints } = await openPage(browser, at, screen);
      await page.goto(`${at}#/pods?pod=web`);
      await page.locator('[role=row]', { hasText: 'default/web' }).first().click();
      const row = (text: string) => page.locator('[role=treeitem]', { hasText: text });
      await row('waiting for PullImage of default/api').waitFor();
      // Of another pod: its own frame around the hatching, and no wire, as it has no row here.
      assert.equal(await row('PullImage of default/api').locator('.wf-other').count(), 1);
      assert.equal(await row('PullImage of default/api').locator('.wf-held').count(), 1);
      // Of the same trace: hatched on the bar of who waited, and a wire from there to the bar of the other.
      const started = row('StartContainer').first();
      assert.equal(await started.locator('.wf-call').count(), 1);
      assert.equal(await started.locator('.wf-held').count(), 1);
      assert.equal(await started.locator('.wf-wire-from.wf-wire-up').count(), 1);
      const updated = row('UpdateContainerResources').first();
      assert.equal(await updated.locator('.wf-wire-to.wf-wire-up').count(), 1);
      const [from, to] = [
        await started.locator('.wf-wire').boundingBox(),
        await updated.locator('.wf-call').boundingBox(),
      ];
      assert.ok(from !== null && to !== null && Math.abs(from.x - (to.x + to.width)) < 8);
      await page.screenshot({ path: join(pictures, `waits-${screenName}.png`) });
      assert.deepEqual(await seriousFindings(page), [], screenName);
      assert.ok((await overflow(page)) <= 0, 'the waterfall is wider than the screen');

      await started.click();
      await page.locator('.waited', { hasText: 'UpdateContainerResources of default/web' }).waitFor();
      await page.screenshot({ path: join(pictures, `waits-details-${screenName}.png`) });
      assert.deepEqual(await seriousFindings(page), [], screenName);
      await page.locator('[role=tree]').focus();
      await page.keyboard.press('w');
      await page.locator('.details h2', { hasText: 'UpdateContainerResources' }).waitFor();
      await row('waiting for PullImage of default/api').click();
      await page.locator('[role=tree]').focus();
      await page.keyboard.press('w');
      await page.locator('h1', { hasText: 'pod start default/api' }).waitFor();
      await page.locator('.details h2', { hasText: 'PullImage' }).waitFor();
      assert.deepEqual(complaints, []);
      await page.close();
    }
    waiting.kill('SIGTERM');
    await exited(waiting);
  });

  it('when critrace is gone the page says so', async () => {
    const other = startCritrace(['ui', join(folder, 'store'), '--port', '0']);
    const [at = ''] = (await says(other.stdout, /http:\/\/\S+/)).match(/http:\/\/\S+/) ?? [];
    const { page } = await openPage(browser, at);
    await page.goto(`${at}#/pods`);
    await page.locator('[role=row]', { hasText: 'default/web-0' }).first().waitFor();
    other.kill('SIGTERM');
    await exited(other);
    await page.keyboard.press('3');
    await page.locator('[role=alert]', { hasText: 'does not answer any more' }).waitFor();
    await page.locator('.state', { hasText: 'lost' }).waitFor();
    await page.close();
  });
});
