import { compiledModules } from '../compiled.ts';
import { dayOf } from './kubelet.ts';

// The compiled pipeline in a process of its own, so that the memory is the day's and nothing else's. Told over IPC:
// memory at equal times of the day, after a full garbage collection.

export interface DayMemory {
  readonly kind: 'memory';
  readonly calls: number;
  readonly heapMegabytes: number;
  readonly rssMegabytes: number;
}

export interface DayEnd {
  readonly kind: 'end';
  readonly calls: number;
  readonly podStarts: number;
  readonly spans: number;
  readonly seconds: number;
}

const [seconds = 86_400, pods = 10_000, samples = 24] = process.argv.slice(2).map(Number);
const { gc } = globalThis;
if (gc === undefined) throw new Error('usage: node --expose-gc worker.ts SECONDS PODS SAMPLES');
const modules = await compiledModules();
const pipeline = modules.createPipeline({ schema: modules.loadSchema(), full: false });
const spansOf = modules.createCallSpans({
  identity: 'day',
  host: modules.replayHostFacts('day'),
  mode: 'replay',
  version: '0',
  counters: modules.createSpanCounters(),
});
const sampled = modules.createRoundSampling(
  { ...modules.defaultSamplingLimits, intervalNs: 60_000_000_000n, slowNs: 1_000_000_000n },
  (finding) => spansOf(finding, null),
  modules.createSamplingCounters(),
);

const begin = performance.now();
let calls = 0;
let podStarts = 0;
let spans = 0;
let taken = 0;
let first: bigint | null = null;

const sample = (): void => {
  gc();
  const { heapUsed, rss } = process.memoryUsage();
  const memory: DayMemory = { kind: 'memory', calls, heapMegabytes: heapUsed / 1e6, rssMegabytes: rss / 1e6 };
  process.send?.(memory);
};

for (const events of dayOf({ seconds, pods })) {
  for (const event of events) {
    first ??= event.seen.at;
    const found = pipeline.push(event);
    for (const finding of found) {
      if (finding.kind === 'call') calls += 1;
      if (finding.kind === 'operation' && finding.operation.key.kind === 'pod_start') podStarts += 1;
    }
    for (const { spans: own } of sampled(
      found.map((finding) => ({
        finding,
        spans: modules.isSampledLater(finding) ? [] : spansOf(finding, null),
      })),
    ))
      spans += own.length;
    const passed = Number(event.seen.at - first) / 1e9;
    if (passed >= ((taken + 1) * seconds) / samples) {
      taken += 1;
      sample();
    }
  }
}
const end: DayEnd = { kind: 'end', calls, podStarts, spans, seconds: (performance.now() - begin) / 1000 };
process.send?.(end);
if (process.connected) process.disconnect();
