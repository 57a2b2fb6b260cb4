import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ask,
  begin,
  data,
  dataLost,
  fields,
  headers,
  message,
  ok,
  open,
  path,
  refused,
  reply,
  requestFields,
  responseFields,
  rst,
  seenAt,
  trailerFields,
  unary,
  watch,
} from './builders.ts';

const NO_ERROR = 0;

test('lost payload bytes break their message only', () => {
  const watched = watch();
  const reply = message('0123456789');
  watched.feed(open, ask, begin, data('response', 1, reply.subarray(0, 8)), dataLost('response', 1, 4));
  watched.feed(data('response', 1, reply.subarray(12)), data('response', 1, message('next')), ok);
  assert.deepEqual(watched.messages(1, 'response'), ['next']);
  assert.deepEqual(watched.result(1).response, { messages: 1, bytes: 4 });
  assert.equal(watched.result(1).lostBytes, 4);
  assert.equal(watched.counters.messagesBroken, 1);
});

test('a loss may reach to the very end of a payload', () => {
  const watched = watch();
  watched.feed(open, ask, begin, data('response', 1, message('0123456789').subarray(0, 8)));
  watched.feed(dataLost('response', 1, 3), dataLost('response', 1, 4), reply, ok);
  assert.deepEqual(watched.messages(1, 'response'), ['reply']);
  assert.equal(watched.result(1).lostBytes, 7);
  assert.equal(watched.kinds(1).filter((kind) => kind === 'message_broken').length, 1);
});

test('a lost prefix breaks the rest of the direction', () => {
  const watched = watch();
  watched.feed(open, ask, begin, reply, dataLost('response', 1, 7), reply, ok, ...unary(3, 'ask', 'reply'));
  assert.deepEqual(watched.messages(1, 'response'), ['reply']);
  assert.deepEqual(watched.result(1).response, { messages: 1, bytes: 5 });
  assert.equal(watched.result(1).lostBytes, 7);
  assert.equal(watched.result(1).status, 'OK');
  assert.deepEqual(watched.messages(3, 'response'), ['reply']);
});

test('after a desync: open calls keep what was complete, new ones are exact', () => {
  const watched = watch();
  watched.feed(...unary(1, 'ask', 'reply'), headers('request', 3, requestFields(path)));
  watched.feed(data('request', 3, message('one')), data('request', 3, message('two').subarray(0, 6)));
  watched.feed(headers('request', 5, requestFields(path)), data('request', 5, message('five'), true));
  watched.feed(
    { kind: 'desync', direction: 'request' },
    { kind: 'resync', direction: 'request', lostBytes: 99 },
  );
  watched.feed(data('request', 3, message('three')), ...unary(9, 'ask', 'reply'));
  // 7's request went by unseen.
  for (const stream of [3, 5, 7])
    watched.feed(headers('response', stream, responseFields), data('response', stream, message('reply')));
  for (const stream of [3, 5, 7]) watched.feed(headers('response', stream, trailerFields('0'), true));
  assert.deepEqual(watched.messages(3, 'request'), ['one']);
  assert.deepEqual(
    [1, 3, 5, 7, 9].map((stream) => watched.result(stream).lostBytes),
    [0, null, null, null, 0],
  );
  assert.deepEqual(
    [1, 3, 5, 7, 9].map((stream) => watched.result(stream).response.bytes),
    [5, 5, 5, 5, 5],
  );
  assert.deepEqual(watched.result(7).request, { messages: 0, bytes: 0 });
  assert.equal(watched.counters.callsWithoutHead, 1);
});

test('a response that begins after a desync is whole', () => {
  const watched = watch();
  watched.feed(open, ask, { kind: 'desync', direction: 'response' }, begin, reply, ok);
  assert.deepEqual(watched.messages(1, 'response'), ['reply']);
  assert.equal(watched.result(1).lostBytes, null);
});

test('a response whose headers were lost is not taken for whole', () => {
  const watched = watch();
  watched.feed(open, ask, { kind: 'desync', direction: 'response' }, reply, ok);
  assert.deepEqual(watched.messages(1, 'response'), []);
  assert.equal(watched.result(1).status, 'OK');
});

test('calls whose end a loss may have hidden make room', () => {
  const watched = watch({ limits: { openCalls: 2 } });
  watched.feed(open, ask, { kind: 'desync', direction: 'response' });
  watched.feed(headers('request', 3, requestFields(path)), headers('request', 5, requestFields(path)));
  assert.equal(watched.result(1).outcome, 'in_flight');
  assert.equal(watched.counters.callsAbandoned, 1);
  assert.deepEqual(
    watched.heads().map((head) => head.stream),
    [1, 3, 5],
  );
});

