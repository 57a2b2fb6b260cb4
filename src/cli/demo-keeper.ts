import type { Call } from '../calls/call.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { Exported, Sink } from '../export/sink.ts';
import type { Span } from '../spans/span.ts';
import type { TracedWait } from '../spans/traced-wait.ts';
import { waitsAmong } from '../store/waits.ts';

export interface DemoKeeper {
  readonly sink: Sink;
  /** Calls that concern a pod. */
  calls(): readonly Call[];
  /** What was agreed on: the last verdict for each service. */
  negotiations(): readonly Negotiation[];
  /** How the versions were agreed on, and after that the first start of a pod: a trace each, whole. */
  traces(): readonly (readonly Span[])[];
  /** Who waited for whom in one of them. */
  waits(spans: readonly Span[]): readonly TracedWait[];
}

/** A demo makes a few hundred calls; one that follows goes on, and its beginning is what is shown. */
const maxCalls = 10_000;
const maxSpans = 30_000;

const isStory = ({ attributes, parentSpanId }: Span): boolean =>
  parentSpanId === null &&
  (attributes['cri.negotiation.verdict'] !== undefined || attributes['cri.operation'] === 'pod_start');

const byStart = (one: Span, other: Span): number => (one.start < other.start ? -1 : 1);

/** Takes what the picture of a demo is made of. */
export const createDemoKeeper = (): DemoKeeper => {
  const calls = new Map<string, Call>();
  const negotiations = new Map<string, Negotiation>();
  const spans: Span[] = [];

  const take = ({ finding, spans: own }: Exported): void => {
    if (spans.length + own.length <= maxSpans) spans.push(...own);
    if (finding.kind === 'negotiation') negotiations.set(finding.negotiation.service, finding.negotiation);
    if (finding.kind !== 'call' || finding.call.facts.pod === null) return;
    const key = `${finding.call.connection} ${finding.call.stream}`;
    if (calls.size < maxCalls || calls.has(key)) calls.set(key, finding.call);
  };

  return {
    sink: {
      findings: (batch) => batch.forEach(take),
      ready: async () => undefined,
      flush: async () => undefined,
      close: async () => undefined,
    },
    calls: () => [...calls.values()],
    negotiations: () => [...negotiations.values()],
    waits: (trace) =>
      waitsAmong(
        trace,
        ({ traceId, spanId }) =>
          spans.find((one) => one.traceId === traceId && one.spanId === spanId) ?? null,
      ),
    traces() {
      const roots = spans.filter(isStory).sort(byStart);
      const start = roots.find(({ attributes }) => attributes['cri.operation'] === 'pod_start');
      const shown = roots.filter((root) => root === start || root.attributes['cri.operation'] === undefined);
      return shown.map(({ traceId }) => spans.filter((span) => span.traceId === traceId));
    },
  };
};
