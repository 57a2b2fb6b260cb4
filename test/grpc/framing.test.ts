import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GrpcEvent } from '../../src/grpc/event.ts';
import { begin, data, headers, message, ok, path, requestFields, watch } from './builders.ts';

const head = headers('request', 1, requestFields(path), true);

const pieces = (events: readonly GrpcEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' && event.direction === 'response' ? [event] : []));

/** What a consumer of whole messages sees of a response body in DATA pieces. */
const read = (parts: readonly Uint8Array[], messageBytes = 1_000) => {
  const watched = watch({ limits: { messageBytes } });
  watched.feed(head, begin, ...parts.map((bytes) => data('response', 1, bytes)), ok);
  return watched;
};

const cut = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const ends = [...at.map((point) => point % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
};

test('a prefix may be cut anywhere', () => {
  const body = Buffer.concat([message('first'), message(''), message('third')]);
  for (let at = 0; at <= body.length; at++) {
    const watched = read(cut(body, [at]));
    assert.deepEqual(watched.messages(1, 'response'), ['first', '', 'third']);
    assert.deepEqual(watched.result(1).response, { messages: 3, bytes: 10 });
  }
});

test('however DATA is cut, messages and counts are the same, and pieces are contiguous', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(payloads, fc.array(fc.nat(), { maxLength: 30 }), fc.nat(2), (list, cuts, spare) => {
      const body = Buffer.concat([...list.map((payload) => message(payload)), Buffer.alloc(spare)]);
      const watched = read(cut(body, cuts));
      const expected = list.map((payload) => Buffer.from(payload).toString());
      assert.deepEqual(watched.messages(1, 'response'), expected);
      assert.deepEqual(watched.result(1).response, {
        messages: list.length,
        bytes: list.reduce((sum, payload) => sum + payload.length, 0),
      });
      let offset = 0;
      for (const piece of pieces(watched.out)) {
        assert.equal(piece.offset, offset);
        offset += piece.bytes.length;
        assert.equal(piece.last, offset === piece.length);
        assert.ok(piece.bytes.length > 0 || piece.length === 0);
        if (piece.last) offset = 0;
      }
      assert.equal(watched.kinds(1).includes('message_broken'), spare > 0);
    }),
    { numRuns: 300 },
  );
});

test('compressed messages are marked, and counted as on the wire', () => {
  const watched = read([message('zipped', 1), message('plain')]);
  assert.deepEqual(
    pieces(watched.out).map((piece) => piece.compressed),
    [true, false],
  );
  assert.deepEqual(watched.result(1).response, { messages: 2, bytes: 11 });
});

test('a message over the bound is counted and not passed on; the next is exact', () => {
  const body = Buffer.concat([message('x'.repeat(50)), message('next')]);
  for (const at of [0, 3, 5, 20, 55]) {
    const watched = read(cut(body, [at]), 10);
    assert.deepEqual(watched.messages(1, 'response'), ['next']);
    assert.deepEqual(watched.result(1).response, { messages: 2, bytes: 54 });
    assert.equal(watched.counters.messagesTooLarge, 1);
    assert.equal(watched.kinds(1).filter((kind) => kind === 'message_broken').length, 1);
  }
});

test('80 MiB go through piece by piece', () => {
  const watched = watch();
  const length = 80 * 1024 * 1024;
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  watched.feed(head, begin, data('response', 1, prefix));
  const piece = new Uint8Array(1024 * 1024);
  for (let sent = 0; sent < length; sent += piece.length) {
    const events = watched.feed(data('response', 1, piece));
    assert.equal(events.length, 1);
    assert.ok(events[0]?.kind === 'message' && events[0].bytes === piece);
    watched.out.length = 0;
  }
  watched.feed(ok);
  assert.deepEqual(watched.result(1).response, { messages: 1, bytes: length });
});

test('a prefix that makes no sense ends the reading of that direction', () => {
  const watched = read([message('good'), message('bad', 2), message('good')]);
  assert.deepEqual(watched.messages(1, 'response'), ['good']);
  assert.equal(watched.counters.prefixesMalformed, 1);
  assert.equal(watched.result(1).status, 'OK');
});

test('a message that the end of its stream cuts short is broken', () => {
  const watched = read([message('good'), message('short').subarray(0, 7)]);
  assert.deepEqual(watched.messages(1, 'response'), ['good']);
  assert.equal(watched.counters.messagesBroken, 1);
  assert.deepEqual(watched.kinds(1).slice(-2), ['message_broken', 'call_end']);
});
