import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createLast } from '../../src/cli/last.ts';
import { parseMoment } from '../../src/cli/moment.ts';
import { createStatistics, defaultStatisticsLimits } from '../../src/cli/statistics.ts';
import { formatDuration, parseDurationMs } from '../../src/config/duration.ts';
import { formatBytes, parseBytes } from '../../src/config/size.ts';
import { nearest } from '../../src/config/suggestion.ts';
import { quantile } from '../../src/foundation/quantile.ts';
import { createHealth, healthLine } from '../../src/health.ts';
import { sharedAttributes } from '../../src/host.ts';
import { globPattern } from '../../src/store/condition.ts';
import { aCall } from '../support/a-call.ts';

it('durations and sizes are read back as they were written', () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDurationMs(formatDuration(ms)) === ms));
  fc.assert(fc.property(fc.nat(), (size) => parseBytes(formatBytes(size)) === size));
  for (const text of ['', '5', '5 s', '-1s', '1e3s', 's', '1.s', '5S'])
    assert.equal(parseDurationMs(text), null, text);
});

it('moments: a duration, RFC 3339 to the nanosecond, nanoseconds', () => {
  assert.deepEqual(parseMoment('1h30m'), { relative: true, beforeMs: 5_400_000 });
  const at = 1_795_514_400_000_000_001n;
  assert.deepEqual(parseMoment(String(at)), { relative: false, at });
  assert.deepEqual(parseMoment('2026-11-24T10:00:00.000000001Z'), { relative: false, at });
  assert.deepEqual(parseMoment('2026-11-24T11:00:00.000000001+01:00'), { relative: false, at });
  for (const text of ['2026-11-24', '2026-13-24T10:00:00Z', 'now', '12'])
    assert.equal(parseMoment(text), null, text);
});

it('the last so many are the end of all', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (items, size) => {
      const last = createLast<number>(size);
      for (const item of items) last.add(item);
      assert.deepEqual(last.items(), items.slice(-size));
    }),
  );
});

it('a pattern without * is that text and no other', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, text) => {
      fc.pre(!pattern.includes('*') && !/[\n\r\u2028\u2029]/.test(text));
      assert.equal(globPattern(pattern).test(pattern), true);
      if (pattern.toLowerCase() !== text.toLowerCase()) {
        assert.equal(globPattern(pattern).test(text), pattern.toUpperCase() === text.toUpperCase());
      }
    }),
  );
  assert.ok(globPattern('a*c').test('a/b.c') && !globPattern('a*c').test('ab'));
});

it('quantiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.deepEqual(
    [0.5, 0.95, 0.99, 1].map((part) => quantile(hundred, part)),
    [50, 95, 99, 100],
  );
  assert.equal(quantile([], 0.5), null);
});

it('a suggestion is made for a slip and not for another word', () => {
  assert.equal(nearest('RunPodSandbx', ['RunPodSandbox', 'StopPodSandbox']), 'RunPodSandbox');
  assert.equal(nearest('xylophone', ['RunPodSandbox', 'OK']), null);
});

it('health reads the counters when it is asked, and its line leaves out what is zero', () => {
  const counters = { frames: 0, dropped: { full: 2, late: 0 } };
  const health = createHealth();
  health.add('http2', counters);
  counters.frames = 7;
  assert.deepEqual(health.snapshot().http2, { frames: 7, dropped: { full: 2, late: 0 } });
  assert.match(healthLine(health.snapshot()), /http2\.frames=7 http2\.dropped\.full=2$/);
});

it('statistics count the last revision of a call, and hold back no more calls than they may', () => {
  const at = (stream: number, revision: number, bytes: number) => {
    const call = aCall({ stream, revision });
    return {
      kind: 'call',
      call: { ...call, result: { ...call.result, request: { ...call.result.request, bytes } } },
    } as const;
  };
  const all = createStatistics();
  for (const finding of [at(1, 0, 10), at(3, 0, 10), at(1, 1, 15), at(1, 2, 20), at(5, 1, 99)])
    all.add(finding);
  const { calls, methods } = all.result();
  assert.deepEqual([calls, methods[0]?.request_bytes, methods[0]?.calls], [2, 30, 2]);

  const one = createStatistics({ ...defaultStatisticsLimits, maxRevisable: 1 });
  for (const finding of [at(1, 0, 10), at(3, 0, 10), at(1, 1, 15), at(3, 1, 20)]) one.add(finding);
  assert.equal(one.result().methods[0]?.request_bytes, 30);
});

it('resource attributes of critrace and its own pod are left out, those of node and cluster are not', () => {
  const shared = {
    'deployment.environment.name': 'staging',
    'k8s.cluster.name': 'blue',
    'k8s.node.uid': 'n',
    'cloud.region': 'r',
    k8sish: 'x',
  };
  const own = {
    'service.name': 'critrace',
    'service.namespace': 'ops',
    'k8s.pod.name': 'critrace-x7',
    'k8s.namespace.name': 'ops',
    'k8s.daemonset.name': 'critrace',
    'k8s.container.name': 'agent',
    'container.id': 'c',
    'process.pid': '1',
    'telemetry.sdk.name': 's',
  };
  assert.deepEqual(sharedAttributes({ ...shared, ...own }), { shared, leftOut: Object.keys(own) });
});
