import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createCallSpans } from '../../src/call-spans.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { noSpans, observe } from '../../src/observe.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createCriRewriter } from '../../src/record/redact/cri-rewriter.ts';
import { createRedactor } from '../../src/record/redact/redactor.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';

const runs = Number(process.env.CRITRACE_FUZZ_RUNS ?? 150);
const schema = loadSchema();
const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));

/** The `kind` of a finding's line: operations and symptoms are told by what they are. */
const lineKind = (finding: Finding): string => {
  switch (finding.kind) {
    case 'operation':
      return finding.operation.key.kind;
    case 'symptom':
      return finding.symptom.kind;
    default:
      return finding.kind;
  }
};

/** The first events of a recording: what several calls of every kind are made of. */
const beginningOf = async (name: string): Promise<SourceEvent[]> => {
  const replay = await createReplay({ input: join(folder, name), pace: null, clock: systemClock() });
  const events: SourceEvent[] = [];
  for await (const batch of replay.events())
    for (const event of batch)
      if (events.length < 300)
        events.push(event.kind === 'data' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
  return events;
};

const recordings = await Promise.all(
  readdirSync(folder)
    .filter((name) =>
      /^(pod-lifecycle|traced|old-client|v1alpha2|events)-.*(?<!truth)\.jsonl\.gz$/.test(name),
    )
    .map(beginningOf),
);

/** What may befall one event between the wire and the pipeline. */
type Damage =
  | { readonly kind: 'bytes'; readonly at: number; readonly value: number }
  | { readonly kind: 'lost' | 'twice' | 'gone' | 'joined' }
  | { readonly kind: 'end' | 'close' };

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('bytes' as const), at: fc.nat(20_000), value: fc.nat(255) }),
  fc.record({ kind: fc.constantFrom('lost' as const, 'twice' as const, 'gone' as const, 'joined' as const) }),
  fc.record({ kind: fc.constantFrom('end' as const, 'close' as const) }),
);

const damaged = (event: SourceEvent, what: Damage): SourceEvent[] => {
  if (event.kind === 'open') return what.kind === 'joined' ? [{ ...event, joined: true }] : [event];
  if (event.kind !== 'data') return what.kind === 'gone' ? [] : [event];
  const { connection, seen, direction } = event;
  switch (what.kind) {
    case 'bytes': {
      const bytes = Uint8Array.from(event.bytes);
      if (bytes.length > 0) bytes[what.at % bytes.length] = what.value;
      return [{ ...event, bytes }];
    }
    case 'lost':
      return [{ kind: 'gap', connection, seen, direction, length: event.bytes.length }];
    case 'twice':
      return [event, event];
    case 'gone':
      return [];
    case 'end':
      return [event, { kind: 'end', connection, seen, direction }];
    case 'close':
      return [event, { kind: 'close', connection, seen }];
    case 'joined':
      return [event];
  }
};

const recording = fc
  .tuple(fc.nat(recordings.length - 1), fc.array(fc.tuple(fc.nat(299), damage), { maxLength: 12 }))
  .map(([which, damages]) => {
    const at = new Map(damages);
    return (recordings[which] ?? []).flatMap((event, place) => {
      const what = at.get(place);
      return what === undefined ? [event] : damaged(event, what);
    });
  });

const copied = (event: SourceEvent): SourceEvent =>
  event.kind === 'data' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event;

test('whatever happens to a recording, it becomes findings, spans and lines, and nothing throws', async () => {
  await fc.assert(
    fc.asyncProperty(recording, async (events) => {
      const spansOf = createCallSpans({
        identity: 'fuzz',
        host: replayHostFacts('fuzz'),
        mode: 'replay',
        version: '0.0.0',
        counters: createSpanCounters(),
      });
      const source = {
        identity: 'fuzz',
        async *events() {
          yield events.map(copied);
        },
        stop: async () => undefined,
      };
      const last = new Map<string, number>();
      for await (const batch of observe(source, createPipeline({ schema, full: true }), spansOf)) {
        for (const { finding, spans } of batch) {
          assert.equal(JSON.parse(findingLine(finding, spans)).kind, lineKind(finding));
          if (finding.kind !== 'call') continue;
          const { connection, stream, revision, result } = finding.call;
          const key = `${connection}/${stream}`;
          assert.ok(revision > (last.get(key) ?? -1), `${key}: revision ${revision} after ${last.get(key)}`);
          last.set(key, revision);
          assert.ok(result.request.bytes >= 0 && result.response.bytes >= 0);
          for (const span of spans) assert.ok(span.end >= span.start, span.name);
        }
      }
    }),
    { numRuns: runs },
  );
});

test('whatever happens to a recording, redacting it keeps every length and what it decodes to', async () => {
  await fc.assert(
    fc.asyncProperty(recording, async (events) => {
      const redactor = createRedactor({ rewriterOf: createCriRewriter(schema) });
      const out = [...events.flatMap((event) => redactor.push(copied(event))), ...redactor.finish()];
      const shape = (list: readonly SourceEvent[]): string[] =>
        list.map((event) => `${event.kind} ${event.kind === 'data' ? event.bytes.length : ''}`);
      assert.deepEqual(shape(out), shape(events));
      const overwritten = out.some((event) => event.kind === 'data' && (event.overwritten ?? 0) > 0);
      if (!overwritten) assert.deepEqual(await methodsOf(out), await methodsOf(events));
    }),
    { numRuns: runs },
  );
});

const methodsOf = async (events: readonly SourceEvent[]): Promise<string[]> => {
  const source = {
    identity: 'fuzz',
    async *events() {
      yield events.map(copied);
    },
    stop: async () => undefined,
  };
  const methods: string[] = [];
  for await (const batch of observe(source, createPipeline({ schema, full: false }), noSpans))
    for (const { finding } of batch)
      if (finding.kind === 'call')
        methods.push(`${finding.call.method} ${finding.call.result.outcome} ${finding.call.result.status}`);
  return methods;
};
