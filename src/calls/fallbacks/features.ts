import type { Call } from '../call.ts';
import { unaryTwin } from '../list-twins.ts';

/** A method that not every runtime has, and that its callers can do without. */
export interface Feature {
  readonly name: string;
  readonly rpc: string;
  /** The method that does the same in an older way. */
  readonly twin: string | null;
  /** After so many refusals its caller does not ask again; null: to be seen from what it does. */
  readonly triesUntilSticky: number | null;
  readonly isRefused: (call: Call) => boolean;
  /** What the caller does where there is no twin. */
  readonly consequence: string;
  readonly advice: string;
}

/** Not where the whole service is unknown: that is a matter of the API version. */
const unimplemented = ({ result }: Call): boolean =>
  result.status === 'UNIMPLEMENTED' && !/unknown service/i.test(result.statusMessage ?? '');

const newer = 'a newer runtime has it; nothing is broken.';

const streamed = (rpc: string, twin: string): Feature => ({
  name: 'list_streaming',
  rpc,
  twin,
  triesUntilSticky: null,
  isRefused: unimplemented,
  consequence: 'its caller goes on with the unary list',
  advice: 'lists stay bound by the message limit (16 MiB) until the runtime streams them.',
});

const features: readonly Feature[] = [
  ...Object.entries(unaryTwin).map(([rpc, twin]) => streamed(rpc, twin)),
  {
    name: 'container_events',
    rpc: 'GetContainerEvents',
    twin: null,
    triesUntilSticky: 5,
    isRefused: unimplemented,
    consequence:
      'a kubelet tries five times and then looks for changes each second by listing (generic PLEG)',
    advice: newer,
  },
  {
    name: 'runtime_config',
    rpc: 'RuntimeConfig',
    twin: null,
    triesUntilSticky: null,
    isRefused: unimplemented,
    consequence: 'a kubelet uses the cgroup driver of its own configuration',
    advice: 'see that it is the one of the runtime.',
  },
  {
    name: 'pod_stats',
    rpc: 'ListPodSandboxStats',
    twin: 'ListContainerStats',
    triesUntilSticky: null,
    isRefused: unimplemented,
    consequence: 'its caller asks for the statistics of containers',
    advice: newer,
  },
  {
    name: 'pod_metrics',
    rpc: 'ListMetricDescriptors',
    twin: null,
    triesUntilSticky: null,
    isRefused: unimplemented,
    consequence: 'its caller has no metrics from the runtime',
    advice: newer,
  },
  {
    name: 'pod_resize',
    rpc: 'UpdatePodSandboxResources',
    twin: null,
    triesUntilSticky: null,
    isRefused: unimplemented,
    consequence: 'the runtime does not learn of the resources of a resized pod',
    advice: newer,
  },
];

const byRpc = new Map(features.map((feature) => [feature.rpc, feature]));

const byTwin = new Map<string, readonly Feature[]>();
for (const feature of features)
  if (feature.twin !== null) byTwin.set(feature.twin, [...(byTwin.get(feature.twin) ?? []), feature]);

const none: readonly Feature[] = [];

export const featureOf = (rpc: string): Feature | null => byRpc.get(rpc) ?? null;

export const twinsOf = (rpc: string): readonly Feature[] => byTwin.get(rpc) ?? none;
