import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { type Condition, everything, globPattern } from '../../src/store/condition.ts';
import type { RowKind } from '../../src/store/row.ts';
import { endOf, selectRows } from '../../src/store/select.ts';
import { tracesOf } from '../../src/store/trace-summary.ts';
import { temporaryFolder } from '../support/folder.ts';
import { anOperation, aSpan, startOf } from './a-span.ts';
import { lineOf, openStore } from './a-store.ts';

const all: readonly RowKind[] = ['call', 'operation', 'negotiation', 'symptom'];
const failed = { 'rpc.status_code': 'NOT_FOUND', 'rpc.method': 'runtime.v1.ImageService/PullImage' };

const aStore = async (test: Parameters<typeof temporaryFolder>[0]) => {
  const folder = await temporaryFolder(test);
  const operation = anOperation(10);
  const child = aSpan(11, { traceId: operation.traceId, parentSpanId: operation.spanId });
  const server = aSpan(12, { traceId: operation.traceId, parentSpanId: child.spanId, kind: 'server' });
  await writeFile(
    join(folder, 'traces.jsonl'),
    [
      lineOf(aSpan(0), aSpan(1, { end: startOf(1) + 9_000_000n })),
      lineOf(aSpan(2, { attributes: failed, status: { code: 'error', message: 'no such image' } })),
      lineOf(child),
      lineOf(server),
      lineOf(operation),
    ].join(''),
  );
  return openStore(folder);
};

const chosen = async (
  test: Parameters<typeof temporaryFolder>[0],
  wanted: readonly Condition[],
  unwanted: readonly Condition[] = [],
  kinds = all,
) => {
  const { rows } = (await aStore(test)).index;
  return selectRows(rows, { filter: { wanted, unwanted }, kinds, limit: 100 }).map(
    (ordinal) => Number.parseInt(rows.at(ordinal).spanId, 16) - 1,
  );
};

it('rows are chosen by kind, method, pod, status, duration and time, the newest first', async (test) => {
  assert.deepEqual(await chosen(test, []), [10, 11, 2, 1, 0]);
  assert.deepEqual(await chosen(test, [], [], ['operation']), [10]);
  assert.deepEqual(await chosen(test, [{ field: 'method', pattern: globPattern('pullimage') }]), [2]);
  assert.deepEqual(
    await chosen(test, [{ field: 'method', pattern: globPattern('runtime.v1.RuntimeService/*') }]),
    [11, 1, 0],
  );
  assert.deepEqual(
    await chosen(test, [{ field: 'pod', namespace: globPattern('default'), name: globPattern('pod-1*') }]),
    [10, 11, 1],
  );
  assert.deepEqual(await chosen(test, [{ field: 'status', status: 'NOT_FOUND' }]), [2]);
  assert.deepEqual(await chosen(test, [], [{ field: 'status', status: 'OK' }]), [10, 2]);
  assert.deepEqual(await chosen(test, [{ field: 'min-duration', atLeast: 5_000_000n }]), [10, 1]);
  assert.deepEqual(
    await chosen(test, [
      { field: 'since', at: startOf(1) },
      { field: 'until', at: startOf(2) },
    ]),
    [2, 1],
  );
});

it('of one field any may hold, of different fields all must', async (test) => {
  const method = (text: string): Condition => ({ field: 'method', pattern: globPattern(text) });
  assert.deepEqual(await chosen(test, [method('PullImage'), method('pod_start')]), [10, 2]);
  assert.deepEqual(await chosen(test, [method('PullImage'), { field: 'status', status: 'OK' }]), []);
});

it('pages of a selection follow each other', async (test) => {
  const { rows } = (await aStore(test)).index;
  const first = selectRows(rows, { filter: everything, kinds: all, limit: 2 });
  const before = first.at(-1) ?? 0;
  const second = selectRows(rows, { filter: everything, kinds: all, limit: 10, before });
  assert.deepEqual([...first, ...second], selectRows(rows, { filter: everything, kinds: all, limit: 10 }));
});

it('a trace is what its operation is, with all its calls, and its spans come from several lines', async (test) => {
  const store = await aStore(test);
  const { rows } = store.index;
  const [newest] = tracesOf(rows, selectRows(rows, { filter: everything, kinds: all, limit: 1 }));
  assert.equal(newest?.root.method, 'pod_start');
  assert.equal(newest.calls, 1);
  assert.equal(newest.start, startOf(10));
  assert.equal(newest.end, startOf(10) + 500_000_000n);
  assert.equal(endOf(rows), newest.end);
  const { spans } = await store.trace(newest.traceId);
  assert.deepEqual(
    spans.map(({ kind }) => kind),
    ['internal', 'client', 'server'],
  );
});
