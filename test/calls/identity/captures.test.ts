import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { replayCalls } from '../../support/replay-calls.ts';
import { expectedPods } from './truth.ts';

const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const captures = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.includes('.truth.'))
  .map((name) => name.replace('.jsonl.gz', ''));

for (const capture of captures) {
  test(`${capture}: the right pod on every call that names one`, async (t) => {
    const calls = new Map(
      (await replayCalls(`${folder}${capture}.jsonl.gz`)).map((call) => [
        `${call.connection}/${call.stream}`,
        call,
      ]),
    );
    const expected = expectedPods(capture);
    const wrong: string[] = [];
    for (const { key, rpc, pod, attempt } of expected) {
      const found = calls.get(key)?.facts.pod ?? null;
      const isRight =
        found?.namespace === pod.namespace &&
        found.name === pod.name &&
        found.uid === pod.uid &&
        (attempt === null || found.attempt === attempt);
      if (!isRight)
        wrong.push(
          `${key} ${rpc}: ${JSON.stringify(found)}, expected ${JSON.stringify({ ...pod, attempt })}`,
        );
    }
    t.diagnostic(`${expected.length - wrong.length} of ${expected.length}`);
    assert.deepEqual(wrong, []);
    const named = new Set(expected.map(({ key }) => key));
    const invented = [...calls].filter(([key, call]) => call.facts.pod?.name != null && !named.has(key));
    assert.deepEqual(
      invented.map(([key, { rpc, end }]) => `${key} ${rpc} ${end}`),
      [],
    );
  });
}
