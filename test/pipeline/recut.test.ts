import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCallSpans } from '../../src/call-spans.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { createPipeline } from '../../src/pipeline.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import type { Span } from '../../src/spans/span.ts';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const captures = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.includes('.truth.'))
  .map((name) => name.replace('.jsonl.gz', ''));

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

/** All that is found, with the spans of it. */
const found = async (
  capture: string,
  seed: number | null,
  pace: number | null = null,
  ticking = false,
): Promise<{ readonly finding: Finding; readonly spans: readonly Span[] }[]> => {
  const replay = await createReplay({ input: `${folder}${capture}.jsonl.gz`, pace, clock: systemClock() });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const next = random(seed ?? 0);
  const findings: Finding[] = [];
  let last = 0n;
  for await (const batch of replay.events()) {
    for (const event of batch) {
      if (ticking && last > 0n) {
        const between = last + BigInt(Math.floor(next() * Number(event.seen.at - last)));
        findings.push(...pipeline.tick(between));
      }
      last = event.seen.at;
      for (const part of seed === null ? [event] : cut(event, next)) findings.push(...pipeline.push(part));
    }
  }
  const { identity } = replay;
  const spansOf = createCallSpans({
    identity,
    host: replayHostFacts(identity),
    mode: 'replay',
    version: '0',
    counters: createSpanCounters(),
  });
  const exported = findings.map((finding) => ({ finding, spans: spansOf(finding, null) }));
  return [...exported, ...pipeline.finish().map((finding) => ({ finding, spans: spansOf(finding, last) }))];
};

for (const capture of captures) {
  test(`${capture}: findings, ids and spans do not depend on how the bytes are cut`, async () => {
    const whole = await found(capture, null);
    for (const seed of [1, 2]) assert.deepEqual(await found(capture, seed), whole);
  });
}

/** What waits for time to pass is told as soon as it may be, so the order differs; nothing else does. */
const inOrder = (all: Awaited<ReturnType<typeof found>>): readonly string[] =>
  all
    .map((one) => JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))
    .sort();

for (const capture of captures) {
  test(`${capture}: nor on how often the time is told while nothing comes`, async () => {
    const [whole, ticked] = [await found(capture, null), await found(capture, 3, null, true)];
    assert.deepEqual(inOrder(ticked), inOrder(whole));
  });
}

test('nor on how fast they come', async () => {
  const capture = 'kubelet-1.37-giveup-gate-v1alpha2-3-starts';
  assert.deepEqual(await found(capture, null, 40), await found(capture, null));
});
