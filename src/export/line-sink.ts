import type { Timers } from '../foundation/timers.ts';
import type { Span } from '../spans/span.ts';
import type { OtlpJsonLine } from './otlp-json.ts';
import type { Sink } from './sink.ts';

export interface LineSinkLimits {
  /** How long spans wait for others to share their line. */
  readonly delayMs: number;
  readonly lineSpans: number;
}

export const defaultLineSinkLimits: LineSinkLimits = { delayMs: 500, lineSpans: 512 };

export interface LineSinkOptions {
  readonly line: OtlpJsonLine;
  /** Takes a line without delay; it has bounds of its own. */
  readonly add: (line: string, spans: readonly Span[]) => void;
  readonly timers: Timers;
  readonly limits?: LineSinkLimits;
}

/** Spans as OTLP/JSON lines to somebody in this process. A call that is told again is left as it was told first. */
export const createLineSink = ({
  line,
  add,
  timers,
  limits = defaultLineSinkLimits,
}: LineSinkOptions): Sink => {
  let waiting: Span[] = [];
  let cancelDelay: (() => void) | null = null;
  const writeOut = (): void => {
    cancelDelay?.();
    cancelDelay = null;
    const spans = waiting;
    waiting = [];
    for (let from = 0; from < spans.length; from += limits.lineSpans) {
      const together = spans.slice(from, from + limits.lineSpans);
      add(Buffer.from(line(together)).toString('utf8'), together);
    }
  };
  return {
    findings(batch) {
      for (const { finding, spans } of batch)
        if (finding.kind !== 'call' || finding.call.revision === 0) waiting.push(...spans);
      if (waiting.length >= limits.lineSpans) writeOut();
      else if (waiting.length > 0) cancelDelay ??= timers.after(limits.delayMs, writeOut);
    },
    ready: async () => undefined,
    flush: async () => writeOut(),
    close: async () => writeOut(),
  };
};
