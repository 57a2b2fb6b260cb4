import type { Page } from 'playwright-core';

/** By view, what is in the document once its data are drawn. */
export const views = {
  now: '[role=row] [role=cell]',
  methods: '.heat canvas',
  pods: '[role=row] [role=cell]',
  versions: '.notice:not(.notice-quiet), .card',
  findings: '.notice:not(.notice-quiet), .finding',
  agent: '.counters',
} as const;

/** Milliseconds from the change of the address until the view with its data has been drawn. */
const switchTo = (view: string, selector: string): string => `new Promise((resolve) => {
  const from = performance.now();
  const look = () => {
    const shown = location.hash.startsWith('#/${view}') && document.querySelector(${JSON.stringify(`main[data-view="${view}"]`)});
    if (shown && document.querySelector(${JSON.stringify(selector)}))
      requestAnimationFrame(() => resolve(performance.now() - from));
    else requestAnimationFrame(look);
  };
  location.hash = '#/${view}';
  requestAnimationFrame(look);
})`;

/** From one view to the next; the first is left before it is measured. */
export const switchingViews = async (page: Page): Promise<Readonly<Record<string, number>>> => {
  const took: Record<string, number> = {};
  await page.evaluate(switchTo('agent', views.agent));
  for (const [view, selector] of Object.entries(views))
    took[`${view}, ms`] = await page.evaluate(switchTo(view, selector));
  return took;
};

/** A page that nothing of is in the browser's memory: until something, and until the calls, are on the screen. */
export const openingCold = async (page: Page, origin: string): Promise<Readonly<Record<string, number>>> => {
  await page.goto(`${origin}#/now`);
  await page.locator(views.now).first().waitFor();
  const calls: number = await page.evaluate('performance.now()');
  const first: number = await page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN",
  );
  return { 'first content, ms': first, 'calls listed, ms': calls };
};
