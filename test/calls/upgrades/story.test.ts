import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallSpans } from '../../../src/call-spans.ts';
import type { Call } from '../../../src/calls/call.ts';
import type { Caller } from '../../../src/calls/caller.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import { createStories, createStoryCounters } from '../../../src/calls/stories.ts';
import type { Upgrade } from '../../../src/calls/upgrades/upgrade.ts';
import {
  createRoundSampling,
  createSamplingCounters,
  defaultSamplingLimits,
  isSampledLater,
} from '../../../src/export/round-sampling.ts';
import { replayHostFacts } from '../../../src/spans/host.ts';
import { createSpanCounters } from '../../../src/spans/limits.ts';
import type { Span } from '../../../src/spans/span.ts';
import { aCall } from '../../support/a-call.ts';

const endpoint = aCall().endpoint;

/** A node whose kubelets and runtimes come and go; times are seconds. */
const node = () => {
  const counters = createStoryCounters();
  const stories = createStories(counters);
  const found: Finding[] = [];
  let now = 1_800_000_000_000_000_000n;
  let connection = 0;
  let stream = 1;
  const server = { pid: 700, pidStart: 7n, comm: 'containerd' };
  let client: Omit<Caller, 'userAgent'> = { pid: 1, pidStart: 1n, uid: 0, comm: 'kubelet', cgroup: null };
  const facts = () => ({
    connection,
    connectionOrdinal: 0,
    endpoint,
    client: { ...client },
    server: { ...server },
  });
  return {
    counters,
    found,
    wait(seconds: number) {
      now += BigInt(Math.round(seconds * 1000)) * 1_000_000n;
    },
    runtime(pid: number) {
      server.pid = pid;
    },
    kubelet(pid: number) {
      client = { ...client, pid };
    },
    client(of: Omit<Caller, 'userAgent' | 'cgroup'>) {
      client = { ...of, cgroup: null };
    },
    open() {
      connection += 1;
      stream = 1;
      stories.opened(facts(), false, now, found);
    },
    close: () => stories.closed(facts(), now, found),
    refused: () => stories.refused(facts(), now, found),
    call(
      rpc: string,
      apiVersion: 'v1' | 'v1alpha2',
      status: 'OK' | 'UNIMPLEMENTED',
      values: Call['facts']['values'] = {},
    ) {
      const base = aCall();
      const from = found.length;
      found.push({
        kind: 'call',
        call: aCall({
          ...facts(),
          stream,
          rpc,
          apiVersion,
          method: `runtime.${apiVersion}.RuntimeService/${rpc}`,
          start: now,
          end: now + 1_000_000n,
          caller: { ...client, userAgent: 'grpc-go/1.40.0' },
          facts: { ...base.facts, pod: null, sandboxId: null, values },
          result: {
            ...base.result,
            status,
            statusCode: status === 'OK' ? 0 : 12,
            statusMessage: status === 'OK' ? '' : `unknown service runtime.${apiVersion}.RuntimeService`,
          },
        }),
      });
      stream += 2;
      stories.told(stories.identitiesOf(endpoint), from, found);
    },
    finish: () => stories.finish(found),
    upgrades: (): Upgrade[] => found.flatMap((one) => (one.kind === 'upgrade' ? [one.upgrade] : [])),
  };
};

const replied = (version: string) => ({ 'runtime.name': 'containerd', 'runtime.version': version });

const changes = (last: Upgrade | undefined): string[] =>
  (last?.events ?? []).flatMap((event) => (event.kind === 'verdict' ? [event.change] : [event.kind]));

test('a runtime upgrade that takes the version away, until the kubelet is restarted', () => {
  const at = node();
  at.open();
  at.call('Version', 'v1', 'UNIMPLEMENTED');
  at.call('Version', 'v1alpha2', 'OK', { 'version.requested': '0.1.0', ...replied('1.5.18') });
  at.wait(60);
  at.call('Status', 'v1alpha2', 'OK');
  at.close();
  at.runtime(701);
  at.open();
  at.call('ListContainers', 'v1alpha2', 'UNIMPLEMENTED');
  at.wait(90);
  at.close();
  at.kubelet(2);
  at.open();
  at.call('Version', 'v1', 'OK', replied('2.1.4'));
  const last = at.upgrades().at(-1);
  assert.deepEqual(changes(last), ['runtime', 'refused_restart_needed', 'restarted_recovered', 'served']);
  assert.equal(last?.isOver, true);
  assert.deepEqual([last.before?.version, last.after?.version], ['1.5.18', '2.1.4']);
  assert.deepEqual(
    last.unserved.map(({ since, until }) => ((until ?? 0n) - since) / 1_000_000_000n),
    [90n],
  );
  assert.match(
    last.explanation,
    /containerd 1\.5\.18 was replaced by containerd 2\.1\.4; kubelet \(RuntimeService\) was restarted and recovered; no call was served for 90 s/,
  );
  assert.equal(at.counters.upgrades.openNow, 0);
});

