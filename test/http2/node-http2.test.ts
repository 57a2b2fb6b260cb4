import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Direction } from '../../src/foundation/direction.ts';
import type { Http2Event } from '../../src/http2/event.ts';
import { createHttp2Counters } from '../../src/http2/limits.ts';
import { sessionShapes } from './exchanges.ts';
import { type Exchange, record } from './node-http2.ts';
import { cutSizes, fieldText, normalised, recut, type Step, watch } from './wire.ts';

const lines = (fields: readonly (readonly [string, string])[]): string[] =>
  fields.map(([name, value]) => `${name}: ${Buffer.from(value, 'latin1').toString('latin1')}`).sort();

/** What one side said on a stream: its header blocks without what node adds, and its body. */
const said = (events: readonly Http2Event[], direction: Direction, stream: number) => {
  const blocks: string[][] = [];
  const parts: Uint8Array[] = [];
  let ends = 0;
  for (const event of events) {
    if (!('stream' in event) || event.direction !== direction || event.stream !== stream) continue;
    if (event.kind === 'headers') {
      assert.equal(event.complete, true);
      blocks.push(
        event.fields
          .map(fieldText)
          .filter((line) => !line.startsWith(':') && !line.startsWith('date: '))
          .sort(),
      );
    }
    if (event.kind === 'data') parts.push(event.bytes);
    if ('endStream' in event && event.endStream) ends += 1;
  }
  return { blocks, body: Buffer.concat(parts).toString('hex'), ends };
};

const streamOf = (events: readonly Http2Event[], index: number): number => {
  for (const event of events)
    if (event.kind === 'headers' && event.fields.some((field) => fieldText(field) === `:path: /${index}`))
      return event.stream;
  return assert.fail(`no request for /${index}`);
};

const check = (events: readonly Http2Event[], exchanges: readonly Exchange[]): void => {
  exchanges.forEach((exchange, index) => {
    const stream = streamOf(events, index);
    assert.deepEqual(said(events, 'request', stream), {
      blocks: [lines(exchange.request)],
      body: Buffer.from(exchange.requestBody).toString('hex'),
      ends: 1,
    });
    const response = said(events, 'response', stream);
    assert.equal(response.body, Buffer.from(exchange.responseBody).toString('hex'));
    assert.equal(response.ends, 1);
    assert.deepEqual(response.blocks, [
      lines(exchange.response),
      ...(exchange.trailers.length > 0 ? [lines(exchange.trailers)] : []),
    ]);
  });
};

test('what nghttp2 encodes is read back, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      sessionShapes,
      fc.array(cutSizes, { minLength: 1, maxLength: 2 }),
      async (shape, cuts) => {
        const steps: Step[] = await record(shape);
        const counters = createHttp2Counters();
        const events = watch(steps, { joined: false, counters });
        check(events, shape.exchanges);
        assert.equal(counters.malformedFrames + counters.malformedBlocks + counters.desyncs, 0);
        assert.equal(counters.headersFrames <= counters.headerBlocks + 0, true);
        const whole = normalised(events);
        for (const sizes of cuts)
          assert.deepEqual(normalised(watch(recut(steps, sizes), { joined: false })), whole);
      },
    ),
    { numRuns: 25 },
  );
});

test('nghttp2 is made to use CONTINUATION, and a table size of its peer', async () => {
  const exchange: Exchange = {
    request: [['x-a', 'k'.repeat(40_000)]],
    requestBody: new Uint8Array(0),
    response: [['x-bb', 'v'.repeat(60_000)]],
    responseBody: Uint8Array.of(1),
    trailers: [['etag', 'w']],
  };
  const counters = createHttp2Counters();
  const exchanges = [exchange, exchange];
  const steps = await record({ exchanges, parallel: 1, tableSize: 60, padding: 'none' });
  check(watch(steps, { joined: false, counters }), exchanges);
  assert.ok(counters.continuationFrames >= 4);
});
