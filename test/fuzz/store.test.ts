import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { renderTrace } from '../../src/export/trace-text.ts';
import { callOfSpan } from '../../src/store/call-of-span.ts';
import { anOperation, aSpan } from '../store/a-span.ts';
import { lineOf, openStore } from '../store/a-store.ts';
import { temporaryFolder } from '../support/folder.ts';

const runs = Math.min(2_000, Number(process.env.CRITRACE_FUZZ_RUNS ?? 60));

it('a store with any bytes changed, cut or put in is read, its rows can be asked for, and nothing is thrown', async (test) => {
  const folder = await temporaryFolder(test);
  const file = join(folder, 'traces.jsonl');
  const good = Buffer.from(
    Array.from({ length: 12 }, (_, n) => lineOf(aSpan(2 * n), anOperation(2 * n + 1))).join(''),
  );
  const change = fc.record({
    at: fc.nat(good.length - 1),
    what: fc.oneof(
      fc.record({ kind: fc.constant('put' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
      fc.record({ kind: fc.constant('cut' as const), length: fc.integer({ min: 1, max: 400 }) }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      let bytes = Buffer.from(good);
      for (const { at, what } of changes) {
        const head = bytes.subarray(0, at);
        bytes =
          what.kind === 'put'
            ? Buffer.concat([head, what.bytes, bytes.subarray(at + what.bytes.length)])
            : Buffer.concat([head, bytes.subarray(at + what.length)]);
      }
      await writeFile(file, bytes);
      const store = await openStore(folder);
      const { rows } = store.index;
      assert.ok(rows.size <= 24 + 12);
      for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
        const { spans } = await store.trace(rows.at(ordinal).traceId);
        for (const span of spans) if (span.kind === 'client') callOfSpan(span);
        const text = renderTrace(spans, { width: 100, colour: false, related: [], waits: [], missing: 0 });
        assert.equal(text.includes('\u001b'), false);
      }
    }),
    { numRuns: runs },
  );
});
