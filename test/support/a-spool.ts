import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExportCounters, type ExportCounters } from '../../src/export/counters.ts';
import { defaultSpoolLimits, type SpoolLimits } from '../../src/export/limits.ts';
import { loadOtel } from '../../src/export/otel.ts';
import type { OtlpTransport, SendResult } from '../../src/export/otlp-grpc.ts';
import { createOtlpJsonLine, type OtlpJsonLine } from '../../src/export/otlp-json.ts';
import { createToReadable, type ToReadable } from '../../src/export/otlp-span.ts';
import { defaultSpanLimits } from '../../src/export/span-limits.ts';
import { createSpool, type Spool } from '../../src/export/spool.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import type { Span } from '../../src/spans/span.ts';
import { aCall } from './a-call.ts';
import { aSpanContext } from './a-span-context.ts';
import { createManualTimers, type ManualTimers } from './manual-timers.ts';

export const toReadable: ToReadable = createToReadable(
  await loadOtel(),
  '0.0.0',
  defaultSpanLimits,
  createExportCounters(),
);
export const otlpLine: OtlpJsonLine = await createOtlpJsonLine(toReadable);

const context = aSpanContext();

/** The two spans of the `n`th call. */
export const spansOf = (n: number): readonly Span[] => spansOfCall(aCall({ stream: 2 * n + 1 }), context);

/** A collector without a wire: what it got, and what it answers next. */
export interface FakeCollector extends OtlpTransport {
  readonly got: Span[];
  answer: SendResult | 'never';
}

export const sent: SendResult = { kind: 'sent', rejected: 0, reason: null };
export const unavailable: SendResult = { kind: 'retry', afterMs: null, reason: 'UNAVAILABLE' };

export const createFakeCollector = (): FakeCollector => {
  const collector: FakeCollector = {
    got: [],
    answer: sent,
    async send(spans) {
      const { answer } = collector;
      if (answer === 'never') return new Promise(() => {});
      if (answer.kind === 'sent') collector.got.push(...spans);
      return answer;
    },
    close: async () => {},
  };
  return collector;
};

export interface SpoolUnderTest {
  readonly spool: Spool;
  readonly collector: FakeCollector;
  readonly counters: ExportCounters;
  readonly timers: ManualTimers;
  readonly told: string[];
}

export const startSpool = async (
  directory: string | null,
  limits: Partial<SpoolLimits> = {},
  collector: FakeCollector = createFakeCollector(),
): Promise<SpoolUnderTest> => {
  const counters = createExportCounters();
  const timers = createManualTimers();
  const told: string[] = [];
  const spool = await createSpool({
    directory,
    transport: collector,
    line: otlpLine,
    // The object itself: a test may change it while the spool runs.
    limits: Object.assign(limits, { ...defaultSpoolLimits, ...limits }),
    counters,
    timers,
    random: () => 0.5,
    log: (level, message) => told.push(`${level}: ${message}`),
  });
  return { spool, collector, counters, timers, told };
};

export const withDirectory = async (body: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'critrace-spool-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** The names of the segment files. */
export const segments = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.endsWith('.jsonl'));

/** Every span that came in is accounted for, once. */
export const assertBalance = (counters: ExportCounters): void => {
  const gone =
    counters.delivered +
    counters.rejected +
    counters.droppedQueueFull +
    counters.droppedSpoolFull +
    counters.droppedRefused +
    counters.droppedTooLarge +
    counters.droppedCorrupt +
    counters.droppedAtShutdown;
  assert.equal(counters.offered + counters.recovered, gone + counters.spooledSpans);
};
