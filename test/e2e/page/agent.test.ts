import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { OperationJson, OverviewJson } from '../../../src/web/api.ts';
import { critrace } from '../../cli/critrace.ts';
import { openBrowser, openPage, pictures, seriousFindings } from '../../support/browser.ts';
import { critraceProcess } from '../../support/critrace-process.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { until, untilThere } from '../../support/until.ts';
import { get } from '../../web/a-page.ts';

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const ask = async <T>(origin: string, path: string): Promise<T> => {
  const { status, body } = await get(origin.slice('http://'.length).replace('/', ''), path);
  assert.equal(status, 200, body);
  return JSON.parse(body);
};

interface Root {
  readonly start: string;
  readonly end: string;
  readonly trace_id: string;
  readonly name: string;
}

describe('the page of a running agent', () => {
  it('shows calls as they come; a pod start is the same in page, terminal and store', async (test) => {
    const store = join(await temporaryFolder(test), 'store');
    const demo = critraceProcess(test, ['demo', '--follow', '--runtime', 'simulated', '--store-dir', store]);
    await demo.says(/the page: http:\/\/\S+/);
    const [origin = ''] = /http:\/\/\S+/.exec(demo.stderr()) ?? [];
    const { page, complaints } = await openPage(browser, origin);
    await page.goto(`${origin}#/now`);
    await page.locator('.state', { hasText: 'live' }).waitFor();
    await page.locator('[role=row]', { hasText: 'default/web-0' }).first().waitFor();
    await page.locator('.tile', { hasText: 'Not observed' }).locator('text=nothing').waitFor();
    await page.screenshot({ path: join(pictures, 'agent-now.png') });
    assert.deepEqual(await seriousFindings(page), []);

    const started = await untilThere(async () => {
      const all = await ask<readonly OperationJson[]>(origin, '/api/operations');
      return all.find(({ kind, pod }) => kind === 'pod_start' && pod === 'default/web-0') ?? null;
    }, 'the start of default/web-0');
    await page.goto(`${origin}#/pods?pod=web-0`);
    await page.locator('[role=row]', { hasText: 'default/web-0' }).first().click();
    await page.waitForSelector('[role=treeitem]');
    assert.match(page.url(), new RegExp(started.trace));
    const lede = (await page.locator('.lede .strong').textContent()) ?? '';
    await page.screenshot({ path: join(pictures, 'agent-trace.png') });

    const shown = await critrace(['trace', '--pod', 'default/web-0', '--from', store, '-o', 'json']);
    const [line = ''] = shown.stdout.split('\n');
    const root: Root = JSON.parse(line);
    assert.equal(root.trace_id, started.trace);
    const ms = Number(BigInt(root.end) - BigInt(root.start)) / 1e6;
    assert.ok(Math.abs(ms - started.ms) < 0.001);
    const tree = await critrace(['trace', '--pod', 'default/web-0', '--from', store]);
    // `759ms` and `759 ms`: the same figures in both places.
    assert.ok(tree.stdout.includes(`pod start default/web-0: ${lede.replace(' ', '')}`), tree.stdout);

    await page.goto(`${origin}#/agent`);
    await page.locator('.tile', { hasText: 'Of one core' }).waitFor();
    await page.locator('.counters', { hasText: 'pipeline: http2' }).waitFor();
    await page.locator('.sight', { hasText: 'exec, attach and port-forward' }).waitFor();
    await page.screenshot({ path: join(pictures, 'agent-agent.png') });
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(complaints, []);

    assert.equal(await demo.end('SIGINT'), 130);
    await page.locator('.state', { hasText: 'lost' }).waitFor();
    await page.close();
  });

  it('without a store it shows what it holds in memory; critrace ui finds it', async (test) => {
    const folder = await temporaryFolder(test);
    const listen = `unix://${join(folder, 'page.sock')}`;
    const agent = critraceProcess(
      test,
      ['agent', '--source', 'proxy', '-r', join(folder, 'none.sock'), '--listen', join(folder, 'cri.sock')],
      { CRITRACE_PAGE_LISTEN: listen, CRITRACE_METRICS_EXPORTER: 'none' },
    );
    await agent.says(/"msg":"ready"/);
    assert.match(agent.stderr(), new RegExp(`"page":"${listen}"`));
    const overview: OverviewJson = JSON.parse((await get(listen, '/api/overview')).body);
    assert.equal(overview.calls, 0);
    const found = await critrace(['ui'], { env: { CRITRACE_PAGE_LISTEN: listen } });
    assert.equal(found.code, 0);
    assert.equal(found.stdout, `${listen}\n`);
    assert.equal(await agent.end('SIGTERM'), 0);
    const gone = await critrace(['ui'], { env: { CRITRACE_PAGE_LISTEN: listen } });
    assert.equal(gone.code, 3);
    assert.match(gone.stderr, /no agent's page answers at .*, and no store is configured/);
  });

  it('is opened in a browser when that is asked for, and only then', async (test) => {
    const folder = await temporaryFolder(test);
    const store = join(folder, 'store');
    mkdirSync(store);
    const opened = join(folder, 'opened');
    writeFileSync(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`,
      {
        mode: 0o755,
      },
    );
    const PATH = `${folder}:${process.env.PATH}`;
    const ui = async (...more: readonly string[]): Promise<string> => {
      const shown = critraceProcess(test, ['ui', store, '--port', '0', ...more], { PATH });
      await until(
        () => shown.stdout().toString().endsWith('/\n'),
        () => shown.stderr(),
      );
      if (more.length > 0) await until(() => existsSync(opened), 'the browser');
      await shown.end('SIGINT');
      return shown.stdout().toString().trim();
    };
    await ui();
    assert.equal(existsSync(opened), false);
    const url = await ui('--open');
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal(readFileSync(opened, 'utf8'), url);
    const none = critraceProcess(test, ['ui', store, '--port', '0', '--open'], { PATH: '/nonexistent' });
    await none.says(/xdg-open cannot be run/);
    assert.match(none.stdout().toString(), /^http:/);
    await none.end('SIGINT');
  });

  it('is not opened to others by mistake', async (test) => {
    const folder = await temporaryFolder(test);
    const args = ['agent', '--source', 'proxy', '-r', join(folder, 'a'), '--listen', join(folder, 'b')];
    const { code, stderr } = await critrace([
      ...args,
      '--metrics-exporter',
      'none',
      '--page-listen',
      '0.0.0.0:0',
    ]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /page-listen: on 0\.0\.0\.0:0 whoever reaches this machine could look.*page-token-file/,
    );
  });
});
