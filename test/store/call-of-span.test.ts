import assert from 'node:assert/strict';
import { it } from 'node:test';
import { matches } from '../../src/cli/filter.ts';
import { methodText } from '../../src/export/call-text.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { spanNameText } from '../../src/export/span-text.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { callOfSpan } from '../../src/store/call-of-span.ts';
import { globPattern } from '../../src/store/condition.ts';
import { rowOf } from '../../src/store/row.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { otlpLine } from '../support/a-spool.ts';
import { replayCalls } from '../support/replay-calls.ts';

interface Line {
  readonly caller: { readonly pid_start: string | null };
  readonly revision: number;
  readonly status_message: string | null;
}

/** What a span carries less exactly, or not at all where there is no error. */
const asCarried = (json: string): Line => {
  const line: Line = JSON.parse(json);
  const { pid_start: pidStart } = line.caller;
  const ms = pidStart === null ? null : String((BigInt(pidStart) / 1_000_000n) * 1_000_000n);
  const message = line.status_message === '' ? null : line.status_message;
  return { ...line, revision: 0, status_message: message, caller: { ...line.caller, pid_start: ms } };
};

for (const capture of ['traced-c24-crictl1.36', 'kubelet-1.37-containerd-2.4'])
  it(`calls come back out of their spans: ${capture}`, async () => {
    const calls = await replayCalls(`test/fixtures/captures/${capture}.jsonl.gz`);
    const context = aSpanContext();
    let compared = 0;
    for (const call of calls) {
      const spans = spansOfCall(call, context);
      const line = Buffer.from(otlpLine(spans)).toString('utf8');
      const [client] = (parseOtlpLine(line) ?? []).filter(({ kind }) => kind === 'client');
      if (client === undefined) continue;
      const back = callOfSpan(client);
      assert.deepEqual(
        asCarried(findingLine({ kind: 'call', call: back }, spans)),
        asCarried(findingLine({ kind: 'call', call }, spans)),
      );
      compared += 1;
    }
    assert.ok(compared >= 20);
  });

it('a call of one of two methods is so in its span, its row and its text, and who asks for either is shown it', () => {
  const call = aCall({
    method: null,
    rpc: null,
    methodSource: 'unknown',
    methodCandidates: ['ListContainers', 'StreamContainers'],
  });
  const [client] = spansOfCall(call, aSpanContext());
  if (client === undefined) assert.fail('no span');
  const both = 'ListContainers|StreamContainers';
  assert.equal(rowOf(client)?.method, both);
  assert.equal(spanNameText(client), both);
  const back = callOfSpan(client);
  assert.deepEqual([back.rpc, back.methodCandidates], [null, call.methodCandidates]);
  assert.equal(methodText(back), both);
  const isShown = (pattern: string): boolean =>
    matches(
      { wanted: [{ field: 'method', pattern: globPattern(pattern) }], unwanted: [] },
      { kind: 'call', call: back },
    );
  assert.deepEqual(['ListContainers', 'stream*', 'Status', 'ListImages'].map(isShown), [
    true,
    true,
    false,
    false,
  ]);
});
