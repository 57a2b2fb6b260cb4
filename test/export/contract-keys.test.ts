import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { findingLine } from '../../src/export/finding-json.ts';
import { replayFindings } from '../support/replay-calls.ts';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const captures = readdirSync(folder).filter((name) => /(?<!\.truth)\.jsonl\.gz$/.test(name));

/** The keys that users may rely on, with null where nothing is known, by the kind of line; more may come. */
const contract: Readonly<Record<string, readonly string[]>> = {
  call: [
    ...['connection', 'stream', 'revision', 'endpoint', 'method', 'rpc', 'service', 'api_version'],
    ...['method_source', 'method_confidence', 'outcome', 'reset_by', 'reset_code', 'status'],
    ...['status_message', 'start', 'end', 'request_bytes', 'response_bytes', 'request_messages'],
    ...['response_messages', 'deadline_ms', 'caller', 'pod', 'sandbox_id', 'container', 'container_id'],
    ...['image', 'runtime_handler', 'trace_id', 'span_id', 'parent_span_id', 'lost_bytes'],
  ],
  negotiation: [
    ...['connection', 'endpoint', 'caller', 'start', 'end', 'revision', 'service', 'probes', 'verdict'],
    ...['previous', 'count', 'explanation'],
  ],
  connection: ['connection', 'finding', 'endpoint', 'caller', 'revision'],
};
const inner: Readonly<Record<string, readonly string[]>> = {
  caller: ['pid', 'pid_start', 'comm', 'uid', 'user_agent'],
  pod: ['namespace', 'name', 'uid', 'attempt'],
  probes: ['method', 'status', 'at'],
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const missing = (line: Record<string, unknown>): string[] => {
  const kind = String(line.kind);
  const found = (contract[kind] ?? []).filter((key) => !(key in line)).map((key) => `${kind}.${key}`);
  for (const [key, keys] of Object.entries(inner)) {
    const value = line[key];
    for (const one of Array.isArray(value) ? value : [value])
      if (isObject(one))
        found.push(...keys.filter((name) => !(name in one)).map((name) => `${kind}.${key}.${name}`));
  }
  return found;
};

/** What the contract writes as text in nanoseconds, as integers and as numbers. */
const wrongForms = (line: Record<string, unknown>): string[] =>
  Object.entries(line).flatMap(([key, value]) => {
    if (value === undefined) return [`${key} is undefined`];
    if (value === null) return [];
    const right = ['start', 'end', 'at'].includes(key)
      ? typeof value === 'string' && /^\d{19}$/.test(value)
      : /^(connection|stream|revision|count)$|_(bytes|messages)$/.test(key)
        ? Number.isInteger(value)
        : key === 'caller'
          ? isObject(value) && (value.pid_start === null || typeof value.pid_start === 'string')
          : true;
    return right ? [] : [`${key} is ${JSON.stringify(value)}`];
  });

test('every line of every recording has all keys of the contract, in their forms', async () => {
  const kinds = new Map<string, number>();
  for (const capture of captures)
    for (const finding of await replayFindings(`${folder}${capture}`)) {
      const line: unknown = JSON.parse(findingLine(finding, []));
      if (!isObject(line)) throw new Error(`${capture}: no object`);
      assert.deepEqual([...missing(line), ...wrongForms(line)], [], `${capture}: ${JSON.stringify(line)}`);
      kinds.set(String(line.kind), (kinds.get(String(line.kind)) ?? 0) + 1);
    }
  for (const kind of Object.keys(contract)) assert.ok((kinds.get(kind) ?? 0) > 0, `no line of kind ${kind}`);
});

test('the check fails on a key that is missing, and on a form that is wrong', () => {
  assert.deepEqual(missing({ kind: 'connection', connection: 1, finding: 'gap', endpoint: '', caller: {} }), [
    'connection.revision',
    ...(inner.caller ?? []).map((key) => `connection.caller.${key}`),
  ]);
  assert.deepEqual(wrongForms({ start: 5, stream: '7', caller: { pid_start: 3 } }), [
    'start is 5',
    'stream is "7"',
    'caller is {"pid_start":3}',
  ]);
});
