import type { SpanContext } from '../../src/spans/call-spans.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createIds } from '../../src/spans/ids.ts';
import { createSpanCounters, defaultSpanLimits } from '../../src/spans/limits.ts';
import { createResourceBook } from '../../src/spans/resources.ts';
import { createValueNames } from '../../src/spans/value-names.ts';

export const aSpanContext = (changes: Partial<SpanContext> = {}): SpanContext => {
  const host = replayHostFacts('a capture');
  const counters = changes.counters ?? createSpanCounters();
  return {
    identity: 'a capture',
    ids: createIds('a capture'),
    resources: createResourceBook(() => host, '0.0.0', defaultSpanLimits, counters),
    mode: 'replay',
    valueName: createValueNames(),
    recognises: (method) => /^runtime\.v1(alpha2)?\./.test(method) && !method.endsWith('/Unheard'),
    parentOf: () => null,
    linksOf: () => [],
    endOfInput: null,
    counters,
    ...changes,
  };
};
