import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baggageKeys,
  decodeMessage,
  parseTimeout,
  parseTraceparent,
  parseTracestate,
} from '../../src/grpc/metadata.ts';
import { errorName, parseStatus, statusName } from '../../src/grpc/status.ts';

test('grpc-timeout in nanoseconds', () => {
  const cases: readonly (readonly [string, bigint | null])[] = [
    ['1H', 3_600_000_000_000n],
    ['2M', 120_000_000_000n],
    ['3S', 3_000_000_000n],
    ['119997m', 119_997_000_000n],
    ['29996669u', 29_996_669_000n],
    ['99999999n', 99_999_999n],
    ['0n', 0n],
    ['123456789n', null],
    ['n', null],
    ['1', null],
    ['-1S', null],
    ['1.5S', null],
    ['1s', null],
    [' 1S', null],
    ['1S\n', null],
    ['', null],
  ];
  for (const [text, expected] of cases) assert.equal(parseTimeout(text), expected, text);
});

test('grpc-message', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['plain text', 'plain text'],
    ['two%0Alines%3a', 'two\nlines:'],
    ['caf%C3%A9', 'café'],
    ['caf\u00c3\u00a9', 'café'],
    ['100%', '100%'],
    ['%zz%4', '%zz%4'],
    ['%%41', '%A'],
    ['%2541', '%41'],
    ['%ff', '\ufffd'],
  ];
  for (const [text, expected] of cases) assert.equal(decodeMessage(text), expected, text);
  assert.ok(decodeMessage('%41'.repeat(1_000_000)).length < 100_000);
});

const traceId = 'a755b54d6c8d847bf1afbb425dd28d01';
const parentId = '9012ff98051525f8';

test('traceparent is kept when it is valid', () => {
  const plain = `00-${traceId}-${parentId}-01`;
  const cases: readonly (readonly [string, string | null])[] = [
    [plain, plain],
    [`01-${traceId}-${parentId}-01`, `01-${traceId}-${parentId}-01`],
    [`01-${traceId}-${parentId}-01-more`, `01-${traceId}-${parentId}-01`],
    [`${plain}-more`, null],
    [`ff-${traceId}-${parentId}-01`, null],
    [`00-${'0'.repeat(32)}-${parentId}-01`, null],
    [`00-${traceId}-${'0'.repeat(16)}-01`, null],
    [`00-${traceId.toUpperCase()}-${parentId}-01`, null],
    [`00-${traceId}-${parentId}-1`, null],
    ['', null],
  ];
  for (const [text, expected] of cases) assert.equal(parseTraceparent(text), expected, text);
});

test('tracestate is cut to whole members', () => {
  assert.equal(parseTracestate('', 512), null);
  assert.equal(parseTracestate(' a=1,b=2 ', 512), 'a=1,b=2');
  assert.equal(parseTracestate('a=1,b=2,c=3', 8), 'a=1,b=2');
  assert.equal(parseTracestate('aaaaaaaaaaaa=1', 8), null);
  assert.equal(parseTracestate('a=\u0001', 512), null);
  assert.equal(parseTracestate('a=é', 512), null);
});

test('of baggage only keys are read', () => {
  assert.deepEqual(baggageKeys('user=joe;p=1, plan = gold ,x=1', 64, 128), ['user', 'plan', 'x']);
  assert.deepEqual(baggageKeys('value,,=x,a b=1,ok=', 64, 128), ['ok']);
  assert.deepEqual(baggageKeys('a=1,b=2,c=3', 2, 128), ['a', 'b']);
  assert.deepEqual(baggageKeys(`${'k'.repeat(9)}=1,s=2`, 64, 8), ['s']);
});

test('names of statuses and errors', () => {
  assert.equal(statusName(0), 'OK');
  assert.equal(statusName(16), 'UNAUTHENTICATED');
  assert.equal(statusName(17), 'CODE_17');
  assert.equal(errorName(0), 'NO_ERROR');
  assert.equal(errorName(13), 'HTTP_1_1_REQUIRED');
  assert.equal(errorName(14), 'CODE_14');
  assert.equal(parseStatus('12'), 12);
  for (const text of ['', 'x', '-1', '1.0', '12345678901']) assert.equal(parseStatus(text), null, text);
});
