import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeaderReader, type RequestHeaders } from '../../src/grpc/headers.ts';
import { createGrpcCounters, defaultGrpcLimits } from '../../src/grpc/limits.ts';
import type { HeaderField, HeaderText } from '../../src/http2/event.ts';
import { fields, path, requestFields, responseFields, seenAt, trailerFields } from './builders.ts';

const traceparent = '00-a755b54d6c8d847bf1afbb425dd28d01-9012ff98051525f8-01';
const unknown = (entry: number): HeaderText => ({ epoch: 1, entry });
const whole = (entry: number) => [unknown(entry), unknown(entry)] as const;

const reader = () => {
  const counters = createGrpcCounters();
  const { request, response } = createHeaderReader(defaultGrpcLimits, counters);
  return {
    counters,
    response(list: readonly HeaderField[], endStream = true) {
      const first = seenAt(7);
      return response({
        kind: 'headers',
        direction: 'response',
        stream: 1,
        fields: list,
        complete: true,
        lost: 0,
        endStream,
        first,
      });
    },
    request(list: readonly HeaderField[], complete: boolean): RequestHeaders['head'] & { grpc: boolean } {
      const first = seenAt(7);
      const { grpc, head } = request({
        kind: 'headers',
        direction: 'request',
        stream: 1,
        fields: list,
        complete,
        lost: 0,
        endStream: false,
        first,
      });
      return { grpc, ...head };
    },
  };
};

test('the headers that gRPC defines, and the trace context', () => {
  const { request } = reader();
  const read = request(
    requestFields(
      path,
      ['grpc-timeout', '29967534u'],
      ['grpc-encoding', 'gzip'],
      ['traceparent', traceparent],
      ['tracestate', 'a=1'],
      ['tracestate', 'b=2'],
      ['baggage', 'user=joe'],
      ['baggage', 'plan=gold'],
    ),
    true,
  );
  assert.deepEqual(read, {
    grpc: true,
    stream: 1,
    start: seenAt(7),
    path,
    authority: 'localhost',
    userAgent: 'grpc-go/1.80.0',
    requestEncoding: 'gzip',
    timeoutNs: 29_967_534_000n,
    traceparent,
    tracestate: 'a=1,b=2',
    baggageKeys: ['user', 'plan'],
    entries: [],
  });
});

test('what is malformed is null and counted; an empty tracestate is none', () => {
  const { request, response, counters } = reader();
  const read = request(
    requestFields(path, ['grpc-timeout', '5x'], ['traceparent', 'x'], ['tracestate', '']),
    true,
  );
  assert.deepEqual([read.timeoutNs, read.traceparent, read.tracestate], [null, null, null]);
  assert.equal(response(trailerFields('x')).statusCode, null);
  assert.deepEqual(
    [counters.timeoutsMalformed, counters.traceparentsMalformed, counters.statusesMalformed],
    [1, 1, 1],
  );
});

test('metadata of other names never gets out', () => {
  const { request, response } = reader();
  const secret = 'hunter2';
  const more = [
    ['authorization', secret],
    ['x-api-key', secret],
    ['baggage', `user=${secret}`],
    ['user-agent', `curl token=${secret}`],
    [':authority', `joe:${secret}@localhost`],
    [':path', `${path}?k=${secret}`],
  ] as const;
  const read = request(requestFields(path, ...more), true);
  assert.equal(read.path, path);
  const trailers = response([
    ...trailerFields('13', `GET https://joe:${secret}@reg.io/v2?sig=${secret}: password=${secret}`),
    ...fields(['grpc-status-details-bin', secret], ['x-secret', secret]),
  ]);
  const shown = JSON.stringify([{ ...read, timeoutNs: null, start: null }, trailers]);
  assert.ok(!shown.includes(secret), shown);
});

test('texts have a bound', () => {
  const { request } = reader();
  const long = 'x'.repeat(5_000);
  const read = request(requestFields(long, ['user-agent', long], [':authority', long]), true);
  for (const text of [read.path, read.userAgent, read.authority])
    assert.ok(typeof text === 'string' && text.length <= defaultGrpcLimits.headerText + 64);
});

test('an unknown path is told by its place, and only there', () => {
  const { request } = reader();
  const start = [
    [':method', 'POST'],
    [':scheme', 'http'],
  ] as const;
  const cases: readonly (readonly [readonly (readonly [HeaderText, HeaderText])[], HeaderText | null])[] = [
    [[...start, whole(7), whole(8), whole(9)], unknown(7)],
    [[...start, [':path', unknown(7)], whole(8)], unknown(7)],
    [[...start, [':path', path], whole(8)], path],
    [[...start, [unknown(7), path], whole(8)], null],
    [[...start, [':authority', 'x'], whole(8)], null],
    [[start[1], start[0], whole(7), whole(8)], null],
    [[whole(5), whole(6), whole(7)], null],
    [[...start], null],
  ];
  for (const [list, expected] of cases) assert.deepEqual(request(fields(...list), true).path, expected);
});

test('a traceparent is known by its form when its name is not', () => {
  const { request } = reader();
  assert.equal(request(fields(whole(1), [unknown(2), traceparent]), true).traceparent, traceparent);
  assert.equal(request(fields(whole(1), [unknown(2), 'x'.repeat(55)]), true).traceparent, null);
});

test('is it gRPC?', () => {
  const { request, response } = reader();
  const typed = (type: HeaderText) => request(fields([':method', 'POST'], ['content-type', type]), true).grpc;
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;x', unknown(1)])
    assert.ok(typed(type));
  for (const type of ['text/plain', 'application/grpc-web', '']) assert.ok(!typed(type));
  assert.ok(!request(fields([':method', 'POST'], [':path', '/']), true).grpc);
  assert.ok(request(fields([':method', 'POST'], [':path', '/']), false).grpc);
  assert.ok(request(fields([':method', 'POST'], whole(1)), true).grpc);
  assert.ok(!request(fields([':method', 'GET'], whole(1)), true).grpc);
  assert.ok(response(responseFields).grpc);
  assert.ok(!response(fields([':status', '404'], ['content-type', 'text/html'])).grpc);
});

test('an unreadable status was seen all the same', () => {
  const { response } = reader();
  const read = response(fields(['grpc-status', unknown(1)], ['grpc-message', unknown(2)]));
  assert.deepEqual([read.statusSeen, read.statusCode, read.statusMessage], [true, null, null]);
});
