import type { Page } from 'playwright-core';
import { quantile } from '../statistics.ts';

/** A person sees a frame that takes longer as a hitch: two of a screen's. */
const hitchMs = 33.4;

/** Begins to note when frames come, and tasks of the page that hold them up for 50 ms or more. */
const begin = `(() => {
  const noted = { frames: [], tasks: [], stopped: false };
  let last = performance.now();
  const frame = (now) => {
    noted.frames.push(now - last);
    last = now;
    if (!noted.stopped) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  noted.observer = new PerformanceObserver((list) =>
    noted.tasks.push(...list.getEntries().map(({ duration }) => duration)));
  noted.observer.observe({ type: 'longtask' });
  window.noted = noted;
})()`;

const end = `(() => {
  const { noted } = window;
  noted.stopped = true;
  noted.observer.disconnect();
  return { frames: noted.frames.slice(1), tasks: noted.tasks };
})()`;

interface Noted {
  readonly frames: readonly number[];
  readonly tasks: readonly number[];
}

/** How smoothly the page is drawn while something goes on, and what that takes. */
export const framesWhile = async (
  page: Page,
  work: () => Promise<unknown>,
): Promise<Readonly<Record<string, number>>> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  /** Seconds that the page's main thread has worked so far. */
  const worked = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  await page.evaluate(begin);
  const [before, from] = [await worked(), performance.now()];
  await work();
  const [after, until] = [await worked(), performance.now()];
  await session.detach();
  const { frames, tasks }: Noted = await page.evaluate(end);
  return {
    'frames under 33 ms, %': (100 * frames.filter((ms) => ms < hitchMs).length) / frames.length,
    'frame p95 ms': quantile(frames, 0.95),
    'longest frame ms': Math.max(...frames),
    'tasks of 50 ms or more, ms/s': (1000 * tasks.reduce((sum, ms) => sum + ms, 0)) / (until - from),
    'main thread, % of a core': (100_000 * (after - before)) / (until - from),
  };
};
