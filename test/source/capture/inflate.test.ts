import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CaptureError } from '../../../src/source/capture/error.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { fixture, inMembers, readBytes } from './recordings.ts';

test('a file cut short at any place is read up to the cut', async () => {
  const bytes = fixture('kubelet-1.37-giveup-gate-v1alpha2-3-starts');
  const whole = await readBytes(bytes);
  const text = gunzipSync(bytes);
  for (const form of [bytes, text, Buffer.concat(inMembers(text, 700))]) {
    let most = 0;
    for (let length = 500; length < form.length; length += 13) {
      const read = await readBytes(form.subarray(0, length)).catch((error: unknown) => {
        assert.equal(error instanceof CaptureError, true);
        return null;
      });
      if (read === null) continue;
      const { events, counters } = read;
      assert.deepEqual(events, whole.events.slice(0, events.length));
      assert.equal(counters.badLines + counters.corruptions, 0);
      assert.ok(events.length >= most, `${events.length} after ${most}`);
      most = events.length;
    }
    assert.ok(most >= whole.events.length - 3, `${most} of ${whole.events.length}`);
  }
  // A plain deflate stream gives back all that lies before the cut, not only whole blocks.
  const half = await readBytes(bytes.subarray(0, 700));
  assert.equal(half.counters.cut, 1);
  assert.ok(half.events.length > 5, `${half.events.length} events`);
});

test('what was appended behind a cut is read on', async () => {
  const whole = await readBytes(fixture('pod-lifecycle-c16-crictl1.36'));
  const lines = gunzipSync(fixture('pod-lifecycle-c16-crictl1.36'))
    .toString()
    .split(/(?<=\n)/);
  const member = (from: number, to: number) => gzipSync(lines.slice(from, to).join(''));
  const [a, b, c] = [member(0, 200), member(200, 400), member(400, lines.length)];
  // A connection that was opened in the bytes lost is lost with them.
  const later = new Set(
    whole.events.slice(399).flatMap((event) => (event.kind === 'open' ? [event.connection] : [])),
  );
  const openedIn = (events: readonly SourceEvent[]) =>
    events.filter((event) => 'connection' in event && later.has(event.connection));
  const tail = openedIn(whole.events);
  assert.equal(tail.length > 200, true);
  for (const cut of [0, 1, 8, 9, 30, 500, 3000, b.length - 12]) {
    const { events, counters } = await readBytes(Buffer.concat([a, b.subarray(0, b.length - cut), c]));
    assert.deepEqual(events.slice(0, 199), whole.events.slice(0, 199), `before, ${cut}`);
    assert.deepEqual(openedIn(events), tail, `after, ${cut}`);
    assert.equal(counters.corruptions > 0, cut > 0, `${cut}`);
  }
  // A file system may leave zeros behind the end of what was written before a crash.
  const behindZeros = await readBytes(Buffer.concat([a, Buffer.alloc(5000), b, c]));
  assert.deepEqual(behindZeros.events, whole.events);
  const behindNoise = await readBytes(Buffer.concat([a, Buffer.alloc(5000, 'no gzip at all'), b, c]));
  assert.deepEqual(openedIn(behindNoise.events), tail);
  for (const { counters } of [behindZeros, behindNoise]) assert.equal(counters.corruptions, 1);
});

test('what is behind the last whole member is told apart: nothing, another member, a cut one, or what is none', async () => {
  const whole = await readBytes(fixture('pod-lifecycle-c16-crictl1.36'));
  const text = gunzipSync(fixture('pod-lifecycle-c16-crictl1.36'));
  const half = text.indexOf('\n', text.length / 2) + 1;
  const [first, second] = [gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))];
  const inFirst = text.subarray(0, half).toString().split('\n').length - 2;
  const cases: [string, Buffer, events: (count: number) => boolean, Record<string, number>][] = [
    ['nothing', second, (count) => count === whole.events.length, {}],
    [
      'noise',
      Buffer.concat([second, Buffer.from('no gzip')]),
      (count) => count === whole.events.length,
      { corruptions: 1 },
    ],
    [
      'one byte',
      Buffer.concat([second, Buffer.from([7])]),
      (count) => count === whole.events.length,
      { corruptions: 1 },
    ],
    [
      'zeros',
      Buffer.concat([second, Buffer.alloc(40_000)]),
      (count) => count === whole.events.length,
      { corruptions: 1 },
    ],
    [
      'half a head',
      Buffer.concat([second, first.subarray(0, 2)]),
      (count) => count === whole.events.length,
      { cut: 1 },
    ],
    [
      'a head and no more',
      Buffer.concat([second, first.subarray(0, 10)]),
      (count) => count === whole.events.length,
      { cut: 1 },
    ],
    [
      'a cut member',
      second.subarray(0, second.length - 1000),
      (count) => count > inFirst && count < whole.events.length,
      { cut: 1 },
    ],
    [
      'a member without its length',
      second.subarray(0, second.length - 4),
      (count) => count === whole.events.length,
      { cut: 1 },
    ],
    ['only noise', Buffer.alloc(9_000, 'abc'), (count) => count === inFirst, { corruptions: 1 }],
  ];
  for (const [name, behind, isRead, expected] of cases)
    for (const piece of [61, 1_000_000]) {
      const { events, counters } = await readBytes(Buffer.concat([first, behind]), piece);
      const faultsSeen = Object.fromEntries(
        Object.entries({ cut: counters.cut, corruptions: counters.corruptions }).filter(
          ([, count]) => count > 0,
        ),
      );
      assert.deepEqual(faultsSeen, expected, `${name}, ${piece}`);
      assert.ok(isRead(events.length), `${name}: ${events.length} of ${whole.events.length}`);
      assert.deepEqual(events, whole.events.slice(0, events.length), name);
    }
});

test('a damaged member costs itself only', async () => {
  const bytes = fixture('pod-lifecycle-c16-crictl1.36');
  const whole = await readBytes(bytes);
  const members = inMembers(gunzipSync(bytes), 4000);
  const victim = members[3];
  assert.ok(victim !== undefined, 'four members');
  victim.fill(0xaa, 40, 80);
  const { events, counters } = await readBytes(Buffer.concat(members));
  assert.notEqual(counters.corruptions, 0);
  assert.deepEqual(events.at(-1), whole.events.at(-1));
  assert.ok(events.length > whole.events.length * 0.7, `${events.length} of ${whole.events.length}`);
});
