import { isShown, renderCompact } from './compact.ts';
import type { Sink } from './sink.ts';

/** Findings as lines for a person, one each of those that have one. `print` takes a whole line, without its newline. */
export const createConsoleSink = (print: (line: string) => void, colour: boolean): Sink => ({
  findings(batch) {
    for (const { finding } of batch) if (isShown(finding)) print(renderCompact(finding, { colour }));
  },
  ready: async () => {},
  flush: async () => {},
  close: async () => {},
});
