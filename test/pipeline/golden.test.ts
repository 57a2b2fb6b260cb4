import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { replayCalls } from '../support/replay-calls.ts';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const captures = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.endsWith('.truth.jsonl.gz'))
  .map((name) => name.slice(0, -'.jsonl.gz'.length));

/** What the independent decoder recorded per RPC; absent keys are null. */
interface Truth {
  readonly conn: number;
  readonly stream: number;
  readonly path: string;
  readonly start: string;
  readonly end?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reset?: string;
  readonly request_messages: number;
  readonly request_bytes: number;
  readonly response_messages: number;
  readonly response_bytes: number;
  readonly traceparent?: string;
  readonly user_agent?: string;
  readonly pid?: number;
  readonly comm?: string;
}

const readTruth = (name: string): Truth[] =>
  gunzipSync(readFileSync(`${folder}${name}.truth.jsonl.gz`))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line): Truth => JSON.parse(line));

test('there are captures to replay', () => assert.ok(captures.length >= 14));

for (const name of captures) {
  test(`${name}: every call, path, status, reset and size agrees with the independent decoder`, async () => {
    const calls = await replayCalls(`${folder}${name}.jsonl.gz`);
    const truth = readTruth(name);
    const key = (connection: number, stream: number) => `${connection}/${stream}`;
    const byKey = new Map(calls.map((call) => [key(call.connection, call.stream), call]));

    const seen = calls.map((call) => key(call.connection, call.stream)).sort();
    assert.deepEqual(seen, truth.map((row) => key(row.conn, row.stream)).sort());

    for (const row of truth) {
      const call = byKey.get(key(row.conn, row.stream));
      assert.ok(call);
      const { result } = call;
      assert.deepEqual(
        {
          stream: key(call.connection, call.stream),
          path: `/${call.method}`,
          status: result.statusCode === null ? undefined : String(result.statusCode),
          reset: result.reset === null ? undefined : `${result.reset.by} ${result.reset.code}`,
          request: [result.request.messages, result.request.bytes],
          response: [result.response.messages, result.response.bytes],
          start: String(call.start),
          // The independent decoder gives no end to a call that the close of its connection ended.
          end: result.outcome === 'finished' || result.outcome === 'reset' ? String(call.end) : undefined,
          traceparent: call.traceparent ?? undefined,
          userAgent: call.caller.userAgent ?? undefined,
          caller: [call.caller.pid ?? undefined, call.caller.comm ?? undefined],
          lost: result.lostBytes,
        },
        {
          stream: key(row.conn, row.stream),
          path: row.path,
          status: row.status,
          reset: row.reset,
          request: [row.request_messages, row.request_bytes],
          response: [row.response_messages, row.response_bytes],
          start: row.start,
          end: row.end,
          traceparent: row.traceparent,
          userAgent: row.user_agent,
          caller: [row.pid, row.comm],
          lost: 0,
        },
      );
    }
  });
}
