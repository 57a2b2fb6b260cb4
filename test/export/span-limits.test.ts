import assert from 'node:assert/strict';
import test from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { loadOtel } from '../../src/export/otel.ts';
import { createToReadable } from '../../src/export/otlp-span.ts';
import { defaultSpanLimits, spanLimits } from '../../src/export/span-limits.ts';
import type { Span } from '../../src/spans/span.ts';
import { spansOf } from '../support/a-spool.ts';

const limitsOf = (environment: Record<string, string>) => {
  const result = spanLimits(environment);
  return result.kind === 'limits' ? result.limits : result.problem;
};

test('each variable sets what it names; that of spans, events and links wins over that of all', () => {
  assert.deepEqual(limitsOf({}), defaultSpanLimits);
  assert.deepEqual(limitsOf({ OTEL_ATTRIBUTE_COUNT_LIMIT: '9', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: ' 8 ' }), {
    ...defaultSpanLimits,
    attributes: 9,
    eventAttributes: 9,
    linkAttributes: 9,
    valueLength: 8,
  });
  assert.deepEqual(
    limitsOf({
      OTEL_ATTRIBUTE_COUNT_LIMIT: '9',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '8',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '3',
      OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '4',
      OTEL_SPAN_LINK_COUNT_LIMIT: '5',
      OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '0',
    }),
    { attributes: 1, valueLength: 2, events: 3, eventAttributes: 4, links: 5, linkAttributes: 0 },
  );
});

test('what is no number is named with its variable', () => {
  for (const value of ['many', '-1', '1.5', '1e3', '9999999999'])
    assert.deepEqual(limitsOf({ OTEL_SPAN_LINK_COUNT_LIMIT: value }), {
      variable: 'OTEL_SPAN_LINK_COUNT_LIMIT',
      value,
      allowed: 'a whole number',
    });
});

test('events, links and lists are cut like attributes, and all of it is counted', async () => {
  const counters = createExportCounters();
  const limits = {
    attributes: 2,
    valueLength: 3,
    events: 1,
    eventAttributes: 1,
    links: 2,
    linkAttributes: 0,
  };
  const toReadable = createToReadable(await loadOtel(), '0.0.0', limits, counters);
  const [first] = spansOf(0);
  assert.ok(first !== undefined);
  const attributes = { a: ['longer', 'ab'], b: 'longer', c: 1 };
  const span: Span = {
    ...first,
    attributes,
    resource: attributes,
    events: [1n, 2n, 3n].map((at) => ({ name: `event ${at}`, at, attributes })),
    links: [1, 2, 3].map(() => ({ traceId: first.traceId, spanId: first.spanId, attributes })),
  };
  const made = toReadable(span);
  assert.deepEqual(made.attributes, { a: ['lon', 'ab'], b: 'lon' });
  assert.deepEqual(made.resource.attributes, { a: ['lon', 'ab'], b: 'lon' });
  assert.deepEqual(
    made.events.map((event) => [event.name, event.attributes]),
    [['event 1', { a: ['lon', 'ab'] }]],
  );
  assert.deepEqual(
    made.links.map((link) => link.attributes),
    [{}, {}],
  );
  assert.deepEqual([made.droppedAttributesCount, made.droppedEventsCount, made.droppedLinksCount], [1, 2, 1]);
  assert.deepEqual([counters.eventsDropped, counters.linksDropped], [2, 1]);
  assert.equal(counters.attributesDropped, 1 + 1 + 2 + 2 * 3);
  assert.equal(counters.attributesCut, 2 + 2 + 1);
});
