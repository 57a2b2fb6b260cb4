import type { TestContext } from 'node:test';
import type { ApiVersion } from '../../../src/cri/proto.ts';
import type { Nanos } from '../../../src/foundation/time.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { aRuntime } from '../../support/a-runtime.ts';
import { type GoKubelet, goKubelet, type KubeletRelease } from '../../support/go-kubelet.ts';
import { type GrpcGoClient, grpcGoClient } from '../../support/grpc-go-client.ts';

/** A kubelet of a release, and the runtime that it has. */
export interface Line {
  readonly what: string;
  readonly release: KubeletRelease;
  readonly served?: readonly ApiVersion[];
  readonly without?: readonly string[];
  /** Something shows that its defaults were changed, and nothing shows how it asks for lists. */
  readonly undecided?: true;
}

export interface Truth {
  readonly rpc: string;
  readonly version: string;
}

export interface KubeletWire {
  readonly events: readonly SourceEvent[];
  /** The first event at which the kubelet is at work. */
  readonly begins: number;
  /** By `connection/stream`. */
  readonly truth: ReadonlyMap<string, Truth>;
}

/** What passes between a kubelet and a simulated runtime while it does some work. `tick`: a second goes by. */
export const wireOf = async (
  context: TestContext,
  { release, served, without }: Line,
  work: (kubelet: GoKubelet, tick: () => void) => Promise<void>,
): Promise<KubeletWire> => {
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
  const kubelet = goKubelet(release, ofRuntime, ofImages, (id) => {
    const container = runtime.state.containers.get(id);
    if (container !== undefined) container.state = 'CONTAINER_EXITED';
  });
  await kubelet.start();
  const begins = events.length;
  await work(kubelet, () => {
    now += 1_000_000_000n;
  });
  const truth = new Map<string, Truth>();
  for (const [connection, { calls }] of [[1, ofRuntime] as const, [2, ofImages] as const]) {
    for (const { stream, path } of calls) {
      const [, version = '', rpc = ''] = /runtime\.(\w+)\.\w+\/(\w+)$/.exec(path) ?? [];
      truth.set(`${connection}/${stream}`, { rpc, version });
    }
  }
  return { events, begins, truth };
};
