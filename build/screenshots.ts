import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { openChromium } from './chromium.ts';
import { terminalHtml } from './terminal-html.ts';

/** Takes the README's pictures anew: of the page and of a trace in the terminal, both of what the demo has just done. */

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = at('dist/cli/main.js');
const images = at('docs/images');
const pod = 'default/web-0';

const textOf = async (child: ChildProcess): Promise<string> => {
  const pieces: Buffer[] = [];
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ended with ${code}: ${child.spawnargs.join(' ')}`);
  return Buffer.concat(pieces).toString('utf8');
};

const said = async (child: ChildProcess, pattern: RegExp): Promise<string> => {
  let text = '';
  for await (const piece of child.stdout ?? []) {
    text += String(piece);
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error(`did not say ${pattern}: ${text}`);
};

const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
const columns = 112;
const storeName = 'store';

/** As a terminal of so many columns shows it: `script` gives the program one. */
const inTerminal = (command: string): Promise<string> =>
  textOf(
    spawn('script', ['-qec', `stty cols ${columns} && ${command}`, '/dev/null'], {
      stdio,
      env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' },
    }),
  );

const pictureOfPage = async (browser: Browser, folder: string): Promise<void> => {
  // From there, so that the page is named as short as the folder is.
  const ui = spawn(process.execPath, [cli, 'ui', storeName, '--port', '0'], { stdio, cwd: folder });
  try {
    const url = await said(ui, /http:\/\/\S+/);
    const page = await browser.newPage({ viewport: { width: 1200, height: 812 }, colorScheme: 'light' });
    await page.goto(`${url}#/pods`);
    await page.locator('[role=row]', { hasText: pod }).first().click();
    await page.waitForSelector('[role=treeitem]');
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(images, 'page.png') });
    await page.close();
  } finally {
    ui.kill('SIGTERM');
    await once(ui, 'close');
  }
};

const pictureOfTerminal = async (browser: Browser, store: string): Promise<void> => {
  const text = await inTerminal(`${process.execPath} ${cli} trace --pod ${pod} --from ${store}`);
  const page = await browser.newPage({ viewport: { width: 1060, height: 200 }, deviceScaleFactor: 1 });
  await page.setContent(terminalHtml(`$ critrace trace --pod ${pod}\n${text}`));
  await page.locator('pre').screenshot({ path: join(images, 'trace.png') });
  await page.close();
};

const folder = await mkdtemp(join(tmpdir(), 'critrace-screenshots-'));
const browser = await openChromium();
try {
  mkdirSync(images, { recursive: true });
  const store = join(folder, storeName);
  await textOf(spawn(process.execPath, [cli, 'demo', '--store-dir', store], { stdio }));
  await pictureOfPage(browser, folder);
  await pictureOfTerminal(browser, store);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
