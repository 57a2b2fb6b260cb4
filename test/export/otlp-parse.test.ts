import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { countSpans } from '../../src/export/journal.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import type { Attributes, Span } from '../../src/spans/span.ts';
import { otlpLine } from '../support/a-spool.ts';

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'123456789abcdef'), minLength: digits, maxLength: digits });
const text = fc.string({ unit: 'grapheme-composite', maxLength: 20 });
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  text.filter((name) => name !== ''),
  fc.oneof(
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.array(text),
  ),
  { maxKeys: 5, noNullPrototype: true },
);
const nanos = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });

const span: fc.Arbitrary<Span> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: fc.option(hex(16)),
  parentIsRemote: fc.constant(false),
  traceState: fc.constantFrom(null, 'a=1', 'b=2,c=3'),
  traceFlags: fc.integer({ min: 0, max: 255 }),
  name: text,
  kind: fc.constantFrom('client', 'server', 'internal'),
  start: nanos,
  end: nanos,
  attributes,
  status: fc.record({
    code: fc.constantFrom('unset', 'error'),
    message: fc.option(text.filter((message) => message !== '')),
  }),
  events: fc.array(fc.record({ name: text, at: nanos, attributes }), { maxLength: 2 }),
  links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16), attributes }), { maxLength: 2 }),
  // The SDK's own Resource loses names that every object has, as `toString`; none of ours is one.
  resource: attributes.map((all) =>
    Object.fromEntries(Object.entries(all).map(([name, value]) => [`resource.${name}`, value])),
  ),
});

test('spans survive the way through OTLP/JSON', () => {
  fc.assert(
    fc.property(span, (one) => {
      // A double that is whole is an integer to OTLP, and -0 is 0.
      const line = Buffer.from(otlpLine([one])).toString();
      assert.deepEqual(JSON.stringify(parseOtlpLine(line), plain), JSON.stringify([one], plain));
    }),
  );
});

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

test('the spans of a line are counted without parsing it', () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 5 }), (spans) => {
      assert.equal(countSpans(otlpLine(spans)), spans.length);
    }),
  );
  const sly = '"startTimeUnixNano":';
  const [one] = fc.sample(span, 1);
  assert.ok(one);
  assert.equal(countSpans(otlpLine([{ ...one, name: sly, attributes: { [sly]: sly } }])), 1);
});

test('what is not OTLP is null, what is broken in it is left out', () => {
  for (const line of ['', 'x', '1', 'null', '[]', '{}', '{"resourceSpans":1}'])
    assert.equal(parseOtlpLine(line), null);
  const broken = { resourceSpans: [null, 1, { scopeSpans: [{ spans: [null, { traceId: 'x' }] }, 7] }] };
  assert.deepEqual(parseOtlpLine(JSON.stringify(broken)), []);
});