test('of a call that ended before a desync, late bytes are not read', () => {
  const watched = watch();
  watched.feed(open, refused, rst('response', 1, NO_ERROR));
  assert.equal(watched.result(1).lostBytes, 0);
  watched.feed({ kind: 'desync', direction: 'request' }, ask, rst('request', 1, NO_ERROR));
  assert.deepEqual(watched.result(1).request, { messages: 0, bytes: 0 });
  assert.equal(watched.result(1).lostBytes, null);
});

test('of a call that was reset before a desync it is told anew that bytes of it may be lost', () => {
  const cut = data('request', 1, message('ask').subarray(0, 6));
  for (const side of ['request', 'response'] as const) {
    const watched = watch();
    watched.feed(open, cut, rst(side, 1, 8));
    assert.equal(watched.result(1).lostBytes, 0);
    // A side sends nothing behind its own reset.
    watched.feed({ kind: 'desync', direction: side });
    assert.equal(watched.result(1).lostBytes, 0);
    watched.feed({ kind: 'desync', direction: side === 'request' ? 'response' : 'request' });
    assert.equal(watched.result(1).lostBytes, null);
    assert.equal(watched.kinds(1).filter((kind) => kind === 'call_revised').length, 1);
  }
});

test('of headers and resets too it is said how much was not seen', () => {
  const watched = watch();
  watched.feed(headers('request', 1, requestFields(path), false, false, 7), ask, begin);
  watched.feed(headers('response', 1, [], true, false, 3));
  watched.feed({ kind: 'rst_stream', direction: 'response', stream: 1, errorCode: null, lost: 2 });
  assert.equal(watched.result(1).lostBytes, 12);
  assert.deepEqual(watched.result(1).reset, { by: 'server', code: null });
  const other = watch();
  other.feed(open, ask, headers('response', 1, [], true, false, null));
  assert.equal(other.result(1).lostBytes, null);
});

test('streams that are not gRPC make room too, once a loss may have hidden their end', () => {
  const watched = watch({ limits: { openCalls: 1 } });
  watched.feed(headers('request', 1, fields([':method', 'GET']), true), ...unary(3, 'ask', 'reply'));
  assert.equal(watched.counters.callsRefused, 1);
  watched.feed({ kind: 'desync', direction: 'response' }, ...unary(5, 'ask', 'reply'));
  assert.equal(watched.result(5).status, 'OK');
});

test('while the boundaries of responses are lost, no call can claim to have been seen whole', () => {
  const watched = watch();
  watched.feed({ kind: 'desync', direction: 'response' }, open, ask);
  watched.feed({ kind: 'resync', direction: 'response', lostBytes: 9 });
  // 3 was sent while they were lost, and is found only now.
  for (const [stream, first] of [
    [3, 4],
    [5, 6],
  ] as const) {
    watched.feed({ ...headers('request', stream, requestFields(path)), first: seenAt(first) });
    watched.feed(data('request', stream, message('ask'), true));
  }
  watched.close();
  assert.deepEqual(
    [1, 3, 5].map((stream) => watched.result(stream).lostBytes),
    [null, null, 0],
  );
});

test('trailers that could not be read are trailers: the reset behind them is not the end', () => {
  const lost = { epoch: 1, entry: -4 };
  for (const trailers of [fields([lost, lost], ['grpc-message', '']), fields(['grpc-message', 'x'])]) {
    const watched = watch();
    const whole = typeof trailers[0]?.name === 'string';
    watched.feed(open, headers('response', 1, [...responseFields, ...trailers], true, !whole));
    watched.feed(rst('response', 1, NO_ERROR));
    const { outcome, status, reset } = watched.result(1);
    assert.deepEqual(
      { outcome, status, reset },
      { outcome: 'finished', status: null, reset: { by: 'server', code: 'NO_ERROR' } },
    );
  }
});

test('trailers without a status, read whole, leave a reset the end', () => {
  const watched = watch();
  watched.feed(open, headers('response', 1, [...responseFields, ...fields(['grpc-message', 'x'])], true));
  watched.feed(rst('response', 1, NO_ERROR));
  assert.equal(watched.result(1).outcome, 'reset');
});
