import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { createMemoryLines } from '../../src/store/memory-lines.ts';
import { createStore } from '../../src/store/store.ts';
import { aSpan } from './a-span.ts';
import { callLine } from './a-store.ts';

it('lines in memory are compressed in blocks and come back', async () => {
  const lines = createMemoryLines({ bytes: 1 << 20, blockCharacters: 5_000 });
  const store = createStore({ lines, parse: parseOtlpLine });
  for (let n = 0; n < 200; n++) {
    lines.add(callLine(n));
    if (n % 7 === 0) await store.refresh();
  }
  await store.refresh();
  assert.equal(store.index.rows.size, 200);
  assert.ok(lines.counters.heldBytes > 0 && lines.counters.heldBytes < callLine(0).length * 100);
  for (const n of [0, 1, 99, 150, 199])
    assert.deepEqual((await store.trace(aSpan(n).traceId)).spans, [aSpan(n)]);
});

it('beyond their bound the oldest block is forgotten, with its rows', async () => {
  const lines = createMemoryLines({ bytes: 2_000, blockCharacters: 5_000 });
  const store = createStore({ lines, parse: parseOtlpLine });
  for (let n = 0; n < 200; n++) lines.add(callLine(n));
  await store.refresh();
  await store.refresh();
  const { rows } = store.index;
  assert.ok(lines.counters.blocksDropped > 0);
  assert.ok(rows.size > 0 && rows.size < 200);
  assert.equal(store.counters.rowsEvicted, 200 - rows.size);
  assert.equal(rows.at(rows.first + rows.size - 1).pod, 'default/pod-199');
  assert.deepEqual((await store.trace(aSpan(0).traceId)).spans, []);
});

it('spans that come with their line are not parsed anew, and are found like others', async () => {
  const lines = createMemoryLines({ bytes: 1 << 20, blockCharacters: 5_000 });
  const parsed: string[] = [];
  const store = createStore({
    lines,
    parse(line) {
      parsed.push(line);
      return parseOtlpLine(line);
    },
  });
  lines.add(callLine(1), [aSpan(1)]);
  lines.add(callLine(2));
  await store.refresh();
  assert.deepEqual(parsed, [callLine(2)]);
  assert.equal(store.index.rows.size, 2);
  assert.deepEqual((await store.trace(aSpan(1).traceId)).spans, [aSpan(1)]);
});
