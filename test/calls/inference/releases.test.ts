import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import type { ApiVersion } from '../../../src/cri/proto.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import type { Nanos } from '../../../src/foundation/time.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { aRuntime } from '../../support/a-runtime.ts';
import { goKubelet, type KubeletRelease } from '../../support/go-kubelet.ts';
import { type GrpcGoClient, grpcGoClient } from '../../support/grpc-go-client.ts';

const schema = loadSchema();
const unknownPeer = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };
const streams = ['StreamPodSandboxes', 'StreamContainers', 'StreamContainerStats', 'StreamImages'];

interface Line {
  readonly what: string;
  readonly release: KubeletRelease;
  readonly served?: readonly ApiVersion[];
  readonly without?: readonly string[];
  /** Something shows that its defaults were changed, and nothing shows how it asks for lists. */
  readonly undecided?: true;
}

const v1 = (minor: number, more: Partial<KubeletRelease> = {}): KubeletRelease => ({
  minor,
  version: 'v1',
  ...more,
});

/** Releases that differ on the wire. */
const lines: readonly Line[] = [
  { what: '1.20', release: { minor: 20, version: 'v1alpha2' } },
  { what: '1.22', release: { minor: 22, version: 'v1alpha2' } },
  { what: '1.23', release: v1(23) },
  { what: '1.25, fallen back', release: { minor: 25, version: 'v1alpha2' }, served: ['v1alpha2'] },
  { what: '1.26', release: v1(26) },
  {
    what: '1.28, of a runtime without RuntimeConfig',
    release: v1(28),
    without: ['RuntimeConfig', ...streams],
  },
  { what: '1.31', release: v1(31) },
  { what: '1.34', release: v1(34) },
  { what: '1.36', release: v1(36) },
  { what: '1.36, told of events', release: v1(36, { events: true }), undecided: true },
  {
    what: '1.36, streams refused by a runtime of which nothing is known',
    release: v1(36, { streams: true }),
    without: streams,
    undecided: true,
  },
  { what: '1.37, streams served', release: v1(37, { streams: true }) },
];

/** Seconds that the kubelet is at work, and after which the observer comes. */
const seconds = 62;
const joinAt = 21;

interface Truth {
  readonly rpc: string;
  readonly version: string;
}

const wireOf = async (context: TestContext, { release, served, without }: Line) => {
  const runtime = await aRuntime(context, {
    versions: served ?? ['v1', 'v1alpha2'],
    without: without ?? [],
    images: ['registry.k8s.io/app:1'],
  });
  const events: SourceEvent[] = [];
  let now: Nanos = 1_000_000_000_000n;
  const open = async (connection: number): Promise<GrpcGoClient> => {
    const client = await grpcGoClient(runtime.socket, {
      authority: 'localhost',
      userAgent: 'grpc-go/1.60.0',
      acceptsEncodings: release.minor >= 30,
      onBytes(direction, bytes) {
        now += 100_000n;
        const seen = { at: now, sentAt: null };
        events.push({ kind: 'data', connection, direction, seen, bytes: Buffer.from(bytes) });
      },
    });
    context.after(() => client.close());
    return client;
  };
  const ofRuntime = await open(1);
  const ofImages = await open(2);
  const kubelet = goKubelet(release, ofRuntime, ofImages);
  await kubelet.start();
  await kubelet.startPod('web');
  await kubelet.startPod('db');
  let index = 0;
  for (let second = 0; second < seconds; second++) {
    now += 1_000_000_000n;
    if (second === joinAt) index = events.length;
    await kubelet.second(second);
    if (second === 15 || second === 40) await kubelet.restart('db');
    if (second === 18) {
      await kubelet.startPod('job');
      await kubelet.stopPod('job');
    }
  }
  await kubelet.stopPod('web');
  const truth = new Map<string, Truth>();
  for (const [connection, { calls }] of [[1, ofRuntime] as const, [2, ofImages] as const]) {
    for (const { stream, path } of calls) {
      const [, version = '', rpc = ''] = /runtime\.(\w+)\.\w+\/(\w+)$/.exec(path) ?? [];
      truth.set(`${connection}/${stream}`, { rpc, version });
    }
  }
  return { events, index, truth };
};

const joined = (events: readonly SourceEvent[], index: number): Call[] => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  const take = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings) {
      if (finding.kind === 'call')
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    }
  };
  const seen = events[index]?.seen ?? { at: 0n, sentAt: null };
  for (const connection of [1, 2]) {
    const client = { ...unknownPeer, pid: 77, pidStart: 5n, comm: 'kubelet' };
    const server = unknownPeer;
    take(
      pipeline.push({
        kind: 'open',
        connection,
        seen,
        endpoint: '/run/cri.sock',
        client,
        server,
        joined: true,
      }),
    );
  }
  for (const event of events.slice(index)) take(pipeline.push(event));
  take(pipeline.finish());
  return [...calls.values()];
};

for (const line of lines) {
  test(`a kubelet of ${line.what}, joined at work: its calls have their names`, async (context) => {
    const { events, index, truth } = await wireOf(context, line);
    const calls = joined(events, index);
    const wrong: string[] = [];
    let named = 0;
    let unread = 0;
    const unnamed = new Map<string, number>();
    for (const { connection, stream, rpc, apiVersion, methodSource } of calls) {
      const known = truth.get(`${connection}/${stream}`);
      if (known === undefined) assert.fail(`there was no call ${connection}/${stream}`);
      if (methodSource !== 'read') unread += 1;
      if (rpc === null) unnamed.set(known.rpc, (unnamed.get(known.rpc) ?? 0) + 1);
      else named += 1;
      if (rpc !== null && rpc !== known.rpc) wrong.push(`${known.rpc} taken for ${rpc}`);
      if (apiVersion !== null && apiVersion !== known.version) wrong.push(`${rpc} of ${known.version}`);
    }
    const left = [...unnamed].map(([rpc, times]) => `${rpc} x${times}`).join(', ');
    context.diagnostic(`${named} of ${calls.length} named, ${unread} without a path; unnamed: ${left}`);
    assert.deepEqual(wrong, []);
    assert.ok(unread > 0.9 * calls.length, 'the writer sends paths again');
    if (line.undecided)
      assert.ok(
        [...unnamed.keys()].every((rpc) => rpc.startsWith('List')),
        left,
      );
    else assert.ok(named >= 0.95 * calls.length, left);
  });
}
