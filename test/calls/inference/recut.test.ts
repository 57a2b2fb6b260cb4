import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSchema } from '../../../src/cri/schema.ts';
import { type Damage, join, numbers, record } from './late-joins.ts';

const schema = loadSchema();
const nothingLost = () => 0;

const recut =
  (random: () => number): Damage =>
  (event) => {
    if (event.kind !== 'data') return [event];
    const parts: (typeof event)[] = [];
    for (let from = 0; from < event.bytes.length; ) {
      const to = Math.min(event.bytes.length, from + 1 + Math.floor(random() * 700));
      parts.push({ ...event, bytes: event.bytes.subarray(from, to) });
      from = to;
    }
    return parts;
  };

for (const capture of ['kubelet-1.25-containerd-1.5', 'kubelet-1.37-containerd-2.4-gates']) {
  test(`${capture}, joined: what is inferred does not depend on how the bytes are cut`, async () => {
    const recording = await record(capture);
    for (const share of [0.1, 0.5]) {
      const index = Math.floor(recording.events.length * share);
      const whole = join(recording, index, schema, nothingLost).findings;
      const cut = join(recording, index, schema, nothingLost, { damage: recut(numbers(9)) }).findings;
      assert.ok(whole.some((one) => one.kind === 'call' && one.call.revision > 0));
      assert.deepEqual(cut, whole);
    }
  });
}
