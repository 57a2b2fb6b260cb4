import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCasualties } from '../../../src/calls/casualties/casualties.ts';
import type { Casualty } from '../../../src/calls/casualties/casualty.ts';
import { createCasualtyCounters, defaultCasualtyLimits } from '../../../src/calls/casualties/limits.ts';
import type { Resident } from '../../../src/calls/census/residence.ts';
import { findingLine } from '../../../src/export/finding-json.ts';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { spansOfCasualty } from '../../../src/spans/casualty-spans.ts';
import { createNoteworthy } from '../../../src/store/noteworthy.ts';
import { rowOf } from '../../../src/store/row.ts';
import { aSpanContext } from '../../support/a-span-context.ts';
import { at, task } from '../../support/kernel-play.ts';

const id = 'c0ffee'.padEnd(64, '0');
const cgroup = `/kubepods/burstable/pod0c3f6f7e-0000-4000-8000-000000000001/${id}`;
const web: Resident = {
  pod: { namespace: 'shop', name: 'web-0', uid: '0c3f6f7e-0000-4000-8000-000000000001', attempt: 0 },
  containerName: 'app',
};
const hungry = task(4711, 'hungry', 0);
const runc = task(815, 'runc', 0);

const play = (maxFrozen = defaultCasualtyLimits.maxFrozen) => {
  const counters = createCasualtyCounters();
  const out: Casualty[] = [];
  const { event, tick } = createCasualties(({ containerId }) => (containerId === id ? web : null), counters, {
    ...defaultCasualtyLimits,
    maxFrozen,
  });
  return {
    counters,
    out,
    tick: (ms: number) => tick(at(ms), out),
    event: (ms: number, one: KernelEvent) => event(one, at(ms), out),
    cgroup(ms: number, action: 'freeze' | 'thaw' | 'remove', path = cgroup) {
      event({ kind: 'cgroup', action, path, process: runc }, at(ms), out);
    },
  };
};

test('a kill for want of memory is told at once, with whose it is', () => {
  const { out, event } = play();
  event(5, { kind: 'oom_kill', process: hungry, cgroup });
  event(6, { kind: 'oom_kill', process: hungry, cgroup: null });
  const [known, unknown] = out;
  assert.equal(known?.kind, 'oom_kill');
  assert.deepEqual(known.pod, web.pod);
  assert.deepEqual([known.containerName, known.containerId], ['app', id]);
  assert.match(
    known.explanation,
    /^The kernel killed hungry \(pid 4711\) of container app of pod shop\/web-0 for want of memory/,
  );
  assert.deepEqual([unknown?.pod, unknown?.containerId], [null, null]);
  assert.match(unknown?.explanation ?? '', /of a cgroup that is not known/);
});

test('a cgroup that is frozen for a while is told once, and once more when it goes on', () => {
  for (const end of ['thaw', 'remove'] as const) {
    const { out, tick, cgroup: change, counters } = play();
    change(0, 'freeze');
    tick(9_999);
    assert.equal(out.length, 0);
    tick(10_000);
    change(10_500, 'freeze');
    tick(60_000);
    assert.equal(counters.frozenNow, 1);
    change(70_000, end);
    tick(90_000);
    assert.deepEqual(
      out.map((one) => [one.kind, one.revision, one.start, one.end, one.kind === 'frozen' && one.ended]),
      [
        ['frozen', 0, at(0), at(10_000), false],
        ['frozen', 1, at(0), at(70_000), true],
      ],
    );
    assert.match(
      out[0]?.explanation ?? '',
      /container app of pod shop\/web-0 .* 10 s, frozen by runc \(pid 815\)/,
    );
    assert.deepEqual([counters.frozenNow, counters.told], [0, 2]);
  }
});

test('a moment’s freeze is none, and of more than there is room for the first are followed', () => {
  const { out, tick, cgroup: change, counters } = play(2);
  change(0, 'freeze', '/short');
  change(10, 'thaw', '/short');
  change(20, 'thaw', '/never-frozen');
  for (const path of ['/a', '/b', '/c']) change(30, 'freeze', path);
  tick(20_000);
  assert.deepEqual(
    out.map((one) => one.cgroup),
    ['/a', '/b'],
  );
  assert.equal(counters.overFrozen, 1);
});

test('its line and its span say the same, and a store keeps its last word', () => {
  const { out, event, tick, cgroup: change } = play();
  event(5, { kind: 'oom_kill', process: hungry, cgroup });
  change(10, 'freeze');
  tick(10_010);
  change(20_000, 'thaw');
  const { resources } = aSpanContext();
  const spans = out.map((casualty) => spansOfCasualty(casualty, 'host:h', resources));
  const noteworthy = createNoteworthy(10);
  for (const [span] of spans) {
    assert.ok(span !== undefined);
    assert.equal(rowOf(span)?.kind, 'symptom');
    assert.equal(rowOf(span)?.method, span.name);
    assert.equal(rowOf(span)?.pod, 'shop/web-0');
    noteworthy.add(span);
  }
  const ids = spans.map(([span]) => span?.spanId);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(
    noteworthy.list().map(({ spanId }) => spanId),
    [ids[2], ids[0]],
  );
  const [kill] = out;
  assert.ok(kill !== undefined);
  assert.deepEqual(JSON.parse(findingLine({ kind: 'casualty', casualty: kill }, spans[0] ?? [])), {
    kind: 'oom_kill',
    revision: 0,
    start: String(at(5)),
    end: String(at(5)),
    ended: true,
    process: { pid: 4711, start: String(at(0)), comm: 'hungry' },
    cgroup,
    pod: web.pod,
    container: 'app',
    container_id: id,
    trace_id: spans[0]?.[0]?.traceId,
    span_id: spans[0]?.[0]?.spanId,
    explanation: kill.explanation,
  });
});
