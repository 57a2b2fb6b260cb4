import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallEnd } from '../../src/grpc/event.ts';
import type { Http2Event } from '../../src/http2/event.ts';
import {
  ask,
  begin,
  data,
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

const CANCEL = 8;
const NO_ERROR = 0;
const askOpen = data('request', 1, message('ask'));

test('a unary call', () => {
  const watched = watch();
  watched.feed(open, ask, begin, reply, ok);
  assert.deepEqual(watched.kinds(1), ['call_start', 'message', 'message', 'call_end']);
  assert.deepEqual(watched.heads()[0], {
    stream: 1,
    start: seenAt(0),
    path,
    authority: 'localhost',
    userAgent: 'grpc-go/1.80.0',
    requestEncoding: null,
    timeoutNs: null,
    traceparent: null,
    tracestate: null,
    baggageKeys: [],
    entries: [],
  });
  assert.deepEqual(watched.result(1), {
    outcome: 'finished',
    end: seenAt(5),
    responseStart: seenAt(0),
    status: 'OK',
    statusCode: 0,
    statusMessage: '',
    reset: null,
    request: { messages: 1, bytes: 3 },
    response: { messages: 1, bytes: 5 },
    responseEncoding: null,
    lostBytes: 0,
  } satisfies CallEnd);
});

type Step = Http2Event | 'close' | 'finish' | 'end request' | 'end response';

interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Kinds of the events that end or revise the call, in order. */
  readonly ends: readonly string[];
  readonly expected: Partial<CallEnd>;
}

