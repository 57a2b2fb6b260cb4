/** Waits until the condition holds, looking every few milliseconds; fails rather than hangs. */
export const until = async (
  condition: () => boolean,
  what: string | (() => string),
  timeoutMs = 20_000,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`still waiting: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
};

/** The first answer that there is, asking again a tenth of a second after each that is none; fails rather than hangs. */
export const untilThere = async <T>(
  ask: () => Promise<T | null>,
  what: string | (() => string),
  timeoutMs = 60_000,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (performance.now() > deadline)
      throw new Error(`still waiting: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
