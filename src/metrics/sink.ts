import type { Call } from '../calls/call.ts';
import { isEndless } from '../calls/unreturned/patience.ts';
import type { Exported, Sink } from '../export/sink.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Counters } from '../health.ts';
import type { KernelEvent } from '../kernel/kernel-event.ts';
import type { MetricBook } from './book.ts';
import { createBoundedNames } from './bounded-names.ts';
import { createCallMetrics, methodOf, secondsBetween } from './call-metrics.ts';
import { connectionMetrics } from './connection-metrics.ts';
import type { MetricsCounters } from './counters.ts';
import { collectHealth } from './health-metrics.ts';
import { createKernelMetrics } from './kernel-metrics.ts';
import { createLargest } from './largest.ts';
import { defaultMetricsLimits, type MetricsLimits } from './limits.ts';
import { createNegotiationMetrics } from './negotiation-metrics.ts';
import { podMetrics } from './pod-metrics.ts';
import { roundMetrics } from './round-metrics.ts';
import { createSymptomMetrics } from './symptom-metrics.ts';

export interface MetricsOptions {
  readonly book: MetricBook;
  readonly clock: Clock;
  readonly counters: MetricsCounters;
  /** Is it a method of the CRI? */
  readonly recognises: (method: string) => boolean;
  /** The spans of a kubelet's rounds are left out but for some: their calls are no exemplars. */
  readonly samplesRounds: () => boolean;
  readonly health: () => Counters;
  /** What is known now of each call that has not ended. */
  readonly inFlight: () => readonly Call[];
  /** The message size that gRPC peers accept. */
  readonly messageLimitBytes: number;
  readonly limits?: MetricsLimits;
}

/** A sink like others that keeps numbers instead of spans. Kernel events come beside the findings. */
export interface MetricsSink extends Sink {
  kernel(event: KernelEvent, at: Nanos): void;
  /** Brings up to date what is only known now. Before a page is written. */
  collect(): void;
}

export const createMetricsSink = (options: MetricsOptions): MetricsSink => {
  const { book, clock, recognises, limits = defaultMetricsLimits } = options;
  const endpoints = createBoundedNames(limits.maxEndpoints);
  const callers = createBoundedNames(limits.maxCallers);
  const largest = createLargest(limits.largestForNs);
  const calls = createCallMetrics({
    ...{ book, endpoints, callers, recognises },
    samplesRounds: options.samplesRounds,
    largest: largest.saw,
  });
  const symptoms = createSymptomMetrics(book, recognises, limits.maxRemembered);
  const negotiations = createNegotiationMetrics(book, endpoints, callers);
  const kernel = createKernelMetrics(book, limits, options.counters);

  const take = ({ finding, spans }: Exported): void => {
    book.add('critrace_findings_total', { kind: finding.kind });
    switch (finding.kind) {
      case 'call':
        calls.ended(finding.call, spans);
        return;
      case 'symptom':
        symptoms.told(finding.symptom);
        return;
      case 'round':
        roundMetrics(book, finding.round);
        return;
      case 'negotiation':
        negotiations.told(finding.negotiation);
        return;
      case 'operation':
        podMetrics(book, finding.operation, spans, kernel.cniSecondsOf(finding.operation.sandboxId));
        return;
      case 'connection':
        connectionMetrics(book, finding.connection, endpoints, callers);
        return;
      default:
        return;
    }
  };

  const collectInFlight = (now: Nanos): void => {
    const counts = new Map<string, number>();
    const ages = new Map<string, number>();
    for (const call of options.inFlight()) {
      const method = methodOf(call, recognises);
      counts.set(method, (counts.get(method) ?? 0) + 1);
      if (call.start === null || isEndless(call.rpc)) continue;
      const age = Math.max(0, secondsBetween(call.start, now));
      ages.set(method, Math.max(ages.get(method) ?? 0, age));
    }
    const readings = (of: ReadonlyMap<string, number>) =>
      [...of].map(([rpc_method, value]) => ({ labels: { rpc_method }, value }));
    book.replace('cri_calls_in_flight', readings(counts));
    book.replace('cri_calls_in_flight_oldest_age_seconds', readings(ages));
    book.replace('cri_response_largest_bytes', readings(largest.all(now)));
  };

  const nothing = async (): Promise<void> => undefined;
  return {
    findings(batch) {
      for (const one of batch) take(one);
    },
    kernel: kernel.seen,
    collect() {
      const now = clock.now();
      collectHealth(book, options.health());
      collectInFlight(now);
      negotiations.collect();
      kernel.collect(now);
      book.replace('cri_message_limit_bytes', [{ labels: {}, value: options.messageLimitBytes }]);
    },
    ready: nothing,
    flush: nothing,
    close: nothing,
  };
};
