import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ExportCounters } from '../../src/export/counters.ts';
import type { SpoolLimits } from '../../src/export/limits.ts';
import {
  createFakeCollector,
  type FakeCollector,
  type SpoolUnderTest,
  sent,
  spansOf,
  startSpool,
  unavailable,
  withDirectory,
} from '../support/a-spool.ts';
import { eventually } from '../support/manual-timers.ts';

const numRuns = Math.max(100, Math.floor(Number(process.env.CRITRACE_FUZZ_RUNS ?? 0) / 100));

type Step =
  | { readonly do: 'offer'; readonly calls: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'answer'; readonly with: FakeCollector['answer'] }
  | { readonly do: 'flush' | 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('offer' as const), calls: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 600, 1_500, 20_000) }),
  fc.record({
    do: fc.constant('answer' as const),
    with: fc.constantFrom<FakeCollector['answer']>(
      sent,
      unavailable,
      { kind: 'retry', afterMs: 5_000, reason: 'later' },
      { kind: 'refused', reason: 'never' },
      { kind: 'sent', rejected: 1, reason: 'one is bad' },
    ),
  }),
  fc.record({ do: fc.constantFrom('flush' as const, 'restart' as const) }),
);

const gone = (counters: ExportCounters): number =>
  counters.delivered +
  counters.rejected +
  counters.droppedQueueFull +
  counters.droppedSpoolFull +
  counters.droppedRefused +
  counters.droppedCorrupt +
  counters.droppedAtShutdown;

const limitsOf = (diskBytes: number): Partial<SpoolLimits> => ({
  requestSpans: 5,
  memorySpans: 20,
  diskBytes,
});

test('whatever happens to collector and agent, every span is delivered once or counted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(0, 12_000, 10_000_000),
      (steps, diskBytes) =>
        withDirectory(async (directory) => {
          const collector = createFakeCollector();
          const runs: ExportCounters[] = [];
          let call = 0;
          const start = async (): Promise<SpoolUnderTest> => {
            const started = await startSpool(directory, limitsOf(diskBytes), collector);
            runs.push(started.counters);
            assert.equal(started.counters.lostInCrash, 0);
            assert.equal(started.counters.spoolErrors, 0);
            return started;
          };
          let now = await start();
          for (const next of steps) {
            if (next.do === 'offer') for (let n = 0; n < next.calls; n++) now.spool.offer(spansOf(call++));
            else if (next.do === 'wait') await now.timers.advance(next.ms);
            else if (next.do === 'answer') collector.answer = next.with;
            else if (next.do === 'flush') await now.spool.flush();
            else {
              await now.spool.close();
              now = await start();
            }
          }
          collector.answer = sent;
          await eventually(now.timers, () => now.counters.spooledSpans === 0);
          await now.spool.close();
          const offered = runs.reduce((sum, counters) => sum + counters.offered, 0);
          assert.equal(offered, 2 * call);
          assert.equal(
            runs.reduce((sum, counters) => sum + gone(counters), 0),
            offered,
          );
          const ids = collector.got.map(({ spanId }) => spanId);
          assert.equal(new Set(ids).size, ids.length);
          assert.equal(now.counters.spoolBytes, 0);
          if (diskBytes > 1_000_000) {
            const dropped = runs.reduce(
              (sum, counters) => sum + counters.droppedSpoolFull + counters.droppedAtShutdown,
              0,
            );
            assert.equal(dropped, 0);
          }
        }),
    ),
    { numRuns },
  );
});