const cases: readonly Case[] = [
  {
    name: 'trailers-only',
    steps: [open, ask, refused],
    ends: ['call_end'],
    expected: {
      outcome: 'finished',
      status: 'UNIMPLEMENTED',
      statusMessage: 'unknown service x',
      end: seenAt(3),
    },
  },
  {
    name: 'trailers before the request ended, then a reset without error',
    steps: [open, askOpen, refused, rst('response', 1, NO_ERROR)],
    ends: ['call_end'],
    expected: { outcome: 'finished', reset: { by: 'server', code: 'NO_ERROR' }, end: seenAt(3) },
  },
  {
    name: 'the last reset counts',
    steps: [open, refused, rst('response', 1, NO_ERROR), rst('request', 1, CANCEL)],
    ends: ['call_end', 'call_revised'],
    expected: { outcome: 'finished', reset: { by: 'client', code: 'CANCEL' }, end: seenAt(2) },
  },
  {
    name: 'a reset after the end revises it',
    steps: [open, ask, begin, reply, ok, rst('request', 1, NO_ERROR)],
    ends: ['call_end', 'call_revised'],
    expected: { outcome: 'finished', status: 'OK', reset: { by: 'client', code: 'NO_ERROR' } },
  },
  {
    name: 'the client gives up',
    steps: [open, ask, begin, rst('request', 1, CANCEL)],
    ends: ['call_end'],
    expected: {
      outcome: 'reset',
      status: null,
      reset: { by: 'client', code: 'CANCEL' },
      end: seenAt(4),
      lostBytes: 0,
    },
  },
  {
    name: 'both sides reset: the first one ends, the last one is told',
    steps: [open, ask, rst('request', 1, CANCEL), rst('response', 1, NO_ERROR)],
    ends: ['call_end', 'call_revised'],
    expected: { outcome: 'reset', reset: { by: 'server', code: 'NO_ERROR' }, end: seenAt(3) },
  },
  {
    name: 'a status before the stream ends',
    steps: [
      open,
      ask,
      headers('response', 1, trailerFields('0')),
      data('response', 1, new Uint8Array(0), true),
    ],
    ends: ['call_end'],
    expected: { outcome: 'finished', status: 'OK', end: seenAt(3) },
  },
  {
    name: 'trailers cross the client reset',
    steps: [open, ask, begin, rst('request', 1, CANCEL), reply, ok],
    ends: ['call_end', 'call_revised', 'call_revised'],
    expected: {
      outcome: 'finished',
      status: 'OK',
      end: seenAt(6),
      response: { messages: 1, bytes: 5 },
      reset: { by: 'client', code: 'CANCEL' },
    },
  },
  {
    name: 'a request in flight when the server answered and reset',
    steps: [open, refused, rst('response', 1, NO_ERROR), ask],
    ends: ['call_end', 'call_revised'],
    expected: { outcome: 'finished', request: { messages: 1, bytes: 3 } },
  },
  {
    name: 'an empty END_STREAM after the end changes nothing',
    steps: [open, refused, rst('response', 1, NO_ERROR), data('request', 1, new Uint8Array(0), true)],
    ends: ['call_end'],
    expected: { outcome: 'finished' },
  },
  {
    name: 'an error code without a name',
    steps: [open, ask, rst('response', 1, 77)],
    ends: ['call_end'],
    expected: { outcome: 'reset', reset: { by: 'server', code: 'CODE_77' } },
  },
  {
    name: 'the connection closes',
    steps: [open, ask, begin, reply, 'close'],
    ends: ['call_end'],
    expected: { outcome: 'connection_lost', end: seenAt(5), response: { messages: 1, bytes: 5 } },
  },
  {
    name: 'the response direction ends',
    steps: [open, ask, 'end response', 'close'],
    ends: ['call_end'],
    expected: { outcome: 'connection_lost', end: seenAt(3) },
  },
  {
    name: 'a reset after the response direction ended',
    steps: [open, ask, 'end response', rst('request', 1, CANCEL)],
    ends: ['call_end', 'call_revised'],
    expected: { outcome: 'reset', end: seenAt(4) },
  },
  {
    name: 'the request direction ends, the answer comes all the same',
    steps: [open, askOpen, 'end request', begin, reply, ok],
    ends: ['call_end'],
    expected: { outcome: 'finished', end: seenAt(6) },
  },
  {
    name: 'the input ends',
    steps: [open, ask, begin, 'finish'],
    ends: ['call_end'],
    expected: { outcome: 'in_flight', end: null },
  },
  {
    name: 'the input ends after the status, before the request did',
    steps: [open, refused, 'finish'],
    ends: ['call_end'],
    expected: { outcome: 'finished', end: seenAt(2), status: 'UNIMPLEMENTED' },
  },
  {
    name: 'the connection closes after the status, before the request did',
    steps: [open, refused, 'close', 'finish'],
    ends: ['call_end'],
    expected: { outcome: 'finished', end: seenAt(2) },
  },
  {
    name: 'a status without a name',
    steps: [open, ask, headers('response', 1, trailerFields('17'), true)],
    ends: ['call_end'],
    expected: { outcome: 'finished', status: 'CODE_17', statusCode: 17 },
  },
  {
    name: 'a status that is no number',
    steps: [open, ask, headers('response', 1, trailerFields('fine'), true)],
    ends: ['call_end'],
    expected: { outcome: 'finished', status: null, statusCode: null },
  },
  {
    name: 'a server that ends the stream without a status',
    steps: [open, ask, begin, data('response', 1, message('reply'), true)],
    ends: ['call_end'],
    expected: { outcome: 'finished', status: null, end: seenAt(4) },
  },
  {
    name: 'trailers cut short',
    steps: [open, ask, begin, headers('response', 1, [], true, false)],
    ends: ['call_end'],
    expected: { outcome: 'finished', status: null, end: seenAt(4) },
  },
  {
    name: 'an informational response is none',
    steps: [open, ask, headers('response', 1, fields([':status', '103'])), 'finish'],
    ends: ['call_end'],
    expected: { outcome: 'in_flight', responseStart: null },
  },
];

for (const { name, steps, ends, expected } of cases) {
  test(name, () => {
    const watched = watch();
    for (const step of steps) {
      if (step === 'close') watched.close();
      else if (step === 'finish') watched.finish();
      else if (step === 'end request') watched.end('request');
      else if (step === 'end response') watched.end('response');
      else watched.feed(step);
    }
    const kinds = watched.kinds(1);
    assert.equal(kinds[0], 'call_start');
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith('call') && kind !== 'call_start'),
      ends,
    );
    assert.deepEqual({ ...watched.result(1), ...expected }, watched.result(1));
  });
}

