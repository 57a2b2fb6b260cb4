import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openChromium } from '../../build/chromium.ts';
import { compiledCli } from '../agent/critrace.ts';
import { cpuSecondsOf } from '../agent/proc.ts';
import { start, waitFor } from '../processes.ts';
import { type BenchContext, type Conclusion, interleaved, roundsOf, type Section } from '../section.ts';
import { framesWhile } from './frames.ts';
import { makeGrowingStore } from './growing-store.ts';
import { openingCold, switchingViews, views } from './views.ts';

const storedCalls = 100_000;
const livePerSecond = 1_000;
/** About as often as an agent writes to its store. */
const addedEveryMs = 100;
const pagePort = 29_465;
const origin = `http://127.0.0.1:${pagePort}/`;

const callsOfPage = async (): Promise<number> => {
  const answer: unknown = await fetch(`${origin}api/overview`).then(
    (response) => response.json(),
    () => null,
  );
  return typeof answer === 'object' && answer !== null && 'calls' in answer ? Number(answer.calls) : 0;
};

export const pageSection = async (context: BenchContext): Promise<Section> => {
  const { folder, seconds, say } = context;
  const store = makeGrowingStore(folder);
  store.add(storedCalls / 2, 3_600_000);
  const agent = context.owns(
    await start([
      ...[process.execPath, compiledCli, 'agent', '--source', 'proxy', '--log-level', 'error'],
      ...['--runtime-endpoint', join(folder, 'none.sock'), '--listen', join(folder, 'page.sock')],
      ...['--store-dir', store.folder, '--metrics-port', '0', '--page-listen', `127.0.0.1:${pagePort}`],
    ]),
  );
  await waitFor('the page answers', async () => (await fetch(origin).catch(() => null))?.ok === true, 60_000);
  store.add(storedCalls / 2, 1_000);
  say(`until ${storedCalls.toLocaleString('en-GB')} calls are known`);
  await waitFor('they are', async () => (await callsOfPage()) >= storedCalls, 120_000);

  const live = async (forSeconds: number): Promise<void> => {
    const until = performance.now() + forSeconds * 1000;
    for (let last = performance.now(); last < until; ) {
      await delay(addedEveryMs);
      const now = performance.now();
      store.add(Math.round((livePerSecond * (now - last)) / 1000), now - last);
      last = now;
    }
  };

  const browser = await openChromium();
  context.owns({ stop: () => browser.close() });
  const viewport = { width: 1280, height: 800 };
  const page = await browser.newPage({ viewport });
  await openingCold(page, origin);
  const shortly = 2 * seconds;

  /** Of the list of calls, two rows further with each frame. */
  const scrolling = async (): Promise<void> => {
    await page.evaluate(`window.scrolling = setInterval(() => {
      const list = document.querySelector('.table-body');
      if (list !== null) list.scrollTop += 60;
    }, 16)`);
    await live(shortly);
    await page.evaluate('clearInterval(window.scrolling)');
    await page.evaluate("document.querySelector('.table-body').scrollTop = 0");
  };
  const agentWhile = async (
    work: () => Promise<Readonly<Record<string, number>>>,
  ): Promise<Readonly<Record<string, number>>> => {
    const [before, from] = [cpuSecondsOf(agent.pid), performance.now()];
    const measured = await work();
    const took = performance.now() - from;
    return { ...measured, 'agent, % of a core': (100_000 * (cpuSecondsOf(agent.pid) - before)) / took };
  };

  const series = await interleaved(
    [
      {
        name: 'opened cold',
        async measure() {
          const fresh = await browser.newContext({ viewport });
          const took = await openingCold(await fresh.newPage(), origin);
          await fresh.close();
          return took;
        },
      },
      {
        name: 'at rest',
        async measure() {
          await page.goto(`${origin}#/now`);
          await page.locator(views.now).first().waitFor();
          return framesWhile(page, () => delay(1000 * shortly));
        },
      },
      { name: 'live', measure: () => agentWhile(() => framesWhile(page, () => live(shortly))) },
      { name: 'live and scrolled', measure: () => framesWhile(page, scrolling) },
      {
        name: 'live without a page',
        async measure() {
          await page.goto('about:blank');
          return agentWhile(async () => {
            await live(shortly);
            return {};
          });
        },
      },
      {
        name: 'views',
        async measure() {
          await page.goto(`${origin}#/agent`);
          await page.locator(views.agent).first().waitFor();
          return switchingViews(page);
        },
      },
    ],
    context,
  );

  const told = (says: string, candidate: string, metric: string, aim: Conclusion['aim']): Conclusion => ({
    says,
    values: roundsOf(series, candidate, metric),
    aim,
  });
  const under33 = 'frames under 33 ms, %';
  const atLeast = { is: 'at least', value: 95 } as const;
  return {
    title: 'The page',
    how: `Debian's Chromium, headless and without a graphics card, 1280 by 800, shows the page of an agent whose store has ${storedCalls.toLocaleString('en-GB')} calls
(and those of the rounds before). *Live* is the view *Now* while ${livePerSecond.toLocaleString('en-GB')} calls a second are added to that store,
*scrolled* its list moved by two rows sixty times a second meanwhile; ${shortly} s each. A frame is the time between two
callbacks of \`requestAnimationFrame\`. The main thread is that of the page, by the browser's own count. *Views* are from the change of
the address until the view's data are drawn.`,
    series,
    conclusions: [
      told('first content of the page, ms', 'opened cold', 'first content, ms', {
        is: 'at most',
        value: 1000,
      }),
      told('calls listed, ms', 'opened cold', 'calls listed, ms', { is: 'at most', value: 2000 }),
      told('frames under 33 ms, live, %', 'live', under33, atLeast),
      told('frames under 33 ms, live and scrolled, %', 'live and scrolled', under33, atLeast),
      told('main thread of the page, live, % of a core', 'live', 'main thread, % of a core', {
        is: 'at most',
        value: 25,
      }),
      told('main thread of the page, at rest, % of a core', 'at rest', 'main thread, % of a core', null),
      ...Object.keys(views).map((view) =>
        told(`view ${view}, ms`, 'views', `${view}, ms`, { is: 'at most', value: 500 }),
      ),
      {
        says: 'agent, more with a page that looks, % of a core',
        values: roundsOf(series, 'live', 'agent, % of a core').map(
          (one, round) =>
            one - (roundsOf(series, 'live without a page', 'agent, % of a core')[round] ?? Number.NaN),
        ),
        aim: null,
      },
    ],
  };
};
