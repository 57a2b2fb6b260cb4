import type { Call } from '../../src/calls/call.ts';
import { findMethod } from '../../src/cri/methods.ts';
import type { Exported } from '../../src/export/sink.ts';
import { type Counters, createHealth } from '../../src/health.ts';
import { createMetricBook, type MetricBook } from '../../src/metrics/book.ts';
import { createMetricsCounters } from '../../src/metrics/counters.ts';
import { createMetricsSink, type MetricsSink } from '../../src/metrics/sink.ts';
import type { Span } from '../../src/spans/span.ts';
import { aCall } from '../support/a-call.ts';
import { type Sample, samplesOf } from '../support/metrics-page.ts';

export interface ABook {
  readonly book: MetricBook;
  readonly sink: MetricsSink;
  /** What the page says now. */
  samples(): Promise<readonly Sample[]>;
}

export interface ABookOptions {
  readonly now?: () => bigint;
  readonly inFlight?: readonly Call[];
  readonly health?: () => Counters;
}

/** The metrics without an agent: findings in, samples out. */
export const aBook = ({
  now = () => 0n,
  inFlight = [],
  health = createHealth().snapshot,
}: ABookOptions = {}): ABook => {
  const book = createMetricBook();
  const sink = createMetricsSink({
    book,
    clock: { now, monotonic: now },
    counters: createMetricsCounters(),
    recognises: (method) => findMethod(method) !== null,
    health,
    samplesRounds: () => true,
    inFlight: () => inFlight,
    messageLimitBytes: 16 * 1024 * 1024,
  });
  return {
    book,
    sink,
    async samples() {
      sink.collect();
      return samplesOf(await book.classic());
    },
  };
};

/** The CLIENT and SERVER spans that a call has, as far as metrics look at them. */
export const spansFor = (call: Call, traceId = '0'.repeat(32)): readonly Span[] => {
  const span: Span = {
    traceId,
    spanId: '1'.repeat(16),
    parentSpanId: null,
    parentIsRemote: false,
    traceState: null,
    traceFlags: 1,
    name: 'x',
    kind: 'client',
    start: call.start ?? 0n,
    end: call.end ?? 0n,
    attributes: {},
    status: { code: 'unset', message: null },
    events: [],
    links: [],
    resource: {},
  };
  return [span, { ...span, kind: 'server', spanId: '2'.repeat(16) }];
};

export const exportedCall = (changes: Partial<Call> = {}, traceId?: string): Exported => {
  const call = aCall(changes);
  return { finding: { kind: 'call', call }, spans: spansFor(call, traceId) };
};
