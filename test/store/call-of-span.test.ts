import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findingLine } from '../../src/export/finding-json.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { callOfSpan } from '../../src/store/call-of-span.ts';
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
