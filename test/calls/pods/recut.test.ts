import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../../src/calls/call.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { createReplay } from '../../../src/source/replay.ts';

/** A small generator of numbers that are the same in every run. */
const random = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const cut = (event: SourceEvent, next: () => number): SourceEvent[] => {
  if (event.kind !== 'data') return [event];
  const parts: SourceEvent[] = [];
  for (let from = 0; from < event.bytes.length; ) {
    const to = Math.min(event.bytes.length, from + 1 + Math.floor(next() * 700));
    parts.push({ ...event, bytes: event.bytes.slice(from, to) });
    from = to;
  }
  return parts;
};

const found = async (capture: string, seed: number | null): Promise<Finding[]> => {
  const path = fileURLToPath(new URL(`../../fixtures/captures/${capture}.jsonl.gz`, import.meta.url));
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const next = random(seed ?? 0);
  const findings: Finding[] = [];
  for await (const batch of replay.events()) {
    for (const event of batch) {
      for (const part of seed === null ? [event] : cut(event, next)) findings.push(...pipeline.push(part));
    }
  }
  findings.push(...pipeline.finish());
  return findings;
};

for (const capture of [
  'kubelet-1.37-containerd-2.4',
  'kubelet-1.37-containerd-2.4-gates',
  'pod-lifecycle-crio-crictl1.36',
]) {
  test(`${capture}: pods, starts and stops do not depend on how the bytes are cut`, async () => {
    const whole = await found(capture, null);
    for (const seed of [1, 2]) assert.deepEqual(await found(capture, seed), whole);
  });
}
