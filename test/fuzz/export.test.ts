import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { renderCompact } from '../../src/export/compact.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { countSpans } from '../../src/export/journal.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { retryInfoMs } from '../../src/export/retry.ts';
import { terminalText } from '../../src/export/terminal-text.ts';
import { renderWaterfallByPod } from '../../src/export/waterfall.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { otlpLine, spansOf } from '../support/a-spool.ts';

const numRuns = Number(process.env.CRITRACE_FUZZ_RUNS ?? 300);

const lines = Array.from({ length: 4 }, (_, n) => Buffer.from(otlpLine([...spansOf(n), ...spansOf(n + 9)])));

/** A line of the spool with bytes changed, cut out and doubled. */
const damaged = fc
  .tuple(
    fc.constantFrom(...lines),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 8 })), { maxLength: 4 }),
  )
  .map(([line, edits]) => {
    let bytes: Buffer = line;
    for (const [at, length, put] of edits) {
      const from = at % bytes.length;
      bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + length)]);
    }
    return bytes;
  });

test('a damaged line of the spool or the store never throws, and gives spans that can be written again', () => {
  fc.assert(
    fc.property(damaged, (bytes) => {
      countSpans(bytes);
      const spans = parseOtlpLine(bytes.toString('utf8'));
      if (spans !== null && spans.length > 0) assert.equal(countSpans(otlpLine(spans)), spans.length);
    }),
    { numRuns },
  );
});

test('JSON of any shape in the place of OTLP never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      parseOtlpLine(JSON.stringify(value));
      parseOtlpLine(
        JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [value] }], resource: value }] }),
      );
    }),
    { numRuns },
  );
});

const peerText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\x1b[2J', '\x1b]0;', '\x07', '\u009b31m', '\r', '\n', 'x'), { maxLength: 20 })
    .map((parts) => parts.join('')),
  fc.constantFrom('__proto__', 'constructor', '\u202e', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
);

test('no text of a peer breaks spans, lines or terminals', () => {
  const context = aSpanContext();
  fc.assert(
    fc.property(peerText, peerText, peerText, (a, b, c) => {
      const base = aCall();
      const call = aCall({
        method: a,
        rpc: b,
        service: null,
        authority: c,
        traceparent: a,
        tracestate: b,
        endpoint: c,
        caller: { ...base.caller, comm: a, userAgent: b },
        server: { ...base.server, comm: c },
        facts: {
          ...base.facts,
          pod: { namespace: a, name: b, uid: c, attempt: 0 },
          containerId: a,
          containerName: b,
          image: c,
          values: { 'runtime.name': a, 'runtime.version': b },
        },
        result: { ...base.result, status: a || 'X', statusMessage: b },
      });
      const finding = { kind: 'call', call } as const;
      const spans = spansOfCall(call, context);
      assert.equal(spans.length, 2);
      for (const span of spans) assert.ok(span.name === 'grpc');
      assert.equal(JSON.parse(findingLine(finding, spans)).method, a);
      assert.equal(countSpans(otlpLine(spans)), 2);
      const printed = [
        renderCompact(finding, { colour: false }),
        ...renderWaterfallByPod([call], { width: 80, colour: false }).split('\n'),
      ];
      for (const line of printed) assert.equal(line, terminalText(line));
    }),
    { numRuns },
  );
});

test('a collector’s status details never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      retryInfoMs(bytes);
    }),
    { numRuns },
  );
});