test('HTTP/2 that is not gRPC is left alone, with its data', () => {
  const watched = watch();
  const get = fields([':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'x']);
  const form = requestFields('/', ['content-type', 'text/plain']);
  watched.feed(headers('request', 1, get, true), headers('response', 1, responseFields));
  watched.feed(data('response', 1, message('page'), true), ...unary(3, 'ask', 'reply'));
  watched.feed(
    headers('request', 5, form),
    data('request', 5, message('x'), true),
    rst('response', 5, CANCEL),
  );
  watched.close();
  assert.deepEqual(
    new Set(watched.out.map((event) => ('stream' in event ? event.stream : event.head.stream))),
    new Set([3]),
  );
  assert.equal(watched.counters.notGrpc, 2);
});

test('a stream number that comes again is no new call', () => {
  const watched = watch();
  watched.feed(...unary(3, 'ask', 'reply'), headers('request', 3, requestFields(path)));
  watched.feed(headers('request', 1, requestFields(path)), data('request', 7, message('x')));
  watched.close();
  assert.equal(watched.heads().length, 1);
  assert.equal(watched.counters.headersMisplaced, 2);
  assert.equal(watched.counters.straysIgnored, 1);
});

test('calls over the bound are refused, and the next ones followed', () => {
  const watched = watch({ limits: { openCalls: 2 } });
  for (const stream of [1, 3, 5]) watched.feed(headers('request', stream, requestFields(path)));
  watched.feed(data('request', 5, message('ask'), true), headers('response', 5, trailerFields('0'), true));
  watched.feed(...unary(1, 'ask', 'reply').slice(1), ...unary(7, 'ask', 'reply'));
  watched.close();
  assert.deepEqual(
    watched.heads().map((head) => head.stream),
    [1, 3, 7],
  );
  assert.equal(watched.counters.callsRefused, 1);
});

test('late facts are known for the last calls only', () => {
  const watched = watch({ limits: { endedCalls: 2 } });
  for (const stream of [1, 3, 5]) watched.feed(...unary(stream, 'ask', 'reply'));
  for (const stream of [1, 3, 5]) watched.feed(rst('request', stream, CANCEL));
  assert.equal(watched.counters.revisions, 2);
  assert.equal(watched.counters.straysIgnored, 1);
});

test('goaway is counted, unanswered streams are lost at the close', () => {
  const watched = watch();
  watched.feed(...unary(1, 'ask', 'reply'), headers('request', 3, requestFields(path), true));
  watched.feed({ kind: 'goaway', direction: 'response', lastStream: 1, errorCode: 0 });
  watched.close();
  assert.equal(watched.counters.goaways, 1);
  assert.equal(watched.result(3).outcome, 'connection_lost');
});

test('joined late: calls are known by what is left of them', () => {
  const unknown = (entry: number) => ({ epoch: 0, entry });
  const watched = watch({ joined: true });
  // Stream 1 was waiting for events; 3 has just been asked; 5 is new, all its fields are table entries.
  watched.feed(data('response', 1, message('event')));
  watched.feed(headers('response', 3, responseFields), data('response', 3, message('reply')));
  watched.feed(headers('response', 3, fields([unknown(2), unknown(2)], [unknown(3), unknown(3)]), true));
  const indexed = [0, 1, 2, 3, 4].map((entry) => [unknown(entry), unknown(entry)] as const);
  watched.feed(headers('request', 5, fields([':method', 'POST'], [':scheme', 'http'], ...indexed)));
  watched.feed(...unary(5, 'ask', 'reply').slice(1));
  watched.finish();
  assert.deepEqual(
    watched.heads().map((head) => head.start),
    [null, null, seenAt(0)],
  );
  assert.deepEqual(watched.heads()[2]?.path, unknown(0));
  assert.equal(watched.result(1).outcome, 'in_flight');
  assert.equal(watched.result(1).lostBytes, null);
  assert.deepEqual(watched.result(1).response, { messages: 0, bytes: 0 });
  assert.equal(watched.result(3).outcome, 'finished');
  assert.equal(watched.result(3).status, null);
  assert.deepEqual(watched.result(3).response, { messages: 1, bytes: 5 });
  assert.deepEqual(
    { ...watched.result(5), outcome: 'finished', status: 'OK', lostBytes: 0 },
    watched.result(5),
  );
});
