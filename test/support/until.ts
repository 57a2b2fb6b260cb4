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