test('a kubelet upgrade: its version goes with it, and nothing was unserved', () => {
  const at = node();
  at.open();
  at.call('Version', 'v1alpha2', 'OK', { 'version.requested': '0.1.0' });
  at.close();
  at.kubelet(2);
  at.open();
  at.call('Version', 'v1', 'OK');
  const [only, ...more] = at.upgrades();
  assert.deepEqual(changes(only), ['upgraded_v1alpha2_to_v1']);
  assert.deepEqual([only?.isOver, more.length], [true, 0]);
});

test('the same process says another version: an upgrade in place', () => {
  const at = node();
  at.open();
  at.call('Version', 'v1', 'OK', replied('1.7.1'));
  at.call('Version', 'v1', 'OK', { 'version.requested': '0.1.0', ...replied('1.7.2') });
  assert.match(
    at.upgrades().at(-1)?.explanation ?? '',
    /containerd 1\.7\.1 was replaced by containerd 1\.7\.2/,
  );
});

test('a thousand starts of a kubelet in vain: one trace, few spans, one story; and how it ends', () => {
  const at = node();
  const spansOf = createCallSpans({
    identity: 'x',
    host: replayHostFacts('x'),
    mode: 'replay',
    version: '0',
    counters: createSpanCounters(),
  });
  for (let start = 1; start <= 1000; start++) {
    at.kubelet(start);
    at.open();
    at.call('Version', 'v1', 'UNIMPLEMENTED');
    at.wait(1);
    at.close();
    at.wait(9);
  }
  const sampled = createRoundSampling(
    { ...defaultSamplingLimits, intervalNs: 0n, slowNs: 0n },
    (finding) => spansOf(finding, null),
    createSamplingCounters(),
  );
  const spans: Span[] = sampled(
    at.found.map((finding) => ({ finding, spans: isSampledLater(finding) ? [] : spansOf(finding, null) })),
  ).flatMap((exported) => [...exported.spans]);
  // The first, second, fourth, ... 512th: a negotiation with its probe, which has two spans.
  assert.equal(spans.length, 3 * 10);
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  for (const { parentSpanId } of spans) assert.ok(parentSpanId === null || ids.has(parentSpanId));
  assert.equal(spans.filter(({ parentSpanId }) => parentSpanId === null).length, 1);
  const told = at.upgrades();
  assert.equal(told.length, 10);
  assert.equal(told.at(-1)?.events.length, 1);

  at.kubelet(1001);
  at.open();
  at.call('Version', 'v1', 'OK');
  const last = at.upgrades().at(-1);
  assert.deepEqual(changes(last), ['gave_up', 'restarted_recovered', 'served']);
  assert.equal(last?.isOver, true);
  const negotiation = at.found.findLast((finding) => finding.kind === 'negotiation');
  assert.ok(negotiation?.kind === 'negotiation');
  assert.equal(negotiation.negotiation.loop, null);
  assert.equal(spansOf(negotiation, null)[0]?.links.length, 1);
});

test('what is not over at the end of the input is told as it stands', () => {
  const at = node();
  for (let n = 0; n < 3; n++) at.refused();
  at.finish();
  const last = at.upgrades().at(-1);
  assert.deepEqual(
    last?.events.map((event) => (event.kind === 'unreachable' ? event.count : null)),
    [3],
  );
  assert.equal(last.isOver, false);
});

const unnamed = { pid: null, pidStart: null, uid: null, comm: null };

/** What none but a kubelet does, on the connection that is open. */
const behave = (at: ReturnType<typeof node>): void => {
  at.call('Version', 'v1alpha2', 'OK', { 'version.requested': '0.1.0' });
  for (let nth = 0; nth < 3; nth++) {
    at.call('ListPodSandbox', 'v1alpha2', 'OK');
    at.wait(0.05);
    at.call('ListContainers', 'v1alpha2', 'OK');
    at.wait(1);
  }
};

for (const [who, client] of [
  ['a program with another name', { pid: 1, pidStart: 1n, uid: 0, comm: 'edge-agent' }],
  ['callers that nothing is known of', unnamed],
] as const)
  test(`${who}: one that behaves like a kubelet has the story of its endpoint`, () => {
    const at = node();
    at.client(client);
    at.open();
    behave(at);
    at.close();
    at.runtime(701);
    at.open();
    at.call('ListContainers', 'v1alpha2', 'UNIMPLEMENTED');
    at.wait(90);
    at.close();
    at.client(client.pid === null ? client : { ...client, pid: 2 });
    at.open();
    at.call('Version', 'v1', 'OK');
    const last = at.upgrades().at(-1);
    assert.deepEqual(changes(last), ['runtime', 'refused_restart_needed', 'restarted_recovered', 'served']);
    assert.match(
      last?.explanation ?? '',
      client.pid === null
        ? /a client with a kubelet's user agent \(grpc-go\/1\.40\.0\) \(RuntimeService\) was restarted/
        : /edge-agent \(RuntimeService\) was restarted and recovered/,
    );
  });

test('one that does not has none', () => {
  const at = node();
  at.client({ pid: 1, pidStart: 1n, uid: 0, comm: 'crictl' });
  at.open();
  at.call('Version', 'v1alpha2', 'OK');
  at.call('ListContainers', 'v1alpha2', 'OK');
  at.close();
  at.open();
  at.call('ListContainers', 'v1alpha2', 'UNIMPLEMENTED');
  assert.deepEqual(at.upgrades(), []);
});
